import type { Breach } from '../../core/breach.ts'
import type { Json } from '../../core/query.ts'
import type { BreachRow } from '../policy-rows.ts'
import type { Connection } from './connection.ts'
import { tryJson } from './json.ts'

interface Row {
  readonly id: number
  readonly policy: string
  readonly key: string
  readonly rule: string
  readonly detail: string
  readonly layer: Breach['layer']
  readonly severity: Breach['severity']
  readonly resource: string
  readonly name: string
  readonly from_cluster: string
  readonly to_cluster: string
  readonly summary: string
  readonly evidence: string
  readonly state: Breach['state']
  readonly because: string
  readonly since: number
  readonly first: number
  readonly last: number
  readonly user_id: string | null
  readonly user_name: string | null
  readonly request_id: string | null
  readonly ended: number | null
}

/** Reads breaches with their history. */
export function readBreaches(
  db: Connection,
  {
    policy,
    lane,
    open,
    limit = 500,
    before
  }: { policy?: string; lane?: string; open?: boolean; limit?: number; before?: number }
): readonly BreachRow[] {
  const where = [
    '1',
    policy !== undefined && 'lane.policy = :policy',
    lane !== undefined && 'lane.key = :lane',
    open !== undefined && (open ? 'ended is null' : 'ended is not null'),
    before !== undefined && 'breach.id < :before'
  ]
  // From the breaches to their lanes, as the other way goes through all lanes of the policy.
  const from =
    lane === undefined
      ? 'breach cross join lane on lane.id = breach.lane'
      : 'lane cross join breach on breach.lane = lane.id'
  const values = Object.fromEntries(Object.entries({ policy, lane, before }).filter(([, value]) => value !== undefined))
  return db
    .sql<Row>(
      `select breach.*, lane.policy, lane.key from ${from}
       where ${where.filter(Boolean).join(' and ')} order by breach.id desc limit :limit`
    )
    .all({ ...(values as Record<string, string | number>), limit })
    .map((row) => ({
      id: row.id,
      policy: row.policy,
      lane: row.key,
      rule: row.rule,
      detail: row.detail,
      layer: row.layer,
      severity: row.severity,
      resource: row.resource,
      name: row.name,
      from: row.from_cluster,
      to: row.to_cluster,
      summary: row.summary,
      evidence: tryJson<Json>(row.evidence, `breach ${row.id}`).value,
      state: row.state,
      because: row.because,
      since: row.since,
      first: row.first,
      last: row.last,
      userId: row.user_id,
      userName: row.user_name,
      requestId: row.request_id,
      ended: row.ended
    }))
}
