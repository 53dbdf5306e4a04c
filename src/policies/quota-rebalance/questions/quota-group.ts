import type { Pin } from '../../../core/guard.ts'
import { type QuotaCell, type QuotaService, quotaSeries, quotaServiceOf } from '../../../core/quota.ts'
import { growthPerHour, lastRun, type Run, type Sample } from '../../../core/trend.ts'
import type { AppliedRow, QuotaRequestRow } from '../../../store/policy-rows.ts'
import { defineQuestion } from '../../shared/define-question.ts'
import type { Tools } from '../../shared/tools.ts'

/** Limits and usage of a group of projects, complete, with what the journal remembers of them. */
export interface QuotaGroupAnswer {
  /** ms since the epoch, when this was read: the policy's only clock. */
  readonly now: number
  /** Cluster -> its Keystone project. */
  readonly projects: Readonly<Record<string, string>>
  /** Cluster -> resource -> what it has; a resource that the service does not know is left out. */
  readonly cells: Readonly<Record<string, Readonly<Record<string, QuotaCell>>>>
  /** Cluster -> resource -> what its service says of it that cannot be, such as `in_use is -15`; left out: nothing. */
  readonly unknown?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Cluster -> resource -> how that went. */
  readonly history: Readonly<Record<string, Readonly<Record<string, QuotaHistory>>>>
  /** Resource -> what the cloud can bear, of those that were asked for; null: it has no such figure. */
  readonly capacity: Readonly<Record<string, number | null>>
  /** What we last set, by target (`quotaTarget`). */
  readonly applied: readonly AppliedRow[]
  readonly requests: readonly QuotaRequestRow[]
  readonly pins: readonly Pin[]
}

/** The trend of one resource of a project: the last change of its limit, and the growth of its usage. */
export interface QuotaHistory {
  /** When the limit was last another one. */
  readonly limit: Run
  /** By which usage grows in an hour; null: not known yet. */
  readonly growth: number | null
}

type Params = {
  readonly policy: string
  readonly lane: string
  readonly cloud: string
  readonly clusters: readonly string[]
  readonly resources: readonly string[]
  readonly discover: readonly string[]
  /** How far back growth is looked at, in ms. */
  readonly overMs: number
}

/** Names the target of quota actions: the limits that one project has in one service. */
export const quotaTarget = (cloud: string, cluster: string, service: QuotaService): string =>
  `quota/${cloud}/${cluster}/${service}`

/** Answers `quota-group`; rejects where any part could not be read. What it read is kept as samples. */
async function load(params: Params, tools: Tools): Promise<QuotaGroupAnswer> {
  const { policy, lane, cloud, clusters, resources, discover, overMs } = params
  const clients = await tools.cloud(cloud)
  const { quotas } = clients
  const members = (await tools.clusters()).filter((one) => clusters.includes(one.name))
  const services = [...new Set(resources.flatMap((resource) => quotaServiceOf(resource) ?? []))]
  const [read, found] = await Promise.all([
    Promise.all(
      members.map(async ({ name, projectId }) => {
        const each = await Promise.all(services.map((service) => quotas.told(service, projectId)))
        const all = Object.assign({}, ...each.map(({ cells }) => cells)) as Record<string, QuotaCell>
        const unknown = Object.assign({}, ...each.map((one) => one.unknown)) as Record<string, string>
        return [name, pick(all, resources), pick(unknown, resources)] as const
      })
    ),
    Promise.all(discover.map(async (resource) => [resource, await tools.quotaCapacity(clients, resource)] as const))
  ])
  const nonsense = read.flatMap(([cluster, , unknown]) =>
    Object.keys(unknown).length > 0 ? [[cluster, unknown] as const] : []
  )
  const { journal } = tools
  const series = new Map(
    read.flatMap(([cluster, cells]) =>
      Object.entries(cells).map(([resource, cell]) => [quotaSeries(cloud, cluster, resource), cell] as const)
    )
  )
  await journal.sample([...series].map(([series, { limit, used }]) => ({ series, value: [limit, used] })))
  const now = tools.now()
  const [samples, applied, requests, pins] = await Promise.all([
    journal.samples([...series.keys()], now - overMs),
    journal.applied({ policy, lane }),
    journal.quotaRequests(policy, lane),
    journal.pins()
  ])
  const bySeries = Map.groupBy(samples, (row) => row.series)
  const historyOf = (name: string): QuotaHistory => {
    const rows = bySeries.get(name) ?? []
    const readings = (n: 0 | 1): Sample[] => rows.map(({ at, until, value }) => ({ at, until, value: value[n]! }))
    return { limit: lastRun(readings(0)), growth: growthPerHour(readings(1)) }
  }
  return {
    now,
    projects: Object.fromEntries(members.map(({ name, projectId }) => [name, projectId])),
    cells: Object.fromEntries(read.map(([cluster, cells]) => [cluster, cells])),
    ...(nonsense.length > 0 && { unknown: Object.fromEntries(nonsense) }),
    history: Object.fromEntries(
      read.map(([cluster, cells]) => [
        cluster,
        Object.fromEntries(Object.keys(cells).map((one) => [one, historyOf(quotaSeries(cloud, cluster, one))]))
      ])
    ),
    capacity: Object.fromEntries(found),
    applied,
    requests,
    pins: pins.filter(({ target }) => target.startsWith(`quota/${cloud}/`))
  }
}

const pick = <Of>(of: Readonly<Record<string, Of>>, resources: readonly string[]): Record<string, Of> =>
  Object.fromEntries(resources.flatMap((one) => (of[one] === undefined ? [] : [[one, of[one]] as const])))

/** Defines the question: what do these projects have of these resources? */
export const quotaGroupQuestion = defineQuestion('quota-group', load)
