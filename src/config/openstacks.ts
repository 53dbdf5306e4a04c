import { nearest } from '../base/nearest.ts'
import { instanceName, openstackIn, policyIn, policyNamed } from '../core/instance.ts'
import type { Path } from './document.ts'
import type { Mistake } from './problems.ts'
import type { KnownPolicy, WrittenConfig } from './schema.ts'

/** Of an instance that looks after the clusters of all OpenStacks. */
const all = '*'

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const textIn = (of: unknown, key: string): string | null => {
  const value = isMap(of) ? of[key] : undefined
  return typeof value === 'string' ? value : null
}

const mapIn = (written: WrittenConfig, key: 'clusters' | 'policies'): Readonly<Record<string, unknown>> => {
  const value: unknown = written[key]
  return isMap(value) ? value : {}
}

/** The policies, with the instances of them that a file has an entry for. */
export function withInstances(policies: readonly KnownPolicy[], written: WrittenConfig): readonly KnownPolicy[] {
  const more = Object.keys(mapIn(written, 'policies')).flatMap((name) =>
    openstackIn(name) === null ? [] : (policyNamed(policies, name) ?? [])
  )
  return [...policies, ...more]
}

/** What is wrong with an entry that is called like an instance and is none, in the words of instances. */
export function unknownInstance(mistake: Mistake, policies: readonly KnownPolicy[]): Mistake {
  const [first, name] = mistake.path
  if (first !== 'policies' || mistake.path.length !== 2 || typeof name !== 'string') return mistake
  const openstack = openstackIn(name)
  if (openstack === null) return mistake
  const perOpenstack = policies.flatMap((one) => (one.as === undefined ? [] : one.name))
  const allowed = perOpenstack.map((one) => `${one}@…`).join(', ')
  const whole = policies.find((one) => one.name === policyIn(name) && one.as === undefined)
  if (whole !== undefined)
    return { ...mistake, message: `there is one ${whole.name} for all OpenStacks: leave out @${openstack}`, allowed }
  const meant = nearest(policyIn(name), perOpenstack)
  if (meant === null) return { ...mistake, message: `there is no policy '${policyIn(name)}'`, allowed }
  const message = `is not known here, did you mean '${instanceName(meant, openstack)}'?`
  return { ...mistake, message, allowed }
}

/** Every OpenStack that brokers and clusters name, also of a configuration with mistakes. */
function openstacksOf(written: WrittenConfig): readonly string[] {
  const brokers: readonly unknown[] = Array.isArray(written.notifications) ? written.notifications : []
  const named = [
    ...brokers.map((one) => textIn(one, 'openstack') ?? textIn(one, 'cloud')),
    ...Object.values(mapIn(written, 'clusters')).map((one) => textIn(one, 'openstack'))
  ]
  return [...new Set(named.flatMap((one) => one ?? []))]
}

/** The OpenStack of a cluster: the one that it names, or the only one there is; null: nothing says. */
export function openstackOfCluster(written: WrittenConfig, cluster: string): string | null {
  const openstacks = openstacksOf(written)
  const only = openstacks.length === 1 ? openstacks[0]! : null
  return textIn(mapIn(written, 'clusters')[cluster], 'openstack') ?? only
}

/** The OpenStack that a policy's entry is bound to; null: to none, it looks after all that there is. */
export function boundTo(written: WrittenConfig, policy: string): string | null {
  const said = openstackIn(policy) ?? textIn(mapIn(written, 'policies')[policy], 'openstack')
  return said === all ? null : said
}

/** The clusters that a policy's entry may look after, and the OpenStacks of the others. */
export function lookedAfter(
  written: WrittenConfig,
  policy: string
): { readonly clusters: readonly string[]; readonly elsewhere: Readonly<Record<string, string>> } {
  const openstack = boundTo(written, policy)
  const names = Object.keys(mapIn(written, 'clusters'))
  if (openstack === null) return { clusters: names, elsewhere: {} }
  const other = (name: string) => {
    const own = openstackOfCluster(written, name)
    return own === null || own === openstack ? null : own
  }
  return {
    clusters: names.filter((name) => other(name) === null),
    elsewhere: Object.fromEntries(names.flatMap((name) => (other(name) === null ? [] : [[name, other(name)!]])))
  }
}

const isOff = (entry: unknown): boolean => {
  if (!isMap(entry)) return false
  return [entry.mode, ...Object.values(isMap(entry.clusters) ? entry.clusters : {})].every((one) => one === 'off')
}

