import type { EventData } from '../event.ts'
import { id, object, requestId, userId } from './fields.ts'
import type { JsonObject, ReadPayload } from './found.ts'
import { noData } from './found.ts'

/** Keystone's CADF records, and the bare `{resource_info}` of `notification_format = basic`. */
export const readKeystone: ReadPayload = (payload, type) => {
  const body = object(payload)
  const initiator = object(body.initiator)
  const assignment = type.startsWith('identity.role_assignment.')
  // A role assignment has no id (that of its target is made up anew each time): it is about who gets or loses it.
  // A tag has no id either, and people choose its name: it may well be that of somebody's project.
  const subject = type.startsWith('identity.project tag.')
    ? null
    : assignment
      ? (id(body.user) ?? id(body.group))
      : (id(body.resource_info) ?? id(object(body.target).id))
  const project = assignment ? id(body.project) : type.startsWith('identity.project.') ? subject : null
  const failed = body.outcome !== undefined && body.outcome !== 'success'
  return [
    {
      subject,
      project,
      data: part(body, type, subject),
      requestId: requestId(initiator.request_id) ?? requestId(body.request_id),
      globalRequestId: requestId(initiator.global_request_id) ?? requestId(body.global_request_id),
      userId: userId(initiator.user_id) ?? userId(initiator.id),
      ...(failed && { ignored: 'its outcome is not success: nothing changed' })
    }
  ]
}

/**
 * A role assignment's type does not tell whether a user or a group has it now. An application credential is found through
 * its user only: the one that made it, since nobody else can. Where an administrator deleted it this names a wrong one, of
 * whom there is nothing to read.
 */
function part(body: JsonObject, type: string, subject: string | null): EventData {
  if (subject === null) return noData
  if (type.startsWith('identity.role_assignment.'))
    return { kind: 'part', of: id(body.user) === null ? 'group' : 'person', id: subject }
  if (type.startsWith('identity.application_credential.')) {
    const initiator = object(body.initiator)
    const user = userId(initiator.user_id) ?? userId(initiator.id)
    return user === null ? noData : { kind: 'part', of: 'application-credential', id: `${user}/${subject}` }
  }
  return noData
}
