import { nameWithin } from '../../core/instance.ts'
import type { Decision } from '../../core/policy.ts'

// Two OpenStacks may have zones, projects and addresses of the same name: what one changes is no other's, nor counted with it.

/** Names the scope in which budgets count the record sets of a zone. */
export const zoneScope = (policy: string, zone: string): string => nameWithin(policy, `zone/${zone}`)

/** Names the target of a floating IP's PTR record. */
export const floatingPtrTarget = (policy: string, resource: string): string =>
  nameWithin(policy, `floating-ptr/${resource}`)

/** Names the scope in which budgets count the PTR records of floating IPs. */
export const floatingPtrScope = (policy: string): string => nameWithin(policy, 'floating-ip-ptr')

/** Binds a decision to an instance: its steps to the OpenStack that is its own. Record sets are told apart by their entry of clouds.yaml already. */
export function ofInstance(policy: string, decision: Decision): Decision {
  if (nameWithin(policy, '') === '') return decision
  const steps = decision.steps.map((step) => ({
    ...step,
    target: step.target.startsWith('floating-ptr/') ? nameWithin(policy, step.target) : step.target,
    scope: nameWithin(policy, step.scope)
  }))
  return { ...decision, steps }
}
