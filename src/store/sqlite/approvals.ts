import type { ActionRequest } from '../../core/action.ts'
import { type Approval, planDiff, type Vote } from '../../core/approval.ts'
import { aheadMs } from '../../core/clock.ts'
import type { ApprovalState } from '../../core/guard.ts'
import type { Event } from '../../events/event.ts'
import { appendWithin } from './append.ts'
import type { Connection } from './connection.ts'
import { tryJson } from './json.ts'

interface ApprovalRow {
  readonly id: number
  readonly lane: number
  readonly policy: string
  readonly key: string
  readonly hash: string
  readonly state: ApprovalState
  readonly reason: string | null
  readonly decision: number
  readonly latest: number
  readonly requested: number
  readonly expires: number
  readonly requesters: string
  readonly clusters: string
  readonly summary: string
  readonly plan: string
  readonly used_by: number | null
}

const select = 'select approval.*, lane.policy, lane.key from approval join lane on lane.id = approval.lane'

/** A plan that needs an approval. */
export interface Asked {
  readonly lane: number
  readonly decision: number
  readonly hash: string
  readonly summary: string
  readonly plan: readonly ActionRequest[]
  readonly requesters: readonly string[]
  /** Nobody's vote counts for what they asked for themselves. */
  readonly fourEyes: boolean
  readonly approvalMs: number
}

/**
 * The lane's approval of this very plan, open, granted or rejected; another one that is open gives way to a new one. So does
 * one that somebody voted for who turns out to want the plan: they may have asked before, or after their vote.
 */
export function askApproval(db: Connection, asked: Asked): { id: number; state: ApprovalState; expires: number } {
  const now = db.now()
  const last = lastOf(db, asked.lane)
  const same =
    last !== undefined &&
    last.hash === asked.hash &&
    now < last.expires &&
    isStanding(last.state) &&
    !fromAhead(db, last)
  const own = same && asked.fourEyes && last.state !== 'rejected' ? votersAmong(db, last.id, asked.requesters) : []
  if (same && own.length === 0) {
    const requesters = [...new Set([...(JSON.parse(last.requesters) as string[]), ...asked.requesters])]
    db.sql('update approval set latest = ?, requesters = ? where id = ?').run(
      asked.decision,
      JSON.stringify(requesters),
      last.id
    )
    return last
  }
  const why =
    own.length === 0
      ? `decision ${asked.decision} came to another plan`
      : `${own.join(' and ')} approved it and asked for it as well: somebody else has to approve`
  endOpen(db, asked.lane, asked.plan, why)
  const clusters = [...new Set(asked.plan.flatMap((step) => step.cluster ?? []))].sort()
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
      JSON.stringify(clusters),
      asked.summary,
      JSON.stringify(asked.plan)
    ).lastInsertRowid
  return { id, state: 'open', expires }
}

/** Who of these has approved. */
const votersAmong = (db: Connection, approval: number, actors: readonly string[]): readonly string[] =>
  db
    .sql<{ actor: string }>(
      `select actor from vote
       where approval = ? and verdict = 'approve' and actor in (select value from json_each(?)) order by actor`
    )
    .all(approval, JSON.stringify(actors))
    .map(({ actor }) => actor)

/** Asked for or answered while the clock was ahead: it would hold until that time comes. */
function fromAhead(db: Connection, { id, requested }: Pick<ApprovalRow, 'id' | 'requested'>): boolean {
  const { answered } = db
    .sql<{ answered: number | null }>('select max(at) answered from vote where approval = ?')
    .get(id)!
  return Math.max(requested, answered ?? 0) > db.now() + aheadMs
}

const isStanding = (state: ApprovalState) => state === 'open' || state === 'granted' || state === 'rejected'

/** The approval that the lane waited for, or had, is of no use any more: another plan, or none, has taken its place. */
export function endOpen(db: Connection, lane: number, plan: readonly ActionRequest[], why: string): void {
  const last = lastOf(db, lane)
  if (last === undefined || (last.state !== 'open' && last.state !== 'granted')) return
  const late = last.expires <= db.now() || fromAhead(db, last)
  const diff = planDiff(JSON.parse(last.plan) as ActionRequest[], plan)
  const reason = late ? 'nobody answered in time' : [why, ...diff].join('\n')
  db.sql('update approval set state = ?, reason = ? where id = ?').run(late ? 'expired' : 'superseded', reason, last.id)
}

