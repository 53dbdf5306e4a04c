import type { Connection } from './connection.ts'

/** Who wants what is planned in a lane, and has not got it yet. */
export const wishersOf = (db: Connection, lane: number): readonly string[] =>
  db
    .sql<{ actor: string }>('select actor from wish where lane = ? order by actor')
    .all(lane)
    .map(({ actor }) => actor)

/** They want what this decision plans, and what the lane's next ones do, until something of it is carried out to its end. */
export function keepWishes(db: Connection, lane: number, decision: number, actors: readonly string[]): void {
  const keep = db.sql('insert or ignore into wish (lane, actor, decision) values (?, ?, ?)')
  for (const actor of actors) keep.run(lane, actor, decision)
}

/** They got what they asked for, or nothing is left of it. */
export function settleWishes(db: Connection, lane: number): void {
  db.sql('delete from wish where lane = ?').run(lane)
}
