import type { NetworkWall, PortWall } from '../../../clients/neutron/forms.ts'
import type { SecurityGroupWall } from '../../../clients/neutron/security-groups.ts'
import { isId } from '../../../core/bound-name.ts'
import type { Device } from './disguise.ts'
import { looksNeutrons, serversBefore } from './disguise.ts'
import { byId, type ReadOne } from './reading.ts'
import type { PortSubject } from './subjects.ts'

/** Neutron's own are those of routers, whose ids look the same, and of DHCP, whose do not. */
const mayBeServers = (port: PortWall) => looksNeutrons(port) && isId(port.deviceId)

/** Tells whether a port says that it is a server's. */
export const isServerPort = (port: PortWall) => port.deviceOwner.startsWith('compute:') && port.deviceId !== ''

/**
 * Returns the server of a port, where it is its server: Nova takes no port of another project, and whoever owns one writes into its
 * `device_id` what they like. Where no project is said it may be: the port itself says then that it is not said.
 */
export function deviceOf(port: PortWall | undefined | null, device: Device | undefined | null): Device | undefined {
  if (!port || !device || !isServerPort(port)) return undefined
  return port.projectId === null || port.projectId === device.projectId ? device : undefined
}

/** Builds the subject of a port. */
export function portSubject(
  port: PortWall,
  network: NetworkWall | undefined,
  named: Device | undefined | null,
  groups: ReadonlyMap<string, SecurityGroupWall>,
  before: string | null = null
): PortSubject {
  const { subnetIds: _, ...rest } = port
  const device = deviceOf(port, named)
  const groupsOfOthers = port.securityGroups
    .map((id) => ({
      id,
      name: groups.get(id)?.name.toWellFormed() ?? '',
      projectId: groups.get(id)?.projectId ?? null
    }))
    .filter(({ projectId }) => projectId === null || projectId !== port.projectId)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  return {
    kind: 'port',
    ...rest,
    networkProjectId: network?.projectId ?? null,
    networkExternal: network?.external ?? false,
    ...(network?.external === true && network.flat !== true && { networkExternalByOwner: true as const }),
    deviceProjectId: device?.projectId ?? null,
    deviceName: device?.name ?? null,
    ...(before !== null && { serversBefore: before }),
    ...(groupsOfOthers.length > 0 && { groupsOfOthers })
  }
}

/** Reads one port with its server, network and security groups; null where it is gone. */
export const readPort: ReadOne = async (id, { clients: { network, compute }, journal }) => {
  const port = await network.getPort(id)
  if (port === null) return null
  const [of, device, groups] = await Promise.all([
    network.getNetwork(port.networkId),
    isServerPort(port) || mayBeServers(port) ? compute.getServer(port.deviceId) : null,
    network.listSecurityGroups({ by: { id: port.securityGroups } })
  ])
  return portSubject(port, of ?? undefined, device, byId(groups), await serversBefore(port, device, journal))
}
