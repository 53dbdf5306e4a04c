import type { Check } from '../base/check.ts'
import { errorText } from '../base/error-text.ts'
import { inTime } from '../base/in-time.ts'
import type { Journal } from '../store/journal.ts'

/** Asks the journal with a write whether it takes any; at most one at a time, and not for each who asks. */
export interface Probe {
  /** Answers within `patienceMs`, whatever becomes of the write. */
  check(): Promise<Check>
}

/** Times of the probe, in ms, and its clock. */
export interface ProbeOptions {
  /** So long an answer counts for everybody who asks; a bad one is looked at again after a fifth of it. */
  readonly freshMs?: number
  readonly patienceMs?: number
  readonly now?: () => number
}

const MB = 1_048_576
/** Below it a few minutes of a storm fill the disk, and below the other it is full for all that matters. */
const LOW_MB = 256
const FULL_MB = 8

/** Makes the probe of a journal. */
export function createProbe(journal: Pick<Journal, 'probe'>, options: ProbeOptions = {}): Probe {
  const { freshMs = 5000, patienceMs = 1000, now = Date.now } = options
  let known: { readonly check: Check; readonly until: number } | null = null
  let running: { readonly since: number; readonly done: Promise<Check> } | null = null

  function begin() {
    const since = now()
    const done = journal
      .probe()
      .then(written, (error: unknown) => failed(errorText(error)))
      .then((check) => {
        running = null
        known = { check, until: now() + (check.level === 'failure' ? freshMs / 5 : freshMs) }
        return check
      })
    running = { since, done }
    return running
  }

  return {
    async check() {
      if (known !== null && running === null && now() < known.until) return known.check
      const { since, done } = running ?? begin()
      // What hangs already is not waited for by each who asks.
      const left = patienceMs - (now() - since)
      const hangs = () => failed(`a write is not done after ${Math.max(1, Math.round((now() - since) / 1000))} s`)
      return left <= 0 ? hangs() : inTime(left, done, hangs)
    }
  }
}

const failed = (why: string): Check => ({
  name: 'journal writes',
  level: 'failure',
  detail: `nothing is taken: ${why}`
})

function written({ freeBytes }: { readonly freeBytes: number | null }): Check {
  const mb = freeBytes === null ? null : Math.floor(freeBytes / MB)
  const name = 'journal writes'
  if (mb === null || mb >= LOW_MB) return { name, level: 'ok', detail: 'a write was taken' }
  const room = `${mb} MB are left on its disk`
  if (mb < FULL_MB) return failed(`${room}: make room, or give the journal a larger one`)
  return { name, level: 'warning', detail: `${room}: when they are used up, nothing is taken or decided any more` }
}
