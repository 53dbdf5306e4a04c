import { mayPool } from '../floating-ip.ts'
import type { FloatingIpSubject, Forwarding } from '../questions/subjects.ts'
import type { Fact, Rule } from '../rule.ts'
import { type World, whom } from '../world.ts'

const door = ({ protocol, externalPort }: Forwarding) => `${protocol || 'any'}/${externalPort ?? 'some'}`

/** Finds port forwardings that lead to another project, past a load balancer, or out of a foreign pool. */
export const floatingIpForwarding: Rule<'floating-ip'> = {
  name: 'floating-ip-forwarding',
  layer: 'network',
  kind: 'floating-ip',
  severity: 'high',
  mode: 'observe',
  cuts: false,
  what: 'A floating IP that is on no port forwards single ports: to a port of another project, to a server of a cluster with `behindLoadBalancer`, or out of a pool that is not in `floatingPools`',
  why: 'The node is reached through it as through an address of its own, and the floating IP looks unused',
  // Neutron tells a forwarding without the address that it belongs to.
  events: [],
  proof: 'GET /v2.0/floatingips/{id}/port_forwardings',
  remedy: 'None by itself: which of its forwardings are meant is for its owner to say. The reason has the command',
  undo: '-',
  judge(floatingIp, world) {
    return (floatingIp.forwardings ?? []).flatMap((one) => judged(floatingIp, one, world))
  },
  close: ({ id }, { detail }) => ({
    none: `which forwardings are meant is for its owner to say: \`openstack floating ip port forwarding delete ${id} ${detail}\``
  })
}

function judged(floatingIp: FloatingIpSubject, one: Forwarding, world: World): Fact[] {
  const { id, address, projectId, networkId, networkName } = floatingIp
  const [owner, user] = [world.clusterOf(projectId), world.clusterOf(one.portProjectId)]
  const bearer = user ?? owner
  if (bearer === null) return []
  const evidence = {
    ...{ floatingIp: id, address, project: projectId, forwarding: one.id, protocol: one.protocol },
    ...{ externalPort: one.externalPort, internalPort: one.internalPort, internalAddress: one.internalAddress },
    ...{ port: one.portId, portProject: one.portProjectId, server: one.serverId }
  }
  const what = `floating IP ${address} forwards ${door(one)} to ${one.serverName ?? one.internalAddress}`
  const [from, to] = [world.holderOf(projectId), world.holderOf(one.portProjectId)]
  const base = { detail: one.id, from: bearer.name, evidence }
  if (projectId === null || one.portProjectId !== projectId) {
    const other = user === null ? to : from
    return [
      {
        ...base,
        to: other,
        summary: `${what} of ${whom(to)}, and is of ${whom(from)}`
      }
    ]
  }
  if (bearer.settings.behindLoadBalancer && (one.serverId !== null || one.portDeviceOwner.startsWith('compute:')))
    return [{ ...base, to: '*', summary: `${what} of ${bearer.name}; its cluster is behind load balancers` }]
  const pools = bearer.settings.floatingPools
  if (pools.length === 0 || mayPool(bearer, floatingIp)) return []
  return [
    {
      ...base,
      to: '*',
      summary: `${what} of ${bearer.name} from ${networkName || networkId}; allowed are ${pools.join(', ')}`
    }
  ]
}
