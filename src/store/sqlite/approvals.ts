import type { ActionRequest } from '../../core/action.ts'
import type { Approval, Vote } from '../../core/approval.ts'
import {
  type Asking,
  afterVote,
  approvalEndOf,
  clustersOf,
  foldInto,
  isLate,
  type LastApproval,
  unanswered
} from '../../core/approval-life.ts'
import type { ApprovalState } from '../../core/guard.ts'
import { atOnce } from '../../core/look-again.ts'
import type { Event } from '../../events/event.ts'
import { appendWithin } from './append.ts'
import { type ApprovalRow, readApprovals, selectApproval } from './approvals-read.ts'
import type { Connection } from './connection.ts'

/** A plan that needs an approval, with what people are shown of it. */
export interface ApprovalRequest extends Asking {
  readonly lane: number
  readonly summary: string
  readonly plan: readonly ActionRequest[]
  readonly approvalMs: number
}

/** Finds the lane's approval of this very plan, or opens a new one in the place of the one before. */
export function askApproval(db: Connection, asked: ApprovalRequest): Pick<LastApproval, 'id' | 'state' | 'expires'> {
  const last = lastOf(db, asked.lane)
  const folded = foldInto(last, asked, db.now())
  if (folded.keep && last !== null) {
    db.sql('update approval set latest = ?, requesters = ? where id = ?').run(
      asked.decision,
      JSON.stringify(folded.requesters),
      last.id
    )
    return last
  }
  if (!folded.keep) endOpen(db, asked.lane, asked.plan, folded.why)
  return openApproval(db, asked)
}

function openApproval(db: Connection, asked: ApprovalRequest): Pick<LastApproval, 'id' | 'state' | 'expires'> {
  const now = db.now()
  const expires = now + asked.approvalMs
  const id = db
    .sql(
      `insert into approval (lane, hash, state, decision, latest, requested, expires, requesters, clusters, summary, plan)
       values (?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?)`
    )
    .run(
      asked.lane,
      asked.hash,
      asked.decision,
      asked.decision,
      now,
      expires,
      JSON.stringify(asked.requesters),
      JSON.stringify(clustersOf(asked.plan)),
      asked.summary,
      JSON.stringify(asked.plan)
    ).lastInsertRowid
  return { id, state: 'open', expires }
}

/** Ends the approval that the lane waited for, or had, and that is of no use any more: another plan, or none, has taken its place. */
export function endOpen(db: Connection, lane: number, plan: readonly ActionRequest[], why: string): void {
  const last = lastOf(db, lane)
  const end = last === null ? null : approvalEndOf(last, plan, why, db.now())
  if (last !== null && end !== null) endApproval(db, last.id, end)
}

function endApproval(db: Connection, id: number, { state, reason }: { state: ApprovalState; reason: string }): void {
  db.sql('update approval set state = ?, reason = ? where id = ?').run(state, reason, id)
}

/** What of it is text is read when it is asked for: a damaged row of old must not keep the lane from being decided. */
function lastOf(db: Connection, lane: number): LastApproval | null {
  const row = db.sql<ApprovalRow>(`${selectApproval} where lane = ? order by approval.id desc limit 1`).get(lane)
  if (row === undefined) return null
  const { id, state, hash, expires, requested: requestedAt } = row
  return {
    ...{ id, state, hash, expires, requestedAt },
    answeredAt: answeredAt(db, id),
    get requesters() {
      return JSON.parse(row.requesters) as string[]
    },
    get approvers() {
      return approversOf(db, id)
    },
    get plan() {
      return JSON.parse(row.plan) as ActionRequest[]
    }
  }
}

const approversOf = (db: Connection, approval: number): readonly string[] =>
  db
    .sql<{ actor: string }>(`select actor from vote where approval = ? and verdict = 'approve' order by actor`)
    .all(approval)
    .map(({ actor }) => actor)

const answeredAt = (db: Connection, approval: number): number | null =>
  db.sql<{ at: number | null }>('select max(at) at from vote where approval = ?').get(approval)!.at

/** Uses up an approval with the first step that is claimed: one approval carries one plan. */
export function useApproval(db: Connection, decision: number): void {
  db.sql(
    `update approval set state = 'used', used_by = :decision
     where id = (select approval from decision where id = :decision) and state = 'granted'`
  ).run({ decision })
}

/**
 * Records a vote with its event, and wakes the lane once the approval is decided; `counted` is false where it was open no longer, null:
 * there is no such approval.
 */
export function recordVote(
  db: Connection,
  id: number,
  { actor, verdict, reason }: Omit<Vote, 'at'>,
  { required, expiresMs }: { required: number; expiresMs: number },
  event: Event
): { counted: boolean; approval: Approval } | null {
  const now = db.now()
  const found = readApprovals(db, { id })[0]
  if (found === undefined) return null
  if (found.state !== 'open') return { counted: false, approval: found }
  if (isLate({ ...found, answeredAt: answeredAt(db, id) }, now)) {
    endApproval(db, id, unanswered)
    return { counted: false, approval: readApprovals(db, { id })[0]! }
  }
  db.sql(
    `insert into vote (approval, actor, verdict, at, reason) values (?, ?, ?, ?, ?)
     on conflict (approval, actor) do update set verdict = excluded.verdict, at = excluded.at, reason = excluded.reason`
  ).run(id, actor, verdict, now, reason)
  const after = afterVote({ actor, verdict, reason, approving: approversOf(db, id).length }, required)
  if (after !== null) {
    endApproval(db, id, after)
    db.sql('update approval set expires = ? where id = ?').run(now + expiresMs, id)
  }
  const lanes = after === null ? [] : [atOnce(found.policy, found.lane)]
  appendWithin(db, { events: [{ event, lanes, note: null }], ignored: [] })
  return { counted: true, approval: readApprovals(db, { id })[0]! }
}
