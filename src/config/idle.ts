import { meansPolicy } from '../core/instance.ts'
import type { Around, Mode } from '../core/policy.ts'
import { accessWarnings } from './access-warnings.ts'
import type { Path } from './document.ts'
import { idleOpenstacks } from './openstacks.ts'
import type { Mistake } from './problems.ts'
import type { KnownPolicy, WrittenConfig } from './schema.ts'

/** What is right and can never do anything, or is an old word: said by `reflex check`, and no reason not to start. */
export function idleWarnings(written: WrittenConfig, policies: readonly KnownPolicy[]): Mistake[] {
  const warnings: Mistake[] = []
  const warn = (path: Path, message: string, allowed: string) =>
    warnings.push({ path, part: 'key', value: undefined, message, allowed })

  const clusters = Object.keys(written.clusters)
  const isOn = (policy: string): boolean => {
    if (policy === 'undo') return true
    const meant = Object.keys(written.policies).filter((name) => meansPolicy(policy, name))
    return meant.some(isOnItself)
  }
  const isOnItself = (policy: string): boolean => {
    const entry = written.policies[policy]
    if (entry === undefined) return false
    return (
      clusters.some((cluster) => (entry.clusters[cluster] ?? (entry.mode as Mode)) !== 'off') || entry.mode !== 'off'
    )
  }
  for (const [kind, list] of [
    ['budgets', written.limits.budgets],
    ['coolDowns', written.limits.coolDowns]
  ] as const)
    for (const [i, { policy, action }] of list.entries()) {
      const at: Path = ['limits', kind, i]
      if (policy !== undefined && !isOn(policy))
        warn([...at, 'policy'], `${policy} is off: this limits nothing`, 'a policy that is on')
      const known = policies.find(({ name }) => name === policy)?.actions
      if (action !== undefined && known !== undefined && !known.includes(action))
        warn([...at, 'action'], `${policy} never does ${action}: this limits nothing`, known.join(', '))
    }
  for (const cluster of clusters)
    for (const [i, { policies: named }] of written.clusters[cluster]!.windows.entries())
      if (named !== undefined && !named.some(isOn))
        warn(
          ['clusters', cluster, 'windows', i, 'policies'],
          'all of them are off: it opens for nobody',
          'policies that are on'
        )

  for (const [i, { cloud }] of written.notifications.entries())
    if (cloud !== undefined)
      warnings.push({
        path: ['notifications', i, 'cloud'],
        part: 'key',
        value: cloud,
        message: 'is called openstack now: a cloud is an entry of clouds.yaml, and this is no such entry',
        allowed: `openstack: ${cloud}`
      })

  warnings.push(...accessWarnings(written))
  for (const [i, { projects }] of written.gitlab.secrets.entries())
    if (projects === undefined)
      warnings.push({
        ...{ path: ['gitlab', 'secrets', i], part: 'value', value: undefined },
        message: 'is for any project: whoever knows it can speak of all of them',
        allowed: 'projects: [group/project, group/*], the ones whose webhooks it is set on'
      })

  const around: Around = {
    clusters: Object.keys(written.clusters),
    placement: written.placement,
    kubernetes: clusters.filter((name) => written.clusters[name]!.kubernetes !== undefined),
    gitlab: written.gitlab.secrets.length > 0,
    gitlabApi: written.gitlab.api !== undefined,
    changeControlled: clusters.filter((name) => written.clusters[name]!.tier === 'change-controlled')
  }
  for (const { name, idle } of policies) {
    const entry = written.policies[name]
    if (entry === undefined || idle === undefined || !isOnItself(name)) continue
    for (const { path, message, allowed } of idle(entry.settings as never, around))
      warn(['policies', name, 'settings', ...path], message, allowed)
  }
  return [...warnings, ...idleOpenstacks(written, policies)]
}
