import { endOfAttempt } from '../../core/attempt.ts'
import { longestMs } from '../../core/clock.ts'
import type { Guard, Verdict } from '../../core/guard.ts'
import { heldUp } from '../../core/hold.ts'
import { saidProject } from '../../core/said-project.ts'
import type { Stop } from '../../core/stop.ts'
import type { ActionClaim, ClaimedAction } from '../claims.ts'
import { useApproval } from './approvals.ts'
import { endAttempt, held, refund } from './attempts.ts'
import type { Connection } from './connection.ts'
import { factsOf, stopsOf } from './facts.ts'
import { holdLane } from './holds.ts'
import { Unreadable } from './json.ts'
import { lookAgain } from './look-again.ts'
import { end, interrupt, readyAgain, requestOf, type StepRow, stepColumns } from './steps.ts'

/** Ready, or claimed by somebody whose lease is over; its target in nobody's live claim. */
const claimable = `
  from action
  where state in ('ready', 'claimed') and due <= :now and seq not in (select value from json_each(:except))
    and not exists (
      select 1 from action other
      where other.target = action.target and other.state = 'claimed' and other.due > :now
        and other.due < :now + ${longestMs}
    )
  order by due, seq limit 1`

/** Tells whether a claim would find anything; asked outside of a transaction, so that idle workers hold up nobody. */
export function actionIsDue(db: Connection, except: readonly number[]): boolean {
  return db.sql(`select 1 ${claimable}`).get({ now: db.now(), except: JSON.stringify(except) }) !== undefined
}

/** Claims the next due step that the guard lets pass, or writes down what held it up. */
export function claimAction(
  db: Connection,
  owner: string,
  leaseMs: number,
  guard: Guard,
  except: readonly number[]
): ActionClaim | null {
  const step = db
    .sql<StepRow>(
      `select ${stepColumns}
       from action join lane on lane.id = action.lane join decision on decision.id = action.decision
       where action.seq = (select seq ${claimable})`
    )
    .get({ now: db.now(), except: JSON.stringify(except) })
  if (step === undefined) return null
  const { id, type, policy, decision } = step
  const request = requestOrNot(step)
  if (request instanceof Unreadable) {
    end(db, step, 'failed', request.message)
    return { verdict: 'refuse', rule: 'unreadable', reason: request.message, id, type }
  }
  const guarded = { ...request, policy, decision, mode: step.mode, decidedAt: step.at }
  const verdict = guard.judge(guarded, factsOf(db, guarded, step.seq, guard))
  if (verdict.verdict !== 'proceed') {
    holdUp(db, step, verdict)
    return { ...verdict, id, type }
  }
  if (step.mode === 'approve') useApproval(db, decision)
  const { attempt, leaseUntil } = take(db, step, saidProject(request.input), owner, leaseMs)
  const { seq, ordinal, lane } = step
  return {
    verdict: 'proceed',
    action: { ...request, seq, id, decision, ordinal, lane, policy, owner, leaseUntil, attempt }
  }
}

/** Writes the claim, the attempt that begins with it, and what it counts for. */
function take(
  db: Connection,
  step: StepRow,
  project: string | null,
  owner: string,
  leaseMs: number
): { attempt: number; leaseUntil: number } {
  const now = db.now()
  const attempt = step.attempt + 1
  const leaseUntil = now + leaseMs
  const { seq, decision, policy, cluster, type, risk, scope, gone, target } = step
  db.sql(`update action set state = 'claimed', owner = ?, due = ?, attempt = ? where seq = ?`).run(
    owner,
    leaseUntil,
    attempt,
    seq
  )
  db.sql('insert into attempt (action, n, started) values (?, ?, ?)').run(seq, attempt, now)
  db.sql(
    `insert into budget (action, at, decision, policy, cluster, type, risk, scope, part, gone, target)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (action) do update set at = excluded.at`
  ).run(seq, now, decision, policy, cluster, type, risk, scope, project, gone, target)
  return { attempt, leaseUntil }
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
function holdUp(db: Connection, step: StepRow, verdict: Exclude<Verdict, { verdict: 'proceed' }>): void {
  const { reason, ...becomes } = heldUp(verdict, db.now())
  if (becomes.step === 'ends') end(db, step, 'refused', reason)
  // Ready again later: whatever claim it had is over.
  else if (becomes.step === 'waits') readyAgain(db, step.seq, becomes.until, reason)
  else {
    interrupt(db, step, reason)
    if (becomes.hold !== null) holdLane(db, step.lane, becomes.hold)
    else lookAgain(db, step.lane, { why: 'again', action: step.id, attempt: step.attempt, reason })
  }
}

/** Returns the ms left of the claim, and the stops that cover the step by now; null when the claim is lost. */
export function mayCall(db: Connection, action: ClaimedAction): { leftMs: number; stops: readonly Stop[] } | null {
  if (held(db, action) === undefined) return null
  return { leftMs: action.leaseUntil - db.now(), stops: stopsOf(db, action.cluster) }
}

/** Gives back a claim whose attempt never began: it counts neither among the tries nor in any budget. */
export function giveBackAction(db: Connection, action: ClaimedAction, reason: string): void {
  const step = held(db, action)
  if (step === undefined) {
    endAttempt(db, action, endOfAttempt({ outcome: 'retry', reason, afterMs: 0, called: false }, false))
    return
  }
  db.sql('delete from attempt where action = ? and n = ?').run(step.seq, action.attempt)
  refund(db, step.seq)
  db.sql('update action set attempt = attempt - 1 where seq = ?').run(step.seq)
  readyAgain(db, step.seq, db.now(), reason)
}
