import { waitsForApproval } from '../../core/approval-life.ts'
import type { Guard, Verdict } from '../../core/guard.ts'
import { afterDecision, verdictOnPlan } from '../../core/hold.ts'
import type { ClaimedLane } from '../claims.ts'
import type { DecisionRecord, Recorded } from '../recorded.ts'
import { storeAnswer } from './answers.ts'
import { appendWithin } from './append.ts'
import { askApproval, endOpen } from './approvals.ts'
import { recordBreaches } from './breaches.ts'
import { holds } from './claim-lane.ts'
import { addConcern } from './concerns.ts'
import type { Connection } from './connection.ts'
import { insertDecision } from './decision-row.ts'
import { factsOf } from './facts.ts'
import { holdLane } from './holds.ts'
import { planWithin } from './plan.ts'
import { dueAgain } from './turn.ts'
import { keepWishes, settleWishes } from './wishes.ts'

/** Writes decision, plan, hints and what the lane is about; null where the claim was lost. */
export function recordDecision(
  db: Connection,
  claim: ClaimedLane,
  record: DecisionRecord,
  guard: Guard
): Recorded | null {
  if (!holds(db, claim)) return null
  const { decision, mode, now } = record
  const acts = mode !== 'observe' && decision.steps.length > 0
  if (acts && record.actionIds.length !== decision.steps.length) {
    throw new Error(`${decision.steps.length} steps came with ${record.actionIds.length} action ids`)
  }
  const id = insertDecision(db, claim, {
    at: now,
    mode,
    outcome: decision.outcome,
    reason: decision.reason,
    findings: JSON.stringify(decision.findings),
    resources: JSON.stringify(decision.resources),
    plan: JSON.stringify(decision.steps),
    hints: JSON.stringify(decision.hints.map(({ lane, reason }) => ({ lane, reason }))),
    build: record.build
  })
  const answers: Record<string, unknown> = {}
  for (const [name, { query, answer }] of Object.entries(record.answers)) {
    answers[name] = { query, sha256: storeAnswer(db, id, answer) }
  }
  const settings = storeAnswer(db, id, record.settings)
  if (record.settles === true) settleWishes(db, claim.lane)
  else keepWishes(db, claim.lane, id, record.requesters)
  const { verdict, approval } = acts ? verdictOn(db, claim, id, record, guard) : { verdict: null, approval: null }
  if (approval === null) endOpen(db, claim.lane, [], `decision ${id} needs none: ${decision.reason}`)
  db.sql(
    `update decision set
       answers = ?, settings = ?, given = ?, verdict = ?, hash = ?, approval = ?, requesters = ? where id = ?`
  ).run(
    JSON.stringify(answers),
    settings,
    JSON.stringify(claim.resources),
    verdict === null ? null : JSON.stringify(verdict),
    decision.steps.length === 0 ? null : record.hash,
    approval,
    JSON.stringify(record.requesters),
    id
  )
  const { planned, hold } = afterDecision(decision.steps.length, verdict, db.now())
  if (planned) {
    const { steps, independent } = decision
    planWithin(db, { decision: id, lane: claim.lane, steps, independent, ids: record.actionIds })
  }
  db.sql('delete from concern where lane = ? and seq <= ?').run(claim.lane, claim.throughSeq)
  for (const resource of decision.resources) addConcern(db, claim.lane, resource, claim.throughSeq)
  db.sql(
    `update lane set
       head = :through, pending = pending - :count, generation = generation + 1, tries = 0, retry = 0,
       owner = null, lease = 0, parked = null, waiting = null, held = null, held_until = null, open = :open,
       again = :again
     where id = :lane`
  ).run({
    lane: claim.lane,
    through: claim.throughSeq,
    count: claim.count,
    open: planned ? id : null,
    again: decision.againAt ?? null
  })
  const breaches = decision.breaches === undefined ? null : recordBreaches(db, claim, id, decision.breaches)
  if (hold !== null) holdLane(db, claim.lane, hold)
  dueAgain(db, claim.lane)
  appendWithin(db, { events: record.hints, ignored: [] })
  return { id, verdict, approval, planned, breaches }
}

/** The approval that the plan rests on, and what the guard would say of it now. */
function verdictOn(
  db: Connection,
  claim: ClaimedLane,
  id: number,
  { decision, mode, hash, requesters, fourEyes = false, approvalMs, now }: DecisionRecord,
  guard: Guard
): { verdict: Verdict; approval: number | null } {
  const { steps, independent, reason } = decision
  let approval: number | null = null
  if (mode === 'approve') {
    const plan = { plan: steps, hash, summary: reason, requesters, fourEyes, approvalMs }
    const asked = askApproval(db, { lane: claim.lane, decision: id, ...plan })
    approval = asked.id
    db.sql('update decision set approval = ? where id = ?').run(approval, id)
    const verdict = waitsForApproval(asked)
    if (verdict !== null) return { verdict, approval }
  }
  const verdicts = steps.map((step) => {
    const guarded = { ...step, policy: claim.policy, mode, decision: id, decidedAt: now }
    return guard.judge(guarded, factsOf(db, guarded, null, guard))
  })
  return { verdict: verdictOnPlan(verdicts, independent, db.now()), approval }
}
