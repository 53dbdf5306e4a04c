import type { Log } from '../base/log.ts'
import type { Journal } from '../store/journal.ts'
import type { ClockWatch } from './clock-watch.ts'
import type { StandingStops } from './standing-stops.ts'

/** Keeps beside the journal what a start must not have to believe the journal for. */
export interface Beside {
  /** Now: what is in force has changed. */
  keep(): Promise<void>
  close(): Promise<void>
}

const lookMs = 1000
/** How far the journal has come is written so often at most: each time is two syncs of the disk. */
const keepEveryMs = 5000

interface Parts {
  readonly path: string
  readonly standing: StandingStops
  readonly clock: ClockWatch
  readonly log: Log
}

/** Stops everything while the journal is not believed, watches the clock, and records how far the journal has come. */
export function keepBeside(store: Journal, { path, standing, clock, log }: Parts): Beside {
  let keptAt = Number.NEGATIVE_INFINITY
  let failing = false
  let doubted = false
  let closed = false

  for (const { cluster, by, reason } of store.begun?.broughtBack ?? [])
    log.error(
      `the stop of ${cluster ?? 'everything'} by ${by} (${reason}) is not in the journal ${path}: it stands again`
    )
  hold(store.begun?.doubt ?? null)

  function hold(doubt: string | null): void {
    if (doubt === null) return
    const reason = `the journal ${path} may not be the one that was here: ${doubt}`
    const lift = 'put the right journal back and start again, or go on with this one: `reflex accept journal`'
    if (!doubted) log.error(`${reason}. Everything is stopped: ${lift}`)
    doubted = true
    standing.hold(reason, lift)
  }

  async function keep(): Promise<void> {
    if (closed) return
    keptAt = performance.now()
    try {
      await store.keepBeside({ stops: standing.unwritten(), at: clock.trusted() })
      failing = false
    } catch (error) {
      const { message } = error as Error
      if (!failing) log.error({ err: error }, `how far the journal has come cannot be written beside it: ${message}`)
      failing = true
    }
  }

  async function look(): Promise<void> {
    await clock.look()
    if (doubted && (await store.doubt()) === null) {
      doubted = false
      log.warn(`the journal ${path} was accepted: the stop of everything is lifted`)
      await standing.letGo()
    }
    if (performance.now() - keptAt >= keepEveryMs) await keep()
  }

  let turn: Promise<void> | null = null
  const timer = setInterval(() => {
    turn ??= look()
      .catch((error: Error) => log.error({ err: error }, `looking at clock and journal failed: ${error.message}`))
      .finally(() => (turn = null))
  }, lookMs).unref()
  void clock.look().catch(() => {})

  return {
    keep,
    async close() {
      clearInterval(timer)
      await turn
      await keep()
      closed = true
      standing.close()
    }
  }
}
