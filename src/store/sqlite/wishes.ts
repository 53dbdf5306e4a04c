import type { Connection } from './connection.ts'

/** Says who wants what is planned in a lane, and has not got it yet. */
export const wishersOf = (db: Connection, lane: number): readonly string[] =>
  db
    .sql<{ actor: string }>('select actor from wish where lane = ? order by actor')
    .all(lane)
    .map(({ actor }) => actor)

/** Records who wants what this decision plans; they count for the lane's next decisions too, until some step was carried out. */
export function keepWishes(db: Connection, lane: number, decision: number, actors: readonly string[]): void {
  const keep = db.sql('insert or ignore into wish (lane, actor, decision) values (?, ?, ?)')
  for (const actor of actors) keep.run(lane, actor, decision)
}

/** Ends wishes: they were fulfilled, or nothing is left of them. */
export function settleWishes(db: Connection, lane: number): void {
  db.sql('delete from wish where lane = ?').run(lane)
}
