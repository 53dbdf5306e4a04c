import type { Log } from './log.ts'
import { act, decide, type EnabledPolicy, type Parts, sweep } from './pipeline.ts'
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
}

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

/** `parts` is asked anew for each piece of work: one that has begun ends with the parts that it began with. */
export function startWorker(parts: () => Parts, options: WorkerOptions): Worker {
  const { journal, log, now } = parts()
  let closing = false
  let timer: NodeJS.Timeout | undefined
  const deciders = pool('decide', options.decide ? options.decisionsAtOnce : 0, (shares) => decide(parts(), shares))
  const actors = pool('act', options.act ? options.actionsAtOnce : 0, (shares) => act(parts(), shares))

  /** Runs a stage until nothing is due, several at once; each that finds work calls in another. */
  function pool(name: StageState['stage'], size: number, step: (shares: Shares) => Promise<boolean>) {
    const running = new Set<Promise<void>>()
    const shares = createShares(size, now)
    let freeAt = now()
    async function one(): Promise<void> {
      try {
        while (!closing && (await step(shares))) {
          freeAt = now()
          deciders.more()
          actors.more()
        }
      } catch (error) {
        // The journal is not writable: whatever is due stays due.
        log.error({ err: error, stage: name }, `${name} failed, tried again in a second: ${(error as Error).message}`)
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

  function wake(): void {
    deciders.more()
    actors.more()
    void rest()
  }

  /** Sleeps until something is due. */
  async function rest(): Promise<void> {
    if (closing || !(options.decide || options.act)) return
    const due = await journal.nextDue().catch(() => null)
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
      options.swept({ policy, at, ms: now() - at, read, drifts, failed: null })
      log.info({ policy, drifts, ms: now() - at }, `sweep of ${policy}: ${read}; ${drifts} differ`)
    } catch (error) {
      const failed = (error as Error).message
      options.swept({ policy, at, ms: now() - at, read: null, drifts: 0, failed })
      log.warn({ policy }, `sweep of ${policy} could not read everything, so it concludes nothing: ${failed}`)
    }
    wake()
  }

  async function sweepNow(): Promise<void> {
    for (const enabled of parts().policies) if (enabled.policy.sweep !== null && !closing) await sweepOne(enabled)
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

  const every = (ms: number, job: () => Promise<unknown>) => repeat(ms, job, log, () => closing)
  const timers = options.schedule
    ? [every(1000, sweepIfDue), every(5000, () => journal.classifyDrift(now() - explainDriftMs)), every(600_000, prune)]
    : []
  if (options.schedule) void sweepIfDue()
  wake()

  return {
    wake,
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

/** Repeats a job, never two of it at once; a failure is said and the next turn comes. */
function repeat(ms: number, job: () => Promise<unknown>, log: Log, closing: () => boolean): NodeJS.Timeout {
  let running = false
  return setInterval(async () => {
    if (running || closing()) return
    running = true
    try {
      await job()
    } catch (error) {
      log.error({ err: error }, `a scheduled job failed: ${(error as Error).message}`)
    } finally {
      running = false
    }
  }, ms).unref()
}
