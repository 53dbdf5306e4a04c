import { cleanText } from '../base/error-text.ts'

/** When events of a lane were received, ms: the first that is not decided, and the newest. */
interface Waiting {
  readonly first: number
  readonly newest: number
}

/**
 * Returns when a lane is due (debounce): `quiet` ms after its newest event, at the latest `max` ms after the first that is not decided.
 * What a clock that was ahead has written counts as received now.
 */
export function turnOf(
  waiting: Waiting | null,
  { quiet, max }: { readonly quiet: number; readonly max: number },
  now: number
): { readonly since: number; readonly due: number } | { readonly since: null; readonly due: null } {
  if (waiting === null) return { since: null, due: null }
  const since = Math.min(waiting.first, now)
  return { since, due: Math.min(since + max, Math.min(waiting.newest, now) + quiet) }
}

/** A lane that events have come for, as it was before. */
interface Asleep {
  /** When the first event was received that is not decided; null: all are. */
  readonly since: number | null
  /** Not before, after a failure. */
  readonly retry: number
  readonly parked: string | null
}

/** Returns when a lane is due that events have just come for; null: it is new. One that was parked is tried again as if it had not failed. */
export function turnAfterWake(
  lane: Asleep | null,
  { quietMs, maxMs }: { readonly quietMs: number; readonly maxMs: number },
  now: number
): { readonly since: number; readonly due: number; readonly retry: number } {
  const since = lane?.since ?? now
  const retry = lane === null || lane.parked !== null ? 0 : lane.retry
  return { since, due: Math.max(retry, Math.min(since + maxMs, now + quietMs)), retry }
}

/**
 * Returns what setting a lane aside (parking it) makes of it. What arrived while it was being decided counts as the next event: then it is
 * tried again at once. What cannot be read never will be: whoever has the lane tried again has it decided without.
 */
export function setAside(
  { last, seen }: { readonly last: number; readonly seen: number },
  claim: { readonly unreadable?: string; readonly count: number; readonly throughSeq: number },
  why: string
): {
  readonly reason: string
  readonly parked: string | null
  /** What counts as decided by it; null: nothing. */
  readonly decided: { readonly throughSeq: number; readonly count: number } | null
} {
  const reason = cleanText(why)
  const { unreadable, throughSeq, count } = claim
  return {
    reason,
    parked: last > seen ? null : reason,
    decided: unreadable === undefined ? null : { throughSeq, count }
  }
}
