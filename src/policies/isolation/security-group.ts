import { securityGroupRuleDelete } from './actions/security-group-rule.ts'
import { anywhere, parseRange, type Range } from './cidr.ts'
import { protocolName } from './ports.ts'
import type { SecurityGroupRule, SecurityGroupSubject } from './questions/subjects.ts'
import type { Rule } from './rule.ts'

/** Returns the ranges that a rule lets traffic come from; empty where it goes by a group, or is for what goes out. */
export function sourcesOf(rule: SecurityGroupRule): readonly Range[] {
  if (rule.direction !== 'ingress') return []
  if (rule.remotePrefix !== null) return [rule.remotePrefix].flatMap((text) => parseRange(text) ?? [])
  if (rule.remoteAddressGroupId !== null) return rule.remoteAddresses.flatMap((text) => parseRange(text) ?? [])
  // No prefix and no group: from anywhere.
  return rule.remoteGroupId === null ? [anywhere(rule.ethertype === 'IPv6' ? 6 : 4)] : []
}

/** Says why a rule is another project's doing: what it lets in is written in an address group of theirs. null: it is not. */
export function saidElsewhere(rule: SecurityGroupRule, projectId: string): string | null {
  const { remoteAddressGroupId: id, remoteAddressGroupProjectId: of } = rule
  if (id === null || of === undefined || of === projectId) return null
  return `address group ${id} of ${of === null ? 'a project that is not said' : `project ${of}`} says whom it lets in`
}

/** Renders a security group rule: `tcp 22-80 (IPv4) from 0.0.0.0/0`. */
export function ruleInWords(rule: SecurityGroupRule): string {
  const { portMin, portMax, ethertype, remotePrefix, remoteAddressGroupId } = rule
  const ports =
    portMin === null && portMax === null ? '' : ` ${portMin === portMax ? portMin : `${portMin}-${portMax}`}`
  const from = remotePrefix ?? (remoteAddressGroupId === null ? 'anywhere' : `address group ${remoteAddressGroupId}`)
  return `${protocolName(rule.protocol) ?? 'any protocol'}${ports} (${ethertype}) from ${from}`
}

/** What a rule lets through, whatever its id: one that is made again is the same, under a new id. */
const contentOf = (rule: SecurityGroupRule): string =>
  [
    ...[
      rule.direction,
      rule.ethertype,
      protocolName(rule.protocol) ?? 'any',
      `${rule.portMin ?? ''}-${rule.portMax ?? ''}`
    ],
    rule.remotePrefix ?? rule.remoteGroupId ?? rule.remoteAddressGroupId ?? 'anywhere'
  ].join(',')

/** Turns a rule into evidence. */
export const shown = (group: SecurityGroupSubject, rule: SecurityGroupRule) => ({
  securityGroup: group.id,
  rule: rule.id,
  ethertype: rule.ethertype,
  protocol: rule.protocol,
  portMin: rule.portMin,
  portMax: rule.portMax,
  remotePrefix: rule.remotePrefix,
  remoteGroupId: rule.remoteGroupId,
  remoteAddressGroupId: rule.remoteAddressGroupId
})

/** What rules about single rules of a security group have in common. */
export const aboutGroupRules = {
  layer: 'network',
  kind: 'security-group',
  cuts: true,
  events: ['security_group_rule.create.end', 'security_group.create.end', 'security_group.update.end'],
  proof: 'GET /v2.0/security-groups/{id}: security_group_rules',
  remedy: 'Deletes the rule; connections that it let in end as the network driver does it',
  undo: 'Creates the same rule again, under a new id',
  close(group, { detail, from }, world) {
    const rule = group.rules.find(({ id }) => id === detail)!
    const { id: securityGroupId, projectId } = group
    const about = { cluster: from, on: `security-group-rule/${securityGroupId}/${contentOf(rule)}` }
    const input = { rule: { ...rule }, securityGroupId, projectId }
    return [world.step(securityGroupRuleDelete, about, input)]
  }
} satisfies Partial<Rule<'security-group'>>
