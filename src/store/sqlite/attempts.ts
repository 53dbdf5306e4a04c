import type { Result } from '../../core/action.ts'
import { cleanResult, type Ended, endOfAttempt, stepAfter, undoneBy } from '../../core/attempt.ts'
import { causedBy } from '../../core/wakes.ts'
import type { ClaimedAction } from '../claims.ts'
import { setApplied } from './applied.ts'
import { readBack } from './breaches.ts'
import type { Connection } from './connection.ts'
import { lookAgain } from './look-again.ts'
import { end, finish, nextStep, readyAgain, type StepPosition } from './steps.ts'
import { dueAgain } from './turn.ts'

/** A claimed step, with the lane that holds its target where that is another one. */
export interface Held extends StepPosition {
  readonly holder: number | null
}

/** Reads the claimed step; undefined: the claim was lost. */
export function held(db: Connection, action: ClaimedAction): Held | undefined {
  if (action.leaseUntil <= db.now()) return undefined
  return db
    .sql<Held>(
      `select seq, decision, ordinal, lane, holder from action
       where id = ? and state = 'claimed' and owner = ? and attempt = ? and due = ?`
    )
    .get(action.id, action.owner, action.attempt, action.leaseUntil)
}

/** Ends an attempt. False: the claim was lost, and what came of it is only written down. */
export function recordAttempt(db: Connection, action: ClaimedAction, given: Result, retryAt: number | null): boolean {
  const result = cleanResult(given)
  const step = held(db, action)
  const ended = endOfAttempt(result, step !== undefined)
  endAttempt(db, action, ended)
  if (step === undefined) return false
  takeEchoes(db, step.lane, action.id, ended.requestId)
  refund(db, step.seq)
  const after = stepAfter(result, retryAt, db.now())
  const holder = step.holder ?? step.lane
  if ('applied' in after && after.applied !== null) setApplied(db, holder, after.applied)
  switch (after.state) {
    case 'done':
      if (after.inverse !== null)
        db.sql('update action set inverse = ? where seq = ?').run(JSON.stringify(after.inverse), step.seq)
      if (action.pinMs !== undefined) pinTarget(db, action, action.pinMs)
      finish(db, step.seq, 'done', null)
      if (after.changed) readBack(db, step.lane)
      nextStep(db, step)
      break
    case 'ready':
      readyAgain(db, step.seq, after.due, after.reason)
      break
    case 'stale':
    case 'failed': {
      const { state, reason } = after
      end(db, step, state, reason)
      if (state === 'stale')
        lookAgain(db, step.lane, { why: 'stale', action: action.id, attempt: action.attempt, reason })
    }
  }
  return true
}

/** Writes how an attempt ended. */
export function endAttempt(db: Connection, action: ClaimedAction, ended: Ended): void {
  db.sql(
    `update attempt set ended = ?, outcome = ?, note = ?, called = ?, answered = ?
     where n = ? and action = (select seq from action where id = ?)`
  ).run(db.now(), ended.outcome, ended.note, ended.called ? 1 : 0, ended.requestId, action.attempt, action.id)
}

/** What a person undid is not done again at once. */
function pinTarget(db: Connection, { id, target, decision }: ClaimedAction, forMs: number): void {
  const { requesters } = db.sql<{ requesters: string }>('select requesters from decision where id = ?').get(decision)!
  db.sql('insert or replace into pin (target, until, reason, action) values (?, ?, ?, ?)').run(
    target,
    db.now() + forMs,
    undoneBy(JSON.parse(requesters) as string[], id),
    id
  )
}

/** The notification of our own change often comes before the service's answer: it needs no decision. */
function takeEchoes(db: Connection, lane: number, action: string, answered: string | null): void {
  if (answered === null) return
  const echoes = db
    .sql<{ seq: number }>(
      `select seq from lane_event join event using (seq)
       where lane_event.lane = :lane and seq > (select head from lane where id = :lane) and request_id = :answered`
    )
    .all({ lane, answered })
  if (echoes.length === 0) return
  for (const { seq } of echoes) {
    db.sql('delete from lane_event where lane = ? and seq = ?').run(lane, seq)
    db.sql('update event set note = ? where seq = ?').run(causedBy(action), seq)
  }
  db.sql('update lane set pending = pending - ? where id = ?').run(echoes.length, lane)
  dueAgain(db, lane)
}

/** Gives the budget back, unless some attempt may have deleted: what is not known counts. */
export function refund(db: Connection, seq: number): void {
  db.sql(
    `delete from budget where action = :seq
       and not exists (select 1 from attempt where action = :seq and called = 1)`
  ).run({ seq })
}
