import type { PortWall } from '../../../clients/neutron/forms.ts'
import { mark } from '../../../core/ownership.ts'
import { change, failed, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import { type PortSettings, settingsOf, writeSettings } from './port-settings.ts'

/** Input of `server-interface-detach`. */
export type ServerInterfaceDetach = {
  readonly cloud: string
  readonly serverId: string
  readonly portId: string
  readonly networkId: string
  /** The server's project. */
  readonly projectId: string
}

/** Input of `server-interface-attach`: the port as it was. */
export type ServerInterfaceAttach = ServerInterfaceDetach & {
  readonly port: PortSettings & {
    readonly name: string
    readonly projectId: string | null
    readonly mac: string
    readonly addresses: readonly string[]
  }
}

const all = { portSecurityEnabled: true, securityGroups: [], allowedAddressPairs: [] }

/** Takes a server off a network. Nova deletes a port that it made itself and keeps one that was made before. */
export const serverInterfaceDetach: DefinedAction<ServerInterfaceDetach, 'delete'> = defineAction({
  type: 'server-interface-detach',
  risk: 'delete',
  async perform(input, context) {
    const { cloud, serverId, portId, networkId } = input
    const { network } = await context.tools.isolation(cloud)
    const { compute: doors } = await context.tools.remedies(cloud)
    const what = `port ${portId} on network ${networkId}`
    return change<PortWall | null>(context, {
      read: () => network.getPort(portId),
      is: (now) => now === null || now.deviceId === '',
      objection: (now) =>
        now!.deviceId !== serverId || now!.networkId !== networkId
          ? stale(`${what} is not server ${serverId}’s: it is of ${now!.deviceOwner} ${now!.deviceId} by now`)
          : null,
      make: async (_, call) => doors.detachInterface(serverId, portId, call),
      meaning: ({ status, message }) =>
        status === 409
          ? failed(
              `${what} stays on server ${serverId}: ${message}; Nova takes a port off only while the server is active, paused, stopped or suspended: quarantine it instead`
            )
          : null,
      // Nova answers 202, and forgets a detachment that overtakes the end of the attachment.
      watchMs: 5000,
      already: `${what} was off server ${serverId} already`,
      done: `${what} is off server ${serverId}`,
      inverse: (before) => {
        const { name, projectId, mac, addresses } = before!
        const port = { ...settingsOf(before!, all), name, projectId, mac, addresses }
        return serverInterfaceAttach.inverse({ ...input, port })
      }
    })
  }
})

/** Puts a server back on a network: by the very port where it is still there, else by one with its MAC and addresses. */
export const serverInterfaceAttach: DefinedAction<ServerInterfaceAttach, 'create'> = defineAction({
  type: 'server-interface-attach',
  risk: 'create',
  async perform({ port, ...input }, context) {
    const { cloud, serverId, networkId } = input
    const { network } = await context.tools.isolation(cloud)
    const { network: ports, compute: servers } = await context.tools.remedies(cloud)
    const { name, projectId, mac, addresses, ...settings } = port
    const what = `server ${serverId}’s port on network ${networkId}`
    return change<PortWall | undefined>(context, {
      read: async () => {
        const found = await network.listPorts({ by: { network_id: networkId, mac_address: mac } })
        return found[0]
      },
      is: (now) => now?.deviceId === serverId,
      objection: (now) =>
        now !== undefined && now.deviceId !== ''
          ? stale(`the port with MAC ${mac} is of ${now.deviceOwner} ${now.deviceId} by now`)
          : null,
      make: async (now, call) => {
        const description = mark(context.installId)
        // Without groups Neutron gives a new one the default group.
        const made = { projectId, networkId, name, description, mac, addresses, ...settings }
        const id = now?.id ?? (await ports.createPort(made, call)).id
        if (now !== undefined) await writeSettings(ports, now, settings, call)
        return servers.attachInterface(serverId, id, call)
      },
      meaning: ({ status, message }) =>
        status === 404 || status === 409 || status === 400 ? failed(`${what} cannot be put back: ${message}`) : null,
      already: `${what} was there already`,
      done: `${what} is there again, with ${addresses.join(', ')}`,
      inverse: (_, after) => serverInterfaceDetach.inverse({ ...input, portId: after?.id ?? input.portId })
    })
  }
})
