import type { Approval } from '../../core/approval.ts'
import type { Json } from '../../core/query.ts'
import type { Stop } from '../../core/stop.ts'
import { unknownTime } from '../../events/event.ts'
import type { ActionRow, AttemptRow, DecisionRow, EventRow, LaneRow } from '../../store/rows.ts'

// Rows of the journal as the API and `explain` show them: times as RFC 3339 in UTC, settings as JSON.

/** Formats ms since the epoch as RFC 3339; times outside of the calendar become the last moment in it. */
export const iso = (ms: number): string =>
  new Date(Math.abs(ms) <= LAST ? ms : ms < 0 ? -LAST : Number.isNaN(ms) ? 0 : LAST).toISOString()
const LAST = 8.64e15
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** Turns a row of an event into its JSON form. */
export const eventView = (row: EventRow) => ({
  ...row,
  receivedAt: iso(row.receivedAt),
  /** null where its sender does not say. */
  time: Date.parse(row.time) === Date.parse(unknownTime) ? null : row.time
})
/** Turns a row of a decision into its JSON form. */
export const decisionView = (row: DecisionRow) => ({ ...row, at: iso(row.at), settings: parsed(row.settings) })
/** Turns a row of an attempt into its JSON form. */
export const attemptView = (row: AttemptRow) => ({
  ...row,
  startedAt: iso(row.startedAt),
  endedAt: isoOrNull(row.endedAt)
})
/** Turns a row of a step into its JSON form. */
export const actionView = (row: ActionRow) => ({
  ...row,
  createdAt: iso(row.createdAt),
  finishedAt: isoOrNull(row.finishedAt),
  attempts: row.attempts.map(attemptView)
})
/** Turns a row of a lane into its JSON form. */
export const laneView = (row: LaneRow) => ({
  ...row,
  dueAt: isoOrNull(row.dueAt),
  heldUntil: isoOrNull(row.heldUntil)
})
/** Turns a stop into its JSON form. */
export const stopView = (row: Stop) => ({ ...row, at: iso(row.at) })
/** Turns an approval into its JSON form. */
export const approvalView = (row: Approval) => ({
  ...row,
  requestedAt: iso(row.requestedAt),
  expires: iso(row.expires),
  votes: row.votes.map((vote) => ({ ...vote, at: iso(vote.at) }))
})

/** An event in its JSON form; times in RFC 3339. */
export type EventView = ReturnType<typeof eventView>
/** A decision in its JSON form; times in RFC 3339. */
export type DecisionView = ReturnType<typeof decisionView>
/** An attempt in its JSON form; times in RFC 3339. */
export type AttemptView = ReturnType<typeof attemptView>
/** A step in its JSON form; times in RFC 3339. */
export type ActionView = ReturnType<typeof actionView>
/** An approval in its JSON form; times in RFC 3339. */
export type ApprovalView = ReturnType<typeof approvalView>
/** A stop in its JSON form; times in RFC 3339. */
export type StopView = ReturnType<typeof stopView>
/** A lane in its JSON form; times in RFC 3339. */
export type LaneView = ReturnType<typeof laneView>
