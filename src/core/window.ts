import type { Risk } from './action.ts'

/** Times of a calendar, in its time zone: once, or repeated by an RFC 5545 recurrence rule. */
export interface Times {
  /** Local wall-clock time of the first start, e.g. `2026-01-05T22:00`. */
  readonly from: string
  readonly forMs: number
  /** e.g. `FREQ=WEEKLY;BYDAY=TU,TH`; null: once. */
  readonly repeat: string | null
}

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
