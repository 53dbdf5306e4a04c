import { aheadMs } from '../../core/clock.ts'
import type { QuotaRequestData } from '../../events/event.ts'
import type { QuotaRequestRow } from '../policy-rows.ts'
import type { Connection } from './connection.ts'

/** Events are pruned, and a request may last for years: it has a row of its own. */
export function rememberQuotaRequest(db: Connection, asked: QuotaRequestData, now: number): void {
  const { policy, lane, cluster, resource, amount, until, actor, reason, ends } = asked
  if (ends !== null) {
    db.sql(
      `update quota_request set until = min(coalesce(until, :now), :now) where id = :ends and policy = :policy and lane = :lane`
    ).run({ now, ends, policy, lane })
    return
  }
  db.sql(
    `insert into quota_request (policy, lane, cluster, resource, amount, until, by, at, reason)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`
  ).run(policy, lane, cluster, resource, amount, until, actor, now, reason)
}

/** Reads the quota requests of a lane, oldest first. */
export function readQuotaRequests(db: Connection, policy: string, lane: string): readonly QuotaRequestRow[] {
  return db
    .sql<QuotaRequestRow>(
      `select id, lane, cluster, resource, amount, until, by, at, reason from quota_request
       where policy = ? and lane = ? and at <= ? order by id`
    )
    .all(policy, lane, db.now() + aheadMs)
    .map((row) => ({ ...row }))
}
