import type { FloatingIpWall, NetworkWall, PortWall } from '../../clients/isolation/network-forms.ts'
import { type Device, isServerPort } from './port.ts'
import type { ReadOne } from './reading.ts'
import type { FloatingIpSubject } from './subjects.ts'

/** What a floating IP leads to. */
export interface Behind {
  readonly network: NetworkWall | undefined
  readonly port: PortWall | undefined
  readonly device: Device | undefined
}

export function floatingIpSubject(floatingIp: FloatingIpWall, { network, port, device }: Behind): FloatingIpSubject {
  return {
    kind: 'floating-ip',
    ...floatingIp,
    name: floatingIp.address,
    networkName: network?.name ?? '',
    portDeviceOwner: port?.deviceOwner ?? '',
    portProjectId: port?.projectId ?? null,
    serverId: port !== undefined && device !== undefined ? port.deviceId : null,
    serverName: device?.name ?? null
  }
}

export const readFloatingIp: ReadOne = async (id, { clients: { network, compute } }) => {
  const floatingIp = await network.getFloatingIp(id)
  if (floatingIp === null) return null
  const [of, port] = await Promise.all([
    network.getNetwork(floatingIp.networkId),
    floatingIp.portId === null ? null : network.getPort(floatingIp.portId)
  ])
  const device = port !== null && isServerPort(port) ? await compute.getServer(port.deviceId) : null
  return floatingIpSubject(floatingIp, {
    network: of ?? undefined,
    port: port ?? undefined,
    device: device ?? undefined
  })
}
