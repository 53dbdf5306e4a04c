import type { NetworkWall } from '../../../clients/neutron/forms.ts'
import type { ActionContext, Result } from '../../../core/action.ts'
import { change, failed, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import type { Tools } from '../../shared/tools.ts'

/** Input of `network-unshare` and `network-share`. */
export type NetworkShareInput = { readonly cloud: string; readonly id: string }

/** Takes back `shared`, which gave a network to everybody. Neutron refuses it while others use the network. */
export const networkUnshare: DefinedAction<NetworkShareInput, 'update'> = defineAction({
  type: 'network-unshare',
  risk: 'update',
  perform: (input, context) => share(false, input, context)
})

/** Gives a network to everybody again. */
export const networkShare: DefinedAction<NetworkShareInput, 'update'> = defineAction({
  type: 'network-share',
  risk: 'update',
  perform: (input, context) => share(true, input, context)
})

async function share(shared: boolean, input: NetworkShareInput, context: ActionContext<Tools>): Promise<Result> {
  const { cloud, id } = input
  const { network } = await context.tools.isolation(cloud)
  const { network: doors } = await context.tools.remedies(cloud)
  const state = (one: boolean) => (one ? 'shared with everybody' : 'not shared with everybody')
  return change<NetworkWall | null>(context, {
    // As an administrator: of a network that RBAC shares with the asking project alone, `shared` is true as well.
    read: () => network.getNetwork(id),
    is: (now) => now?.shared === shared,
    objection: (now) => (now === null ? stale(`network ${id} does not exist any more`) : null),
    make: async (_, call) => doors.shareNetwork(id, shared, call),
    meaning: ({ status, code, message }) =>
      status === 409
        ? failed(
            `network ${id} stays shared: Neutron refuses while other projects have ports or routers on it (${code}). Detach or delete those first, or give the projects that may use it an RBAC policy of their own; ${message.split('\n')[0]}`
          )
        : null,
    already: `network ${id} was ${state(shared)} already`,
    done: `network ${id} is ${state(shared)}`,
    inverse: () => (shared ? networkUnshare.inverse(input) : networkShare.inverse(input))
  })
}
