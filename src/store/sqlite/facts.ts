import type { ActionRequest } from '../../core/action.ts'
import { aheadMs, longestMs } from '../../core/clock.ts'
import type { BudgetQuestion, Facts, Guard, GuardedStep, Pin, Usage } from '../../core/guard.ts'
import { saidProject } from '../../core/said-project.ts'
import type { Stop } from '../../core/stop.ts'
import type { Connection } from './connection.ts'

/** Collects what the guard must know of a step, as of now; `seq` = its action, null for a preview. */
export function factsOf(db: Connection, step: GuardedStep, seq: number | null, guard: Guard): Facts {
  const now = db.now()
  const own = seq ?? 0
  const soon = now + aheadMs
  const approval = db
    .sql<NonNullable<Facts['approval']>>(
      `select approval.id, state, expires, used_by usedBy,
         max(requested, coalesce((select max(at) from vote where approval = approval.id), 0)) saidAt
       from approval
       where id = (select approval from decision where id = ?)`
    )
    .get(step.decision)
  const { inFlight } = db
    .sql<{ inFlight: number }>(
      `select count(*) inFlight from action where cluster = ? and state = 'claimed' and due > ? and due < ? and seq <> ?`
    )
    .get(step.cluster, now, now + longestMs, own)!
  const { changedAt } = db
    .sql<{ changedAt: number | null }>(
      'select max(at) changedAt from budget where target = ? and decision <> ? and at <= ?'
    )
    .get(step.target, step.decision, soon)!
  return {
    now,
    stops: stopsOf(db, step.cluster),
    pin:
      db
        .sql<Pin>(
          `select target, until, reason from pin where target = ? and until > ?
           and not exists (select 1 from action where action.id = pin.action and finished > ?)`
        )
        .get(step.target, now, soon) ?? null,
    approval: approval ?? null,
    inFlight,
    changedAt,
    usages: guard.asks(step).map((question) => usageOf(db, step, question, own, now))
  }
}

/** Returns the stops of everything, then those of the cluster, each oldest first. */
export function stopsOf(db: Connection, cluster: string | null): readonly Stop[] {
  return db
    .sql<Stop>(
      `select id, nullif(cluster, '') cluster, by, at, reason from stop where cluster in ('', ?) order by cluster, id`
    )
    .all(cluster ?? '')
    .map((row) => ({ ...row }))
}

/**
 * `held` leaves out what a step within the window is already counted for, done or still running: otherwise one target
 * would be counted twice, and the population grow with every step.
 */
function usageOf(db: Connection, step: ActionRequest, question: BudgetQuestion, own: number, now: number): Usage {
  const { match, windowMs, among } = question
  const values = {
    from: now - windowMs,
    soon: now + aheadMs,
    own,
    policy: match.policy ?? null,
    cluster: match.cluster ?? null,
    action: match.action ?? null,
    risk: match.risk ?? null,
    scope: among === 'all' ? null : step.scope,
    ...(among === 'project' && { part: saidProject(step.input) })
  }
  // Whatever else a project had deleted there belonged to its population as well.
  const counted = `
    from budget indexed by ${among === 'all' ? 'budget_at' : 'budget_scope'}
    where at > :from and at <= :soon and action <> :own and ${among === 'all' ? ':scope is null' : 'scope = :scope'}
      ${among === 'project' ? 'and part is :part' : ''}
      and (:policy is null or policy = :policy or policy glob :policy || '@*') and (:cluster is null or cluster = :cluster)
      and (:action is null or type = :action) and (:risk is null or risk = :risk)`
  const gone = match.gone === undefined ? null : Number(match.gone)
  const { used, others, oldest } = db
    .sql<{ used: number; others: number; oldest: number | null }>(
      `select coalesce(sum(mine), 0) used, coalesce(sum(not mine), 0) others, min(iif(mine, at, null)) oldest
       from (select at, :gone is null or gone = :gone mine ${counted})`
    )
    .get({ ...values, gone })!
  const held =
    among === 'project' && step.population === undefined
      ? db
          .sql<{ held: number }>(
            `select count(*) held from applied
             where scope = :scope and part is :part and target not in (select target ${counted})`
          )
          .get(values)!.held
      : 0
  return { used, held: held + others, freesAt: oldest === null ? null : oldest + windowMs }
}
