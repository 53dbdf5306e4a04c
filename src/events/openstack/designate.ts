import { dnsName, id, object } from './fields.ts'
import type { JsonObject, PayloadFacts, ReadPayload } from './found.ts'
import { noData } from './found.ts'
import type { DataKind } from './kinds.ts'

/** Reads the payloads of Designate. */
export const readDesignate: ReadPayload = (payload, _type, becomes) =>
  Array.isArray(payload) ? audited(payload, becomes) : [whole(object(payload), becomes)]

/** The default plugin sends the object as it is afterwards. */
function whole(body: JsonObject, becomes: DataKind): PayloadFacts {
  const subject = id(body.id)
  const project = id(body.tenant_id) ?? id(body.project_id)
  if (subject === null) return { subject, project, data: noData }
  if (becomes === 'recordset') {
    return { subject, project, data: recordset(body.zone_id, body.name, body.type) }
  }
  if (becomes === 'zone') return { subject, project, data: { kind: 'zone', name: dnsName(body.name) } }
  return { subject, project, data: noData }
}

/**
 * `notification_plugin = audit` sends a list of changed fields instead. It names the zone by id, a record set by its name
 * only, and no project; several fields of one object are one event.
 */
function audited(changes: readonly unknown[], becomes: DataKind): readonly PayloadFacts[] {
  const found = new Map<string, PayloadFacts>()
  for (const entry of changes) {
    const change = object(entry)
    const zone = id(change.zone_id)
    if (becomes === 'recordset') {
      const data = recordset(zone, change.recordset_name, null)
      found.set(`${zone}/${dnsName(change.recordset_name)}`, { subject: null, project: null, data })
    } else {
      const data = becomes === 'zone' ? ({ kind: 'zone', name: dnsName(change.zone_name) } as const) : noData
      found.set(`${zone}`, { subject: zone, project: null, data })
    }
  }
  return found.size > 0 ? [...found.values()] : [{ subject: null, project: null, data: noData }]
}

function recordset(zoneId: unknown, name: unknown, type: unknown) {
  return { kind: 'recordset', zoneId: id(zoneId), name: dnsName(name), type: id(type) } as const
}
