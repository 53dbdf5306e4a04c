import type { ApplicationCredential } from '../../../clients/keystone/identity.ts'
import { change } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'

/** Input of `application-credential-delete`. */
export type ApplicationCredentialDelete = { readonly cloud: string; readonly userId: string; readonly id: string }

/** Deletes an application credential. There is no inverse: its secret is known to nobody but its owner. */
export const applicationCredentialDelete: DefinedAction<ApplicationCredentialDelete, 'delete'> = defineAction({
  type: 'application-credential-delete',
  risk: 'delete',
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
})
