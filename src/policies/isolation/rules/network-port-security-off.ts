import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds a network of a cluster that gives its new ports no port security. */
export const networkPortSecurityOff: Rule<'network'> = {
  name: 'network-port-security-off',
  layer: 'network',
  kind: 'network',
  severity: 'medium',
  mode: 'observe',
  cuts: false,
  what: 'A cluster’s network gives its new ports no port security',
  why: 'Every server that is made on it may fake addresses and has no security group',
  events: ['network.create.end', 'network.update.end'],
  proof: 'GET /v2.0/networks/{id}: port_security_enabled',
  remedy:
    'None by itself: it changes only what is made later. The ports that it made are closed by `port-security-off`',
  undo: '-',
  judge(network, world) {
    const owner = world.clusterOf(network.projectId)
    if (owner === null || network.external || network.portSecurityEnabled) return []
    const summary = `network ${called(network)} of ${owner.name} gives new ports no port security`
    const evidence = { network: network.id, portSecurityEnabled: false }
    return [{ detail: '', from: owner.name, to: owner.name, summary, evidence }]
  },
  close: ({ id }) => ({
    none: `whoever runs the network decides: \`openstack network set --enable-port-security ${id}\``
  })
}
