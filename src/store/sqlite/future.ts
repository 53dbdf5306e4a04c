import { aheadMs, longestMs } from '../../core/clock.ts'
import type { Connection } from './connection.ts'

/** Tells whether the clock that wrote last was ahead of this one. */
export function wasAhead(db: Connection): boolean {
  const latest = [
    'select received at from event order by seq desc limit 1',
    'select at from decision order by id desc limit 1',
    'select max(at) at from budget'
  ].map((text) => db.sql<{ at: number | null }>(text).get()?.at ?? 0)
  return Math.max(...latest) > db.now() + aheadMs
}

/** Brings times forward that were set by a clock that was ahead: what was to happen is due, what lasts is looked at anew. */
export function settleTimes(db: Connection): void {
  const now = db.now()
  const later = now + longestMs
  db.sql('update lane set owner = null, lease = 0 where owner is not null and lease > ?').run(later)
  db.sql(
    `update lane set due = min(due, :now), retry = 0, since = min(since, :now)
     where pending > 0 and (due > :later or retry > :later)`
  ).run({ now, later })
  db.sql('update lane set again = :now where again > :now').run({ now })
  db.sql('update lane set held_until = :now where held is not null and held_until > :now').run({ now })
  db.sql(
    `update action set state = 'ready', owner = null, due = :now where state in ('ready', 'claimed') and due > :later`
  ).run({ now, later })
  db.sql('update drift set seen = :now where class is null and seen > :now').run({ now })
}
