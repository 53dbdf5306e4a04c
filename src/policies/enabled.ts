import canonicalize from 'canonicalize'
import type { Config } from '../config/config.ts'
import type { EnabledPolicy } from '../core/enabled-policy.ts'
import { policyIn, policyNamed } from '../core/instance.ts'
import { type Mode, modeOn, type PolicyModes } from '../core/policy.ts'
import type { Json } from '../core/query.ts'
import { policies, standing } from './index.ts'
import { isolation } from './isolation/policy.ts'
import { quotaRebalance } from './quota-rebalance/policy.ts'
import type { QuotaInstance, QuotaSettings } from './quota-rebalance/settings.ts'
import { workloadActions } from './workload-actions/policy.ts'
import type { WorkloadSettings } from './workload-actions/settings.ts'

/**
 * The policies that a configuration asks for, and those that are always there: an undo acts at once, but for
 * change-controlled clusters, where a person's change takes another person's approval.
 */
export function enabledPolicies({
  policies: configured,
  clusters,
  limits,
  placement,
  gitlab
}: Pick<Config, 'policies' | 'clusters' | 'limits' | 'placement'> &
  Partial<Pick<Config, 'gitlab'>>): readonly EnabledPolicy[] {
  // What is configured once for all that react, and for what keeps clusters apart.
  const controlled = clusters.filter((one) => one.tier === 'change-controlled')
  const matrix = {
    placement,
    clusterNames: clusters.map((one) => one.name),
    changeControlled: controlled.map((one) => one.name),
    ...(gitlab?.api !== undefined && { gitlabUsers: gitlab.users })
  }
  const placed = (modes: PolicyModes, bound: string | null) => {
    const own = clusters.filter(({ openstack }) => bound === null || openstack === bound)
    return Object.fromEntries(own.map(({ name, tier, cloud }) => [name, { tier, cloud, mode: modeOn(modes, name) }]))
  }
  const asked = configured.flatMap(({ name, openstack, mode, clusters, settings }) => {
    const policy = policyNamed(policies, name)!
    if ([mode, ...Object.values(clusters)].every((one) => one === 'off')) return []
    const more =
      policy.kind === 'reaction'
        ? matrix
        : policyIn(name) === isolation.name
          ? { placed: placed({ mode, clusters }, openstack), mode }
          : {}
    return [{ policy, openstack, mode, clusters, settings: asKept({ ...(settings as object), ...more }) }]
  })
  const undo: PolicyModes = {
    mode: 'enforce',
    clusters: Object.fromEntries(controlled.map(({ name }): [string, Mode] => [name, 'approve']))
  }
  return [...asked, ...standing.map((policy) => ({ policy, ...undo, settings: limits }))]
}

/** Settings as the journal keeps them, keys in order: whoever decides once more on what was recorded sees the very same. */
export const asKept = (settings: object): Json => JSON.parse(canonicalize(settings)!) as Json

/** What people ask quota by, one for each instance of `quota-rebalance`; empty where it is not configured. */
export function quotaInstances({ policies: configured }: Pick<Config, 'policies'>): readonly QuotaInstance[] {
  return configured
    .filter(({ name }) => policyIn(name) === quotaRebalance.name)
    .map(({ name, settings }) => ({ policy: name, settings: settings as QuotaSettings }))
}

/** Services that people may ask to restart; null where `workload-actions` is not configured. */
export function serviceNames({ policies: configured }: Pick<Config, 'policies'>): readonly string[] | null {
  const found = configured.find(({ name }) => name === workloadActions.name)
  return found === undefined ? null : Object.keys((found.settings as WorkloadSettings).services)
}

/** Their modes by name, as the guard asks for them. */
export const modesOf = (enabled: readonly EnabledPolicy[]): Readonly<Record<string, PolicyModes>> =>
  Object.fromEntries(enabled.map(({ policy, mode, clusters }) => [policy.name, { mode, clusters }]))
