import { kubeconfigProblem } from '../clients/kubernetes/kubernetes.ts'
import type { CloudEntry } from '../clients/openstack/cloud-entry.ts'
import { loadCloud } from '../clients/openstack/clouds.ts'
import type { Config } from '../config/config.ts'
import { type Environment, loadConfig } from '../config/load.ts'
import type { Problem } from '../config/problems.ts'
import { policyNamed } from '../core/instance.ts'
import { policies } from '../policies/index.ts'

/**
 * Checks everything that a start would refuse and all that can never come true, in one round and without asking anybody: reflex.yaml, the
 * entries of clouds.yaml that it names, and what both together mean.
 */
export function examine(env: Environment, cwd: string): ReturnType<typeof loadConfig> {
  const loaded = loadConfig({ env, cwd, policies })
  if (loaded.ok && loaded.config === null) return loaded
  const clouds = new Map<string, CloudEntry>()
  const problems: Problem[] = []
  const { file = 'reflex.yaml', entries = [] } = loaded
  for (const { name, path, line, column } of entries) {
    if (clouds.has(name) || problems.some(({ value }) => value === JSON.stringify(name))) continue
    const found = loadCloud(name, env, { cwd })
    if (found.ok) clouds.set(name, found.cloud)
    else
      for (const { file: place, key, problem, allowed } of found.problems) {
        const message = `${place}: ${key}: ${problem}`
        if (!problems.some((known) => known.message === message))
          problems.push({ file, line, column, path, value: JSON.stringify(name), message, allowed })
      }
  }
  if (!loaded.ok) return { ...loaded, problems: [...loaded.problems, ...problems] }
  const place = (path: string) => {
    const at = loaded.entries.find((one) => one.path === path)
    return {
      file,
      line: at?.line ?? null,
      column: at?.column ?? null,
      path,
      value: at ? JSON.stringify(at.name) : null
    }
  }
  const never = [...sameProjects(loaded.config, clouds), ...otherHomes(loaded.config, clouds)]
  const twice = never.map((one) => ({ ...place(one.path), ...one }))
  if (problems.length + twice.length > 0) return { ok: false, problems: [...problems, ...twice] }
  const warnings = otherClouds(loaded.config, clouds).map((one) => ({ ...place(one.path), ...one }))
  return { ...loaded, warnings: [...loaded.warnings, ...warnings] }
}

/** Kubeconfigs that cannot be used, as warnings: the product starts, and says so on `/readyz`, until they are mended. */
export async function examineKubeconfigs({ clusters }: Config, file: string): Promise<readonly Problem[]> {
  const examined = clusters.map(async ({ name, kubernetes }) => {
    const message = kubernetes === null ? null : await kubeconfigProblem(kubernetes)
    if (message === null) return []
    const allowed = 'a kubeconfig that kubectl could use too: docs/kubernetes.md'
    return [{ file, line: null, column: null, path: `clusters.${name}.kubernetes`, value: null, message, allowed }]
  })
  return (await Promise.all(examined)).flat()
}

interface Found {
  readonly path: string
  readonly message: string
  readonly allowed: string
}

/** Clusters whose entries, under different names, are one project. */
function sameProjects({ clusters }: Config, clouds: ReadonlyMap<string, CloudEntry>): Found[] {
  const seen = new Map<string, string>()
  return clusters.flatMap(({ name, cloud }) => {
    const entry = clouds.get(cloud)
    if (entry === undefined) return []
    const { auth } = entry
    const project = auth.type === 'password' ? auth.project : auth.credential
    const key = `${keystone(entry)} ${JSON.stringify(project)}`
    const other = seen.get(key)
    seen.set(key, other ?? name)
    if (other === undefined) return []
    const message = `is the project of cluster ${other} as well: nothing would keep both apart`
    return [{ path: `clusters.${name}.cloud`, message, allowed: 'an entry for a project of its own' }]
  })
}

/** Policies that look after clusters through one administrator, of whom some are in another OpenStack. */
function otherClouds({ clusters, policies: configured }: Config, clouds: ReadonlyMap<string, CloudEntry>): Found[] {
  const looked = (policy: string, part: string, cloud: string, names: readonly string[]) => {
    const admin = clouds.get(cloud)
    return names.flatMap((name): Found[] => {
      const entry = clouds.get(clusters.find((one) => one.name === name)?.cloud ?? '')
      if (admin === undefined || entry === undefined) return []
      const path = `policies.${policy}.settings.cloud`
      const region = admin.regionName !== null && entry.regionName !== null && admin.regionName !== entry.regionName
      if (!region && keystone(admin) === keystone(entry)) return []
      const what = region
        ? `region ${entry.regionName}, and this entry in ${admin.regionName}`
        : `the OpenStack at ${keystone(entry)}, and this entry in the one at ${keystone(admin)}`
      const message = `${part} has cluster ${name}, which is in ${what}: if those are two, it is never looked after`
      return [
        {
          path,
          message,
          allowed:
            'clusters of one OpenStack and region; an instance of the policy for each other one: docs/configuration.md, Several OpenStacks'
        }
      ]
    })
  }
  return configured.flatMap(({ name, settings }) => {
    const { cloud = '' } = (settings ?? {}) as { readonly cloud?: string }
    // They were let through by the schema of this policy.
    const parts = policyNamed(policies, name)?.through?.(settings as never) ?? []
    return parts.flatMap(({ part, clusters }) => looked(name, part, cloud, clusters))
  })
}

/** Entries that are in the Keystone and region of another OpenStack than reflex.yaml says of them. */
function otherHomes({ clusters, policies: configured }: Config, clouds: ReadonlyMap<string, CloudEntry>): Found[] {
  const homes = new Map<string, { readonly openstack: string; readonly cluster: string }>()
  const wrong = (path: string, cloud: string, openstack: string): Found[] => {
    const entry = clouds.get(cloud)
    const home = entry === undefined ? undefined : homes.get(homeOf(entry))
    if (home === undefined || home.openstack === openstack) return []
    const message = `is in the OpenStack ${home.openstack}, by its Keystone ${keystone(entry!)} (as cluster ${home.cluster}), and this is for ${openstack}`
    return [{ path, message, allowed: `an entry for the OpenStack ${openstack}` }]
  }
  const ofClusters = clusters.flatMap(({ name, cloud, openstack }) => {
    const entry = clouds.get(cloud)
    if (openstack === null || entry === undefined) return []
    if (!homes.has(homeOf(entry))) homes.set(homeOf(entry), { openstack, cluster: name })
    return wrong(`clusters.${name}.cloud`, cloud, openstack)
  })
  const ofPolicies = configured.flatMap(({ name, openstack, settings }) => {
    const { cloud } = (settings ?? {}) as { readonly cloud?: string }
    return openstack === null || cloud === undefined ? [] : wrong(`policies.${name}.settings.cloud`, cloud, openstack)
  })
  return [...ofClusters, ...ofPolicies]
}

const homeOf = (entry: CloudEntry): string => `${keystone(entry)} ${entry.regionName ?? ''}`

const keystone = ({ authUrl }: CloudEntry): string => authUrl.replace(/\/+$/, '').replace(/\/v[\d.]+$/, '')
