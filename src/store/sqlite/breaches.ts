import { type Breach, causeOf, readBackMs } from '../../core/breach.ts'
import type { ClaimedLane } from '../claims.ts'
import type { BreachNews } from '../recorded.ts'
import type { Connection } from './connection.ts'

/** Writes what a decision says of its lane: new breaches, those that are still there, and the end of the others; tells which are new, and which over. */
export function recordBreaches(
  db: Connection,
  claim: Pick<ClaimedLane, 'lane' | 'events'>,
  decision: number,
  breaches: readonly Breach[]
): BreachNews {
  const now = db.now()
  const event = causeOf(claim.events)
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

/** Schedules another decision of a lane whose plan closes a breach: the echo of our own change wakes nobody. */
export function readBack(db: Connection, lane: number): void {
  db.sql(
    `update lane set again = min(coalesce(again, :at), :at)
     where id = :lane
       and exists (select 1 from breach where lane = :lane and ended is null and state = 'closing')`
  ).run({ lane, at: db.now() + readBackMs })
}
