import { randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import { hexId } from '../state.ts'
import { type Call, isAdmin, Refusal, type Reply, type Tree } from '../wire.ts'

const TITLES: Record<number, string> = {
  ...{ 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 409: 'Conflict' }
}

export function keystoneFault(status: number, message: string): Reply {
  return { status, body: { error: { code: status, message, title: TITLES[status] ?? 'Internal Server Error' } } }
}

export const refuse = (status: number, message: string) => new Refusal(keystoneFault(status, message))

/** What only an administrator may, in Keystone's words. */
export function demandAdmin(call: Call, rule: string): void {
  if (!isAdmin(call.token)) throw refuse(403, `You are not authorized to perform the requested action: ${rule}.`)
}

/** A whole list: this Keystone has no pages. */
export function whole(key: string, items: readonly Tree[], base: string): Reply {
  return { status: 200, body: { [key]: items, links: { next: null, self: `${base}/v3/${key}`, previous: null } } }
}

/** A CADF notification of something done; `more` is what role assignments say beside it. */
export function tellIdentity(
  bus: Bus,
  { token, requestId }: Call,
  type: string,
  operation: 'created' | 'updated' | 'deleted',
  typeURI: string,
  more: Tree
): void {
  const { user, project } = token
  const initiator = {
    ...{ id: user.id, typeURI: 'service/security/account/user', host: { address: '127.0.0.1', agent: 'sim' } },
    ...{ user_id: user.id, project_id: project.id, request_id: requestId, username: user.name }
  }
  const payload = {
    ...{ typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event', eventType: 'activity', id: randomUUID() },
    ...{ eventTime: new Date().toISOString().replace('Z', '000+0000'), action: `${operation}.${type}` },
    ...{ outcome: 'success', observer: { id: hexId(), typeURI: 'service/security' } },
    // Of a user that is deleted Keystone does not say by whom.
    ...(type === 'user' && operation === 'deleted' ? {} : { initiator }),
    target: { id: typeof more.resource_info === 'string' ? more.resource_info : randomUUID(), typeURI },
    ...more
  }
  const context = { service: 'keystone', token: null, requestId, globalRequestId: null } as const
  bus.emit(context, 'notifications', 'identity.sim', `identity.${type}.${operation}`, payload)
}
