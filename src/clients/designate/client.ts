import { fields } from '../openstack/answer-fields.ts'
import type { Method } from '../openstack/answers.ts'
import type { CallOptions, Cloud, RequestOptions } from '../openstack/cloud.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { listAll } from '../openstack/pages.ts'
import type { Changed, Designate, Recordset } from './designate.ts'
import { readPtr, readRecordset, readZone } from './read.ts'

// Counting all matches costs Designate more than the page itself.
const HIDE_COUNTS = { 'openstack-dns-hide-counts': 'true' }

/** Makes the client of Designate, version 2 of its API, on a connected cloud. */
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
