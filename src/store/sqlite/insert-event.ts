import type { Event, Ignored } from '../../events/event.ts'
import { microsOf, type When, whenOf } from '../time.ts'
import type { Connection } from './connection.ts'

/**
 * Whether this very message is there already under a time that was not its own: it comes again with the same id and the same
 * impossible time, and at another moment. Few rows have one, so this index stays small.
 */
function isThere(
  db: Connection,
  { id, time }: { readonly id: string; readonly time: string },
  { said }: When
): boolean {
  if (said === null) return false
  const before = db.sql('select 1 from event where id = ? and said = ?').get(id, said)
  if (before !== undefined) return true
  // It was less than a year away when it came first.
  const own = microsOf(time)
  return Number.isSafeInteger(own) && db.sql('select 1 from event where at = ? and id = ?').get(own, id) !== undefined
}

/** Writes an event; its number, or null where it is there already. */
export function insertEvent(db: Connection, event: Event, note: string | null, now: number): number | null {
  const when = whenOf(event.time, now)
  if (isThere(db, event, when)) return null
  const { changes, lastInsertRowid } = db
    .sql(
      `insert into event
         (at, id, received, source, type, subject, project, request_id, global_request_id, user_id, user_name, data, note,
          said, happening, moved_to)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (at, id) do nothing`
    )
    .run(
      when.at,
      event.id,
      now,
      event.source,
      event.type,
      event.subject,
      event.project,
      event.requestId,
      event.globalRequestId,
      event.userId ?? null,
      event.userName ?? null,
      event.data.kind === 'none' ? '{"kind":"none"}' : JSON.stringify(event.data),
      note,
      when.said,
      event.data.kind === 'gitlab' ? (event.data.happening ?? null) : null,
      event.data.kind === 'gitlab' ? (event.data.moved?.to ?? null) : null
    )
  return changes === 0 ? null : lastInsertRowid
}

/** Writes what was not made an event; false where it is there already. */
export function insertIgnored(db: Connection, ignored: Ignored, now: number): boolean {
  const when = whenOf(ignored.time, now)
  if (isThere(db, ignored, when)) return false
  const { changes } = db
    .sql(
      `insert into event (at, id, received, source, type, subject, project, ignored, said)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (at, id) do nothing`
    )
    .run(
      when.at,
      ignored.id,
      now,
      ignored.source,
      ignored.type,
      ignored.subject,
      ignored.project,
      ignored.reason,
      when.said
    )
  return changes > 0
}
