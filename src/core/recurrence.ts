import { recurrenceRules } from './late-libraries.ts'
import { instantOf, wallClock } from './local-time.ts'

/** Starts around an instant, in ms since the epoch: the latest that is not after it, and the earliest after it. */
export interface Starts {
  readonly last: number | null
  readonly next: number | null
}

/** No clock change anywhere moved clocks further: starts closer than this may change places with each other. */
const FURTHEST = 86_400_000 + 3_600_000

interface Rule {
  readonly timeZone: string
  starts(now: number): Starts
}

const rules = new WeakMap<Times, Rule>()

/** Returns the starts of `times` around `now`. */
export function startsAround(times: Times, timeZone: string, now: number): Starts {
  let rule = rules.get(times)
  if (rule === undefined || rule.timeZone !== timeZone) {
    rule = { timeZone, starts: remembered(times.repeat === null ? once(times, timeZone) : repeated(times, timeZone)) }
    rules.set(times, rule)
  }
  return rule.starts(now)
}

/** An answer holds until the next start: claims ask for the same one again and again. */
function remembered(ask: (now: number) => Starts): (now: number) => Starts {
  let known: Starts | null = null
  return (now) => {
    if (known === null || now < (known.last ?? -Infinity) || now >= (known.next ?? Infinity)) known = ask(now)
    return known
  }
}

function once(times: Times, timeZone: string): (now: number) => Starts {
  const start = instantOf(timeZone, Date.parse(`${times.from}Z`))
  return (now) => (start <= now ? { last: start, next: null } : { last: null, next: start })
}

/**
 * A rule speaks of what clocks show, so it is expanded without a time zone, and each start is placed in the zone
 * afterwards: the library leaves out a start that falls into a gap, RFC 5545 moves it. UNTIL is an instant, or a last
 * day, and is applied here for the same reason.
 */
function repeated(times: Times, timeZone: string): (now: number) => Starts {
  const [, until] = /(?:^|;)UNTIL=([^;]*)/i.exec(times.repeat!) ?? []
  const { RRuleTemporal } = recurrenceRules()
  const rule = new RRuleTemporal({
    rruleString: `DTSTART:${compact(times.from)}Z\nRRULE:${times.repeat!.replace(/(^|;)UNTIL=[^;]*/i, '')}`
  })
  const end = until === undefined ? Infinity : lastInstant(until, timeZone)
  const before = (wall: number, inclusive: boolean) =>
    rule.previous(new Date(wall), inclusive)?.epochMilliseconds ?? null
  const after = (wall: number, inclusive: boolean) => rule.next(new Date(wall), inclusive)?.epochMilliseconds ?? null
  const placed = (wall: number) => instantOf(timeZone, wall)

  return (now) => {
    const here = wallClock(timeZone, Math.min(now, end))
    let last: number | null = null
    for (let wall = before(here + FURTHEST, true), nearest: number | null = null; wall !== null; ) {
      const start = placed(wall)
      if (start <= now && start <= end) {
        nearest ??= wall
        last = Math.max(last ?? start, start)
      }
      if (nearest !== null && wall < nearest - FURTHEST) break
      wall = before(wall, false)
    }
    let next: number | null = null
    for (let wall = after(here - FURTHEST, true), nearest: number | null = null; wall !== null; ) {
      const start = placed(wall)
      if (start > now) {
        nearest ??= wall
        next = Math.min(next ?? start, start)
      }
      if (start > end + FURTHEST || (nearest !== null && wall > nearest + FURTHEST)) break
      wall = after(wall, false)
    }
    return { last, next: next === null || next > end ? null : next }
  }
}

const compact = (local: string): string => `${local.replace(/[-:]/g, '')}00`.slice(0, 15)

function lastInstant(until: string, timeZone: string): number {
  const [, year, month, day, hour, minute, second, utc] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/i.exec(until) ?? []
  const date = [Number(year), Number(month) - 1, Number(day)] as const
  if (hour === undefined) return instantOf(timeZone, Date.UTC(...date, 23, 59, 59)) + 999
  const wall = Date.UTC(...date, Number(hour), Number(minute), Number(second))
  return utc === '' ? instantOf(timeZone, wall) : wall
}

/** Times of a calendar, in its time zone: once, or repeated by an RFC 5545 recurrence rule. */
export interface Times {
  /** Local wall-clock time of the first start, e.g. `2026-01-05T22:00`. */
  readonly from: string
  readonly forMs: number
  /** e.g. `FREQ=WEEKLY;BYDAY=TU,TH`; null: once. */
  readonly repeat: string | null
}
