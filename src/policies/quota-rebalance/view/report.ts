import { durationMs } from '../../../core/duration.ts'
import { type QuotaService, quotaSeries, quotaServiceOf } from '../../../core/quota.ts'
import { growthPerHour } from '../../../core/trend.ts'
import type { Journal } from '../../../store/journal.ts'
import type { SampleRow } from '../../../store/policy-rows.ts'
import type { ActionRow, DecisionRow } from '../../../store/rows.ts'
import { booksOf, lentFor, type QuotaSet } from '../books.ts'
import { fullInMs } from '../forecast.ts'
import { type QuotaGroupAnswer, quotaTarget } from '../questions/quota-group.ts'
import { markOf, type QuotaInstance, type QuotaSettings } from '../settings.ts'

/** What people see of quotas: as of the last reading, by a decision or a sweep; nothing is read for it. */
export interface QuotaReport {
  readonly groups: readonly GroupReport[]
}

/** A group as the report shows it. */
export interface GroupReport {
  /** The instance of `quota-rebalance` that shares it; a product of before there were instances does not say. */
  readonly policy?: string
  readonly group: string
  readonly resources: readonly ResourceReport[]
  readonly requests: readonly RequestReport[]
  /** Of the last decision: what was not moved and why, what may be full soon. */
  readonly findings: readonly string[]
  readonly decision: { readonly id: number; readonly at: number; readonly reason: string } | null
  /** Newest first. */
  readonly moves: readonly MoveReport[]
}

/** A resource of a group as the report shows it. */
export interface ResourceReport {
  readonly resource: string
  readonly service: QuotaService
  /** null: discovered, and not known yet. */
  readonly capacity: number | null
  /** Of all limits; null where a project has none, or was not read yet. */
  readonly sum: number | null
  readonly projects: readonly ProjectReport[]
}

/** A project's limit, usage and watermarks of a resource. */
export interface ProjectReport {
  readonly cluster: string
  /** null: not read yet. -1: none. */
  readonly limit: number | null
  readonly used: number | null
  /** ms since the epoch. */
  readonly readAt: number | null
  readonly low: number
  readonly high: number
  readonly floor: number
  readonly ceiling: number | null
  readonly state: 'not read' | 'no limit' | 'over' | 'short' | 'inside' | 'spare'
  /** By which usage grows in an hour, and when it would be at the limit; null: not known, or never. */
  readonly growth: number | null
  readonly fullInMs: number | null
}

/** open: not all of it was there to be had. lent: all of it. returning: its time is over, some of it is in use. */
export interface RequestReport {
  readonly id: number
  readonly cluster: string
  readonly resource: string
  readonly amount: number
  readonly got: number
  readonly until: number | null
  readonly by: string
  readonly at: number
  readonly state: 'open' | 'lent' | 'returning' | 'over'
}

/** One change of a project's limit, as the report shows it. */
export interface MoveReport {
  readonly action: string
  /** Moves of one decision belong together: what one project gives is what others get. */
  readonly decision: number
  readonly cluster: string
  readonly resource: string
  readonly from: number
  readonly to: number
  readonly state: string
  readonly at: number
}

type Reads = Pick<Journal, 'samples' | 'quotaRequests' | 'applied' | 'decisions' | 'actions' | 'answer'>

/** Makes the report on every group, as they are configured. */
export async function quotaReport(
  journal: Reads,
  instances: readonly QuotaInstance[],
  now: number
): Promise<QuotaReport> {
  const groups = await Promise.all(
    instances.flatMap((instance) =>
      Object.keys(instance.settings.groups).map((name) => groupReport(journal, instance, name, now))
    )
  )
  return { groups }
}

