import { randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import { type State, seconds } from '../state.ts'
import { type Call, isAdmin, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import { checkNeutronQuota } from './quotas.ts'
import { sharedWith } from './rbac.ts'
import type { SecurityGroup, SecurityGroupRule } from './security-state.ts'
import { list, neutronError, notify, own, touch } from './wire.ts'

type RuleWanted = Partial<Omit<SecurityGroupRule, 'id' | 'groupId' | 'projectId' | 'createdAt'>>

/** Security groups and their rules; each project has a group `default` from its first look on. */
export function securityRoutes(state: State, bus: Bus): Route[] {
  const group = (call: Call, id: string) =>
    own(call, state.securityGroups.get(id), 'SecurityGroupNotFound', `Security group ${id} does not exist`)
  const rule = (call: Call, id: string) =>
    own(call, state.securityGroupRules.get(id), 'SecurityGroupRuleNotFound', `Security group rule ${id} does not exist`)

  function listGroups(call: Call): Reply {
    defaultGroup(state, call.query.get('project_id') ?? call.query.get('tenant_id') ?? call.token.project.id)
    return list(
      call,
      'security_groups',
      state.securityGroups.values(),
      (one) => showGroup(state, one),
      (one) => sharedWith(state, one.id, call.token.project.id)
    )
  }

  function createGroup(call: Call): Reply {
    notify(bus, call, 'security_group.create.start', call.body)
    const wanted = tree(call.body.security_group)
    const projectId = ownerOf(call, wanted)
    const name = text(wanted.name) ?? ''
    defaultGroup(state, projectId)
    if (name.toLowerCase() === 'default')
      throw neutronError(409, 'SecurityGroupDefaultAlreadyExists', 'Default security group already exists.')
    checkNeutronQuota(state, projectId, { security_group: 1, security_group_rule: 2 })
    const made = addGroup(state, projectId, name, text(wanted.description) ?? '')
    if (typeof wanted.stateful === 'boolean') made.stateful = wanted.stateful
    const body = { security_group: showGroup(state, made) }
    notify(bus, call, 'security_group.create.end', body)
    return { status: 201, body }
  }

  function updateGroup(call: Call, id: string): Reply {
    const target = group(call, id)
    notify(bus, call, 'security_group.update.start', { ...call.body, id })
    const change = tree(call.body.security_group)
    if (target.name === 'default' && change.name !== undefined)
      throw neutronError(409, 'SecurityGroupCannotUpdateDefault', 'Updating default security group not allowed.')
    target.name = text(change.name) ?? target.name
    target.description = text(change.description) ?? target.description
    if (typeof change.stateful === 'boolean') target.stateful = change.stateful
    touch(target)
    const body = { security_group: showGroup(state, target) }
    notify(bus, call, 'security_group.update.end', body)
    return { status: 200, body }
  }

  function deleteGroup(call: Call, id: string): Reply {
    const target = group(call, id)
    notify(bus, call, 'security_group.delete.start', { security_group_id: id })
    if ([...state.ports.values()].some(({ securityGroups }) => securityGroups.includes(id)))
      throw neutronError(409, 'SecurityGroupInUse', `Security Group ${id} in use.`)
    if (target.name === 'default' && !isAdmin(call.token)) {
      const message = 'Insufficient rights for removing default security group.'
      throw neutronError(409, 'SecurityGroupCannotRemoveDefault', message)
    }
    const payload = { security_group_id: id, security_group: showGroup(state, target) }
    state.securityGroups.delete(id)
    for (const one of state.rbacPolicies.values()) if (one.objectId === id) state.rbacPolicies.delete(one.id)
    for (const one of rulesOf(state, id)) state.securityGroupRules.delete(one.id)
    notify(bus, call, 'security_group.delete.end', payload)
    return { status: 204 }
  }

  function createRules(call: Call): Reply {
    const bulk = Array.isArray(call.body.security_group_rules)
    const wanted = (bulk ? (call.body.security_group_rules as unknown[]) : [call.body.security_group_rule]).map(tree)
    notify(bus, call, 'security_group_rule.create.start', call.body)
    const made = wanted.map((one) => checkedRule(call, one))
    checkNeutronQuota(state, ownerOf(call, wanted[0] ?? {}), { security_group_rule: made.length })
    for (const one of made) {
      state.securityGroupRules.set(one.id, one)
      touch(state.securityGroups.get(one.groupId)!)
    }
    const shown = made.map(showRule)
    const body = bulk ? { security_group_rules: shown } : { security_group_rule: shown[0] }
    notify(bus, call, 'security_group_rule.create.end', body)
    return { status: 201, body }
  }

  function checkedRule(call: Call, wanted: Tree): SecurityGroupRule {
    const target = group(call, String(wanted.security_group_id))
    const number = (value: unknown) => (value === undefined || value === null ? null : Number(value))
    const ethertype = wanted.ethertype === 'IPv6' ? 'IPv6' : 'IPv4'
    const remotePrefix = text(wanted.remote_ip_prefix)
    if (remotePrefix !== null && remotePrefix.includes(':') !== (ethertype === 'IPv6')) {
      const message = `Conflicting value ethertype ${ethertype} for CIDR ${remotePrefix}`
      throw neutronError(400, 'SecurityGroupRuleParameterConflict', message)
    }
    const made = newRule(target, {
      direction: wanted.direction === 'egress' ? 'egress' : 'ingress',
      ethertype,
      protocol:
        wanted.protocol === undefined || wanted.protocol === null ? null : String(wanted.protocol).toLowerCase(),
      portMin: number(wanted.port_range_min),
      portMax: number(wanted.port_range_max),
      remotePrefix,
      remoteGroupId: text(wanted.remote_group_id),
      description: text(wanted.description) ?? ''
    })
    if (made.portMin !== null && made.protocol === null) {
      const message = 'Must also specify protocol if port range is given.'
      throw neutronError(400, 'SecurityGroupProtocolRequiredWithPorts', message)
    }
    const twin = rulesOf(state, target.id).find((one) => sameTraffic(one) === sameTraffic(made))
    if (twin) {
      const message = `Security group rule already exists. Rule id is ${twin.id}.`
      throw neutronError(409, 'SecurityGroupRuleExists', message)
    }
    return made
  }

  function deleteRule(call: Call, id: string): Reply {
    const target = rule(call, id)
    notify(bus, call, 'security_group_rule.delete.start', { security_group_rule_id: id })
    state.securityGroupRules.delete(id)
    touch(state.securityGroups.get(target.groupId)!)
    const payload = { security_group_rule_id: id, security_group_rule: showRule(target) }
    notify(bus, call, 'security_group_rule.delete.end', payload)
    return { status: 204 }
  }

  return [
    ['GET', /^\/security-groups$/, listGroups],
    ['POST', /^\/security-groups$/, createGroup],
    [
      'GET',
      /^\/security-groups\/([^/]+)$/,
      (call, id) => ({ status: 200, body: { security_group: showGroup(state, group(call, id!)) } })
    ],
    ['PUT', /^\/security-groups\/([^/]+)$/, (call, id) => updateGroup(call, id!)],
    ['DELETE', /^\/security-groups\/([^/]+)$/, (call, id) => deleteGroup(call, id!)],
    [
      'GET',
      /^\/security-group-rules$/,
      (call) => list(call, 'security_group_rules', state.securityGroupRules.values(), showRule)
    ],
    ['POST', /^\/security-group-rules$/, createRules],
    [
      'GET',
      /^\/security-group-rules\/([^/]+)$/,
      (call, id) => ({ status: 200, body: { security_group_rule: showRule(rule(call, id!)) } })
    ],
    ['DELETE', /^\/security-group-rules\/([^/]+)$/, (call, id) => deleteRule(call, id!)]
  ]
}

/** The group that a port gets when nobody asks for another; made at the first look, without a notification. */
export function defaultGroup(state: State, projectId: string): SecurityGroup {
  const found = [...state.securityGroups.values()].find((one) => one.projectId === projectId && one.name === 'default')
  if (found) return found
  const made = addGroup(state, projectId, 'default', 'Default security group')
  for (const ethertype of ['IPv4', 'IPv6'] as const) {
    const rule = newRule(made, { direction: 'ingress', ethertype, remoteGroupId: made.id })
    state.securityGroupRules.set(rule.id, rule)
  }
  return made
}

function addGroup(state: State, projectId: string, name: string, description: string): SecurityGroup {
  const times = { createdAt: seconds(), updatedAt: seconds(), revision: 1 }
  const made: SecurityGroup = { id: randomUUID(), name, projectId, description, stateful: true, ...times }
  state.securityGroups.set(made.id, made)
  for (const ethertype of ['IPv4', 'IPv6'] as const) {
    const rule = newRule(made, { direction: 'egress', ethertype })
    state.securityGroupRules.set(rule.id, rule)
  }
  return made
}

function newRule(group: SecurityGroup, wanted: RuleWanted): SecurityGroupRule {
  return {
    ...{ id: randomUUID(), groupId: group.id, projectId: group.projectId, createdAt: seconds() },
    ...{ direction: 'ingress', ethertype: 'IPv4', protocol: null, portMin: null, portMax: null },
    ...{ remotePrefix: null, remoteGroupId: null, description: null, ...wanted }
  }
}

function rulesOf(state: State, groupId: string): SecurityGroupRule[] {
  return [...state.securityGroupRules.values()].filter((one) => one.groupId === groupId)
}

/** No prefix and the prefix of everything are two rules to Neutron too. */
function sameTraffic(rule: SecurityGroupRule): string {
  const { direction, ethertype, protocol, portMin, portMax, remotePrefix, remoteGroupId } = rule
  return JSON.stringify([direction, ethertype, protocol, portMin, portMax, remotePrefix, remoteGroupId])
}

function ownerOf(call: Call, wanted: Tree): string {
  return text(wanted.project_id) ?? text(wanted.tenant_id) ?? call.token.project.id
}

/** A group as the API shows it, with its rules in their longer form. */
function showGroup(state: State, one: SecurityGroup): Tree {
  const rules = rulesOf(state, one.id)
  return {
    ...{ id: one.id, name: one.name, stateful: one.stateful, tenant_id: one.projectId, description: one.description },
    ...{ shared: sharedWith(state, one.id, '*'), tags: [], created_at: one.createdAt, updated_at: one.updatedAt },
    ...{ revision_number: one.revision, project_id: one.projectId },
    // Database ids show only here.
    security_group_rules: rules.map((rule, index) => ({ ...showRule(rule), standard_attr_id: 88 + index, tags: [] }))
  }
}

/** A rule as the API shows it. */
function showRule(one: SecurityGroupRule): Tree {
  return {
    ...{ id: one.id, tenant_id: one.projectId, security_group_id: one.groupId, ethertype: one.ethertype },
    ...{ direction: one.direction, protocol: one.protocol, port_range_min: one.portMin, port_range_max: one.portMax },
    ...{ remote_ip_prefix: one.remotePrefix, remote_address_group_id: null, normalized_cidr: one.remotePrefix },
    ...{ remote_group_id: one.remoteGroupId, description: one.description, created_at: one.createdAt },
    ...{ updated_at: one.createdAt, revision_number: 0, project_id: one.projectId }
  }
}
