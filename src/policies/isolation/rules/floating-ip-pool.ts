import { aboutFloatingIps, mayPool } from '../floating-ip.ts'
import type { Rule } from '../rule.ts'

/** Finds a floating IP from an external network that is not in its cluster's `floatingPools`. */
export const floatingIpPool: Rule<'floating-ip'> = {
  ...aboutFloatingIps,
  name: 'floating-ip-pool',
  severity: 'high',
  mode: 'enforce',
  what: 'A floating IP of a cluster is from an external network that is not in its `floatingPools`',
  why: 'Each pool has firewalls and routes of its own: this one leads around them',
  judge(floatingIp, world) {
    const owner = world.clusterOf(floatingIp.projectId)
    const { id, address, networkId, networkName, portId } = floatingIp
    const pools = owner?.settings.floatingPools ?? []
    if (owner === null || pools.length === 0 || mayPool(owner, floatingIp)) return []
    const summary = `floating IP ${address} of ${owner.name} is from ${networkName || networkId}; allowed are ${pools.join(', ')}`
    const evidence = { floatingIp: id, address, networkId, port: portId }
    const nameless = owner.poolIds === undefined &&
      networkName === '' && { unsure: `network ${networkId} has no name to compare` }
    return [
      { detail: '', from: owner.name, to: '*', summary, evidence, ...nameless, ...world.unsure('network', [networkId]) }
    ]
  }
}
