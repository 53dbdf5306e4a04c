import type { ActionRequest, Result, Risk } from '../core/action.ts'
import type { Usage, Verdict } from '../core/guard.ts'
import type { Json } from '../core/query.ts'
import type { Event } from '../events/event.ts'
import { appendWithin } from './append.ts'
import type { Connection } from './connection.ts'
import type { ActionClaim, ClaimedAction } from './journal.ts'
import { dueAgain } from './lanes.ts'
import { closePlan } from './plan.ts'

interface Step {
  readonly seq: number
  readonly id: string
  readonly decision: number
  readonly ordinal: number
  readonly lane: number
  readonly policy: string
  readonly type: string
  readonly risk: Risk
  readonly target: string
  readonly scope: string
  readonly input: string
  readonly attempt: number
}

/** A step and a decision that disagree for ever must not do so a hundred times a second. */
const STALE_MS = 1000

/** Ready, or claimed by somebody whose lease is over; its target in nobody's live claim. */
const claimable = `
  from action
  where state in ('ready', 'claimed') and due <= :now
    and not exists (
      select 1 from action other
      where other.target = action.target and other.state = 'claimed' and other.due > :now
    )
  order by due, seq limit 1`

/** Whether a claim would find anything; asked outside of a transaction, so that idle workers hold up nobody. */
export function actionIsDue(db: Connection): boolean {
  return db.sql(`select 1 ${claimable}`).get({ now: db.now() }) !== undefined
}

export function claimAction(
  db: Connection,
  by: { owner: string; leaseMs: number; windowMs: number },
  guard: (step: ActionRequest, usage: Usage) => Verdict
): ActionClaim | null {
  const now = db.now()
  const step = db
    .sql<Step>(
      `select action.*, lane.policy from action join lane on lane.id = action.lane
       where action.seq = (select seq ${claimable})`
    )
    .get({ now })
  if (step === undefined) return null
  const { type, risk, target, scope } = step
  const request: ActionRequest = { type, risk, target, scope, input: JSON.parse(step.input) as Json }
  const verdict = guard(request, usageOf(db, step, now, by.windowMs))
  if (verdict.verdict === 'refuse') {
    end(db, step, 'refused', verdict.reason)
    closePlan(db, step)
    return { verdict: 'refuse', id: step.id, type, reason: verdict.reason }
  }
  const attempt = step.attempt + 1
  const leaseUntil = now + by.leaseMs
  db.sql(`update action set state = 'claimed', owner = ?, due = ?, attempt = ? where seq = ?`).run(
    by.owner,
    leaseUntil,
    attempt,
    step.seq
  )
  db.sql('insert into attempt (action, n, started) values (?, ?, ?)').run(step.seq, attempt, now)
  if (risk === 'delete') {
    db.sql('insert into budget (action, scope, target, at) values (?, ?, ?, ?) on conflict do nothing').run(
      step.seq,
      scope,
      target,
      now
    )
  }
  const { id, decision, ordinal, lane, policy } = step
  const action = { ...request, id, decision, ordinal, lane, policy, owner: by.owner, leaseUntil, attempt }
  return { verdict: 'proceed', action }
}

export function actionLease(db: Connection, action: ClaimedAction): number | null {
  return held(db, action) === undefined ? null : action.leaseUntil - db.now()
}

/** False: the claim was lost, and what came of it is only written down. */
export function recordAttempt(
  db: Connection,
  action: ClaimedAction,
  result: Result,
  retryAt: number | null
): { recorded: boolean; ready: boolean } {
  const now = db.now()
  const step = held(db, action)
  if (step === undefined) {
    endAttempt(db, action, result, now, 'superseded')
    return { recorded: false, ready: false }
  }
  endAttempt(db, action, result, now, result.outcome)
  takeEchoes(db, step.lane, action.id, answeredOf(result))
  refund(db, step.seq)
  switch (result.outcome) {
    case 'changed':
    case 'unchanged':
      setApplied(db, step.lane, result.applied)
      finish(db, step.seq, 'done', null)
      return { recorded: true, ready: nextStep(db, step, now) }
    case 'retry':
      if (result.applied !== undefined) setApplied(db, step.lane, result.applied)
      db.sql(`update action set state = 'ready', due = ?, owner = null, reason = ? where seq = ?`).run(
        retryAt ?? now,
        result.reason,
        step.seq
      )
      return { recorded: true, ready: true }
    case 'stale':
      end(db, step, 'stale', result.reason)
      closePlan(db, step)
      hintStale(db, action, step.lane, result.reason)
      return { recorded: true, ready: false }
    case 'failed':
      end(db, step, 'failed', result.reason)
      closePlan(db, step)
      return { recorded: true, ready: false }
  }
}

/** What the lane holds on a target; null value = nothing any more. */
export function setApplied(db: Connection, lane: number, row: { target: string; scope: string; value: Json }): void {
  if (row.value === null) {
    db.sql('delete from applied where target = ?').run(row.target)
    return
  }
  db.sql(
    `insert into applied (target, lane, scope, value) values (?, ?, ?, ?)
     on conflict (target) do update set lane = excluded.lane, scope = excluded.scope, value = excluded.value`
  ).run(row.target, lane, row.scope, JSON.stringify(row.value))
}