function lastOf(db: Connection, lane: number): ApprovalRow | undefined {
  return db.sql<ApprovalRow>(`${select} where lane = ? order by approval.id desc limit 1`).get(lane)
}

/** One approval carries one plan: the first step that is claimed uses it up. */
export function useApproval(db: Connection, decision: number): void {
  db.sql(
    `update approval set state = 'used', used_by = :decision
     where id = (select approval from decision where id = :decision) and state = 'granted'`
  ).run({ decision })
}

export function vote(
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
  if (found.expires <= now || fromAhead(db, { id, requested: found.requestedAt })) {
    db.sql(`update approval set state = 'expired', reason = 'nobody answered in time' where id = ?`).run(id)
    return { counted: false, approval: readApprovals(db, { id })[0]! }
  }
  db.sql(
    `insert into vote (approval, actor, verdict, at, reason) values (?, ?, ?, ?, ?)
     on conflict (approval, actor) do update set verdict = excluded.verdict, at = excluded.at, reason = excluded.reason`
  ).run(id, actor, verdict, now, reason)
  const { n } = db.sql<{ n: number }>(`select count(*) n from vote where approval = ? and verdict = 'approve'`).get(id)!
  const state = verdict === 'reject' ? 'rejected' : n >= required ? 'granted' : 'open'
  if (state !== 'open') {
    const said = `${state} by ${actor}${reason === null ? '' : `: ${reason}`}`
    db.sql('update approval set state = ?, expires = ?, reason = ? where id = ?').run(state, now + expiresMs, said, id)
  }
  const wake = { policy: found.policy, key: found.lane, quietMs: 0, maxMs: 0, resources: [] }
  appendWithin(db, { events: [{ event, lanes: state === 'open' ? [] : [wake], note: null }], ignored: [] })
  return { counted: true, approval: readApprovals(db, { id })[0]! }
}

export function readApprovals(
  db: Connection,
  { state, id, lane, limit = 100 }: { state?: ApprovalState; id?: number; lane?: string; limit?: number }
): readonly Approval[] {
  const where = [
    '1',
    state && 'state = :state',
    id !== undefined && 'approval.id = :id',
    lane !== undefined && 'key = :lane'
  ]
  const values = Object.fromEntries(Object.entries({ state, id, lane }).filter(([, value]) => value !== undefined))
  return db
    .sql<ApprovalRow>(`${select} where ${where.filter(Boolean).join(' and ')} order by approval.id desc limit :limit`)
    .all({ ...(values as Record<string, string | number>), limit })
    .map((row) => ({
      ...standing(row),
      id: row.id,
      policy: row.policy,
      lane: row.key,
      decision: row.decision,
      latest: row.latest,
      hash: row.hash,
      requestedAt: row.requested,
      expires: row.expires,
      summary: row.summary,
      votes: db
        .sql<Vote>('select actor, verdict, at, reason from vote where approval = ? order by at, actor')
        .all(row.id)
        .map((one) => ({ ...one })),
      usedBy: row.used_by
    }))
}

/** Nobody may say yes to what cannot be read whole: who asked, and what would be done. */
function standing(row: ApprovalRow): Pick<Approval, 'state' | 'reason' | 'requesters' | 'clusters' | 'plan'> {
  const of = `approval ${row.id}`
  const requesters = tryJson<string[]>(row.requesters, of)
  const clusters = tryJson<string[]>(row.clusters, of)
  const plan = tryJson<ActionRequest[]>(row.plan, of)
  const unreadable = requesters.unreadable ?? clusters.unreadable ?? plan.unreadable
  return {
    state: unreadable === null ? row.state : 'expired',
    reason: unreadable ?? row.reason,
    requesters: requesters.value ?? [],
    clusters: clusters.value ?? [],
    plan: plan.value ?? []
  }
}
