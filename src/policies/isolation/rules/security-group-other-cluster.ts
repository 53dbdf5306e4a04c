import { blamed, claimed, excuseOf } from '../blame.ts'
import { doingOf } from '../came-first.ts'
import { overlaps, within, worldly } from '../cidr.ts'
import { allListed } from '../ports.ts'
import type { Fact, Rule } from '../rule.ts'
import { aboutGroupRules, ruleInWords, saidElsewhere, shown, sourcesOf } from '../security-group.ts'
import { called } from '../world.ts'

/** Finds a security group rule that lets in addresses of another cluster. */
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
      const covered = world.clusters
        .filter((one) => one !== owner)
        .map((one) => ({ name: one.name, own: one.own.filter((own) => foreign.some((range) => overlaps(own, range))) }))
        .filter(({ own }) => own.length > 0)
      const names = covered.map((one) => one.name)
      const what = `security group ${called(group)} of ${owner.name} lets in`
      const evidence = { ...shown(group, rule), covers: names }
      const fact = { detail: rule.id, from: owner.name, evidence }
      const [first] = covered
      if (first === undefined) {
        const covers = `${what}: ${ruleInWords(rule)}`
        return [...claimed(foreign, owner, world, { detail: rule.id, covers, evidence: shown(group, rule) })]
      }
      const doing = doingOf(
        covered.flatMap(({ own }) => own),
        rule.createdAt
      )
      if (doing === 'the others') {
        const summary = `${first.name} got ${first.own.map(({ text }) => text).join(', ')}, which ${what} since before: ${ruleInWords(rule)}`
        return [blamed(fact, { on: first.name, summary, how: `the range of ${first.name} came after the rule` })]
      }
      const elsewhere = saidElsewhere(rule, owner.projectId)
      const excuses = foreign.map((range) =>
        excuseOf(
          range,
          owner,
          covered.flatMap(({ own }) => own)
        )
      )
      const unclear = doing === 'unclear' ? 'it cannot be told which was there first, the rule or the range' : null
      const unsure = excuses.includes(null) ? unclear : excuses[0]!
      return [
        {
          ...{ ...fact, to: first.name, summary: `${what} addresses of ${names.join(', ')}: ${ruleInWords(rule)}` },
          ...(elsewhere !== null && { blame: elsewhere }),
          ...(unsure !== null && { unsure })
        }
      ]
    })
  }
}
