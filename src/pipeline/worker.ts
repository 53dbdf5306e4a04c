import { errorText } from '../base/error-text.ts'
import { createHeartbeats, type Heartbeats } from '../base/heartbeats.ts'
import type { Log } from '../base/log.ts'
import type { EnabledPolicy } from '../core/enabled-policy.ts'
import type { Parts } from './parts.ts'
import { act, decide, sweep } from './pipeline.ts'
import { createShares, type PartyState, type Shares } from './shares.ts'

/** How the worker is set up; times in ms. */
export interface WorkerOptions {
  readonly decide: boolean
  readonly act: boolean
  /** Timers: sweeps, drift, pruning. */
  readonly schedule: boolean
  readonly decisionsAtOnce: number
  readonly actionsAtOnce: number
  readonly sweepEveryMs: () => number
  readonly sweepAtStart: boolean
  readonly keepMs: number
  readonly keepIdsMs: number
  /** Why the time is not to be relied on; null: it is. */
  readonly clockDoubt?: () => string | null
  readonly swept: (result: SweepReport) => void
  /** Hears of every turn of each stage; left out: nobody does. */
  readonly beats?: Heartbeats
  /** A worker beside this one may have something to do now; left out: there is none. */
  readonly others?: () => void
}

/** The outcome of a policy's last sweep. */
export interface SweepReport {
  readonly policy: string
  readonly at: number
  readonly ms: number
  readonly read: string | null
  readonly drifts: number
  /** Why the sweep failed, or null. */
  readonly failed: string | null
}

/** Runs what is due; a lost wake-up is made good within a second. */
export interface Worker {
  /** Something may be due. */
  wake(): void
  /** A worker beside this one made something due: no timer is set anew. */
  nudge(): void
  /** Runs all sweeps now. */
  sweepNow(): Promise<void>
  /** How busy each stage is, and with whom. */
  stages(): readonly StageState[]
  /** Takes on nothing new and waits for what is under way, at most `withinMs`. */
  close(withinMs: number): Promise<void>
}

/** The workers of a stage. */
export interface StageState {
  readonly stage: 'decide' | 'act'
  readonly size: number
  readonly busy: number
  /** When a worker was last free, or became so, ms since the epoch. */
  readonly freeAt: number
  readonly parties: readonly PartyState[]
}

const pollMs = 1000
const overdueMs = 50
const explainDriftMs = 35_000
/** A job that failed is tried again as soon as that, however seldom it runs. */
const againMs = 60_000
/** The timer comes round every second: then nothing at all is taken up any more. */
const timersMs = 30_000
const driftMs = 120_000

