import type { Rule } from '../rule.ts'
import { aboutGroupRules, ruleInWords, shown } from '../security-group.ts'

/** Finds a `default` security group that lets in more than its own members. */
export const defaultGroupChanged: Rule<'security-group'> = {
  ...aboutGroupRules,
  name: 'default-group-changed',
  severity: 'medium',
  mode: 'enforce',
  what: 'The `default` security group of a cluster’s project lets in more than its own members',
  why: 'Every port that is made without a group gets this one: what is opened here is opened everywhere',
  judge(group, world) {
    const owner = world.clusterOf(group.projectId)
    if (owner === null || group.name !== 'default') return []
    return group.rules
      .filter((rule) => rule.direction === 'ingress' && rule.remoteGroupId !== group.id)
      .map((rule) => ({
        detail: rule.id,
        from: owner.name,
        to: rule.remoteGroupId === null ? '*' : world.holderOf(rule.remoteGroupProjectId),
        summary: `the default security group of ${owner.name} lets in more than its members: ${rule.remoteGroupId === null ? ruleInWords(rule) : `group ${rule.remoteGroupId}`}`,
        evidence: shown(group, rule)
      }))
  }
}
