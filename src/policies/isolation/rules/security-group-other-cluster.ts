import { overlaps, within, worldly } from '../cidr.ts'
import { allListed } from '../ports.ts'
import type { Fact, Rule } from '../rule.ts'
import { aboutGroupRules, inWords, shown, sourcesOf } from '../security-group.ts'
import { called } from '../world.ts'

export const securityGroupOtherCluster: Rule<'security-group'> = {
  ...aboutGroupRules,
  name: 'security-group-other-cluster',
  severity: 'high',
  mode: 'enforce',
  what: 'A rule of a cluster’s security group lets in a range that covers addresses of another cluster, on ports that are not in `publicPorts`',
  why: 'Nodes of one cluster reach the other’s directly as soon as there is any route',
  judge(group, world) {
    const owner = world.clusterOf(group.projectId)
    if (owner === null) return []
    return group.rules.flatMap((rule): Fact[] => {
      if (allListed(rule, owner.publicPorts)) return []
      const sources = sourcesOf(rule)
      const open = worldly(sources)
      // The world is the business of `security-group-open`; own ranges may be another cluster's ranges as well.
      const foreign = sources.filter((range, n) => !open[n] && !within(range, owner.own))
      const others = world.clusters.filter(
        (one) => one !== owner && one.own.some((own) => foreign.some((range) => overlaps(own, range)))
      )
      return others.slice(0, 1).map(({ name }) => ({
        detail: rule.id,
        from: owner.name,
        to: name,
        summary: `security group ${called(group)} of ${owner.name} lets in addresses of ${others.map((one) => one.name).join(', ')}: ${inWords(rule)}`,
        evidence: { ...shown(group, rule), covers: others.map((one) => one.name) }
      }))
    })
  }
}
