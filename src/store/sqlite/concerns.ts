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

/** The lane's number; made where it has never been woken. */
export function laneId(db: Connection, policy: string, key: string): number {
  db.sql('insert into lane (policy, key) values (?, ?) on conflict do nothing').run(policy, key)
  return db.sql<{ id: number }>('select id from lane where policy = ? and key = ?').get(policy, key)!.id
}
