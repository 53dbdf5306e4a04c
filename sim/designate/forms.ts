import { createHash, randomUUID } from 'node:crypto'
import type { Call, Tree } from '../wire.ts'
import type { Recordset, Zone } from './state.ts'

/** The only region of the simulated cloud. */
export const REGION = 'RegionOne'

/** A zone as the API shows it. */
export function showZone(call: Call, zone: Zone): Tree {
  return {
    ...{
      id: zone.id,
      pool_id: '794ccc2c-d751-44fe-b57f-8894c9f5c842',
      project_id: zone.projectId,
      name: zone.name,
      email: zone.email
    },
    ...{
      ttl: zone.ttl,
      serial: zone.serial,
      status: zone.status,
      description: zone.description,
      masters: [],
      type: 'PRIMARY'
    },
    ...{
      transferred_at: null,
      version: zone.version,
      created_at: zone.createdAt,
      updated_at: zone.updatedAt,
      action: zone.action
    },
    ...{ attributes: {}, links: { self: `${call.base}/v2/zones/${zone.id}` } }
  }
}

/** A record set as the API shows it. */
export function showRecordset(call: Call, one: Recordset, zoneName: string): Tree {
  return {
    ...{
      id: one.id,
      zone_id: one.zoneId,
      project_id: one.projectId,
      name: one.name,
      zone_name: zoneName,
      type: one.type
    },
    ...{ records: one.records, description: one.description, ttl: one.ttl, status: one.status, action: one.action },
    ...{ version: one.version, created_at: one.createdAt, updated_at: one.updatedAt },
    links: { self: `${call.base}/v2/zones/${one.zoneId}/recordsets/${one.id}` }
  }
}

/** A zone as it is in a notification. */
export function notifiedZone(zone: Zone): Tree {
  return {
    ...{
      shard: 1284,
      tenant_id: zone.projectId,
      name: zone.name,
      email: zone.email,
      ttl: zone.ttl,
      refresh: 3529,
      retry: 600,
      expire: 86400
    },
    ...{
      minimum: 3600,
      parent_zone_id: null,
      serial: zone.serial,
      description: zone.description,
      status: zone.status,
      action: zone.action
    },
    ...{
      pool_id: '794ccc2c-d751-44fe-b57f-8894c9f5c842',
      attributes: [],
      masters: [],
      type: 'PRIMARY',
      transferred_at: null
    },
    ...{
      delayed_notify: false,
      id: zone.id,
      created_at: zone.createdAt,
      updated_at: zone.updatedAt,
      version: zone.version,
      deleted: '0',
      deleted_at: null
    }
  }
}

/** A record set as it is in a notification: with its records one by one, without a status of its own. */
export function notifiedRecordset(zone: Zone, one: Recordset): Tree {
  return {
    ...{
      tenant_id: one.projectId,
      zone_id: one.zoneId,
      zone_name: zone.name,
      name: one.name,
      type: one.type,
      ttl: one.ttl,
      description: one.description
    },
    records: one.records.map((data) => ({
      ...{
        data,
        zone_id: one.zoneId,
        managed: one.managed !== null,
        managed_resource_type: one.managed ? 'ptr:floatingip' : null
      },
      ...{ managed_resource_id: one.managed?.fipId ?? null, managed_plugin_name: null, managed_plugin_type: null },
      ...{
        hash: createHash('md5').update(`${one.id}:${data}`).digest('hex'),
        description: one.managed?.description ?? null,
        status: one.status
      },
      ...{ tenant_id: one.projectId, recordset_id: one.id, managed_tenant_id: one.managed?.projectId ?? null },
      ...{
        managed_resource_region: one.managed ? REGION : null,
        managed_extra: one.managed?.address ?? null,
        action: one.action,
        serial: zone.serial
      },
      ...{ id: randomUUID(), created_at: one.createdAt, updated_at: one.updatedAt, version: one.version }
    })),
    ...{ id: one.id, created_at: one.createdAt, updated_at: one.updatedAt, version: one.version }
  }
}
