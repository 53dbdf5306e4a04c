import type { FloatingIpWall } from '../../../clients/neutron/forms.ts'
import { change, failed, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'

/** Input of `floating-ip-disassociate`. */
export type FloatingIpDisassociate = { readonly cloud: string; readonly id: string; readonly portId: string }

/** Input of `floating-ip-associate`. */
export type FloatingIpAssociate = FloatingIpDisassociate & {
  /** The port's address that it led to; null: its first one. */
  readonly fixedAddress: string | null
}

/** Takes a floating IP off a port; its project keeps it. */
export const floatingIpDisassociate: DefinedAction<FloatingIpDisassociate, 'update'> = defineAction({
  type: 'floating-ip-disassociate',
  risk: 'update',
  async perform(input, context) {
    const { cloud, id, portId } = input
    const { network } = await context.tools.isolation(cloud)
    const { network: doors } = await context.tools.remedies(cloud)
    return change<FloatingIpWall | null>(context, {
      read: () => network.getFloatingIp(id),
      is: (now) => now === null || now.portId === null,
      objection: (now) =>
        now!.portId === portId ? null : stale(`floating IP ${now!.address} leads to port ${now!.portId} by now`),
      make: async (_, call) => doors.setFloatingIp(id, null, call),
      already: `floating IP ${id} led nowhere already`,
      done: `floating IP ${id} does not lead to port ${portId} any more`,
      inverse: (before) => floatingIpAssociate.inverse({ ...input, fixedAddress: before?.fixedAddress ?? null })
    })
  }
})

/** Puts a floating IP back on a port. */
export const floatingIpAssociate: DefinedAction<FloatingIpAssociate, 'update'> = defineAction({
  type: 'floating-ip-associate',
  risk: 'update',
  async perform({ cloud, id, portId, fixedAddress }, context) {
    const { network } = await context.tools.isolation(cloud)
    const { network: doors } = await context.tools.remedies(cloud)
    return change<FloatingIpWall | null>(context, {
      read: () => network.getFloatingIp(id),
      is: (now) => now?.portId === portId && (fixedAddress === null || now.fixedAddress === fixedAddress),
      objection: (now) => {
        if (now === null) return stale(`floating IP ${id} does not exist any more`)
        return now.portId === null ? null : stale(`floating IP ${now.address} leads to port ${now.portId} by now`)
      },
      make: async (_, call) => doors.setFloatingIp(id, { portId, fixedAddress }, call),
      meaning: ({ status, message }) =>
        status === 404 || status === 409 ? failed(`floating IP ${id} cannot be put back: ${message}`) : null,
      already: `floating IP ${id} led to port ${portId} already`,
      done: `floating IP ${id} leads to port ${portId} again`,
      inverse: () => floatingIpDisassociate.inverse({ cloud, id, portId })
    })
  }
})
