import type { Connection } from './connection.ts'

/** The resources that a lane is about now. */
export function resourcesOf(db: Connection, lane: number): readonly string[] {
  return db
    .sql<{ resource: string }>('select resource from concern where lane = ? order by resource')
    .all(lane)
    .map(({ resource }) => resource)
}

/** The lane is about this as well, says the event (or decision) of this seq. */
export function addConcern(db: Connection, lane: number, resource: string, seq: number): void {
  db.sql(
    `insert into concern (resource, lane, seq) values (?, ?, ?)
     on conflict (resource, lane) do update set seq = max(seq, excluded.seq)`
  ).run(resource, lane, seq)
}
