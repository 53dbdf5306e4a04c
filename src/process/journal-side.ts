import type { Log } from '../base/log.ts'
import type { Journal, Reading } from '../store/journal.ts'
import { type Lock, openJournal, openReader } from '../store/open.ts'
import { keepBeside } from './beside.ts'
import { type ClockWatch, watchClock } from './clock-watch.ts'
import { keepStops, type StandingStops } from './standing-stops.ts'
import type { OtherClock } from './tools.ts'

/** The journal of this process, with what must stand around it before anything is done on it. */
export interface JournalSide {
  readonly journal: Journal
  /** For people's questions, in a thread of its own. */
  readonly reading: Reading
  readonly standing: StandingStops
  readonly clock: ClockWatch
  /** Names clocks that this machine's is compared with. */
  compareClocks(others: (withinMs: number) => Promise<readonly OtherClock[]>): void
}

interface Needs {
  readonly path: string
  /** Held already where it was simulated. */
  readonly lock: Lock | true
  readonly log: Log
  /** Taken in reverse order at the end. */
  readonly closers: (() => unknown)[]
}

/** Opens the journal for this process alone: with stops that stand in memory, the witness beside it and the watch over the clock. */
export async function openJournalSide({ path, lock, log, closers }: Needs): Promise<JournalSide> {
  const store = await openJournal({ path, exclusive: lock, onLoose: (sentence) => log.warn(sentence) })
  closers.push(() => store.close())
  let otherClocks: (withinMs: number) => Promise<readonly OtherClock[]> = async () => []
  let keepNow = () => {}
  const clock = watchClock({
    now: Date.now,
    steady: () => performance.now(),
    lastAt: store.begun?.lastAt ?? null,
    others: () => otherClocks(3000),
    accepted: () => store.clockAccepted(),
    wentBack: async () => {
      await store.clockWentBack()
      await store.releaseHeld('all')
    },
    settled: async () => void (await store.releaseHeld(['clock'])),
    log
  })
  const standing = keepStops(store, { log, now: Date.now, clockDoubt: clock.doubt, changed: () => keepNow() })
  const beside = keepBeside(store, { path, standing, clock, log })
  keepNow = () => void beside.keep()
  closers.push(() => beside.close())
  const { journal } = standing
  const reader = openReader({ journalPath: path, log })
  closers.push(() => reader.close())
  return {
    journal,
    // What stands in memory alone is a stop as well.
    reading: { ...reader.reading, stops: () => journal.stops() },
    standing,
    clock,
    compareClocks: (others) => {
      otherClocks = others
    }
  }
}
