import type { PortWall } from '../../../clients/neutron/forms.ts'
import { mark } from '../../../core/ownership.ts'
import { change, failed, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'

/** Input of `router-interface-remove`. */
export type RouterInterfaceRemove = {
  readonly cloud: string
  readonly routerId: string
  readonly portId: string
  readonly subnetId: string
}

/** Input of `router-interface-add`: as it was, at the same address. */
export type RouterInterfaceAdd = {
  readonly cloud: string
  readonly routerId: string
  readonly subnetId: string
  readonly networkId: string
  /** The project that the interface's port belonged to. */
  readonly projectId: string | null
  readonly name: string
  readonly addresses: readonly string[]
}

/** Takes a router off a subnet; Neutron deletes the interface's port with it. */
export const routerInterfaceRemove: DefinedAction<RouterInterfaceRemove, 'delete'> = defineAction({
  type: 'router-interface-remove',
  risk: 'delete',
  async perform({ cloud, routerId, portId, subnetId }, context) {
    const { network } = await context.tools.isolation(cloud)
    const { network: doors } = await context.tools.remedies(cloud)
    const what = `router ${routerId}’s interface on subnet ${subnetId}`
    return change<PortWall | null>(context, {
      read: () => network.getPort(portId),
      is: (now) => now === null || now.deviceId === '',
      objection: (now) =>
        now !== null && (now.deviceId !== routerId || !now.subnetIds.includes(subnetId))
          ? stale(`port ${portId} is not ${what} any more: it is of ${now.deviceOwner || 'nothing'} ${now.deviceId}`)
          : null,
      make: async (_, call) => doors.removeRouterInterface(routerId, portId, call),
      meaning: ({ status, code, message }) =>
        status === 409
          ? failed(
              `${what} stays: Neutron needs it for ${code === 'RouterInterfaceInUseByRoute' ? 'a route of the router' : 'floating IPs behind it'} (${code}). Take those away first (floating-ip-disassociate, or the router's routes); ${message}`
            )
          : null,
      already: `${what} was gone already`,
      done: `${what} is removed`,
      inverse: (before) =>
        routerInterfaceAdd.inverse({
          ...{ cloud, routerId, subnetId, networkId: before!.networkId, projectId: before!.projectId },
          ...{ name: before!.name, addresses: before!.addresses }
        })
    })
  }
})

/** Puts a router back on a subnet, by a port with the address that it had. */
export const routerInterfaceAdd: DefinedAction<RouterInterfaceAdd, 'create'> = defineAction({
  type: 'router-interface-add',
  risk: 'create',
  async perform({ cloud, routerId, subnetId, networkId, projectId, name, addresses }, context) {
    const { network } = await context.tools.isolation(cloud)
    const { network: doors } = await context.tools.remedies(cloud)
    const what = `router ${routerId}’s interface on subnet ${subnetId}`
    const description = mark(context.installId)
    return change<readonly PortWall[]>(context, {
      read: async () => {
        const ports = await network.listPorts({ by: { network_id: networkId } })
        return ports.filter((one) => one.subnetIds.includes(subnetId))
      },
      is: (now) => now.some((one) => one.deviceId === routerId),
      objection: (now) => {
        const other = now.find((one) => one.deviceId !== '' && addresses.some((ip) => one.addresses.includes(ip)))
        return other === undefined
          ? null
          : failed(`${what} cannot be put back: its address ${addresses} is port ${other.id}’s now`, false)
      },
      make: async (now, call) => {
        // Made by an attempt that got no further.
        const ours = now.find((one) => one.deviceId === '' && addresses.every((ip) => one.addresses.includes(ip)))
        const port = { projectId, networkId, name, description, addresses }
        const { id } = ours ?? (await doors.createPort(port, call))
        return doors.addRouterInterface(routerId, id, call)
      },
      already: `${what} was there already`,
      done: `${what} is there again, at ${addresses.join(', ')}`,
      inverse: (_, after) =>
        routerInterfaceRemove.inverse({
          cloud,
          routerId,
          subnetId,
          portId: after.find((one) => one.deviceId === routerId)?.id ?? ''
        })
    })
  }
})
