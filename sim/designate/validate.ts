import type { State } from '../state.ts'
import type { Tree } from '../wire.ts'
import { inZone, quotaOf } from './records.ts'
import { invalid, overQuota, refuse } from './rules.ts'
import type { Recordset, Zone } from './state.ts'

/** Refuses what is no valid record set in its zone: TTL, description, records, name, and a CNAME beside others. */
export function validate(
  state: State,
  target: Zone,
  wanted: Tree,
  name: string,
  type: string,
  records: readonly string[],
  self: Recordset | null
): void {
  const ttl = wanted.ttl
  if (ttl !== undefined && ttl !== null && (typeof ttl !== 'number' || !Number.isInteger(ttl) || ttl < 0))
    throw invalid('ttl', `'${ttl}' is not a valid ttl`)
  const description = wanted.description
  if (typeof description === 'string' && description.length > 160)
    throw invalid('description', `Must be shorter than 160 characters`)
  for (const record of records) {
    if (type === 'A' && !/^\d{1,3}(\.\d{1,3}){3}$/.test(record))
      throw invalid('records', `'${record}' is not a valid A record`)
    if (type === 'AAAA' && !/^[\da-f:.]*:[\da-f:.]*$/i.test(record))
      throw invalid('records', `'${record}' is not a valid AAAA record`)
    if ((type === 'CNAME' || type === 'PTR') && !record.endsWith('.'))
      throw invalid('records', `'${record}' is not a valid ${type} record`)
    if (type === 'TXT' && /\s/.test(record) && !/^".*"$/.test(record))
      throw invalid('records', `'${record}' is not a 'TXT' Record`)
  }
  if (name !== target.name && !name.endsWith(`.${target.name}`)) {
    throw refuse(400, 'invalid_recordset_location', "RecordSet is not contained within it's parent zone")
  }
  if (type === 'CNAME' && name === target.name) {
    throw refuse(400, 'invalid_recordset_location', 'CNAME recordsets may not be created at the zone apex')
  }
  const beside = inZone(state, target.id).filter(
    (one) => one !== self && one.name === name && (type === 'CNAME' || one.type === 'CNAME')
  )
  if (beside.length > 0 && !(beside.length === 1 && beside[0]!.type === type)) {
    throw refuse(400, 'invalid_recordset_location', 'CNAME recordsets may not share a name with any other records')
  }
}

/** Refuses more records than the quotas of the project allow. */
export function enforceRecords(state: State, target: Zone, self: Recordset | null, count: number): void {
  const limits = quotaOf(state, target.projectId)
  const others = inZone(state, target.id).filter((one) => one !== self && !one.managed)
  const total = others.reduce((sum, one) => sum + one.records.length, 0) + count
  if (limits.zone_records >= 0 && total > limits.zone_records) throw overQuota('zone_records')
  if (limits.recordset_records >= 0 && count > limits.recordset_records) throw overQuota('recordset_records')
}
