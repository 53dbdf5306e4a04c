import type { ClaimedLane } from '../claims.ts'
import type { Connection } from './connection.ts'

/** Writes the row of a decision, of the events that its claim has; its number. */
export function insertDecision(
  db: Connection,
  claim: ClaimedLane,
  row: {
    at: number
    mode: string | null
    outcome: string
    reason: string
    findings: string
    resources: string
    plan: string
    hints: string
    build: string
  }
): number {
  return db
    .sql(
      `insert into decision
         (lane, at, mode, outcome, reason, findings, generation, after_seq, through_seq, resources, plan, hints,
          answers, settings, build)
       select id, :at, :mode, :outcome, :reason, :findings, generation + 1, head, :through, :resources, :plan, :hints,
         '{}', '', :build
       from lane where id = :lane`
    )
    .run({ ...row, lane: claim.lane, through: claim.throughSeq }).lastInsertRowid
}