/** Which OpenStack each policy is for, and whether all that it names is in that one. */
export function openstackChecks(
  written: WrittenConfig,
  policies: readonly KnownPolicy[],
  valid: (path: Path) => boolean
): Mistake[] {
  const mistakes: Mistake[] = []
  const wrong = (path: Path, value: unknown, message: string, allowed: string, part: Mistake['part'] = 'value') =>
    mistakes.push({ path, part, value, message, allowed })
  const openstacks = openstacksOf(written)
  const list = openstacks.join(', ') || 'none is named: notifications[].openstack, clusters.<name>.openstack'
  const entries = mapIn(written, 'policies')
  const used = policies.filter(({ name }) => entries[name] !== undefined && !isOff(entries[name]))
  const clusters = Object.entries(mapIn(written, 'clusters'))

  for (const policy of used) {
    const { name, as, spans } = policy
    const here: Path = ['policies', name]
    const inName = openstackIn(name)
    const said = inName ?? textIn(entries[name], 'openstack')
    const at: Path = inName === null ? [...here, 'openstack'] : here
    if (as === undefined || !valid([...here, 'openstack'])) continue
    if (said === null) {
      if (openstacks.length < 2) continue
      const each = openstacks.map((one) => instanceName(name, one)).join(' and ')
      wrong(
        here,
        undefined,
        `does not say whose it is: there are ${openstacks.length} OpenStacks`,
        `openstack: ${openstacks.join(' | ')} in it, or an entry for each: ${each}${spans === true ? "; openstack: '*' where one writes the names of all" : ''}`,
        'key'
      )
      continue
    }
    if (said !== all && !openstacks.includes(said)) {
      const meant = nearest(said, openstacks)
      const hint = meant === null ? '' : `, did you mean '${meant}'?`
      wrong(
        at,
        inName === null ? said : undefined,
        `there is no OpenStack '${said}'${hint}`,
        list,
        inName === null ? 'value' : 'key'
      )
      continue
    }
    const twin = used.find(
      (one) =>
        one !== policy &&
        used.indexOf(one) < used.indexOf(policy) &&
        policyIn(one.name) === policyIn(name) &&
        overlap(written, one.name, name)
    )
    if (twin !== undefined)
      wrong(
        at,
        undefined,
        `looks after what ${twin.name} looks after: both would decide the same`,
        'one of both',
        'key'
      )
    placesChecks(name, here)
  }
  if (used.some(({ name }) => boundTo(written, name) !== null) && openstacks.length > 1)
    for (const [name, cluster] of clusters)
      if (valid(['clusters', name, 'openstack']) && isMap(cluster) && cluster.openstack === undefined)
        wrong(
          ['clusters', name, 'openstack'],
          undefined,
          `is missing: there are ${openstacks.length} OpenStacks, and nothing says which one it is in`,
          list,
          'key'
        )
  return mistakes

  /** What an entry names outside of its own settings' shape: modes of clusters, and its entry of clouds.yaml. */
  function placesChecks(name: string, here: Path): void {
    const { elsewhere } = lookedAfter(written, name)
    const entry = entries[name]
    const modes = isMap(entry) && isMap(entry.clusters) ? Object.keys(entry.clusters) : []
    for (const cluster of modes.filter((one) => Object.hasOwn(elsewhere, one)))
      wrong(
        [...here, 'clusters', cluster],
        undefined,
        `is in the OpenStack ${elsewhere[cluster]}, and this is for ${boundTo(written, name)}: it never counts`,
        lookedAfter(written, name).clusters.join(', ') || 'none',
        'key'
      )
    const at: Path = [...here, 'settings', 'cloud']
    const cloud = isMap(entry) ? textIn(entry.settings, 'cloud') : null
    if (cloud === null || !valid(at)) return
    const owner = clusters.find(([one, cluster]) => textIn(cluster, 'cloud') === cloud && Object.hasOwn(elsewhere, one))
    const before = used.slice(
      0,
      used.findIndex((one) => one.name === name)
    )
    const other = before.find(
      (one) =>
        policyIn(one.name) === policyIn(name) &&
        textIn((entries[one.name] as { settings?: unknown }).settings, 'cloud') === cloud
    )
    const allowed = `an entry of clouds.yaml for the OpenStack ${boundTo(written, name)}`
    if (owner !== undefined)
      wrong(at, cloud, `is the entry of cluster ${owner[0]}, which is in the OpenStack ${elsewhere[owner[0]]}`, allowed)
    else if (other !== undefined)
      wrong(at, cloud, `is the entry of ${other.name}, which is for another OpenStack: an entry is in one`, allowed)
  }
}

/** Whether two entries of one policy look after the same clusters. */
function overlap(written: WrittenConfig, one: string, other: string): boolean {
  const [a, b] = [boundTo(written, one), boundTo(written, other)]
  return a === null || b === null || a === b
}

/** What starts and never comes to anything: an instance without a cluster, a cluster of which no broker tells. */
export function idleOpenstacks(written: WrittenConfig, policies: readonly KnownPolicy[]): Mistake[] {
  const told = new Set(written.notifications.map(({ openstack, cloud }) => openstack ?? cloud))
  const silent = Object.entries(written.clusters).flatMap(([name, { openstack }]): Mistake[] => {
    if (openstack === undefined || told.size === 0 || told.has(openstack)) return []
    const meant = nearest(openstack, [...told] as string[])
    const message = `no entry of notifications is of this OpenStack: only sweeps see what changes${meant === null ? '' : `; did you mean '${meant}'?`}`
    const path: Path = ['clusters', name, 'openstack']
    return [{ path, part: 'value', value: openstack, message, allowed: [...told].join(', ') }]
  })
  const empty = policies.flatMap(({ name }): Mistake[] => {
    if (written.policies[name] === undefined || isOff(written.policies[name])) return []
    const openstack = boundTo(written, name)
    if (openstack === null || lookedAfter(written, name).clusters.length > 0) return []
    const message = `no cluster is in the OpenStack ${openstack}: it has nothing to look after`
    return [
      { path: ['policies', name], part: 'key', value: undefined, message, allowed: `openstack: ${openstack} at one` }
    ]
  })
  return [...silent, ...empty]
}
