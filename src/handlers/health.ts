import type { FastifyInstance } from 'fastify'
import type { Check } from '../base/check.ts'
import { errorText } from '../base/error-text.ts'
import type { Heartbeat } from '../base/heartbeats.ts'
import { inTime } from '../base/in-time.ts'
import type { Mode } from '../core/policy.ts'
import type { Stop } from '../core/stop.ts'
import { liftText, stopText } from '../core/stop-text.ts'
import type { Journal } from '../store/journal.ts'
import type { JournalCounts, LaneRow } from '../store/rows.ts'
import { createProbe } from './probe.ts'

/** What the process knows of itself; the composition root makes it. */
export interface ProcessStatus {
  readonly build: string
  readonly installId: string
  /** Runs on the simulated cloud: nothing real is read or changed. */
  readonly simulated: boolean
  /** By policy, and by `<policy> on <cluster>` where a cluster's differs. */
  readonly modes: Readonly<Record<string, Mode>>
  readonly brokers: readonly BrokerStatus[]
  /** Anything else worth knowing, e.g. whether each cloud answers. */
  readonly checks: readonly Check[]
  /** How each stage's turns went; for the metrics, `checks` has the words. */
  readonly stages?: readonly Heartbeat[]
}

/** The state of one consumer, with the limits that it is judged by. */
export interface BrokerStatus {
  /** `<openstack>/<region>` */
  readonly name: string
  readonly queue: string
  readonly connected: boolean
  readonly bound: readonly string[]
  readonly missing: readonly string[]
  readonly silentForMs: number
  readonly silenceMs: number
  readonly ready: number | null
  /** How full the queue is, 0 to 1. */
  readonly fill: number | null
}

const minutes = (ms: number): string => (ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`)

/** Checks each broker: one line for each, and the worst level of all. */
export function brokerCheck(broker: BrokerStatus): Check {
  const name = `broker ${broker.name}`
  if (!broker.connected) return { name, level: 'failure', detail: 'not connected; trying again' }
  const warnings: string[] = []
  if (broker.missing.length > 0) {
    warnings.push(
      `no exchange ${broker.missing.join(', ')} yet: bound as soon as the service sends its first notification; ` +
        'if it never does, look at [oslo_messaging_notifications] driver there'
    )
  }
  if (broker.silentForMs > broker.silenceMs) {
    warnings.push(`no notification for ${minutes(broker.silentForMs)}, expected one every ${minutes(broker.silenceMs)}`)
  }
  if (broker.fill !== null && broker.fill >= 0.8) {
    warnings.push(
      `queue ${broker.queue} is ${Math.round(broker.fill * 100)} % full: at 100 % the broker drops the oldest`
    )
  }
  if (warnings.length > 0) return { name, level: 'warning', detail: warnings.join('; ') }
  return { name, level: 'ok', detail: `connected, ${broker.bound.length} exchanges` }
}

/** Answers within this time or counts as broken: a probe must not hang with the disk. */
const PATIENCE_MS = 2000

const within = <T>(ms: number, work: Promise<T>): Promise<T> =>
  inTime(ms, work, () => {
    throw new Error(`no answer within ${ms} ms`)
  })

/** How much waits for a person, or for the guard. */
export interface Waits {
  readonly approvals: number
  readonly held: number
  readonly parked: number
}

/** Reads the state of the journal for `/readyz`: stops, open approvals, held and parked lanes, all of it within `patienceMs`. */
export async function journalState(
  journal: Journal,
  patienceMs = PATIENCE_MS
): Promise<{ readonly checks: readonly Check[]; readonly waits: Waits | null }> {
  try {
    return await within(patienceMs, readState(journal))
  } catch (error) {
    // A stop is told all the same: it may be in force in memory alone.
    const stops = await within(patienceMs, journal.stops()).catch(() => [])
    const failed: Check = { name: 'journal', level: 'failure', detail: errorText(error) }
    return { checks: [failed, ...stops.map((stop) => stopCheck(stop, stops))], waits: null }
  }
}

async function readState(journal: Journal): Promise<{ checks: readonly Check[]; waits: Waits }> {
  const counts = await journal.counts()
  const ok: Check = { name: 'journal', level: 'ok', detail: `${counts.events} events` }
  const checks = [ok, ...(await peopleChecks(journal, counts)), ...(await namesInTrouble(journal))]
  const waits = { approvals: counts.approvalsOpen, held: counts.lanesHeld, parked: counts.lanesParked }
  if (counts.lanesParked === 0) return { checks, waits }
  const parked = await journal.lanes({ parked: true })
  const some = parked.slice(0, 5).map((lane) => `${lane.key}: ${lane.parked ?? ''}`)
  const more = counts.lanesParked > some.length ? ` and ${counts.lanesParked - some.length} more` : ''
  const line: Check = { name: 'parked lanes', level: 'warning', detail: `${some.join('; ')}${more}` }
  return { checks: [...checks, line], waits }
}

const stopCheck = (stop: Stop, all: readonly Stop[]): Check => ({
  name: 'stop',
  level: 'warning',
  detail: `${stopText(stop)}: ${liftText(stop, all)}`
})

/** Names of the configuration that count for nothing: what they should allow or keep apart is left as it is. */
async function namesInTrouble(journal: Journal): Promise<readonly Check[]> {
  const pins = await journal.namePins('')
  return pins.flatMap(({ trouble }) => (trouble === null ? [] : [{ name: 'name', level: 'warning', detail: trouble }]))
}

/** What waits for a person: stops, and plans that need an approval. */
async function peopleChecks(journal: Journal, counts: JournalCounts): Promise<readonly Check[]> {
  const stops = await journal.stops()
  const checks: Check[] = stops.map((stop) => stopCheck(stop, stops))
  const { approvalsOpen, lanesHeld } = counts
  if (approvalsOpen > 0)
    checks.push({ name: 'approvals', level: 'ok', detail: `${approvalsOpen} wait for a person: \`reflex approvals\`` })
  if (lanesHeld > 0) {
    const rows = await journal.lanes({ held: true })
    const detail = `${lanesHeld} are kept from acting by the guard (${byRule(rows)}): \`reflex status\``
    checks.push({ name: 'held lanes', level: 'ok', detail })
  }
  return checks
}

/** `10 by window, 2 by approval`, the most frequent first. */
function byRule(rows: readonly LaneRow[]): string {
  const rules = Map.groupBy(rows, ({ held }) => held ?? 'none')
  const counted = [...rules].map(([rule, of]) => ({ rule, n: of.length })).sort((a, b) => b.n - a.n)
  return counted.map(({ rule, n }) => `${n} by ${rule}`).join(', ')
}

/** Registers `/healthz` (liveness) and `/readyz` (readiness). */
export function healthRoutes(
  app: FastifyInstance,
  { journal, status }: { journal: Journal; status: () => ProcessStatus }
): void {
  const probe = createProbe(journal)

  app.get('/healthz', () => ({ alive: true }))

  app.get('/readyz', async (request, reply) => {
    const { brokers, checks, stages: _stages, ...about } = status()
    const [{ checks: own, waits }, writes] = await Promise.all([journalState(journal), probe.check()])
    const all = [...own, writes, ...brokers.map(brokerCheck), ...checks]
    const ready = !all.some((check) => check.level === 'failure')
    reply.code(ready ? 200 : 503)
    // A probe from elsewhere needs no more, and names and reasons are not for everybody.
    if (!request.known) return { ready, checks: [] }
    return { ready, ...about, waits, checks: all }
  })
}
