import type { Log } from '../base/log.ts'
import { ROLES, type Role } from '../config/checks.ts'
import type { Journal, Reading } from '../store/journal.ts'
import { JournalError } from '../store/journal-error.ts'
import { journalHolder, type Lock, openJournal, openReader, openWriter } from '../store/open.ts'
import { keepBeside } from './beside.ts'
import { type ClockWatch, watchClock } from './clock-watch.ts'
import { StartError } from './configure.ts'
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
  /** What this process is given to do. */
  readonly roles: readonly Role[]
  readonly log: Log
  /** Taken in reverse order at the end. */
  readonly closers: (() => unknown)[]
}

/** Opens the journal for this process alone: with stops that are in force in memory, the witness beside it and the watch over the clock. */
export async function openJournalSide({ path, lock, roles, log, closers }: Needs): Promise<JournalSide> {
  const onLoose = (sentence: string) => log.warn(sentence)
  const own = await openJournal({ path, exclusive: lock, onLoose }).catch((error: unknown) =>
    refused(error, path, roles)
  )
  closers.push(() => own.close())
  const writer = openWriter({ journalPath: path, own, log })
  closers.push(() => writer.close())
  const store: Journal = { ...own, append: writer.append }
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

/** A file has one process, whatever the roles: who wanted to share it between several is told so. */
function refused(error: unknown, path: string, roles: readonly Role[]): never {
  if (roles.length === ROLES.length || !(error instanceof JournalError) || journalHolder(path) === null) throw error
  throw new StartError(
    `${error.message}; a journal in an SQLite file is for one process with all of its roles, so REFLEX_ROLES=${roles.join()} ` +
      'cannot be started beside it'
  )
}
