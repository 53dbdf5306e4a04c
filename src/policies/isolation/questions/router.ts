import type { NetworkWall, PortWall, RouterWall } from '../../../clients/neutron/forms.ts'
import { byId, distinct, type ReadOne } from './reading.ts'
import type { RouterSubject } from './subjects.ts'

/** Ports by which a router is in a network, of a plain one, a highly available one and a distributed one. */
export const interfaceOwners = [
  'network:router_interface',
  'network:ha_router_replicated_interface',
  'network:router_interface_distributed'
]

/** Builds the subject of a router with its interfaces. */
export function routerSubject(
  router: RouterWall,
  ports: readonly PortWall[],
  networks: ReadonlyMap<string, NetworkWall>
): RouterSubject {
  const interfaces = ports
    .filter((port) => port.deviceId === router.id && interfaceOwners.includes(port.deviceOwner))
    .map(({ id, networkId, subnetIds, addresses }) => {
      const networkProjectId = networks.get(networkId)?.projectId ?? null
      return { portId: id, networkId, networkProjectId, subnetIds, addresses }
    })
    .sort((a, b) => (a.portId < b.portId ? -1 : 1))
  return { kind: 'router', ...router, interfaces }
}

/** Reads one router with its interfaces; null where it is gone. */
export const readRouter: ReadOne = async (id, { clients: { network } }) => {
  const [router, ports] = await Promise.all([
    network.getRouter(id),
    network.listPorts({ by: { device_id: id, device_owner: interfaceOwners } })
  ])
  if (router === null) return null
  const networks = await network.listNetworks({ by: { id: distinct(ports.map((port) => port.networkId)) } })
  return routerSubject(router, ports, byId(networks))
}
