import { randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import type { Port, State } from '../state.ts'
import { type Call, isAdmin, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import { checkNeutronQuota } from './quotas.ts'
import type { RbacPolicy } from './sharing-state.ts'
import { list, neutronError, notify, own, touch } from './wire.ts'

/** RBAC policies: who may use what is not theirs. One that is used cannot be taken back. */
export function rbacRoutes(state: State, bus: Bus): Route[] {
  const policy = (call: Call, id: string) =>
    own(call, state.rbacPolicies.get(id), 'RbacPolicyNotFound', `RBAC policy of type unknown with ID ${id} not found`)

  function create(call: Call): Reply {
    notify(bus, call, 'rbac_policy.create.start', call.body)
    const wanted = tree(call.body.rbac_policy)
    const objectType = String(wanted.object_type)
    const objectId = String(wanted.object_id)
    const target = text(wanted.target_tenant) ?? text(wanted.target_project) ?? ''
    const projectId = text(wanted.tenant_id) ?? text(wanted.project_id) ?? call.token.project.id
    const owner = ownerOf(state, objectType, objectId)
    if (owner === null || (!isAdmin(call.token) && owner !== call.token.project.id)) {
      const message = `RBAC policy for object ${objectId} cannot be made: the object could not be found.`
      throw neutronError(404, 'RbacPolicyInitError', message)
    }
    if (target === '*' && !isAdmin(call.token))
      throw neutronError(403, 'PolicyNotAuthorized', 'rule:create_rbac_policy:target_tenant is disallowed by policy')
    const made = { id: randomUUID(), objectType, objectId, action: String(wanted.action), target, projectId }
    if ([...state.rbacPolicies.values()].some((one) => one.objectId === objectId && sameShare(one, made)))
      throw neutronError(409, 'DuplicateRbacPolicy', 'An RBAC policy already exists with those values.')
    checkNeutronQuota(state, projectId, { rbac_policy: 1 })
    state.rbacPolicies.set(made.id, made)
    const body = { rbac_policy: show(made) }
    notify(bus, call, 'rbac_policy.create.end', body)
    return { status: 201, body }
  }

  function remove(call: Call, id: string): Reply {
    const target = policy(call, id)
    notify(bus, call, 'rbac_policy.delete.start', { rbac_policy_id: id })
    const user = usedBy(state, target)
    if (user !== null) {
      const message = `RBAC policy on object ${target.objectId} cannot be removed because other objects depend on it.\nDetails: ${user}`
      throw neutronError(409, 'RbacPolicyInUse', message)
    }
    state.rbacPolicies.delete(id)
    notify(bus, call, 'rbac_policy.delete.end', { rbac_policy_id: id, rbac_policy: show(target) })
    return { status: 204 }
  }

  return [
    ['GET', /^\/rbac-policies$/, (call) => list(call, 'rbac_policies', state.rbacPolicies.values(), show)],
    ['POST', /^\/rbac-policies$/, create],
    [
      'GET',
      /^\/rbac-policies\/([^/]+)$/,
      (call, id) => ({ status: 200, body: { rbac_policy: show(policy(call, id!)) } })
    ],
    ['DELETE', /^\/rbac-policies\/([^/]+)$/, (call, id) => remove(call, id!)]
  ]
}

/** Whether an RBAC policy lets this project use the object. */
export function sharedWith(state: State, objectId: string, projectId: string): boolean {
  return [...state.rbacPolicies.values()].some(
    (one) => one.objectId === objectId && one.action === 'access_as_shared' && [projectId, '*'].includes(one.target)
  )
}

/** `shared` of a network is a policy for everybody, and the other way round. */
export function shareWithAll(state: State, call: Call, networkId: string, shared: boolean): void {
  const network = state.networks.get(networkId)!
  const found = [...state.rbacPolicies.values()].find(
    (one) => one.objectId === networkId && one.action === 'access_as_shared' && one.target === '*'
  )
  if (shared === (found !== undefined)) return
  if (!isAdmin(call.token))
    throw neutronError(403, 'PolicyNotAuthorized', 'rule:update_network:shared is disallowed by policy')
  touch(network)
  if (found === undefined) {
    const made = {
      id: randomUUID(),
      objectType: 'network',
      objectId: networkId,
      action: 'access_as_shared',
      target: '*'
    }
    state.rbacPolicies.set(made.id, { ...made, projectId: network.projectId })
    return
  }
  if (usedBy(state, found) !== null) {
    const message = `Unable to reconfigure sharing settings for network ${networkId}. Multiple tenants are using it.`
    throw neutronError(409, 'InvalidSharedSetting', message)
  }
  state.rbacPolicies.delete(found.id)
}

/** What of others would lose its right without this policy; null: nothing. */
function usedBy(state: State, policy: RbacPolicy): string | null {
  const { objectId, objectType, action } = policy
  const owner = ownerOf(state, objectType, objectId)
  const others = [...state.rbacPolicies.values()].filter(
    (one) => one !== policy && one.objectId === objectId && one.action === action
  )
  const needs = (projectId: string) =>
    projectId !== owner &&
    ['*', projectId].includes(policy.target) &&
    !others.some(({ target }) => ['*', projectId].includes(target))
  const uses = (port: Port) =>
    objectType === 'network' ? port.networkId === objectId : port.securityGroups.includes(objectId)
  if (![...state.ports.values()].some((port) => uses(port) && needs(port.projectId))) return null
  return objectType === 'network'
    ? `Callback neutron.plugins.ml2.plugin.NeutronDbPluginV2.validate_network_rbac_policy_change-1 failed with "Unable to reconfigure sharing settings for network ${objectId}. Multiple tenants are using it."`
    : `Callback neutron.objects.securitygroup.RbacNeutronDbObjectMixin.validate_rbac_policy_change-1 failed with "RBAC policy on object ${objectId} cannot be removed because other objects depend on it."`
}

function ownerOf(state: State, type: string, id: string): string | null {
  const held: Readonly<Record<string, ReadonlyMap<string, { readonly projectId: string }>>> = {
    network: state.networks,
    security_group: state.securityGroups
  }
  return (held[type] ?? state.shareables).get(id)?.projectId ?? null
}

const sameShare = (one: RbacPolicy, other: RbacPolicy) => one.action === other.action && one.target === other.target

function show(one: RbacPolicy): Tree {
  return {
    ...{ id: one.id, project_id: one.projectId, action: one.action, object_id: one.objectId },
    ...{ target_tenant: one.target, object_type: one.objectType, tenant_id: one.projectId }
  }
}
