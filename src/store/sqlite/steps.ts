import type { ActionRequest, Risk } from '../../core/action.ts'
import { cancelledBy, type StepState } from '../../core/plan.ts'
import type { Mode } from '../../core/policy.ts'
import type { Connection } from './connection.ts'
import { readJson } from './json.ts'
import { closePlan } from './plan.ts'

/** A step as its table holds it, with what its plan was decided in. */
export interface StepRow {
  readonly seq: number
  readonly id: string
  readonly decision: number
  readonly ordinal: number
  readonly lane: number
  readonly policy: string
  readonly type: string
  readonly risk: Risk
  readonly cluster: string | null
  readonly target: string
  readonly scope: string
  readonly population: number | null
  readonly gone: number
  readonly holder: number | null
  readonly pin_ms: number | null
  readonly input: string
  readonly attempt: number
  readonly mode: Mode
  readonly at: number
}

/** The columns of `StepRow`, of action, lane and decision joined. */
export const stepColumns = 'action.*, lane.policy, decision.mode, decision.at'

/** Returns the request that the step was planned from; its holder stays a number of the journal's. */
export function requestOf(step: StepRow): ActionRequest {
  const { type, risk, cluster, target, scope, population, gone, pin_ms } = step
  return {
    type,
    risk,
    cluster,
    target,
    scope,
    input: readJson<ActionRequest['input']>(step.input, `action ${step.id}`),
    ...(population === null ? {} : { population }),
    ...(gone === 1 && { gone: true as const }),
    ...(pin_ms === null ? {} : { pinMs: pin_ms })
  }
}

/** Where a step stands in its plan. */
export interface StepPosition {
  readonly seq: number
  readonly decision: number
  readonly ordinal: number
  readonly lane: number
}

/** Writes that a step is over. */
export function finish(db: Connection, seq: number, state: StepState, reason: string | null): void {
  db.sql('update action set state = ?, reason = ?, owner = null, finished = ? where seq = ?').run(
    state,
    reason,
    db.now(),
    seq
  )
}

/** Has a step tried again, not before `due`. */
export function readyAgain(db: Connection, seq: number, due: number, reason: string): void {
  db.sql(`update action set state = 'ready', owner = null, due = ?, reason = ? where seq = ?`).run(due, reason, seq)
}

/** Ends a step that did not succeed, and its plan: the steps that wait for it are cancelled. */
export function end(db: Connection, step: StepPosition, state: 'refused' | 'stale' | 'failed', reason: string): void {
  finish(db, step.seq, state, reason)
  db.sql(
    `update action set state = 'cancelled', reason = ?, finished = ?
     where decision = ? and ordinal > ? and state = 'waiting'`
  ).run(cancelledBy(step.ordinal, state, reason), db.now(), step.decision, step.ordinal)
  closePlan(db, step)
}

/** Ends a step that the guard stopped, and its plan; those that are ready need no other step: the guard is asked about each. */
export function interrupt(db: Connection, step: StepPosition, reason: string): void {
  finish(db, step.seq, 'interrupted', reason)
  db.sql(
    `update action set state = 'interrupted', reason = ?, finished = ?
     where decision = ? and state = 'waiting'`
  ).run(reason, db.now(), step.decision)
  closePlan(db, step)
}

/** Makes the step behind one that is done ready, or ends their plan; false: there is none. */
export function nextStep(db: Connection, step: StepPosition): boolean {
  const { changes } = db
    .sql(`update action set state = 'ready', due = ? where decision = ? and ordinal = ? and state = 'waiting'`)
    .run(db.now(), step.decision, step.ordinal + 1)
  if (changes === 0) closePlan(db, step)
  return changes > 0
}
