import { aboutFloatingIps } from '../floating-ip.ts'
import type { Rule } from '../rule.ts'

/** Finds a floating IP on a server whose cluster is behind load balancers. */
export const floatingIpOnNode: Rule<'floating-ip'> = {
  ...aboutFloatingIps,
  name: 'floating-ip-on-node',
  severity: 'high',
  mode: 'enforce',
  what: 'A server of a cluster with `behindLoadBalancer` has a floating IP',
  why: 'The node is on the internet, past the load balancer that should stand before it',
  judge(floatingIp, world) {
    const { id, address, portId, portDeviceOwner, portProjectId, serverId, serverName, fixedAddress } = floatingIp
    // A server's address is reached, whoever the floating IP is billed to.
    const owner = world.clusterOf(portProjectId) ?? world.clusterOf(floatingIp.projectId)
    if (owner === null || !owner.settings.behindLoadBalancer || portId === null) return []
    if (serverId === null && !portDeviceOwner.startsWith('compute:')) return []
    const summary = `server ${serverName ?? serverId ?? portId} of ${owner.name} has floating IP ${address}; its cluster is behind load balancers`
    const evidence = { floatingIp: id, address, port: portId, fixedAddress, server: serverId }
    const unsure = portProjectId === null && { unsure: `Neutron does not say which project port ${portId} belongs to` }
    return [{ detail: '', from: owner.name, to: '*', summary, evidence, ...unsure }]
  }
}
