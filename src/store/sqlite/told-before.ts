import type { Event } from '../../events/event.ts'
import type { Connection } from './connection.ts'

/** A branch that is pushed to all day has many; who tells what happened before all of these is late by weeks. */
const NEWEST = 1000

/** Where the journal has what an event tells: the event that told it first, or this very delivery. */
export type ToldBefore = { readonly seq: number; readonly delivery: 'same' | 'another' }

/**
 * Looks among the newest events of the same subject for what happened, which each webhook of GitLab tells with a delivery id
 * (and, where the body has no time, a time) of its own. Null where it is news, also for senders that tell everything once.
 * Each question has its index, so that a busy branch costs no more than a quiet one.
 */
export function toldBefore(db: Connection, { id, source, subject, data }: Event): ToldBefore | null {
  if (data.kind !== 'gitlab' || subject === null) return null
  const newest = (column: 'id' | 'happening' | 'moved_to', value: string): number | null => {
    const within = column === 'id' ? "and source >= '/gitlab/' and source < '/gitlab0'" : ''
    const row = db
      .sql<{ seq: number }>(
        `select seq from event where ${column} = ? and subject = ? and source = ? ${within} order by seq desc limit 1`
      )
      .get(value, subject, source)
    return row === undefined || !isAmongNewest(db, source, subject, row.seq) ? null : row.seq
  }
  const same = newest('id', id)
  if (same !== null) return { seq: same, delivery: 'same' }
  if (data.happening == null) return null
  const told = newest('happening', data.happening)
  if (told === null) return null
  // A branch that was put back to where this push begins can be pushed to the same commit once more.
  const putBack = data.moved == null ? null : newest('moved_to', data.moved.from)
  return putBack !== null && putBack > told ? null : { seq: told, delivery: 'another' }
}

/** Asked only of what was found: what is news costs nothing of this. */
function isAmongNewest(db: Connection, source: string, subject: string, seq: number): boolean {
  const { later } = db
    .sql<{ later: number }>(
      'select count(*) later from (select 1 from event where subject = ? and source = ? and seq > ? limit ?)'
    )
    .get(subject, source, seq, NEWEST)!
  return later < NEWEST
}