async function groupReport(
  journal: Reads,
  { policy, settings }: QuotaInstance,
  name: string,
  now: number
): Promise<GroupReport> {
  const { cloud } = settings
  const { projects, resources } = settings.groups[name]!
  const lane = `group:${name}`
  const series = Object.keys(projects).flatMap((cluster) =>
    Object.keys(resources).map((resource) => quotaSeries(cloud, cluster, resource))
  )
  const [samples, asked, applied, decisions, actions] = await Promise.all([
    journal.samples(series, now - durationMs(settings.over)!),
    journal.quotaRequests(policy, lane),
    journal.applied({ policy, lane }),
    journal.decisions({ limit: 1, lane, type: policy }),
    journal.actions({ limit: 50, lane })
  ])
  const [decision = null] = decisions
  const bySeries = Map.groupBy(samples, (row) => row.series)
  const found = await discovered(journal, decision)
  return {
    policy,
    group: name,
    resources: Object.keys(resources).map((resource) => {
      const { capacity: set } = resources[resource]!
      const share = typeof set === 'number' ? 1 : set.share
      const known = typeof set === 'number' ? set : (found[resource] ?? null)
      const capacity = known === null ? null : Math.floor(known * share)
      const all = Object.keys(projects).map((cluster) => {
        const rows = bySeries.get(quotaSeries(cloud, cluster, resource)) ?? []
        return projectReport({ cluster, resource, rows, capacity, settings, group: name, now })
      })
      const whole = all.every(({ limit }) => limit !== null && limit >= 0)
      const sum = whole ? all.reduce((total, { limit }) => total + limit!, 0) : null
      return { resource, service: quotaServiceOf(resource) as QuotaService, capacity, sum, projects: all }
    }),
    requests: asked.map(({ id, cluster, resource, amount, until, by, at }) => {
      const target = quotaTarget(cloud, cluster, quotaServiceOf(resource) as QuotaService)
      const got = lentFor(booksOf(applied.find((row) => row.target === target)), String(id), resource)
      const over = until !== null && until <= now
      const state = over ? (got > 0 ? 'returning' : 'over') : got < amount ? 'open' : 'lent'
      return { id, cluster, resource, amount, got, until, by, at, state }
    }),
    findings: decision?.findings ?? [],
    decision: decision === null ? null : { id: decision.id, at: decision.at, reason: decision.reason },
    moves: actions.filter((one) => one.policy === policy && one.type === 'quota-set').flatMap(movesOf)
  }
}

/** Returns the capacity of the cloud, as the last decision had it. */
export async function discovered(
  journal: Pick<Journal, 'answer'>,
  decision: DecisionRow | null
): Promise<QuotaGroupAnswer['capacity']> {
  const sha256 = decision?.answers.group?.sha256
  const answer = sha256 === undefined ? undefined : await journal.answer(sha256)
  // A decision's `group` is the answer to `quota-group`.
  return (answer as unknown as QuotaGroupAnswer | undefined)?.capacity ?? {}
}

interface Of {
  readonly cluster: string
  readonly resource: string
  readonly rows: readonly SampleRow[]
  readonly capacity: number | null
  readonly settings: QuotaSettings
  readonly group: string
  readonly now: number
}

function projectReport({ cluster, resource, rows, capacity, settings, group, now }: Of): ProjectReport {
  const one = settings.groups[group]!.resources[resource]!
  const { floor = 0, ceiling = null, low: at = 0, high: from = 0 } = { ...one, ...one.projects[cluster] }
  const [low, high] = [markOf(at, capacity ?? 0), markOf(from, capacity ?? 0)]
  const last = rows.at(-1)
  const marks = { cluster, low, high, floor, ceiling }
  if (last === undefined)
    return { ...marks, limit: null, used: null, readAt: null, state: 'not read', growth: null, fullInMs: null }
  const [limit = 0, used = 0] = last.value
  const since = now - durationMs(settings.over)!
  const growth = growthPerHour(
    rows.filter(({ until }) => until >= since).map(({ at, until, value }) => ({ at, until, value: value[1]! }))
  )
  const free = limit - used
  const state = limit < 0 ? 'no limit' : free < 0 ? 'over' : free < low ? 'short' : free > high ? 'spare' : 'inside'
  return { ...marks, limit, used, readAt: last.until, state, growth, fullInMs: fullInMs({ limit, used }, growth) }
}

/** As far as they came about: a project grows by what was really there. */
function movesOf({
  id,
  decision,
  cluster,
  input,
  inverse,
  state,
  createdAt,
  finishedAt
}: ActionRow): readonly MoveReport[] {
  const back = inverse === null ? null : (inverse.input as QuotaSet).changes
  return Object.entries((input as QuotaSet).changes).flatMap(([resource, { from, to }]) => {
    const reached = back === null ? to : back[resource]?.from
    if (reached === undefined) return []
    return [
      { action: id, decision, cluster: cluster ?? '', resource, from, to: reached, state, at: finishedAt ?? createdAt }
    ]
  })
}
