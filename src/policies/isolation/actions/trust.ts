import type { Trust } from '../../../clients/keystone/identity.ts'
import { change } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'

/** Input of `trust-delete`. */
export type TrustDelete = { readonly cloud: string; readonly id: string }

/** Deletes a trust. There is no inverse: only its trustor can give it again. */
export const trustDelete: DefinedAction<TrustDelete, 'delete'> = defineAction({
  type: 'trust-delete',
  risk: 'delete',
  async perform({ cloud, id }, context) {
    const { identity } = await context.tools.isolation(cloud)
    const { identity: doors } = await context.tools.remedies(cloud)
    return change<Trust | null>(context, {
      read: () => identity.getTrust(id),
      is: (now) => now === null,
      make: async (_, call) => doors.deleteTrust(id, call),
      already: `trust ${id} was gone already`,
      done: `trust ${id} is deleted; what signed in by it cannot any more`
    })
  }
})
