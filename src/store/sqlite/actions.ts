import { cleanText } from '../../base/error-text.ts'
import type { Result } from '../../core/action.ts'
import type { Guard, Verdict } from '../../core/guard.ts'
import type { Json } from '../../core/query.ts'
import type { Stop } from '../../core/stop.ts'
import type { Event } from '../../events/event.ts'
import type { ActionClaim, ClaimedAction } from '../claims.ts'
import { appendWithin } from './append.ts'
import { useApproval } from './approvals.ts'
import { readBack } from './breaches.ts'
import type { Connection } from './connection.ts'
import { factsOf, partOf, requestOf, type StepRow, stepColumns, stopsOf } from './facts.ts'
import { holdLane, holdOf } from './holds.ts'
import { Unreadable } from './json.ts'
import { dueAgain } from './lanes.ts'
import { closePlan } from './plan.ts'

/** A step and a decision that disagree for ever must not do so a hundred times a second. */
const STALE_MS = 1000

/** Ready, or claimed by somebody whose lease is over; its target in nobody's live claim. */
const claimable = `
  from action
  where state in ('ready', 'claimed') and due <= :now and seq not in (select value from json_each(:except))
    and not exists (
      select 1 from action other
      where other.target = action.target and other.state = 'claimed' and other.due > :now and other.due < :now + 3600000
    )
  order by due, seq limit 1`

/** Whether a claim would find anything; asked outside of a transaction, so that idle workers hold up nobody. */
export function actionIsDue(db: Connection, except: readonly number[]): boolean {
  return db.sql(`select 1 ${claimable}`).get({ now: db.now(), except: JSON.stringify(except) }) !== undefined
}

export function claimAction(
  db: Connection,
  owner: string,
  leaseMs: number,
  guard: Guard,
  except: readonly number[]
): ActionClaim | null {
  const now = db.now()
  const step = db
    .sql<StepRow>(
      `select ${stepColumns}
       from action join lane on lane.id = action.lane join decision on decision.id = action.decision
       where action.seq = (select seq ${claimable})`
    )
    .get({ now, except: JSON.stringify(except) })
  if (step === undefined) return null
  const { id, decision, ordinal, lane, policy, type, risk, cluster, scope, target } = step
  const request = requestOrNot(step)
  if (request instanceof Unreadable) {
    const { message: reason } = request
    end(db, step, 'failed', reason)
    closePlan(db, step)
    return { verdict: 'refuse', rule: 'unreadable', reason, id, type }
  }
  const guarded = { ...request, policy, decision, mode: step.mode, decidedAt: step.at }
  const verdict = guard.judge(guarded, factsOf(db, guarded, step.seq, guard))
  if (verdict.verdict !== 'proceed') {
    heldUp(db, step, verdict, now)
    return { ...verdict, id, type }
  }
  if (step.mode === 'approve') useApproval(db, decision)
  const attempt = step.attempt + 1
  const leaseUntil = now + leaseMs
  db.sql(`update action set state = 'claimed', owner = ?, due = ?, attempt = ? where seq = ?`).run(
    owner,
    leaseUntil,
    attempt,
    step.seq
  )
  db.sql('insert into attempt (action, n, started) values (?, ?, ?)').run(step.seq, attempt, now)
  db.sql(
    `insert into budget (action, at, decision, policy, cluster, type, risk, scope, part, gone, target)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (action) do update set at = excluded.at`
  ).run(step.seq, now, decision, policy, cluster, type, risk, scope, partOf(request.input), step.gone, target)
  const action = { ...request, seq: step.seq, id, decision, ordinal, lane, policy, owner, leaseUntil, attempt }
  return { verdict: 'proceed', action }
}

function requestOrNot(step: StepRow): ReturnType<typeof requestOf> | Unreadable {
  try {
    return requestOf(step)
  } catch (error) {
    if (error instanceof Unreadable) return error
    throw error
  }
}

/** The guard said no: the step waits a little, the plan gives way to a later decision, or the step ends. */
function heldUp(db: Connection, step: StepRow, verdict: Exclude<Verdict, { verdict: 'proceed' }>, now: number): void {
  if (verdict.verdict === 'refuse') {
    end(db, step, 'refused', verdict.reason)
    closePlan(db, step)
    return
  }
  const hold = holdOf(verdict, now)
  if (verdict.verdict === 'defer' && hold === null) {
    // Ready again later: whatever claim it had is over.
    db.sql(`update action set state = 'ready', owner = null, due = ?, reason = ? where seq = ?`).run(
      verdict.until,
      verdict.reason,
      step.seq
    )
    return
  }
  finish(db, step.seq, 'interrupted', verdict.reason)
  // Those that are ready need no other step: the guard is asked about each.
  db.sql(
    `update action set state = 'interrupted', reason = ?, finished = ?
     where decision = ? and state = 'waiting'`
  ).run(verdict.reason, now, step.decision)
  closePlan(db, step)
  if (hold !== null) holdLane(db, step.lane, hold)
  else
    hintAgain(db, {
      id: `${step.id}/again#${step.attempt}-${now}`,
      type: 'stackreflex.again',
      lane: step.lane,
      reason: verdict.reason
    })
}

export function mayCall(db: Connection, action: ClaimedAction): { leftMs: number; stops: readonly Stop[] } | null {
  if (held(db, action) === undefined) return null
  return { leftMs: action.leaseUntil - db.now(), stops: stopsOf(db, action.cluster) }
}

