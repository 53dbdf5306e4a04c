import type { Answer, Method } from '../openstack/answers.ts'
import type { CallOptions, Cloud, RequestOptions } from '../openstack/http.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { listAll } from '../openstack/pages.ts'
import { fields } from '../openstack/rim.ts'

export interface Zone {
  readonly id: string
  /** With the trailing dot. */
  readonly name: string
  /** `ACTIVE`, `PENDING`, `ERROR`, `DELETED`. */
  readonly status: string
  /** `NONE`, `CREATE`, `UPDATE`, `DELETE`: what the name servers have not got yet. */
  readonly action: string
  /** Seconds. */
  readonly ttl: number
  readonly serial: number
  readonly type: string
  readonly projectId: string
}

export interface Recordset {
  readonly id: string
  readonly zoneId: string
  /** With the trailing dot. */
  readonly name: string
  readonly type: string
  /** Seconds; null: the zone's. */
  readonly ttl: number | null
  /** A set: Designate keeps no order. */
  readonly records: readonly string[]
  readonly description: string | null
  /** Worst of its records: `ACTIVE`, `PENDING`, `ERROR`. */
  readonly status: string
  readonly action: string
  readonly projectId: string
  /** Grows with every write; not when it becomes ACTIVE. */
  readonly version: number
  readonly createdAt: string | null
  readonly updatedAt: string | null
}

/** The PTR record of a floating IP, which Designate manages itself. */
export interface FloatingIpPtr {
  /** `<region>:<floating IP id>`. */
  readonly id: string
  readonly fipId: string
  readonly address: string
  /** null: no PTR is set. */
  readonly ptrdname: string | null
  readonly description: string | null
  readonly ttl: number | null
  /** `INACTIVE` where no PTR is set. */
  readonly status: string
  readonly action: string
}

export interface NewRecordset {
  /** With the trailing dot. */
  readonly name: string
  readonly type: string
  readonly records: readonly string[]
  /** Seconds; null or undefined: the zone's. */
  readonly ttl?: number | null
  /** At most 160 characters; Designate refuses more with 400. */
  readonly description?: string | null
}

/** Fields that are not named stay as they are; `records` replaces the whole set. */
export type RecordsetChange = Partial<Omit<NewRecordset, 'name' | 'type'>>

export interface NewPtr {
  /** With the trailing dot. */
  readonly ptrdname: string
  readonly description?: string | null
  readonly ttl?: number | null
}

/** The result of a changing call with the service's id of it, to be journalled. */
export interface Changed<Value> {
  readonly value: Value
  readonly requestId: string | null
}

/** Limits of the project; -1 is unlimited. */
export interface DnsQuota {
  readonly zones: number
  /** Counts SOA and NS of the zone as well. */
  readonly recordsetsPerZone: number
  readonly recordsPerZone: number
  readonly recordsPerRecordset: number
}

export interface Designate {
  listZones(filter?: CallOptions & { readonly name?: string; readonly pageSize?: number }): Promise<Zone[]>
  /** Filters may hold `*`; complete or an error. */
  listRecordsets(
    zoneId: string,
    filter?: CallOptions & {
      readonly name?: string
      readonly type?: string
      readonly description?: string
      readonly pageSize?: number
    }
  ): Promise<Recordset[]>
  /** null only when Designate itself says that this record set does not exist (or is another project's); an unknown zone throws. */
  getRecordset(zoneId: string, id: string, call?: CallOptions): Promise<Recordset | null>
  /** Errors worth knowing: 409 `duplicate_recordset`, 400 `invalid_recordset_location` (CNAME), 413 `over_quota`. */
  createRecordset(zoneId: string, recordset: NewRecordset, call?: CallOptions): Promise<Changed<Recordset>>
  /** There is no compare-and-set in Designate: re-read just before. 404 `recordset_not_found` throws. */
  updateRecordset(zoneId: string, id: string, change: RecordsetChange, call?: CallOptions): Promise<Changed<Recordset>>
  /** 404 `recordset_not_found` throws. */
  deleteRecordset(zoneId: string, id: string, call?: CallOptions): Promise<Changed<Recordset>>
  /** Limits of the token's project; null where the policy does not let us read them. */
  quota(call?: CallOptions): Promise<DnsQuota | null>
  /** Record sets of a zone as its quota counts them, SOA and NS included. */
  countRecordsets(zoneId: string, call?: CallOptions): Promise<number>
  /** null when the project has no such floating IP. */
  getFloatingIpPtr(fipId: string, call?: CallOptions): Promise<FloatingIpPtr | null>
  /** Unsetting (null) answers `value: null`; where no PTR was set it throws 404 `not_found`. */
  setFloatingIpPtr(fipId: string, ptr: NewPtr | null, call?: CallOptions): Promise<Changed<FloatingIpPtr | null>>
  /** One item for each floating IP of the project, with or without a PTR. */
  listFloatingIpPtrs(call?: CallOptions): Promise<FloatingIpPtr[]>
}

// Counting all matches costs Designate more than the page itself.
const HIDE_COUNTS = { 'openstack-dns-hide-counts': 'true' }

