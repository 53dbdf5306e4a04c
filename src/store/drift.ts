import type { Drift } from '../core/policy.ts'
import type { Connection } from './connection.ts'

/** An event this long before or after the sweep read the state explains what the sweep saw. */
const BEFORE_MS = 90_000
const AFTER_MS = 30_000

/** Drift of a lane that is not yet classified is written down once. */
export function recordDrift(db: Connection, policy: string, drifts: readonly Drift[]): void {
  const insert = db.sql(
    `insert into drift (policy, key, reason, seen, event_exists, subjects) values (?, ?, ?, ?, ?, ?)
     on conflict (policy, key) where class is null do nothing`
  )
  const now = db.now()
  for (const drift of drifts) {
    insert.run(policy, drift.lane, drift.reason, now, drift.eventExists ? 1 : 0, JSON.stringify(drift.subjects))
  }
}

type Class = 'explained' | 'missed' | 'no_event_exists'

export function classifyDrift(
  db: Connection,
  seenBefore: number
): { missed: number; noEventExists: number; explained: number } {
  const counts: Record<Class, number> = { explained: 0, missed: 0, no_event_exists: 0 }
  const rows = db
    .sql<{ id: number; seen: number; event_exists: number; subjects: string }>(
      'select id, seen, event_exists, subjects from drift where class is null and seen < ?'
    )
    .all(seenBefore)
  for (const row of rows) {
    const name: Class = explains(db, row.subjects, row.seen)
      ? 'explained'
      : row.event_exists === 1
        ? 'missed'
        : 'no_event_exists'
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
 * An event from outside, in time or not decided yet. Our own hints explain nothing, nor does what our own change caused: it
 * comes because the drift was closed.
 */
function explains(db: Connection, subjects: string, seen: number): boolean {
  const row = db
    .sql(
      `select 1 from json_each(:subjects) named join event on event.subject = named.value
       where event.ignored is null and event.source not like '/stackreflex/%'
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
    .get({ subjects, from: seen - BEFORE_MS, to: seen + AFTER_MS })
  return row !== undefined
}
