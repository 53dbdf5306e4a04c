import type { Trust } from '../../../clients/keystone/identity.ts'
import type { Action } from '../../../core/action.ts'
import type { Tools } from '../../shared/tools.ts'
import { change } from './change.ts'

/** Input of `trust-delete`. */
export type TrustDelete = { readonly cloud: string; readonly id: string }

/** Deletes a trust. There is no inverse: only its trustor can give it again. */
export const trustDelete: Action<Tools, TrustDelete> = {
  type: 'trust-delete',
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
}
