import { type Looking, triedInVain } from '../../core/look-again.ts'
import { appendWithin } from './append.ts'
import type { Connection } from './connection.ts'

/** Has a lane decided again whose step was no use, by an event of our own. */
export function lookAgain(db: Connection, lane: number, tried: Parameters<typeof triedInVain>[1]): void {
  const looking = db.sql<Looking>('select policy, key, quiet, max from lane where id = ?').get(lane)!
  appendWithin(db, { events: [triedInVain(looking, tried, db.now())], ignored: [] })
}