/** An attempt that never began counts for nothing: not among its tries, nor in any budget. */
export function giveBackAction(db: Connection, action: ClaimedAction, reason: string): void {
  const step = held(db, action)
  if (step === undefined) {
    endAttempt(db, action, { outcome: 'retry', reason, afterMs: 0, called: false }, db.now(), 'superseded')
    return
  }
  db.sql('delete from attempt where action = ? and n = ?').run(step.seq, action.attempt)
  refund(db, step.seq)
  db.sql(
    `update action set state = 'ready', due = ?, attempt = attempt - 1, owner = null, reason = ? where seq = ?`
  ).run(db.now(), reason, step.seq)
}

/** False: the claim was lost, and what came of it is only written down. */
export function recordAttempt(
  db: Connection,
  action: ClaimedAction,
  given: Result,
  retryAt: number | null
): { recorded: boolean; ready: boolean } {
  const now = db.now()
  const result = cleanResult(given)
  const step = held(db, action)
  if (step === undefined) {
    endAttempt(db, action, result, now, 'superseded')
    return { recorded: false, ready: false }
  }
  endAttempt(db, action, result, now, result.outcome)
  takeEchoes(db, step.lane, action.id, answeredOf(result))
  refund(db, step.seq)
  const holder = step.holder ?? step.lane
  switch (result.outcome) {
    case 'changed':
    case 'unchanged':
      setApplied(db, holder, result.applied)
      if (result.inverse !== undefined)
        db.sql('update action set inverse = ? where seq = ?').run(JSON.stringify(result.inverse), step.seq)
      if (action.pinMs !== undefined) pinTarget(db, action, action.pinMs)
      finish(db, step.seq, 'done', null)
      if (result.outcome === 'changed') readBack(db, step.lane)
      return { recorded: true, ready: nextStep(db, step, now) }
    case 'retry':
      if (result.applied !== undefined) setApplied(db, holder, result.applied)
      db.sql(`update action set state = 'ready', due = ?, owner = null, reason = ? where seq = ?`).run(
        retryAt ?? now,
        result.reason,
        step.seq
      )
      return { recorded: true, ready: true }
    case 'stale':
      end(db, step, 'stale', result.reason)
      closePlan(db, step)
      hintAgain(db, {
        id: `${action.id}/stale#${action.attempt}`,
        type: 'stackreflex.stale',
        lane: step.lane,
        reason: result.reason
      })
      return { recorded: true, ready: false }
    case 'failed':
      end(db, step, 'failed', result.reason)
      closePlan(db, step)
      return { recorded: true, ready: false }
  }
}

/** Sentences of actions quote services: kept as everything else is. */
const cleanResult = (result: Result): Result =>
  'note' in result
    ? { ...result, note: cleanText(result.note, MOST_SAID) }
    : { ...result, reason: cleanText(result.reason, MOST_SAID) }

/** A sentence of ours may list what was changed. */
const MOST_SAID = 4000

/** What a person undid is not done again at once. */
function pinTarget(db: Connection, { id, target, decision }: ClaimedAction, forMs: number): void {
  const { requesters } = db.sql<{ requesters: string }>('select requesters from decision where id = ?').get(decision)!
  const who = (JSON.parse(requesters) as string[]).join(' and ') || 'a person'
  db.sql('insert or replace into pin (target, until, reason, action) values (?, ?, ?, ?)').run(
    target,
    db.now() + forMs,
    `${who} undid what was done there (action ${id})`,
    id
  )
}

/** What the lane holds on a target; null value = nothing any more. */
export function setApplied(db: Connection, lane: number, row: { target: string; scope: string; value: Json }): void {
  if (row.value === null) {
    db.sql('delete from applied where target = ?').run(row.target)
    return
  }
  db.sql(
    `insert into applied (target, lane, scope, part, value) values (?, ?, ?, ?, ?)
     on conflict (target) do update set
       lane = excluded.lane, scope = excluded.scope, part = excluded.part, value = excluded.value`
  ).run(row.target, lane, row.scope, partOf(row.value), JSON.stringify(row.value))
}

interface Held {
  readonly holder: number | null
  readonly seq: number
  readonly decision: number
  readonly ordinal: number
  readonly lane: number
}

function held(db: Connection, action: ClaimedAction): Held | undefined {
  if (action.leaseUntil <= db.now()) return undefined
  return db
    .sql<Held>(
      `select seq, decision, ordinal, lane, holder from action
       where id = ? and state = 'claimed' and owner = ? and attempt = ? and due = ?`
    )
    .get(action.id, action.owner, action.attempt, action.leaseUntil)
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

/** An event of our own has the lane decided again, because the world (or what holds) is not what the plan expected. */
function hintAgain(
  db: Connection,
  { id, type, lane, reason }: { id: string; type: string; lane: number; reason: string }
): void {
  const { policy, key, quiet, max } = db
    .sql<{ policy: string; key: string; quiet: number; max: number }>(
      'select policy, key, quiet, max from lane where id = ?'
    )
    .get(lane)!
  const event: Event = {
    id,
    source: '/stackreflex/act',
    type,
    subject: null,
    time: new Date(db.now()).toISOString(),
    project: null,
    requestId: null,
    globalRequestId: null,
    data: { kind: 'hint', policy, lane: key, reason, resources: [] }
  }
  const wake = { policy, key, quietMs: Math.max(quiet, STALE_MS), maxMs: Math.max(max, STALE_MS), resources: [] }
  appendWithin(db, { events: [{ event, lanes: [wake], note: null }], ignored: [] })
}
