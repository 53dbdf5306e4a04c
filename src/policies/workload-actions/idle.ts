import { conditionMistake, namesRead } from '../../core/condition.ts'
import type { Around, Idle } from '../../core/policy.ts'
import type { WorkloadSettings } from './settings.ts'

/** Types that do not say whether what they are of is protected. */
const unsaid: readonly string[] = ['gitlab.merge_request.merge', 'gitlab.release']

/** Services that nothing may ever touch, and rules that nothing ever wakes. */
export function idleWorkloadSettings({ services, rules }: WorkloadSettings, around: Around): readonly Idle[] {
  const { placement, kubernetes, gitlab, gitlabApi, changeControlled } = around
  const found: Idle[] = []
  for (const service of Object.keys(services)) {
    const path = ['services', service]
    const places = placement[service] ?? []
    if (places.length === 0) {
      const message = 'has no placement: it is on no cluster, and never touched'
      found.push({ path, message, allowed: `placement.${service} with its clusters` })
    }
    for (const cluster of places)
      if (!kubernetes.includes(cluster)) {
        const message = `is placed on ${cluster}, which has no kubernetes: nothing is ever done to it there`
        found.push({ path, message, allowed: `clusters.${cluster}.kubernetes, or another placement` })
      }
  }
  for (const [n, { service, cluster, on, when }] of rules.entries()) {
    const places = placement[service] ?? []
    if (cluster !== undefined && places.length > 0 && !places.includes(cluster)) {
      const message = `${service} is not placed there: this rule never does anything`
      found.push({ path: ['rules', n, 'cluster'], message, allowed: places.join(', ') })
    }
    const controlled = places.find((one) => (cluster ?? one) === one && changeControlled.includes(one))
    const asks = when !== undefined && conditionMistake(when) === null && namesRead(when).includes('protected')
    if (unsaid.includes(on) && controlled !== undefined && gitlab && !gitlabApi && !asks) {
      const message = `no webhook of this type says whether its branch or tag is protected, and ${controlled} is change-controlled: this rule never does anything there`
      found.push({
        path: ['rules', n, 'on'],
        message,
        allowed: 'gitlab.api, or event.protected == null in its condition'
      })
    }
    if (on.startsWith('gitlab.') && !gitlab) {
      const message = 'GitLab cannot send anything, for gitlab.secrets is empty: this rule never does anything'
      found.push({ path: ['rules', n, 'on'], message, allowed: 'gitlab.secrets with the secret of the webhook' })
    }
  }
  return found
}
