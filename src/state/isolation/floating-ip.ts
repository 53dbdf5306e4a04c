import type { FloatingIpWall, NetworkWall, PortWall } from '../../clients/isolation/network-forms.ts'
import { forwardingsOf, readForwardings } from './forwardings.ts'
import { type Device, deviceOf, isServerPort } from './port.ts'
import type { ReadOne } from './reading.ts'
import type { FloatingIpSubject, Forwarding } from './subjects.ts'

/** What a floating IP leads to. */
export interface Behind {
  readonly network: NetworkWall | undefined
  readonly port: PortWall | undefined
  readonly device: Device | undefined
  readonly forwardings: readonly Forwarding[]
}

export function floatingIpSubject(
  floatingIp: FloatingIpWall,
  { network, port, device: named, forwardings }: Behind
): FloatingIpSubject {
  const device = deviceOf(port, named)
  const { forwards: _, ...rest } = floatingIp
  return {
    kind: 'floating-ip',
    ...rest,
    name: floatingIp.address,
    networkName: network?.name ?? '',
    portDeviceOwner: port?.deviceOwner ?? '',
    portProjectId: port?.projectId ?? null,
    serverId: port !== undefined && device !== undefined ? port.deviceId : null,
    serverName: device?.name ?? null,
    ...(forwardings.length > 0 && { forwardings })
  }
}

export const readFloatingIp: ReadOne = async (id, { clients: { network, compute } }) => {
  const floatingIp = await network.getFloatingIp(id)
  if (floatingIp === null) return null
  const [of, port, forwarded] = await Promise.all([
    network.getNetwork(floatingIp.networkId),
    floatingIp.portId === null ? null : network.getPort(floatingIp.portId),
    readForwardings(network, [floatingIp])
  ])
  const devices = new Map<string, Device>()
  for (const { deviceId } of [...forwarded.ports.values()].filter(isServerPort)) {
    const server = await compute.getServer(deviceId)
    if (server !== null) devices.set(deviceId, server)
  }
  const device = port !== null && isServerPort(port) ? await compute.getServer(port.deviceId) : null
  return floatingIpSubject(floatingIp, {
    network: of ?? undefined,
    port: port ?? undefined,
    device: device ?? undefined,
    forwardings: forwardingsOf(id, forwarded, devices)
  })
}
