import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { NetworkWall, PortWall } from '../../../clients/neutron/forms.ts'
import type { ServerWall } from '../../../clients/nova/isolation.ts'
import type { Tools } from '../../shared/tools.ts'
import { type Device, looksNeutrons, serversBefore } from './disguise.ts'
import { floatingIpSubject, seenAgain } from './floating-ip.ts'
import { forwardingsOf, readForwardings } from './forwardings.ts'
import { networkSubject } from './network.ts'
import { isServerPort, portSubject } from './port.ts'
import { rbacPolicySubject, sharedObjects } from './rbac-policy.ts'
import { byId, distinct } from './reading.ts'
import { interfaceOwners, routerSubject } from './router.ts'
import { readRemotes, securityGroupSubject } from './security-group.ts'
import type { Subject } from './subjects.ts'

/** What the clusters own in Neutron, and what others have on their networks, servers and routers. */
export interface AllNetworks {
  readonly subjects: readonly Subject[]
  /** For the servers: all ports of theirs, and the networks of those. */
  readonly ports: readonly PortWall[]
  readonly networks: ReadonlyMap<string, NetworkWall>
}

/** Reads it; complete, or it rejects. `networkIds`: networks that are a cluster's and may be owned by another project. */
export async function readAllNetworks(
  clients: IsolationClients,
  projects: readonly string[],
  networkIds: readonly string[],
  servers: readonly ServerWall[],
  journal: Pick<Tools['journal'], 'events'>
): Promise<AllNetworks> {
  const { network } = clients
  const by = { by: { project_id: projects } }
  const [owned, alsoTheirs, ownPorts, ownRouters, ownGroups, ownFloatingIps, sharedBy, sharedTo, onServers] =
    await Promise.all([
      network.listNetworks(by),
      network.listNetworks({ by: { id: networkIds } }),
      network.listPorts(by),
      network.listRouters(by),
      network.listSecurityGroups(by),
      network.listFloatingIps(by),
      network.listRbacPolicies(by),
      network.listRbacPolicies({ by: { target_tenant: [...projects, '*'] } }),
      network.listPorts({ by: { device_id: servers.map((server) => server.id) } })
    ])
  const own = byId(owned, alsoTheirs)
  const ids = [...own.keys()]
  const [onNetworks, subnets, sharesOfThese] = await Promise.all([
    network.listPorts({ by: { network_id: ids } }),
    network.listSubnets({ by: { network_id: ids } }),
    // An administrator may share what is not theirs: such a policy belongs to neither of the two projects.
    network.listRbacPolicies({ by: { object_id: [...ids, ...ownGroups.map((group) => group.id)] } })
  ])
  const ports = [...byId(ownPorts, onServers, onNetworks).values()]
  const policies = [...byId(sharedBy, sharedTo, sharesOfThese).values()]
  const interfaces = ports.filter((port) => interfaceOwners.includes(port.deviceOwner))
  const knownRouters = byId(ownRouters)
  const serverPorts = ports.filter(isServerPort)
  const known = byId(ownGroups)
  const [otherRouters, otherFloatingIps, forwarding, otherGroups, objects, devices] = await Promise.all([
    network.listRouters({
      by: { id: distinct(interfaces.map((port) => port.deviceId).filter((id) => !knownRouters.has(id))) }
    }),
    network.listFloatingIps({ by: { port_id: serverPorts.map((port) => port.id) } }),
    // Addresses of others that forward single ports into the clusters are on no port: their router says it.
    network.listFloatingIps({
      by: { router_id: distinct([...knownRouters.keys(), ...interfaces.map((port) => port.deviceId)]) }
    }),
    network.listSecurityGroups({
      by: { id: distinct(ports.flatMap((port) => port.securityGroups).filter((id) => !known.has(id))) }
    }),
    sharedObjects(network, policies),
    devicesOf(serverPorts, servers, clients)
  ])
  const routers = [...byId(ownRouters, otherRouters).values()]
  const groups = [...byId(ownGroups, otherGroups).values()]
  const listed = byId(ownFloatingIps, otherFloatingIps, forwarding)
  const knownPorts = byId(ports)
  const behind = distinct([...listed.values()].map((one) => one.portId)).filter((id) => !knownPorts.has(id))
  const [routerPorts, remotes, portsBehind] = await Promise.all([
    network.listPorts({ by: { device_id: routers.map((router) => router.id), device_owner: interfaceOwners } }),
    readRemotes(network, groups),
    network.listPorts({ by: { id: behind } })
  ])
  const there = byId(ports, portsBehind)
  const lost = [...listed.values()].filter(({ portId }) => portId !== null && !there.has(portId))
  const again = await seenAgain(lost, network)
  for (const { id } of lost) listed.delete(id)
  const floatingIps = [...listed.values(), ...again.map((one) => one.floatingIp)]
  const floatingPorts = [...portsBehind, ...again.flatMap(({ port }) => port ?? [])]
  const forwarded = await readForwardings(network, floatingIps)
  const mentioned = [...ports, ...routerPorts, ...floatingIps].map((one) => one.networkId)
  const missing = distinct(mentioned).filter((id) => !own.has(id))
  const networks = byId([...own.values()], await network.listNetworks({ by: { id: missing } }))
  const allPorts = byId(ports, floatingPorts)
  const behindAddresses = [...floatingPorts, ...forwarded.ports.values()].filter(isServerPort)
  const moreDevices = await devicesOf(behindAddresses, servers, clients)
  const groupsById = byId(groups)
  // A router's id is no server's; who has one of the clusters' servers behind a port of Neutron's is known by them.
  const ours = new Map<string, Device>(servers.map((server) => [server.id, server]))
  const before = new Map(
    await Promise.all(
      ports
        .filter(looksNeutrons)
        .map(async (port) => [port.id, await serversBefore(port, ours.get(port.deviceId), journal)] as const)
    )
  )

  return {
    ports,
    networks,
    subjects: [
      ...[...own.values()].map((one) => networkSubject(one, subnets)),
      ...ports.map((port) =>
        portSubject(
          port,
          networks.get(port.networkId),
          devices.get(port.deviceId),
          groupsById,
          before.get(port.id) ?? null
        )
      ),
      ...routers.map((router) => routerSubject(router, routerPorts, networks)),
      ...groups.map((group) => securityGroupSubject(group, remotes)),
      ...policies
        .map((policy) => rbacPolicySubject(policy, objects.get(policy.objectId)))
        .filter(
          ({ objectId, projectId, target, objectProjectId }) =>
            own.has(objectId) || [projectId, target, objectProjectId].some((id) => projects.includes(id ?? ''))
        ),
      ...floatingIps.map((one) => {
        const port = allPorts.get(one.portId ?? '')
        const device =
          port && isServerPort(port) ? (devices.get(port.deviceId) ?? moreDevices.get(port.deviceId)) : undefined
        const forwardings = forwardingsOf(one.id, forwarded, moreDevices)
        return floatingIpSubject(one, { network: networks.get(one.networkId), port, device, forwardings })
      })
    ]
  }
}

/** The servers behind these ports: those of the clusters are known, the others are asked for; a server stays its project's. */
async function devicesOf(
  ports: readonly PortWall[],
  servers: readonly ServerWall[],
  { compute, detail }: IsolationClients
): Promise<ReadonlyMap<string, Device>> {
  const known = new Map<string, Device>(servers.map((server) => [server.id, server]))
  const others = distinct(ports.map((port) => port.deviceId)).filter((id) => !known.has(id))
  const found = await Promise.all(others.map((id) => detail(`device ${id}`, () => compute.getServer(id))))
  for (const [n, server] of found.entries()) if (server !== null) known.set(others[n]!, server)
  return known
}
