import canonicalize from 'canonicalize'
import type { Config } from '../config/config.ts'
import type { EnabledPolicy } from '../core/enabled-policy.ts'
import { policyNamed } from '../core/instance.ts'
import type { Mode, PolicyModes } from '../core/policy.ts'
import type { Json } from '../core/query.ts'
import { policies, standing } from './index.ts'

/**
 * Selects the policies that a configuration asks for, and those that are always there: an undo acts at once, but for change-controlled
 * clusters, where a person's change takes another person's approval.
 */
export function enabledPolicies({
  policies: configured,
  clusters,
  limits,
  placement,
  gitlab
}: Pick<Config, 'policies' | 'clusters' | 'limits' | 'placement'> &
  Partial<Pick<Config, 'gitlab'>>): readonly EnabledPolicy[] {
  const around = {
    clusters,
    placement,
    gitlabUsers: gitlab?.api === undefined ? undefined : gitlab.users,
    afterUndoMs: limits.afterUndoMs
  }
  const asked = configured.flatMap(({ name, openstack, mode, clusters, settings }): EnabledPolicy[] => {
    const policy = policyNamed(policies, name)!
    if ([mode, ...Object.values(clusters)].every((one) => one === 'off')) return []
    const more = policy.complete?.({ ...around, modes: { mode, clusters }, openstack })
    return [{ policy, openstack, mode, clusters, settings: asKept({ ...(settings as object), ...more }) }]
  })
  const controlled = clusters.filter((one) => one.tier === 'change-controlled')
  const modes: PolicyModes = {
    mode: 'enforce',
    clusters: Object.fromEntries(controlled.map(({ name }): [string, Mode] => [name, 'approve']))
  }
  const always = standing.map((policy): EnabledPolicy => {
    const settings = asKept(policy.complete?.({ ...around, modes, openstack: null }) ?? {})
    return { policy, ...modes, settings }
  })
  return [...asked, ...always]
}

/** Serialises settings as the journal stores them, keys in order: a replay sees the very same. */
export const asKept = (settings: object): Json => JSON.parse(canonicalize(settings)!) as Json

/** Maps policies to their modes, as the guard asks for them. */
export const modesOf = (enabled: readonly EnabledPolicy[]): Readonly<Record<string, PolicyModes>> =>
  Object.fromEntries(enabled.map(({ policy, mode, clusters }) => [policy.name, { mode, clusters }]))
