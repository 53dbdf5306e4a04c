import type { AddressGroup } from '../../../clients/neutron/forms.ts'
import type { NetworkIsolation } from '../../../clients/neutron/isolation.ts'
import type { SecurityGroupWall } from '../../../clients/neutron/security-groups.ts'
import { byId, distinct, type ReadOne } from './reading.ts'
import type { SecurityGroupSubject } from './subjects.ts'

/** What the rules of security groups refer to. */
export interface Remotes {
  readonly groups: ReadonlyMap<string, SecurityGroupWall>
  readonly addressGroups: ReadonlyMap<string, AddressGroup>
}

/** Reads what these groups refer to and are not themselves. */
export async function readRemotes(network: NetworkIsolation, groups: readonly SecurityGroupWall[]): Promise<Remotes> {
  const known = byId(groups)
  const rules = groups.flatMap((group) => group.rules)
  const others = distinct(rules.map((rule) => rule.remoteGroupId)).filter((id) => !known.has(id))
  const [more, addressGroups] = await Promise.all([
    network.listSecurityGroups({ by: { id: others } }),
    network.listAddressGroups({ by: { id: distinct(rules.map((rule) => rule.remoteAddressGroupId)) } })
  ])
  return { groups: byId(groups, more), addressGroups: byId(addressGroups) }
}

/** Builds the subject of a security group with its rules and the remote groups that they name. */
export function securityGroupSubject(group: SecurityGroupWall, remotes: Remotes): SecurityGroupSubject {
  const rules = group.rules.map(({ unsaid: _, ...rule }) => ({
    ...rule,
    remoteGroupProjectId: remotes.groups.get(rule.remoteGroupId ?? '')?.projectId ?? null,
    remoteAddresses: remotes.addressGroups.get(rule.remoteAddressGroupId ?? '')?.addresses ?? [],
    ...(rule.remoteAddressGroupId !== null && {
      remoteAddressGroupProjectId: remotes.addressGroups.get(rule.remoteAddressGroupId)?.projectId ?? null
    })
  }))
  // One rule that is half read says what the whole group lets in, or does not: all of it waits.
  const unsaid = [
    ...(group.unsaid ?? []),
    ...group.rules.flatMap((rule) => (rule.unsaid ?? []).map((field) => `${field} of rule ${rule.id}`))
  ]
  return {
    kind: 'security-group',
    ...group,
    rules: rules.sort((a, b) => (a.id < b.id ? -1 : 1)),
    ...(unsaid.length > 0 && { unsaid })
  }
}

/** Reads one security group with its rules; null where it is gone. */
export const readSecurityGroup: ReadOne = async (id, { clients: { network } }) => {
  const group = await network.getSecurityGroup(id)
  return group === null ? null : securityGroupSubject(group, await readRemotes(network, [group]))
}
