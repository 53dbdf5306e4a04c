import { type ToldBefore, whereTold } from '../../core/told-before.ts'
import type { Event } from '../../events/event.ts'
import type { Connection } from './connection.ts'

/** A branch that is pushed to all day has many; who tells what happened before all of these is late by weeks. */
const NEWEST = 1000

const columns = { delivery: 'id', happening: 'happening', movedTo: 'moved_to' } as const

/**
 * Looks among the newest events of the same subject for what happened. Each question has its index, so that a busy branch costs
 * no more than a quiet one.
 */
export function toldBefore(db: Connection, event: Event): ToldBefore | null {
  const { subject, source } = event
  return whereTold(event, (by, value) => {
    const within = by === 'delivery' ? "and source >= '/gitlab/' and source < '/gitlab0'" : ''
    const row = db
      .sql<{ seq: number }>(
        `select seq from event
         where ${columns[by]} = ? and subject = ? and source = ? ${within} order by seq desc limit 1`
      )
      .get(value, subject, source)
    return row === undefined || !isAmongNewest(db, source, subject, row.seq) ? null : row.seq
  })
}

/** Asked only of what was found: what is news costs nothing of this. */
function isAmongNewest(db: Connection, source: string, subject: string | null, seq: number): boolean {
  const { later } = db
    .sql<{ later: number }>(
      'select count(*) later from (select 1 from event where subject = ? and source = ? and seq > ? limit ?)'
    )
    .get(subject, source, seq, NEWEST)!
  return later < NEWEST
}
