import { id, object, requestId } from './fields.ts'
import type { Read } from './found.ts'
import { noData } from './found.ts'

/** Keystone's CADF records, and the bare `{resource_info}` of `notification_format = basic`. */
export const readKeystone: Read = (payload, type) => {
  const body = object(payload)
  const initiator = object(body.initiator)
  const assignment = type.startsWith('identity.role_assignment.')
  // A role assignment has no id (that of its target is made up anew each time): it is about who gets or loses it.
  const subject = assignment
    ? (id(body.user) ?? id(body.group))
    : (id(body.resource_info) ?? id(object(body.target).id))
  const project = assignment ? id(body.project) : type.startsWith('identity.project.') ? subject : null
  const failed = body.outcome !== undefined && body.outcome !== 'success'
  return [
    {
      subject,
      project,
      data: noData,
      requestId: requestId(initiator.request_id) ?? requestId(body.request_id),
      globalRequestId: requestId(initiator.global_request_id),
      ...(failed && { ignored: 'its outcome is not success: nothing changed' })
    }
  ]
}
