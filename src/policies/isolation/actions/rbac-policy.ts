import type { RbacPolicy } from '../../../clients/neutron/forms.ts'
import type { Result } from '../../../core/action.ts'
import { change, failed, type Refusal, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'

/** Input of `rbac-policy-delete` and `rbac-policy-create`: one share of a network, group, scope, pool or QoS policy. */
export type RbacPolicyInput = {
  readonly cloud: string
  /** Deleting: the policy's id. Creating: the id that it had; a new one has another. */
  readonly id: string
  readonly objectType: string
  readonly objectId: string
  readonly action: string
  /** A project's id, or `*`: everybody. */
  readonly target: string
  /** The project that owns the policy. */
  readonly projectId: string | null
}

/** Ends a share. Neutron refuses it while somebody of the other project still uses what is shared. */
export const rbacPolicyDelete: DefinedAction<RbacPolicyInput, 'delete'> = defineAction({
  type: 'rbac-policy-delete',
  risk: 'delete',
  async perform(input, context) {
    const { network } = await context.tools.isolation(input.cloud)
    const { network: doors } = await context.tools.remedies(input.cloud)
    const what = named(input)
    return change<RbacPolicy | null>(context, {
      read: () => network.getRbacPolicy(input.id),
      is: (now) => now === null,
      objection: (now) => (now !== null && !same(now, input) ? stale(`RBAC policy ${input.id} is not ${what}`) : null),
      make: async (_, call) => doors.deleteRbacPolicy(input.id, call),
      meaning: (refusal) => (refusal.status === 409 ? inUse(input, refusal) : null),
      already: `${what} was gone already`,
      done: `${what} is deleted`,
      inverse: () => rbacPolicyCreate.inverse(input)
    })
  }
})

/** Shares again what `rbac-policy-delete` ended; the new policy has another id. */
export const rbacPolicyCreate: DefinedAction<RbacPolicyInput, 'create'> = defineAction({
  type: 'rbac-policy-create',
  risk: 'create',
  async perform(input, context) {
    const { cloud, objectType, objectId, target } = input
    const { network } = await context.tools.isolation(cloud)
    const { network: doors } = await context.tools.remedies(cloud)
    const what = named(input)
    return change<RbacPolicy | undefined>(context, {
      read: async () => {
        const found = await network.listRbacPolicies({ by: { object_type: objectType, object_id: objectId } })
        return found.find((one) => same(one, input))
      },
      is: (now) => now !== undefined,
      make: async (_, call) => (await doors.createRbacPolicy(input, call)).requestId,
      meaning: ({ status, code, message }) =>
        status === 404 || code === 'OverQuota'
          ? failed(`${what} cannot be made again: ${message}${code === 'OverQuota' ? '; raise rbac_policy' : ''}`)
          : null,
      already: `${what} was there already`,
      done: `${what} is there again`,
      inverse: (_, after) => rbacPolicyDelete.inverse({ ...input, id: after?.id ?? input.id, target })
    })
  }
})

/** Trying again changes nothing until its users are off: the lane is not asked again by us. */
function inUse(input: RbacPolicyInput, { code, message }: Refusal): Result {
  const who = input.target === '*' ? 'other projects' : `project ${input.target}`
  const users: Record<string, string> = {
    network: 'ports, servers or routers on it',
    security_group: 'ports with this group',
    subnetpool: 'subnets of this pool',
    address_scope: 'subnet pools in this scope',
    address_group: 'rules that name this group',
    qos_policy: 'ports or networks with this policy'
  }
  const what = users[input.objectType] ?? 'something that uses it'
  return failed(
    `${named(input)} stays: Neutron refuses to end a share that is in use (${code}): ${who} still has ${what}. Detach or delete those first (server-interface-detach, router-interface-remove, server-quarantine), then this closes; ${message.split('\n')[0]}`
  )
}

function same(one: RbacPolicy, input: RbacPolicyInput): boolean {
  return one.objectId === input.objectId && one.action === input.action && one.target === input.target
}

function named({ objectType, objectId, action, target }: RbacPolicyInput): string {
  const what = objectType.replaceAll('_', ' ')
  return `the RBAC policy ${action} of ${what} ${objectId} for ${target === '*' ? 'everybody' : `project ${target}`}`
}