interface Held {
  readonly seq: number
  readonly decision: number
  readonly ordinal: number
  readonly lane: number
}

function held(db: Connection, action: ClaimedAction): Held | undefined {
  if (action.leaseUntil <= db.now()) return undefined
  return db
    .sql<Held>(
      `select seq, decision, ordinal, lane from action
       where id = ? and state = 'claimed' and owner = ? and attempt = ? and due = ?`
    )
    .get(action.id, action.owner, action.attempt, action.leaseUntil)
}

/**
 * `held` leaves out what a delete within the window is already counted for, done or still running: otherwise one
 * record would be counted twice, and the population grow with every delete.
 */
function usageOf(db: Connection, step: Step, now: number, windowMs: number): Usage {
  if (step.risk !== 'delete') return { deletes: 0, held: 0, freesAt: null }
  const from = now - windowMs
  const { deletes, oldest } = db
    .sql<{ deletes: number; oldest: number | null }>(
      'select count(*) deletes, min(at) oldest from budget where scope = ? and at > ? and action <> ?'
    )
    .get(step.scope, from, step.seq)!
  const { held } = db
    .sql<{ held: number }>(
      `select count(*) held from applied
       where scope = :scope and target not in (
         select target from budget where scope = :scope and at > :from and action <> :seq
       )`
    )
    .get({ scope: step.scope, from, seq: step.seq })!
  return { deletes, held, freesAt: oldest === null ? null : oldest + windowMs }
}

function endAttempt(db: Connection, action: ClaimedAction, result: Result, now: number, outcome: string): void {
  const called = result.outcome === 'changed' || ('called' in result && result.called)
  const said = 'note' in result ? result.note : result.reason
  const note = outcome === 'superseded' ? `came too late: ${result.outcome}: ${said}` : said
  db.sql(
    `update attempt set ended = ?, outcome = ?, note = ?, called = ?, answered = ?
     where n = ? and action = (select seq from action where id = ?)`
  ).run(now, outcome, note, called ? 1 : 0, answeredOf(result), action.attempt, action.id)
}

function answeredOf(result: Result): string | null {
  return ('requestId' in result ? result.requestId : null) ?? null
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
    db.sql('update event set note = ? where seq = ?').run(`caused by our own action ${action}`, seq)
  }
  db.sql('update lane set pending = pending - ? where id = ?').run(echoes.length, lane)
  dueAgain(db, lane)
}

/** Gives the budget back, unless some attempt may have deleted: what is not known counts. */
function refund(db: Connection, seq: number): void {
  db.sql(
    `delete from budget where action = :seq
       and not exists (select 1 from attempt where action = :seq and called = 1)`
  ).run({ seq })
}

function finish(db: Connection, seq: number, state: string, reason: string | null): void {
  db.sql('update action set state = ?, reason = ?, owner = null, finished = ? where seq = ?').run(
    state,
    reason,
    db.now(),
    seq
  )
}

/** Ends a step that did not succeed; the rest of the plan is cancelled. */
function end(db: Connection, step: Held, state: 'refused' | 'stale' | 'failed', reason: string): void {
  finish(db, step.seq, state, reason)
  db.sql(
    `update action set state = 'cancelled', reason = ?, finished = ?
     where decision = ? and ordinal > ? and state = 'waiting'`
  ).run(`step ${step.ordinal + 1} is ${state}: ${reason}`, db.now(), step.decision, step.ordinal)
}

function nextStep(db: Connection, step: Held, now: number): boolean {
  const { changes } = db
    .sql(`update action set state = 'ready', due = ? where decision = ? and ordinal = ? and state = 'waiting'`)
    .run(now, step.decision, step.ordinal + 1)
  if (changes === 0) closePlan(db, step)
  return changes > 0
}

/** The world is not what the plan expected: an event of our own has the lane decided again. */
function hintStale(db: Connection, action: ClaimedAction, id: number, reason: string): void {
  const lane = db
    .sql<{ policy: string; key: string; quiet: number; max: number }>(
      'select policy, key, quiet, max from lane where id = ?'
    )
    .get(id)!
  const event: Event = {
    id: `${action.id}/stale#${action.attempt}`,
    source: '/stackreflex/act',
    type: 'stackreflex.stale',
    subject: null,
    time: new Date(db.now()).toISOString(),
    project: null,
    requestId: null,
    globalRequestId: null,
    data: { kind: 'hint', policy: lane.policy, lane: lane.key, reason, resources: [] }
  }
  const wait = { quietMs: Math.max(lane.quiet, STALE_MS), maxMs: Math.max(lane.max, STALE_MS) }
  const wake = { policy: lane.policy, key: lane.key, ...wait, resources: [] }
  appendWithin(db, { events: [{ event, lanes: [wake], note: null }], ignored: [] })
}
