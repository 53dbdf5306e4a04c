import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { FloatingIpPtr, Recordset, Zone } from './designate.ts'

/** Reads one zone of an answer; throws OpenStackError `malformed` where a field is missing. */
export function readZone(answer: ServiceAnswer, raw: unknown, where: string): Zone {
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

/** Reads one record set of an answer. */
export function readRecordset(answer: ServiceAnswer, raw: unknown, where: string): Recordset {
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

/** Reads the PTR record of one floating IP of an answer. */
export function readPtr(answer: ServiceAnswer, raw: unknown, where: string): FloatingIpPtr {
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
