import type { FloatingIpWall, PortForwarding, PortWall } from '../../../clients/neutron/forms.ts'
import type { NetworkIsolation } from '../../../clients/neutron/isolation.ts'
import type { Device } from './disguise.ts'
import { deviceOf } from './port.ts'
import { byId, distinct } from './reading.ts'
import type { Forwarding } from './subjects.ts'

/** The forwardings of these floating IPs, by the id of each, and the ports that they lead to. */
export interface Forwardings {
  readonly byFloatingIp: ReadonlyMap<string, readonly PortForwarding[]>
  readonly ports: ReadonlyMap<string, PortWall>
}

/** Asks only those that have some, or of which Neutron does not say it. One that is gone meanwhile has none. */
export async function readForwardings(
  network: NetworkIsolation,
  floatingIps: readonly FloatingIpWall[]
): Promise<Forwardings> {
  const found = await Promise.all(
    floatingIps.map(async (one) => [one.id, (await network.listPortForwardings(one)) ?? []] as const)
  )
  const ids = distinct(found.flatMap(([, all]) => all.map(({ internalPortId }) => internalPortId)))
  return { byFloatingIp: new Map(found), ports: byId(await network.listPorts({ by: { id: ids } })) }
}

/** Builds the port forwardings of a floating IP, with the ports that they lead to. */
export function forwardingsOf(
  floatingIpId: string,
  { byFloatingIp, ports }: Forwardings,
  devices: ReadonlyMap<string, Device>
): readonly Forwarding[] {
  return (byFloatingIp.get(floatingIpId) ?? [])
    .map(({ internalPortId, ...one }): Forwarding => {
      const port = ports.get(internalPortId ?? '')
      const device = deviceOf(port, devices.get(port?.deviceId ?? ''))
      return {
        ...one,
        portId: internalPortId,
        portProjectId: port?.projectId ?? null,
        portDeviceOwner: port?.deviceOwner ?? '',
        serverId: device === undefined ? null : port!.deviceId,
        serverName: device?.name.toWellFormed() ?? null
      }
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}
