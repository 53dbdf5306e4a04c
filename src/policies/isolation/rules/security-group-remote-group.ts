import type { Rule } from '../rule.ts'
import { aboutGroupRules, shown } from '../security-group.ts'
import { called, whom } from '../world.ts'

/** Finds a security group rule whose remote group is another project's. */
export const securityGroupRemoteGroup: Rule<'security-group'> = {
  ...aboutGroupRules,
  name: 'security-group-remote-group',
  severity: 'high',
  mode: 'enforce',
  what: 'A rule of a cluster’s security group lets in the members of a group of another project',
  why: 'Who is a member is decided there: whatever that project puts into its group gets in',
  judge(group, world) {
    const owner = world.clusterOf(group.projectId)
    if (owner === null) return []
    return group.rules
      .filter(({ direction, remoteGroupProjectId: remote }) => {
        return direction === 'ingress' && remote !== null && remote !== owner.projectId
      })
      .map((rule) => {
        const to = world.holderOf(rule.remoteGroupProjectId)
        const summary = `security group ${called(group)} of ${owner.name} lets in the members of group ${rule.remoteGroupId} of ${whom(to)}`
        const evidence = { ...shown(group, rule), remoteGroupProject: rule.remoteGroupProjectId }
        return { detail: rule.id, from: owner.name, to, summary, evidence }
      })
  }
}
