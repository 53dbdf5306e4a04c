import { fields, type Unsaid } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import { commonFields, createdOf, optionalList, type Timestamps } from './common-fields.ts'

/** A security group with its rules. */
export interface SecurityGroupWall extends Unsaid {
  readonly id: string
  readonly name: string
  /** null: Neutron does not say. */
  readonly projectId: string | null
  readonly tags: readonly string[]
  readonly rules: readonly RuleWall[]
}

/** One rule of a security group. */
export interface RuleWall extends Unsaid, Pick<Timestamps, 'createdAt'> {
  readonly id: string
  readonly direction: 'ingress' | 'egress'
  readonly ethertype: 'IPv4' | 'IPv6'
  readonly protocol: string | null
  readonly portMin: number | null
  readonly portMax: number | null
  readonly remotePrefix: string | null
  readonly remoteGroupId: string | null
  readonly remoteAddressGroupId: string | null
  readonly description: string
}

/** Parses one security group with its rules. */
export function parseSecurityGroup(answer: ServiceAnswer, raw: unknown, where: string): SecurityGroupWall {
  const group = fields(answer, raw, where)
  return {
    ...commonFields(group),
    tags: optionalList(group, 'tags') as string[],
    rules: group
      .list('security_group_rules')
      .map((rule, n) => readRule(answer, rule, `${where}.security_group_rules[${n}]`)),
    ...group.told()
  }
}

function readRule(answer: ServiceAnswer, raw: unknown, where: string): RuleWall {
  const rule = fields(answer, raw, where)
  return {
    id: rule.text('id'),
    direction: rule.text('direction') === 'egress' ? 'egress' : 'ingress',
    ethertype: rule.text('ethertype') === 'IPv6' ? 'IPv6' : 'IPv4',
    // null is any protocol and anywhere: an empty text must not be that.
    protocol: rule.saidOrNone('protocol'),
    portMin: rule.numberOrNull('port_range_min'),
    portMax: rule.numberOrNull('port_range_max'),
    remotePrefix: rule.saidOrNone('remote_ip_prefix'),
    remoteGroupId: rule.saidOrNone('remote_group_id'),
    remoteAddressGroupId: rule.saidOrNone('remote_address_group_id'),
    description: rule.textOrNull('description') ?? '',
    ...createdOf(rule),
    ...rule.told()
  }
}