/** Starts the workers of both stages; `parts` is asked anew for each piece of work: one that has begun ends with the parts that it began with. */
export function startWorker(parts: () => Parts, options: WorkerOptions): Worker {
  const { journal, log, now } = parts()
  const { beats = createHeartbeats(now), others = () => {} } = options
  let closing = false
  let timer: NodeJS.Timeout | undefined
  const deciders = pool('decide', options.decide ? options.decisionsAtOnce : 0, (shares) => decide(parts(), shares))
  const actors = pool('act', options.act ? options.actionsAtOnce : 0, (shares) => act(parts(), shares))

  /** Runs a stage until nothing is due, several at once; each that finds work calls in another. */
  function pool(name: StageState['stage'], size: number, step: (shares: Shares) => Promise<boolean>) {
    const running = new Set<Promise<void>>()
    const shares = createShares(size, now)
    let freeAt = now()
    if (size > 0) beats.expect(name, null)
    async function one(): Promise<void> {
      try {
        while (!closing && (await step(shares))) {
          freeAt = now()
          beats.beat(name)
          progressed()
        }
        if (!closing) beats.beat(name)
      } catch (error) {
        beats.failed(name, error)
        // The journal is not writable: whatever is due stays due.
        log.error({ err: error, stage: name }, `${name} failed, tried again in a second: ${errorText(error)}`)
      }
    }
    function more(): void {
      if (closing || running.size >= size) return
      const run: Promise<void> = one().finally(() => {
        running.delete(run)
        freeAt = now()
        if (running.size === 0) void rest()
      })
      running.add(run)
    }
    const state = (): StageState => {
      const free = running.size < size ? now() : freeAt
      return { stage: name, size, busy: running.size, freeAt: free, parties: shares.parties() }
    }
    return { more, running, state }
  }

  function beaten(stage: string) {
    return <T>(result: T): T => {
      beats.beat(stage)
      return result
    }
  }

  function nudge(): void {
    deciders.more()
    actors.more()
  }

  function progressed(): void {
    nudge()
    others()
  }

  function wake(): void {
    nudge()
    void rest()
  }

  /** Sleeps until something is due. */
  async function rest(): Promise<void> {
    if (closing || !(options.decide || options.act)) return
    const due = await journal.nextDue().then(beaten('timers'), (error: unknown) => {
      beats.failed('timers', error)
      return null
    })
    if (closing) return
    clearTimeout(timer)
    // What is due and yet still there is another process's, or was just looked at: no reason to spin.
    const wait = due === null ? pollMs : due <= now() ? overdueMs : Math.min(pollMs, due - now())
    timer = setTimeout(wake, wait)
  }

  async function sweepOne(enabled: EnabledPolicy): Promise<void> {
    const policy = enabled.policy.name
    const at = now()
    try {
      const { read, drifts } = await sweep(parts(), enabled)
      beats.beat(`sweep of ${policy}`)
      options.swept({ policy, at, ms: now() - at, read, drifts, failed: null })
      log.info({ policy, drifts, ms: now() - at }, `sweep of ${policy}: ${read}; ${drifts} differ`)
    } catch (error) {
      const failed = errorText(error)
      // A cloud that does not answer, or refuses, is no fault of the sweep.
      if (isOthers(error)) beats.alive(`sweep of ${policy}`)
      else beats.failed(`sweep of ${policy}`, error)
      options.swept({ policy, at, ms: now() - at, read: null, drifts: 0, failed })
      log.warn({ policy }, `sweep of ${policy} could not read everything, so it concludes nothing: ${failed}`)
    }
    others()
    wake()
  }

  async function sweepNow(): Promise<void> {
    // A policy that was taken out of the configuration has no sweep that could come right again.
    const there = new Set(parts().policies.map(({ policy }) => `sweep of ${policy.name}`))
    for (const { stage } of beats.stages()) if (stage.startsWith('sweep of ') && !there.has(stage)) beats.forget(stage)
    const swept = parts().policies.filter(({ policy }) => policy.sweep !== null)
    // One OpenStack that takes its time keeps no other waiting.
    const places = Map.groupBy(swept, ({ openstack }) => openstack ?? '')
    await Promise.all(
      [...places.values()].map(async (there) => {
        for (const enabled of there) if (!closing) await sweepOne(enabled)
      })
    )
  }

  // Looked at every second, so that a configuration that is read anew counts from then on.
  // By a clock that nobody sets: one that is put back must not put the sweeps off.
  let sweptAt = options.sweepAtStart ? Number.NEGATIVE_INFINITY : performance.now()
  async function sweepIfDue(): Promise<void> {
    if (performance.now() - sweptAt < options.sweepEveryMs()) return
    sweptAt = performance.now()
    await sweepNow()
  }

  async function prune(): Promise<void> {
    const doubt = options.clockDoubt?.() ?? null
    if (doubt === null) await journal.prune(now() - options.keepMs, now() - options.keepIdsMs)
    else log.warn(`nothing is pruned: ${doubt}`)
  }

  const every = (stage: string, ms: number, job: () => Promise<unknown>, withinMs: number | null = null) => {
    beats.expect(stage, withinMs)
    return repeat({ stage, ms, job, log, beats, closing: () => closing })
  }
  const timers = options.schedule
    ? [
        every('sweeps', 1000, sweepIfDue),
        every('drift', 5000, () => journal.classifyDrift(now() - explainDriftMs), driftMs),
        every('prune', 600_000, prune)
      ]
    : []
  if (options.decide || options.act) beats.expect('timers', timersMs)
  if (options.schedule) void sweepIfDue()
  wake()

  return {
    wake,
    nudge,
    sweepNow,
    stages: () => [deciders.state(), actors.state()],
    async close(withinMs) {
      closing = true
      clearTimeout(timer)
      for (const one of timers) clearInterval(one)
      const busy = Promise.all([...deciders.running, ...actors.running])
      await Promise.race([busy, new Promise((resolve) => setTimeout(resolve, withinMs).unref())])
    }
  }
}

/** Errors of services say whether waiting may help; those of ours say nothing. */
const isOthers = (error: unknown): boolean => typeof (error as { retryable?: unknown } | null)?.retryable === 'boolean'

interface Repeated {
  readonly stage: string
  readonly ms: number
  readonly job: () => Promise<unknown>
  readonly log: Log
  readonly beats: Heartbeats
  readonly closing: () => boolean
}

/** Repeats a job, never two of it at once; a failure is said and the next turn comes, within a minute. */
function repeat({ stage, ms, job, log, beats, closing }: Repeated): NodeJS.Timeout {
  const lookMs = Math.min(ms, againMs)
  const turns = Math.round(ms / lookMs)
  let running = false
  let left = turns
  return setInterval(async () => {
    if (running || closing() || --left > 0) return
    running = true
    left = 1
    try {
      await job()
      beats.beat(stage)
      left = turns
    } catch (error) {
      beats.failed(stage, error)
      log.error({ err: error, stage }, `${stage} failed, tried again: ${errorText(error)}`)
    } finally {
      running = false
    }
  }, lookMs).unref()
}
