import { serverInterfaceDetach } from '../actions/server-interface.ts'
import { isNeutrons } from '../neutrons-own.ts'
import type { Rule } from '../rule.ts'
import { called, outside, unknown, whom } from '../world.ts'

/** Finds a port of a cluster on a network that it may not use. */
export const portForeignNetwork: Rule<'port'> = {
  name: 'port-foreign-network',
  layer: 'network',
  kind: 'port',
  severity: 'critical',
  mode: 'enforce',
  cuts: true,
  what: 'A port or server of a cluster is on a network that is neither the cluster’s nor one that several may use',
  why: 'It talks to whatever is there directly; traffic between clusters goes through load balancers only',
  events: ['port.create.end', 'port.update.end'],
  proof: 'GET /v2.0/ports/{id}: project_id, network_id, and GET /v2.0/networks/{network}: project_id',
  remedy: 'Detaches the port from its server',
  undo: 'Attaches the server to the network again; a port that Nova had made gets new addresses',
  judge(port, world) {
    // What Neutron itself puts on networks; routers have a rule of their own.
    if (isNeutrons(port)) return []
    // Nova puts servers there for administrators only, but the owner may have made it external since.
    const sure = port.networkExternalByOwner !== true || port.deviceProjectId === null
    if (port.networkExternal && sure) return []
    const owner = world.clusterOf(port.deviceProjectId) ?? world.clusterOf(port.projectId)
    const holder = world.networkHolder(port.networkId, port.networkProjectId)
    if (owner === null || holder === null || holder === owner.name) return []
    const what =
      port.deviceId === '' ? `port ${called(port)}` : `${port.deviceName ?? port.deviceOwner} (port ${port.id})`
    return [
      {
        detail: '',
        from: holder === outside || holder === unknown ? owner.name : holder,
        to: holder === outside || holder === unknown ? holder : owner.name,
        summary: `${what} of ${owner.name} is on network ${port.networkId} of ${whom(holder)} (${port.addresses.join(', ')})`,
        evidence: {
          port: port.id,
          project: port.projectId,
          deviceOwner: port.deviceOwner,
          device: port.deviceId,
          network: port.networkId,
          networkProject: port.networkProjectId,
          addresses: port.addresses
        },
        ...(port.networkExternal && {
          unsure: `network ${port.networkId} is external, which its owner can make it: list it in shared.networks where it is meant`
        }),
        ...world.unsure('network', [port.networkId])
      }
    ]
  },
  close(port, _fact, world) {
    if (port.deviceId === '') return { none: `nothing uses the port: \`openstack port delete ${port.id}\` closes it` }
    if (port.deviceProjectId === null)
      return { none: `${port.deviceOwner} ${port.deviceId} uses it, which is no server: it has to be taken away there` }
    const cluster = world.clusterOf(port.deviceProjectId)?.name ?? world.clusterOf(port.projectId)!.name
    const { id, deviceId, networkId, deviceProjectId } = port
    const input = { serverId: deviceId, portId: id, networkId, projectId: deviceProjectId }
    return [world.step(serverInterfaceDetach, { cluster, on: `server/${deviceId}/network/${networkId}` }, input)]
  }
}
