import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { FloatingIpWall, NetworkWall, PortWall } from '../../../clients/neutron/forms.ts'
import type { Device } from './disguise.ts'
import { forwardingsOf, readForwardings } from './forwardings.ts'
import { deviceOf, isServerPort } from './port.ts'
import { byId, distinct, type ReadOne } from './reading.ts'
import type { FloatingIpSubject, Forwarding } from './subjects.ts'

/** What a floating IP leads to. */
export interface Behind {
  readonly network: NetworkWall | undefined
  readonly port: PortWall | undefined
  readonly device: Device | undefined
  readonly forwardings: readonly Forwarding[]
}

/** Builds the subject of a floating IP. */
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

type Network = Pick<IsolationClients['network'], 'getFloatingIp' | 'getPort' | 'listFloatingIps' | 'listPorts'>

/** A floating IP with the port that it is on; a port that went meanwhile is no port whose project is not said. */
async function withPort(
  id: string,
  network: Network
): Promise<{ floatingIp: FloatingIpWall; port: PortWall | null } | null> {
  const floatingIp = await network.getFloatingIp(id)
  if (floatingIp === null || floatingIp.portId === null) return floatingIp && { floatingIp, port: null }
  const port = await network.getPort(floatingIp.portId)
  if (port !== null) return { floatingIp, port }
  const [again] = await seenAgain([floatingIp], network)
  return again ?? null
}

/**
 * Reads floating IPs again whose port was not there: with a port's deletion Neutron takes the address off it, and says nothing. One that
 * is still on a port that cannot be found stays so: whose that is is not said.
 */
export async function seenAgain(
  floatingIps: readonly FloatingIpWall[],
  network: Network
): Promise<readonly { floatingIp: FloatingIpWall; port: PortWall | null }[]> {
  if (floatingIps.length === 0) return []
  const now = await network.listFloatingIps({ by: { id: floatingIps.map((one) => one.id) } })
  const ports = byId(await network.listPorts({ by: { id: distinct(now.map((one) => one.portId)) } }))
  return now.map((floatingIp) => ({ floatingIp, port: ports.get(floatingIp.portId ?? '') ?? null }))
}

/** Reads one floating IP with what it leads to; null where it is gone. */
export const readFloatingIp: ReadOne = async (id, { clients: { network, compute } }) => {
  const found = await withPort(id, network)
  if (found === null) return null
  const { floatingIp, port } = found
  const [of, forwarded] = await Promise.all([
    network.getNetwork(floatingIp.networkId),
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
