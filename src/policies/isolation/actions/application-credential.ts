import type { ApplicationCredential } from '../../../clients/keystone/identity.ts'
import type { Action } from '../../../core/action.ts'
import type { Tools } from '../../shared/tools.ts'
import { change } from './change.ts'

/** Input of `application-credential-delete`. */
export type ApplicationCredentialDelete = { readonly cloud: string; readonly userId: string; readonly id: string }

/** Deletes an application credential. There is no inverse: its secret is known to nobody but its owner. */
export const applicationCredentialDelete: Action<Tools, ApplicationCredentialDelete> = {
  type: 'application-credential-delete',
  async perform({ cloud, userId, id }, context) {
    const { identity } = await context.tools.isolation(cloud)
    const { identity: doors } = await context.tools.remedies(cloud)
    return change<ApplicationCredential | null>(context, {
      read: async () => {
        const found = await identity.listApplicationCredentials(userId)
        return found?.find((one) => one.id === id) ?? null
      },
      is: (now) => now === null,
      make: async (_, call) => doors.deleteApplicationCredential(userId, id, call),
      already: `application credential ${id} of user ${userId} was gone already`,
      done: `application credential ${id} of user ${userId} is deleted; what used it has to sign in another way`
    })
  }
}
