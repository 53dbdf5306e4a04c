import { type QuotaService, quotaSeries, quotaServiceOf } from '../../../core/quota.ts'
import type { Journal } from '../../../store/journal.ts'
import { booksOf, lentFor } from '../books.ts'
import { groupOf } from '../group.ts'
import { mostEver } from '../most.ts'
import { type QuotaGroupAnswer, quotaTarget } from '../questions/quota-group.ts'
import { rebalance } from '../rebalance.ts'
import { type GroupSettings, markOf, type QuotaInstance, type QuotaSettings } from '../settings.ts'
import { discovered } from './report.ts'

/** What a wish would come to, as of the last reading; nothing is read for it, and nothing decided. */
export interface Preview {
  /** How much more there can ever be for it, with the numbers; null: not known. */
  readonly most: { readonly amount: number; readonly why: string } | null
  /** What it would take from each of the others, and what that one has; null: not read yet. */
  readonly takes: readonly QuotaTaken[] | null
}

/** What a request would take from one other project, and that one's limit. */
export interface QuotaTaken {
  readonly cluster: string
  readonly resource: string
  readonly amount: number
  readonly limit: number
}

interface Wish {
  readonly group: string
  readonly cluster: string
  readonly resource: string
  readonly amount: number
}

type Reads = Pick<Journal, 'samples' | 'quotaRequests' | 'applied' | 'decisions' | 'answer'>

/** Looks ahead on what the journal knows: the same rules as the policy's, without what is left alone for a while only. */
export async function preview(
  journal: Reads,
  { policy, settings }: QuotaInstance,
  wish: Wish,
  now: number
): Promise<Preview> {
  const group = settings.groups[wish.group]!
  const lane = `group:${wish.group}`
  const clusters = Object.keys(group.projects)
  const resources = Object.keys(group.resources)
  const series = clusters.flatMap((cluster) => resources.map((one) => quotaSeries(settings.cloud, cluster, one)))
  const [samples, requests, applied, [decision = null]] = await Promise.all([
    journal.samples(series, now),
    journal.quotaRequests(policy, lane),
    journal.applied({ policy, lane }),
    journal.decisions({ limit: 1, lane, type: policy })
  ])
  const last = new Map(samples.map((row) => [row.series, row.value]))
  const readOf = (cluster: string, resource: string) => last.get(quotaSeries(settings.cloud, cluster, resource)) ?? null
  const found = await discovered(journal, decision)
  const answer: QuotaGroupAnswer = {
    now,
    projects: Object.fromEntries(clusters.map((cluster) => [cluster, cluster])),
    cells: byCluster(clusters, resources, (cluster, resource) => {
      const value = readOf(cluster, resource)
      return value === null ? null : { limit: value[0]!, used: value[1]! }
    }),
    history: byCluster(clusters, resources, () => ({ limit: { since: null, before: null }, growth: null })),
    capacity: found,
    applied,
    requests,
    pins: []
  }
  return { most: mostOf(answer, settings, wish), takes: takesOf(answer, settings, wish) }
}

function byCluster<T>(
  clusters: readonly string[],
  resources: readonly string[],
  of: (cluster: string, resource: string) => T | null
): Readonly<Record<string, Readonly<Record<string, T>>>> {
  const pick = (cluster: string) =>
    Object.fromEntries(
      resources.flatMap((resource) => {
        const value = of(cluster, resource)
        return value === null ? [] : [[resource, value] as const]
      })
    )
  return Object.fromEntries(clusters.map((cluster) => [cluster, pick(cluster)]))
}

/** Of a bundle, as much as its scarcest resource allows. */
function mostOf(answer: QuotaGroupAnswer, settings: QuotaSettings, wish: Wish): Preview['most'] {
  const { cluster, resource } = wish
  const group = settings.groups[wish.group]!
  const bundle = group.together.find((one) => Object.hasOwn(one, resource)) ?? { [resource]: 1 }
  let least: { units: number; why: string } | null = null
  for (const [one, size] of Object.entries(bundle)) {
    const { capacity: set, ...marks } = group.resources[one]!
    const told = typeof set === 'number' ? set : (answer.capacity[one] ?? null)
    if (told === null) continue
    const capacity = typeof set === 'number' ? set : Math.floor(told * set.share)
    const keeps = Object.keys(group.projects).map((project) => {
      const { floor = 0, low = 0, ceiling = null } = { ...marks, ...marks.projects[project] }
      return { project, limit: answer.cells[project]?.[one]?.limit ?? null, floor, low: markOf(low, capacity), ceiling }
    })
    const has = answer.cells[cluster]?.[one]?.limit ?? 0
    // Without a limit there is nothing to say: the policy does.
    if (has < 0) return null
    const asked = one === resource ? waitingOf(answer, settings, wish) : 0
    const most = mostEver(cluster, keeps, capacity)
    const units = Math.max(0, Math.floor((most.limit - has - asked) / size))
    const why = [
      ...(one === resource ? [] : [`${size} ${one} go with it`]),
      `${cluster} has ${has} ${one}`,
      ...(asked > 0 ? [`${asked} are asked for already`] : []),
      most.why
    ].join(', ')
    if (least === null || units < least.units) least = { units, why }
  }
  return least === null ? null : { amount: least.units * bundle[resource]!, why: least.why }
}

/** What is asked for there and still to come. */
function waitingOf(answer: QuotaGroupAnswer, { cloud }: QuotaSettings, { cluster, resource }: Wish): number {
  const target = quotaTarget(cloud, cluster, quotaServiceOf(resource) as QuotaService)
  const books = booksOf(answer.applied.find((row) => row.target === target))
  return answer.requests
    .filter((one) => one.cluster === cluster && one.resource === resource)
    .filter(({ until }) => until === null || until > answer.now)
    .reduce((sum, { id, amount }) => sum + Math.max(0, amount - lentFor(books, String(id), resource)), 0)
}

/** A capacity that nobody told yet is taken as what the limits come to: then all that is asked for comes from others. */
function assumed({ cells, capacity }: QuotaGroupAnswer, { projects, resources }: GroupSettings) {
  const sumOf = (resource: string) =>
    Object.keys(projects).reduce((sum, one) => sum + Math.max(0, cells[one]?.[resource]?.limit ?? 0), 0)
  return Object.fromEntries(
    Object.entries(resources).map(([resource, { capacity: set }]) => {
      const share = typeof set === 'number' ? 1 : set.share
      return [resource, capacity[resource] ?? Math.ceil(sumOf(resource) / share)]
    })
  )
}

function takesOf(answer: QuotaGroupAnswer, settings: QuotaSettings, wish: Wish): Preview['takes'] {
  const { cluster, resource, amount } = wish
  const group = settings.groups[wish.group]!
  if (Object.keys(group.projects).some((one) => answer.cells[one]?.[resource] === undefined)) return null
  const id = Number.MAX_SAFE_INTEGER
  const asked = { id, lane: '', cluster, resource, amount, until: null, by: '', at: answer.now, reason: null }
  const requests = [...answer.requests, asked]
  const seen = groupOf(settings, group, { ...answer, capacity: assumed(answer, group), requests })
  const taken = rebalance(seen.group).entries.filter((one) => one.kind === 'lent' && one.request === String(id))
  return taken
    .filter(({ from }) => from !== '')
    .map(({ from, resource: one, amount: much }) => {
      return { cluster: from, resource: one, amount: much, limit: answer.cells[from]![one]!.limit }
    })
}
