import { networkUnshare } from '../actions/network-share.ts'
import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds a network of a cluster that is shared with everybody. */
export const networkShared: Rule<'network'> = {
  name: 'network-shared',
  layer: 'network',
  kind: 'network',
  severity: 'critical',
  mode: 'enforce',
  // Neutron refuses while others have ports on it.
  cuts: false,
  what: 'A cluster’s network has `shared=true`, or is shared (RBAC) with everybody, which is the same',
  why: 'Every project of the OpenStack can put ports on it and talk to the nodes directly',
  events: ['network.create.end', 'network.update.end', 'rbac_policy.create.end', 'rbac_policy.update.end'],
  proof: 'GET /v2.0/networks/{id}: shared',
  remedy: 'Sets `shared` to false; Neutron refuses (409) while others have ports on it, and it is tried again',
  undo: 'Sets `shared` to true',
  judge(network, world) {
    const holder = world.networkHolder(network.id, network.projectId)
    const owner = world.clusters.find((one) => one.name === holder)
    if (owner === undefined || !network.shared) return []
    const summary = `network ${called(network)} of ${owner.name} has shared=true: every project can use it`
    return [
      {
        detail: '',
        from: owner.name,
        to: '*',
        summary,
        evidence: { network: network.id, shared: true },
        ...world.unsure('network', [network.id])
      }
    ]
  },
  close: ({ id }, { from }, world) => [world.step(networkUnshare, { cluster: from, on: `network/${id}` }, { id })]
}
