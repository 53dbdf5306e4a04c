import type { NetworkWall, PortWall } from '../../clients/isolation/network-forms.ts'
import type { ReadOne } from './reading.ts'
import type { PortSubject } from './subjects.ts'

/** The server that uses a port: an amphora of Octavia is one of the service's own project. */
export interface Device {
  readonly projectId: string
  readonly name: string
}

export const isServerPort = (port: PortWall) => port.deviceOwner.startsWith('compute:') && port.deviceId !== ''

export function portSubject(
  port: PortWall,
  network: NetworkWall | undefined,
  device: Device | undefined | null
): PortSubject {
  const { subnetIds: _, ...rest } = port
  return {
    kind: 'port',
    ...rest,
    networkProjectId: network?.projectId ?? null,
    networkExternal: network?.external ?? false,
    deviceProjectId: device?.projectId ?? null,
    deviceName: device?.name ?? null
  }
}

export const readPort: ReadOne = async (id, { clients: { network, compute } }) => {
  const port = await network.getPort(id)
  if (port === null) return null
  const [of, device] = await Promise.all([
    network.getNetwork(port.networkId),
    isServerPort(port) ? compute.getServer(port.deviceId) : null
  ])
  return portSubject(port, of ?? undefined, device)
}
