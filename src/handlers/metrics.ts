import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../base/metrics.ts'
import type { Stop } from '../core/stop.ts'
import { readingOf } from '../people/context.ts'
import type { OperationsContext } from '../people/on-journal/context.ts'
import type { Reading } from '../store/journal.ts'
import type { BrokerStatus, ProcessStatus } from './health.ts'

function setBroker(metrics: Metrics, broker: BrokerStatus): void {
  const labels = { broker: broker.name }
  metrics.set('connected', labels, broker.connected ? 1 : 0)
  metrics.set('missing_exchanges', labels, broker.missing.length)
  metrics.set('silence_seconds', labels, broker.silentForMs / 1000)
  if (broker.ready !== null) metrics.set('queue_ready', labels, broker.ready)
  if (broker.fill !== null) metrics.set('queue_fill_ratio', labels, broker.fill)
}

/** By rule, severity and state, of every policy; one that is over goes. */
async function setBreaches(metrics: Metrics, journal: Reading): Promise<void> {
  const { readFindings } = await import('../policies/shared/findings.ts')
  metrics.clear('breaches')
  const { findings } = await readFindings(journal, 0)
  const labelled = findings.map(({ rule, severity, state }) => ({ rule, severity, state }))
  for (const same of Map.groupBy(labelled, (labels) => JSON.stringify(labels)).values())
    metrics.set('breaches', same[0]!, same.length)
}

/** What is not known any more, or shared no more, goes. */
async function setQuotas(metrics: Metrics, context: OperationsContext): Promise<void> {
  const { quotas = [], now } = context
  const { quotaGauges } = await import('../policies/quota-rebalance/view/gauges.ts')
  for (const name of ['quota_limit', 'quota_used', 'quota_full_seconds'] as const) metrics.clear(name)
  const gauges = await quotaGauges(readingOf(context), quotas, now())
  for (const { group, cluster, resource, limit, used, fullInMs } of gauges) {
    const labels = { group, cluster, resource }
    if (limit >= 0) metrics.set('quota_limit', labels, limit)
    metrics.set('quota_used', labels, used)
    if (fullInMs !== null) metrics.set('quota_full_seconds', labels, Math.round(fullInMs / 1000))
  }
}

const stopped = (stops: readonly Stop[], cluster: string) =>
  stops.some((one) => one.cluster === null || one.cluster === cluster)

async function setJournal({
  journal,
  metrics,
  context
}: Pick<Needs, 'journal' | 'metrics'> & { context: OperationsContext }) {
  const counts = await journal.counts()
  metrics.set('journal_events', {}, counts.events)
  metrics.set('lanes_pending', {}, counts.lanesPending)
  metrics.set('lanes_parked', {}, counts.lanesParked)
  metrics.set('lanes_held', {}, counts.lanesHeld)
  metrics.set('approvals_open', {}, counts.approvalsOpen)
  const stops = await journal.stops()
  for (const cluster of Object.keys(context.tiers)) metrics.set('stopped', { cluster }, stopped(stops, cluster) ? 1 : 0)
  const own = stops.filter(({ memory }) => memory !== undefined)
  metrics.set('stops_unwritten', {}, own.filter(({ by }) => by !== 'stackreflex').length)
  metrics.set('journal_doubted', {}, own.some(({ by }) => by === 'stackreflex') ? 1 : 0)
  metrics.set('actions_open', {}, counts.actionsOpen)
  metrics.set('drift_missed_total', {}, counts.missed)
  metrics.set('drift_no_event_exists_total', {}, counts.noEventExists)
  if (counts.lastEventAt !== null) metrics.set('last_event_timestamp_seconds', {}, counts.lastEventAt / 1000)
  await setQuotas(metrics, context)
  await setBreaches(metrics, journal)
}

interface Needs {
  readonly journal: Reading
  readonly metrics: Metrics
  readonly status: () => ProcessStatus
  readonly context: () => OperationsContext
}

/** Counters come from the stages; what the journal and the brokers know is read when somebody scrapes. */
export function metricsRoutes(app: FastifyInstance, { journal, metrics, status, context }: Needs): void {
  app.get('/metrics', async (_request, reply) => {
    // A journal that cannot be read must not hide how the stages are.
    await setJournal({ journal, metrics, context: context() }).then(
      () => metrics.set('journal_readable', {}, 1),
      () => metrics.set('journal_readable', {}, 0)
    )
    const { build, brokers, checks, stages = [] } = status()
    metrics.set('clock_doubted', {}, checks.some(({ name, level }) => name === 'clock' && level !== 'ok') ? 1 : 0)
    for (const name of ['stage_failing', 'stage_failures', 'stage_beat_timestamp_seconds'] as const) metrics.clear(name)
    for (const { stage, beatAt, failures, dead } of stages) {
      metrics.set('stage_failing', { stage }, dead === null ? 0 : 1)
      metrics.set('stage_failures', { stage }, failures)
      if (beatAt !== null) metrics.set('stage_beat_timestamp_seconds', { stage }, beatAt / 1000)
    }
    metrics.set('build_info', { build }, 1)
    for (const broker of brokers) setBroker(metrics, broker)
    const { contentType, body } = await metrics.text()
    return reply.type(contentType).send(body)
  })
}
