import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { classOf, type DriftClass, explainedWithin, type LastDecision, wantsToAct } from '../../core/drift.ts'
import { openstackIn } from '../../core/instance.ts'
import type { Drift } from '../../core/policy.ts'
import type { Json } from '../../core/query.ts'
import type { Connection } from './connection.ts'

/**
 * Records drift of a lane that is not classified yet, once. A sweep that compares something else than the last one takes stock: what it
 * finds was there before anybody listened, or differs by the configuration.
 */
export function recordDrift(db: Connection, policy: string, scope: Json, drifts: readonly Drift[]): void {
  const comparable = sameScope(db, policy, scope)
  const insert = db.sql(
    `insert into drift (policy, key, reason, seen, event_exists, subjects) values (?, ?, ?, ?, ?, ?)
     on conflict (policy, key) where class is null do nothing`
  )
  const now = db.now()
  for (const drift of drifts) {
    if (wantsToAct(lastOf(db, policy, drift.lane), drift.reason)) continue
    const exists = comparable && drift.eventExists ? 1 : 0
    insert.run(policy, drift.lane, drift.reason, now, exists, JSON.stringify(drift.subjects))
  }
}

/** Whether the policy's last sweep compared the same; from now on this is its last. */
function sameScope(db: Connection, policy: string, scope: Json): boolean {
  const key = `swept ${policy}`
  const sha256 = createHash('sha256')
    .update(canonicalize(scope) ?? '')
    .digest('hex')
  const last = db.sql<{ value: string }>('select value from meta where key = ?').get(key)?.value
  if (last !== sha256) db.sql('insert or replace into meta (key, value) values (?, ?)').run(key, sha256)
  return last === sha256
}

/** The newest decision of the lane. */
function lastOf(db: Connection, policy: string, lane: string): LastDecision | null {
  const last = db
    .sql<LastDecision>(
      `select mode, outcome, decision.reason, count(action.id) steps, count(*) filter (where action.state = 'done') done
       from decision left join action on action.decision = decision.id
       where decision.id = (
         select max(id) from decision where lane = (select id from lane where policy = ? and key = ?)
       )
       group by decision.id`
    )
    .get(policy, lane)
  return last ?? null
}

/** Classifies the drift that was seen before a time (ms since the epoch), and adds it to the tallies; returns how many of each class. */
export function classifyDrift(
  db: Connection,
  seenBefore: number
): { missed: number; noEventExists: number; explained: number } {
  const counts: Record<DriftClass, number> = { explained: 0, missed: 0, no_event_exists: 0 }
  const rows = db
    .sql<{ id: number; policy: string; seen: number; event_exists: number; subjects: string }>(
      'select id, policy, seen, event_exists, subjects from drift where class is null and seen < ?'
    )
    .all(seenBefore)
  for (const row of rows) {
    const name = classOf(row.event_exists === 1, () => explains(db, row))
    counts[name]++
    db.sql('update drift set class = ? where id = ?').run(name, row.id)
  }
  for (const [name, n] of Object.entries(counts)) {
    if (n > 0)
      db.sql('insert into tally (name, n) values (?, ?) on conflict do update set n = n + excluded.n').run(name, n)
  }
  return { missed: counts.missed, noEventExists: counts.no_event_exists, explained: counts.explained }
}

/**
 * An event from outside (of its own OpenStack, where the policy's name has one), in time or not decided yet. Our own hints explain nothing, nor does what our own change caused: it
 * comes because the drift was closed.
 */
function explains(
  db: Connection,
  { policy, subjects, seen }: { readonly policy: string; readonly subjects: string; readonly seen: number }
): boolean {
  const openstack = openstackIn(policy)
  const row = db
    .sql(
      `select 1 from json_each(:subjects) named join event on event.subject = named.value
       where event.ignored is null and event.source not like '/stackreflex/%' and (:openstack is null or event.source glob '/openstack/' || :openstack || '/*')
         and not exists (select 1 from action where action.request_id = event.global_request_id)
         and not exists (select 1 from attempt where attempt.answered = event.request_id)
         and (
           event.received between :from and :to
           or exists (
             select 1 from lane_event join lane on lane.id = lane_event.lane
             where lane_event.seq = event.seq and lane.head < event.seq
           )
         )
       limit 1`
    )
    .get({ subjects, openstack, ...explainedWithin(seen) })
  return row !== undefined
}
