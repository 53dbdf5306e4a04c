import type { Event, EventData } from '../events/event.ts'
import type { Connection } from './connection.ts'

/** A branch that is pushed to all day has many; who tells what happened before all of these is late by weeks. */
const NEWEST = 1000

/** Where the journal has what an event tells: the event that told it first, or this very delivery. */
export type ToldBefore = { readonly seq: number; readonly delivery: 'same' | 'another' }

/**
 * Looks among the events of the same subject for what happened, which each webhook of GitLab tells with a delivery id (and,
 * where the body has no time, a time) of its own. Null where it is news, also for senders that tell everything once.
 */
export function toldBefore(db: Connection, { id, source, subject, data }: Event): ToldBefore | null {
  if (data.kind !== 'gitlab' || subject === null) return null
  const rows = db
    .sql<{ seq: number; id: string; data: string | null }>(
      'select seq, id, data from event where subject = ? and source = ? order by seq desc limit ?'
    )
    .all(subject, source, NEWEST)
  const same = rows.find((row) => row.id === id)
  if (same !== undefined) return { seq: same.seq, delivery: 'same' }
  if (data.happening == null) return null
  // As it stands in the rows: almost always in none of them, and then none has to be parsed.
  const written = JSON.stringify(data.happening)
  if (!rows.some((row) => row.data?.includes(written))) return null
  for (const row of rows) {
    const told = row.data === null ? null : (JSON.parse(row.data) as EventData)
    if (told?.kind !== 'gitlab') continue
    if (told.happening === data.happening) return { seq: row.seq, delivery: 'another' }
    // A branch that was put back to where this push begins can be pushed to the same commit once more.
    if (data.moved != null && told.moved?.to === data.moved.from) return null
  }
  return null
}
