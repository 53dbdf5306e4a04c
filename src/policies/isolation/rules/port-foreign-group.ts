import { portUpdate } from '../actions/port-update.ts'
import { isNeutrons } from '../neutrons-own.ts'
import type { PortSubject } from '../questions/subjects.ts'
import type { Fact, Rule } from '../rule.ts'
import { called, outside, type World, whom } from '../world.ts'

/**
 * Octavia puts a group of its own project on the VIP's port of a load balancer, and both have the balancer's id. A server's
 * port is Nova's to name, so that nobody hides one behind this.
 */
const isBalancers = (
  { deviceOwner, deviceId }: PortSubject,
  { name, projectId }: NonNullable<PortSubject['groupsOfOthers']>[number],
  world: World
) =>
  deviceOwner === 'Octavia' &&
  /^lb-[0-9a-f-]{36}$/.test(name) &&
  name === deviceId &&
  world.holderOf(projectId) === outside

/** Finds a port of a cluster with a security group of another project. */
export const portForeignGroup: Rule<'port'> = {
  name: 'port-foreign-group',
  layer: 'network',
  kind: 'port',
  severity: 'high',
  mode: 'approve',
  cuts: true,
  what: 'A port of a cluster has a security group of another project, which shared it (RBAC)',
  why: 'Who is let in to the port is decided there: one rule more in that group opens every port that has it',
  events: ['port.create.end', 'port.update.end'],
  proof: 'GET /v2.0/ports/{id}: security_groups, and GET /v2.0/security-groups/{group}: project_id',
  remedy: 'Takes these groups off the port, and leaves the others; without any the port lets nothing in',
  undo: 'Puts them back, as long as they are there',
  judge(port, world) {
    const owner = world.clusterOf(port.projectId)
    // Neutron's own ports (routers, DHCP) are filtered by nothing.
    if (owner === null || isNeutrons(port)) return []
    const foreign = (port.groupsOfOthers ?? []).filter((one) => !isBalancers(port, one, world))
    return foreign.map(({ id, name, projectId }): Fact => {
      const to = world.holderOf(projectId)
      const summary = `port ${called(port)} of ${owner.name} (${port.deviceName ?? (port.deviceOwner || 'unused')}) has security group ${name || id} of ${whom(to)}`
      const evidence = { port: port.id, device: port.deviceId, securityGroup: id, securityGroupProject: projectId }
      return { detail: id, from: owner.name, to, summary, evidence }
    })
  },
  close(port, { from }, world, facts) {
    const { id, securityGroups } = port
    const gone = facts.map(({ detail }) => detail)
    const left = securityGroups.filter((one) => !gone.includes(one))
    const input = { id, set: { securityGroups: left }, expects: { securityGroups } }
    return [world.step(portUpdate, { cluster: from, on: `port/${id}/security-groups` }, input)]
  }
}
