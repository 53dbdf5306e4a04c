import type { PolicyConfig } from '../../config/config.ts'
import { policyIn } from '../../core/instance.ts'
import type { Policy } from '../../core/policy.ts'

/** One configured instance of a policy, with the settings of its own schema. */
export type InstanceOf<Settings> = Omit<PolicyConfig, 'settings'> & { readonly settings: Settings }

/** Finds the configured instances of a policy: by its own name, and those of single OpenStacks. */
export const instancesOf = <Settings>(
  { name }: Policy<Settings>,
  configured: readonly PolicyConfig[]
): readonly InstanceOf<Settings>[] =>
  // The configuration was let through by the schema of this very policy.
  configured.filter((one) => policyIn(one.name) === name).map((one) => ({ ...one, settings: one.settings as Settings }))
