import { meansPolicy } from '../core/instance.ts'
import type { Config } from './config.ts'
import type { Mistake } from './problems.ts'

/** Warns of policies that would change things on a cluster and have no change window there: valid, but they never act. `reflex check` prints it. */
export function windowWarnings({ clusters, policies }: Config): Mistake[] {
  return clusters.flatMap(({ name, openstack, rules: { tier, calendar } }) =>
    policies.flatMap((policy) => {
      if (policy.openstack !== null && policy.openstack !== openstack) return []
      const mode = policy.clusters[name] ?? policy.mode
      const acts = mode === 'enforce' || mode === 'approve'
      const matched = calendar.windows.some(
        (window) => window.policies?.some((one) => meansPolicy(one, policy.name)) ?? true
      )
      if (!acts || matched || (tier !== 'change-controlled' && calendar.windows.length === 0)) return []
      const message = `no window is for ${policy.name}, which is in mode ${mode} here: it never changes anything`
      return [{ path: ['clusters', name], part: 'key', value: undefined, message, allowed: 'a window for it' }]
    })
  )
}
