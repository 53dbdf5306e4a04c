import type { Approval } from '../../core/approval.ts'
import type { Json } from '../../core/query.ts'
import type { Stop } from '../../core/stop.ts'
import { unknownTime } from '../../events/event.ts'
import type { ActionRow, AttemptRow, DecisionRow, EventRow, LaneRow } from '../../store/rows.ts'

// Rows of the journal as the API and `explain` show them: times as RFC 3339 in UTC, settings as JSON.

/** RFC 3339; the last moment that can be written so for whatever lies outside of all calendars. */
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

export const eventView = (row: EventRow) => ({
  ...row,
  receivedAt: iso(row.receivedAt),
  /** null where its sender does not say. */
  time: Date.parse(row.time) === Date.parse(unknownTime) ? null : row.time
})
export const decisionView = (row: DecisionRow) => ({ ...row, at: iso(row.at), settings: parsed(row.settings) })
export const attemptView = (row: AttemptRow) => ({
  ...row,
  startedAt: iso(row.startedAt),
  endedAt: isoOrNull(row.endedAt)
})
export const actionView = (row: ActionRow) => ({
  ...row,
  createdAt: iso(row.createdAt),
  finishedAt: isoOrNull(row.finishedAt),
  attempts: row.attempts.map(attemptView)
})
export const laneView = (row: LaneRow) => ({
  ...row,
  dueAt: isoOrNull(row.dueAt),
  heldUntil: isoOrNull(row.heldUntil)
})
export const stopView = (row: Stop) => ({ ...row, at: iso(row.at) })
export const approvalView = (row: Approval) => ({
  ...row,
  requestedAt: iso(row.requestedAt),
  expires: iso(row.expires),
  votes: row.votes.map((vote) => ({ ...vote, at: iso(vote.at) }))
})

export type EventView = ReturnType<typeof eventView>
export type DecisionView = ReturnType<typeof decisionView>
export type AttemptView = ReturnType<typeof attemptView>
export type ActionView = ReturnType<typeof actionView>
export type ApprovalView = ReturnType<typeof approvalView>
export type StopView = ReturnType<typeof stopView>
export type LaneView = ReturnType<typeof laneView>
