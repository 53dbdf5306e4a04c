import type { ActionRequest } from '../../core/action.ts'
import type { Approval, Vote } from '../../core/approval.ts'
import type { ApprovalState } from '../../core/guard.ts'
import type { Connection } from './connection.ts'
import { tryJson } from './json.ts'

/** An approval as its table holds it. */
export interface ApprovalRow {
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

/** Selects an approval with the columns of `ApprovalRow`; a `where` follows. */
export const selectApproval =
  'select approval.*, lane.policy, lane.key from approval join lane on lane.id = approval.lane'

/** Reads approvals with their votes, newest first. */
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
    .sql<ApprovalRow>(
      `${selectApproval} where ${where.filter(Boolean).join(' and ')} order by approval.id desc limit :limit`
    )
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
