import { id, object } from './fields.ts'
import type { JsonObject, ReadPayload } from './found.ts'
import { noData } from './found.ts'

/** Reads the payloads of Cinder. */
export const readCinder: ReadPayload = (payload, type) => {
  const body = object(payload)
  const project = id(body.tenant_id) ?? id(body.project_id) ?? id(object(body.volume_properties).project_id)
  return [{ subject: subject(body, type), project, data: noData }]
}

/** A snapshot's payload names its volume too, so the kind decides. */
function subject(body: JsonObject, type: string): string | null {
  switch (type.slice(0, type.indexOf('.'))) {
    case 'snapshot':
      return id(body.snapshot_id)
    case 'backup':
      return id(body.backup_id)
    case 'group':
      return id(body.group_id)
    case 'group_snapshot':
      return id(body.group_snapshot_id)
    case 'volume_type':
      return id(object(body.volume_types).id)
    case 'volume_type_project':
      return id(body.volume_type_id)
    case 'volume_type_extra_specs':
    case 'volume_type_encryption':
      return id(body.type_id)
    default:
      return id(body.volume_id)
  }
}
