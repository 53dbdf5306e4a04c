import type { ApplicationCredential } from '../../../clients/keystone/identity.ts'
import type { ReadOne } from './reading.ts'
import type { ApplicationCredentialSubject } from './subjects.ts'

/** Builds the subject of an application credential. Its id is `<user id>/<id>`: Keystone has no other way to it. */
export function credentialSubject(
  credential: ApplicationCredential,
  userId: string,
  userName: string
): ApplicationCredentialSubject {
  const { id, name, projectId, unrestricted, expiresAt, roles, unsaid } = credential
  return {
    kind: 'application-credential',
    ...{ id: `${userId}/${id}`, name: name.toWellFormed(), projectId, userId, userName },
    ...{ unrestricted, expiresAt, roles },
    ...(unsaid !== undefined && { unsaid })
  }
}

/** Reads one application credential by `<user id>/<id>`; null where it is gone. */
export const readApplicationCredential: ReadOne = async (path, { clients: { identity, detail } }) => {
  const [userId = '', id = ''] = path.split('/')
  const user = await detail(`user ${userId}`, () => identity.getUser(userId))
  // What the sweep remembers of this user may be older than the event that brought us here.
  const list = () => identity.listApplicationCredentials(userId)
  const all = user === null ? [] : await detail(`credentials ${userId}`, list, 0)
  const credential = all.find((one) => one.id === id)
  return credential === undefined ? null : credentialSubject(credential, userId, user?.name ?? '')
}
