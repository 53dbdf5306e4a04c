import { durationMs } from '../../../core/duration.ts'
import { quotaSeries } from '../../../core/quota.ts'
import { growthPerHour } from '../../../core/trend.ts'
import type { Journal } from '../../../store/journal.ts'
import { fullInMs } from '../forecast.ts'
import type { QuotaInstance } from '../settings.ts'

/** One project's share of one resource, as of the last reading. */
export interface QuotaGauge {
  readonly policy: string
  readonly group: string
  readonly cluster: string
  readonly resource: string
  /** -1: none. */
  readonly limit: number
  readonly used: number
  /** null: not known, or never at this pace. */
  readonly fullInMs: number | null
}

/** Reads the gauges of all that was read so far; one question to the journal for each instance, none to the cloud. */
export async function quotaGauges(
  journal: Pick<Journal, 'samples'>,
  instances: readonly QuotaInstance[],
  now: number
): Promise<readonly QuotaGauge[]> {
  return (await Promise.all(instances.map((one) => gaugesOf(journal, one, now)))).flat()
}

async function gaugesOf(
  journal: Pick<Journal, 'samples'>,
  { policy, settings: { cloud, groups, over } }: QuotaInstance,
  now: number
): Promise<readonly QuotaGauge[]> {
  const shared = Object.entries(groups).flatMap(([group, { projects, resources }]) =>
    Object.keys(projects).flatMap((cluster) =>
      Object.keys(resources).map((resource) => {
        return { policy, group, cluster, resource, series: quotaSeries(cloud, cluster, resource) }
      })
    )
  )
  const since = now - durationMs(over)!
  const samples = await journal.samples(
    shared.map(({ series }) => series),
    since
  )
  const bySeries = Map.groupBy(samples, (row) => row.series)
  return shared.flatMap(({ series, ...of }) => {
    const rows = bySeries.get(series) ?? []
    const [limit = 0, used = 0] = rows.at(-1)?.value ?? []
    if (rows.length === 0) return []
    const late = rows.filter(({ until }) => until >= since)
    const growth = growthPerHour(late.map(({ at, until, value }) => ({ at, until, value: value[1]! })))
    return [{ ...of, limit, used, fullInMs: fullInMs({ limit, used }, growth) }]
  })
}
