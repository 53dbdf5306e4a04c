import type { Risk } from './action.ts'
import { meansPolicy } from './instance.ts'
import type { Times } from './recurrence.ts'
import { startsAround } from './recurrence.ts'

/** When changes are allowed, and which: null = all policies, all risks. */
export interface Window {
  readonly name: string
  readonly policies: readonly string[] | null
  readonly risks: readonly Risk[] | null
  readonly times: Times | 'always'
}

/** When nothing may change, whatever the windows say. */
export interface Freeze {
  readonly name: string
  readonly times: Times
}

/** The windows and freezes of one cluster. */
export interface Calendar {
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timeZone: string
  readonly windows: readonly Window[]
  readonly freezes: readonly Freeze[]
}

/** Whether a change may be made now: which window lets it, or what denies it; until when, in ms since the epoch. */
export type Opening =
  | { readonly allowed: true; readonly by: string; readonly until: number | null }
  | {
      readonly allowed: false
      readonly rule: 'freeze' | 'window'
      /** The freeze, or the window that opens next; null: none will. */
      readonly name: string | null
      /** End of the freeze, or when it will be allowed; null: never. */
      readonly until: number | null
    }

/** Looking for the next opening ends after so many windows and freezes in a row: more than a year of daily ones. */
const FURTHEST_LOOK = 1000

/**
 * Tells whether the calendar of a cluster allows a change now: a freeze denies whatever else is said. Then a `controlled` cluster, and one
 * that has windows, allows changes only inside a window for this policy and risk.
 */
export function changesAllowed(
  calendar: Calendar,
  controlled: boolean,
  step: { readonly policy: string; readonly risk: Risk },
  now: number
): Opening {
  const frozen = openAt(calendar.freezes, calendar, now)
  if (frozen !== null) return { allowed: false, rule: 'freeze', name: frozen.name, until: frozen.until }
  if (!controlled && calendar.windows.length === 0) return { allowed: true, by: 'no window is configured', until: null }
  const windows = calendar.windows.filter(
    ({ policies, risks }) =>
      (policies?.some((one) => meansPolicy(one, step.policy)) ?? true) && (risks?.includes(step.risk) ?? true)
  )
  const open = openAt(windows, calendar, now)
  if (open !== null) return { allowed: true, by: open.name, until: open.until }
  const next = nextOpening(windows, calendar, now)
  return { allowed: false, rule: 'window', name: next?.name ?? null, until: next?.at ?? null }
}

type Timed = Pick<Window, 'name' | 'times'>

/** Of those that hold at `at`, the one that does so longest. */
function openAt(all: readonly Timed[], { timeZone }: Calendar, at: number) {
  let longest: { readonly name: string; readonly until: number | null } | null = null
  for (const { name, times } of all) {
    if (times === 'always') return { name, until: null }
    const { last } = startsAround(times, timeZone, at)
    // The end itself is outside.
    const end = last === null ? at : last + times.forMs
    if (end > at && end > (longest?.until ?? -Infinity)) longest = { name, until: end }
  }
  return longest
}

/** The first instant after `now` that lies in one of the windows and in no freeze. */
function nextOpening(windows: readonly Timed[], calendar: Calendar, now: number) {
  let at = now
  for (let looked = 0; looked < FURTHEST_LOOK; looked++) {
    const frozen = openAt(calendar.freezes, calendar, at)
    if (frozen !== null) {
      at = frozen.until!
      continue
    }
    const open = openAt(windows, calendar, at)
    if (open !== null) return { name: open.name, at }
    const starts = windows.flatMap(({ times }) =>
      times === 'always' ? [] : (startsAround(times, calendar.timeZone, at).next ?? [])
    )
    if (starts.length === 0) return null
    at = Math.min(...starts)
  }
  return null
}
