import type { RuleWall, SecurityGroupWall } from '../../../clients/neutron/security-groups.ts'
import { change, failed, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'

/** A rule as data. Its id is of the one that was there: a rule that is made again has another. */
export type RuleData = { readonly [Key in keyof RuleWall]: RuleWall[Key] }

/** Input of `security-group-rule-delete` and `security-group-rule-create`. */
export type SecurityGroupRuleInput = {
  readonly cloud: string
  readonly rule: RuleData
  readonly securityGroupId: string
  /** The project that owns the group. */
  readonly projectId: string | null
}

/** Deletes one rule; other rules of its group stay. */
export const securityGroupRuleDelete: DefinedAction<SecurityGroupRuleInput, 'delete'> = defineAction({
  type: 'security-group-rule-delete',
  risk: 'delete',
  async perform(input, context) {
    const { cloud, rule, securityGroupId } = input
    const { network } = await context.tools.isolation(cloud)
    const { network: doors } = await context.tools.remedies(cloud)
    const what = named(input)
    const find = (group: SecurityGroupWall | null) => group?.rules.find((one) => one.id === rule.id)
    return change<SecurityGroupWall | null>(context, {
      read: () => network.getSecurityGroup(securityGroupId),
      is: (now) => find(now) === undefined,
      // A rule never changes: another one with its id is another cloud's.
      objection: (now) => (sameTraffic(find(now)!, rule) ? null : stale(`rule ${rule.id} is not ${what}`)),
      make: async (_, call) => doors.deleteRule(rule.id, call),
      already: `${what} was gone already`,
      done: `${what} is deleted`,
      inverse: () => securityGroupRuleCreate.inverse(input)
    })
  }
})

/** Makes a rule again that was deleted, under a new id. */
export const securityGroupRuleCreate: DefinedAction<SecurityGroupRuleInput, 'create'> = defineAction({
  type: 'security-group-rule-create',
  risk: 'create',
  async perform(input, context) {
    const { cloud, rule, securityGroupId, projectId } = input
    const { network } = await context.tools.isolation(cloud)
    const { network: doors } = await context.tools.remedies(cloud)
    const what = named(input)
    const find = (group: SecurityGroupWall | null) => group?.rules.find((one) => sameTraffic(one, rule))
    return change<SecurityGroupWall | null>(context, {
      read: () => network.getSecurityGroup(securityGroupId),
      is: (now) => find(now) !== undefined,
      objection: (now) => (now === null ? stale(`security group ${securityGroupId} does not exist any more`) : null),
      make: async (_, call) => (await doors.createRule(rule, securityGroupId, projectId, call)).requestId,
      meaning: ({ code, message }) =>
        code === 'OverQuota' ? failed(`${what} cannot be made again: ${message}; raise security_group_rule`) : null,
      already: `${what} was there already`,
      done: `${what} is there again`,
      inverse: (_, after) =>
        securityGroupRuleDelete.inverse({ ...input, rule: { ...rule, id: find(after)?.id ?? rule.id } })
    })
  }
})

function sameTraffic(one: RuleData, other: RuleData): boolean {
  const text = (rule: RuleData) =>
    JSON.stringify([
      ...[rule.direction, rule.ethertype, rule.protocol, rule.portMin, rule.portMax],
      ...[rule.remotePrefix, rule.remoteGroupId, rule.remoteAddressGroupId]
    ])
  return text(one) === text(other)
}

function named({ rule, securityGroupId }: SecurityGroupRuleInput): string {
  const { direction, ethertype, protocol, portMin, portMax, remotePrefix, remoteGroupId, remoteAddressGroupId } = rule
  const ports = portMin === null ? 'all ports' : portMin === portMax ? `port ${portMin}` : `ports ${portMin}-${portMax}`
  const group = remoteGroupId !== null ? `group ${remoteGroupId}` : null
  const from =
    remotePrefix ?? group ?? (remoteAddressGroupId !== null ? `address group ${remoteAddressGroupId}` : 'any')
  return `the ${direction} rule ${ethertype} ${protocol ?? 'any protocol'} ${ports} ${direction === 'ingress' ? 'from' : 'to'} ${from} of security group ${securityGroupId}`
}