export function createDesignate(cloud: Cloud): Designate {
  const dns = (method: Method, path: string, options: RequestOptions = {}) =>
    cloud.request('dns', method, path, options)
  const recordsetPath = (zoneId: string, id?: string) =>
    `/zones/${encodeURIComponent(zoneId)}/recordsets${id === undefined ? '' : `/${encodeURIComponent(id)}`}`

  async function change(
    method: Method,
    path: string,
    body: unknown,
    call: CallOptions = {}
  ): Promise<Changed<Recordset>> {
    const answer = await dns(method, path, body === undefined ? call : { ...call, body })
    return { value: readRecordset(answer, answer.body, 'the record set'), requestId: answer.requestId }
  }

  async function ptrPath(fipId: string, call?: CallOptions): Promise<string> {
    const region = await cloud.region(call)
    return `/reverse/floatingips/${encodeURIComponent(region ?? '')}:${encodeURIComponent(fipId)}`
  }

  return {
    listZones: ({ name, pageSize, ...call } = {}) =>
      listAll(
        cloud,
        {
          ...call,
          service: 'dns',
          path: '/zones',
          key: 'zones',
          next: 'links',
          limit: pageSize,
          query: { name },
          headers: HIDE_COUNTS
        },
        readZone
      ),
    listRecordsets: (zoneId, { name, type, description, pageSize, ...call } = {}) =>
      listAll(
        cloud,
        {
          ...call,
          service: 'dns',
          path: recordsetPath(zoneId),
          key: 'recordsets',
          next: 'links',
          limit: pageSize,
          query: { name, type, description },
          headers: HIDE_COUNTS
        },
        readRecordset
      ),
    getRecordset: async (zoneId, id, call) => {
      try {
        const answer = await dns('GET', recordsetPath(zoneId, id), call)
        return readRecordset(answer, answer.body, 'the record set')
      } catch (error) {
        if (error instanceof OpenStackError && error.status === 404 && error.code === 'recordset_not_found') return null
        throw error
      }
    },
    createRecordset: (zoneId, recordset, call) => change('POST', recordsetPath(zoneId), recordset, call),
    updateRecordset: (zoneId, id, fieldsToChange, call) =>
      change('PUT', recordsetPath(zoneId, id), fieldsToChange, call),
    deleteRecordset: (zoneId, id, call) => change('DELETE', recordsetPath(zoneId, id), undefined, call),
    quota: async (call) => {
      try {
        const answer = await dns('GET', `/quotas/${await cloud.projectId(call)}`, call)
        const quota = fields(answer, answer.body, 'the quota')
        return {
          zones: quota.number('zones'),
          recordsetsPerZone: quota.number('zone_recordsets'),
          recordsPerZone: quota.number('zone_records'),
          recordsPerRecordset: quota.number('recordset_records')
        }
      } catch (error) {
        if (error instanceof OpenStackError && error.status === 403) return null
        throw error
      }
    },
    countRecordsets: async (zoneId, call) => {
      const answer = await dns('GET', recordsetPath(zoneId), { ...call, query: { limit: 1 } })
      return fields(answer, fields(answer, answer.body, 'the answer').value('metadata'), 'metadata').number(
        'total_count'
      )
    },
    getFloatingIpPtr: async (fipId, call) => {
      try {
        const answer = await dns('GET', await ptrPath(fipId, call), call)
        return readPtr(answer, answer.body, 'the PTR')
      } catch (error) {
        if (error instanceof OpenStackError && error.status === 404 && error.code === 'not_found') return null
        throw error
      }
    },
    setFloatingIpPtr: async (fipId, ptr, call) => {
      // Both fields always: one that is left out keeps nothing, it fails in Designate.
      const body = ptr
        ? { ptrdname: ptr.ptrdname, description: ptr.description ?? null, ttl: ptr.ttl ?? null }
        : { ptrdname: null }
      const answer = await dns('PATCH', await ptrPath(fipId, call), { ...call, body })
      return {
        value: ptr && answer.body !== null ? readPtr(answer, answer.body, 'the PTR') : null,
        requestId: answer.requestId
      }
    },
    listFloatingIpPtrs: async (call) => {
      const answer = await dns('GET', '/reverse/floatingips', call)
      const list = fields(answer, answer.body, 'the answer').list('floatingips')
      return list.map((raw, index) => readPtr(answer, raw, `floatingips[${index}]`))
    }
  }
}

function readZone(answer: Answer, raw: unknown, where: string): Zone {
  const zone = fields(answer, raw, where)
  return {
    id: zone.text('id'),
    name: zone.text('name'),
    status: zone.text('status'),
    action: zone.text('action'),
    ttl: zone.number('ttl'),
    serial: zone.number('serial'),
    type: zone.text('type'),
    projectId: zone.text('project_id')
  }
}

function readRecordset(answer: Answer, raw: unknown, where: string): Recordset {
  const recordset = fields(answer, raw, where)
  return {
    id: recordset.text('id'),
    zoneId: recordset.text('zone_id'),
    name: recordset.text('name'),
    type: recordset.text('type'),
    ttl: recordset.numberOrNull('ttl'),
    records: recordset.list('records').map(String),
    description: recordset.textOrNull('description'),
    status: recordset.text('status'),
    action: recordset.text('action'),
    projectId: recordset.text('project_id'),
    version: recordset.number('version'),
    createdAt: recordset.textOrNull('created_at'),
    updatedAt: recordset.textOrNull('updated_at')
  }
}

function readPtr(answer: Answer, raw: unknown, where: string): FloatingIpPtr {
  const ptr = fields(answer, raw, where)
  const id = ptr.text('id')
  return {
    id,
    fipId: id.slice(id.lastIndexOf(':') + 1),
    address: ptr.text('address'),
    ptrdname: ptr.textOrNull('ptrdname'),
    description: ptr.textOrNull('description'),
    ttl: ptr.numberOrNull('ttl'),
    status: ptr.text('status'),
    action: ptr.text('action')
  }
}
