import { floatingIpDisassociate } from './actions/floating-ip.ts'
import type { FloatingIpSubject } from './questions/subjects.ts'
import type { Rule } from './rule.ts'
import type { ClusterView } from './world.ts'

/** Tells whether a floating IP is from one of the cluster's pools; anybody may call a network of theirs as one of those. */
export const mayPool = ({ poolIds, settings }: ClusterView, { networkId, networkName }: FloatingIpSubject): boolean =>
  poolIds === undefined
    ? settings.floatingPools.some((pool) => pool === networkId || pool === networkName)
    : poolIds.includes(networkId)

/** What rules about floating IPs have in common. */
export const aboutFloatingIps = {
  layer: 'network',
  kind: 'floating-ip',
  cuts: true,
  events: ['floatingip.create.end', 'floatingip.update.end'],
  proof: 'GET /v2.0/floatingips/{id}, and GET /v2.0/ports/{port}',
  remedy: 'Takes the floating IP off its port; the address stays the project’s',
  undo: 'Associates it with the same port and address again',
  close({ id, portId, forwardings = [] }, { from }, world) {
    if (portId === null && forwardings.length > 0)
      return { none: 'single ports of it are forwarded, which floating-ip-forwarding tells: take those away' }
    if (portId === null) return { none: 'it is on no port, so nothing is reached through it: release the address' }
    return [world.step(floatingIpDisassociate, { cluster: from, on: `floating-ip/${id}` }, { id, portId })]
  }
} satisfies Partial<Rule<'floating-ip'>>
