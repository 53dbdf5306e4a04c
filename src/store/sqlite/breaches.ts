import type { Breach } from '../../core/breach.ts'
import type { Json } from '../../core/query.ts'
import type { ClaimedLane } from '../claims.ts'
import type { BreachRow } from '../policy-rows.ts'
import type { BreachNews } from '../recorded.ts'
import type { Connection } from './connection.ts'
import { tryJson } from './json.ts'

/** Writes what a decision says of its lane: new breaches, those that are still there, and the end of the others; tells which are new, and which over. */
export function recordBreaches(
  db: Connection,
  claim: Pick<ClaimedLane, 'lane' | 'events'>,
  decision: number,
  breaches: readonly Breach[]
): BreachNews {
  const now = db.now()
  // The last of the cloud's own events is the one that somebody caused.
  const event = claim.events.findLast((one) => one.source.startsWith('/openstack/'))
  const write = db.sql<{ first: number }>(
    `insert into breach
       (lane, rule, detail, layer, severity, resource, name, from_cluster, to_cluster, summary, evidence, state, because,
        since, first, last, user_id, user_name, request_id)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (lane, rule, detail) where ended is null do update set
       severity = excluded.severity, name = excluded.name, from_cluster = excluded.from_cluster,
       to_cluster = excluded.to_cluster, summary = excluded.summary, evidence = excluded.evidence,
       state = excluded.state, because = excluded.because, last = excluded.last
     returning first`
  )
  const began = breaches.filter((one) => {
    const written = write.get(
      claim.lane,
      one.rule,
      one.detail,
      one.layer,
      one.severity,
      one.resource,
      one.name,
      one.from,
      one.to,
      one.summary,
      JSON.stringify(one.evidence),
      one.state,
      one.because,
      now,
      decision,
      decision,
      event?.userId ?? null,
      event?.userName ?? null,
      event?.requestId ?? null
    )
    return written?.first === decision
  })
  const over = db
    .sql<{ rule: string; severity: Breach['severity']; summary: string }>(
      'update breach set ended = ? where lane = ? and ended is null and last < ? returning rule, severity, summary'
    )
    .all(now, claim.lane, decision)
  return { began, over: over.map((one) => ({ ...one })) }
}

/** So long after a step has changed something its lane looks whether what it closes is over: no event of others says so. */
const READ_BACK_MS = 1000

/** The echo of our own change wakes nobody: a lane whose plan closes a breach is decided again by the clock. */
export function readBack(db: Connection, lane: number): void {
  db.sql(
    `update lane set again = min(coalesce(again, :at), :at)
     where id = :lane
       and exists (select 1 from breach where lane = :lane and ended is null and state = 'closing')`
  ).run({ lane, at: db.now() + READ_BACK_MS })
}

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
