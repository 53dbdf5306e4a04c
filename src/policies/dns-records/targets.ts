import { nameWithin } from '../../core/instance.ts'
import type { Decision } from '../../core/policy.ts'

// Two OpenStacks may have zones, projects and addresses of the same name: what one changes is no other's, nor counted with it.

/** What budgets count the record sets of a zone in. */
export const zoneScope = (policy: string, zone: string): string => nameWithin(policy, `zone/${zone}`)

/** The PTR record of a floating IP. */
export const floatingPtrTarget = (policy: string, resource: string): string =>
  nameWithin(policy, `floating-ptr/${resource}`)

/** What budgets count the PTR records of floating IPs in. */
export const floatingPtrScope = (policy: string): string => nameWithin(policy, 'floating-ip-ptr')

/** The decision of an instance: its steps on what is its own. Record sets are told apart by their entry of clouds.yaml already. */
export function ofInstance(policy: string, decision: Decision): Decision {
  if (nameWithin(policy, '') === '') return decision
  const steps = decision.steps.map((step) => ({
    ...step,
    target: step.target.startsWith('floating-ptr/') ? nameWithin(policy, step.target) : step.target,
    scope: nameWithin(policy, step.scope)
  }))
  return { ...decision, steps }
}
