import { worldly } from '../cidr.ts'
import { allListed } from '../ports.ts'
import type { Rule } from '../rule.ts'
import { aboutGroupRules, ruleInWords, saidElsewhere, shown, sourcesOf } from '../security-group.ts'
import { called } from '../world.ts'

/** Finds a security group rule that lets the world in on ports that are not public. */
export const securityGroupOpen: Rule<'security-group'> = {
  ...aboutGroupRules,
  name: 'security-group-open',
  severity: 'high',
  mode: 'enforce',
  what: 'A rule of a cluster’s security group lets the world in (`0.0.0.0/0`, `::/0`, no prefix at all, or ranges that together are half of it) on ports that are not in `publicPorts`',
  why: 'Whoever has a route to the node reaches the port; what is meant for the world goes through a load balancer',
  judge(group, world) {
    const owner = world.clusterOf(group.projectId)
    if (owner === null) return []
    const hidden = group.rules.filter((rule) => !allListed(rule, owner.publicPorts))
    const sources = hidden.flatMap((rule) => sourcesOf(rule).map((range) => ({ rule, range })))
    // All of them together, so that the world in pieces is the world.
    const open = worldly(sources.map((one) => one.range))
    const found = new Set(sources.filter((_, n) => open[n]).map((one) => one.rule))
    return [...found].map((rule) => {
      const elsewhere = saidElsewhere(rule, owner.projectId)
      return {
        detail: rule.id,
        from: owner.name,
        to: '*',
        summary: `security group ${called(group)} of ${owner.name} lets the world in: ${ruleInWords(rule)}`,
        evidence: shown(group, rule),
        ...(elsewhere !== null && { blame: elsewhere })
      }
    })
  }
}
