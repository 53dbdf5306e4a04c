import type { Connection } from './connection.ts'

/** Returns the resources that a lane is about now. */
export function resourcesOf(db: Connection, lane: number): readonly string[] {
  return db
    .sql<{ resource: string }>('select resource from concern where lane = ? order by resource')
    .all(lane)
    .map(({ resource }) => resource)
}

/** Adds a resource to those that the lane is about, as of the event (or decision) of this seq. */
export function addConcern(db: Connection, lane: number, resource: string, seq: number): void {
  db.sql(
    `insert into concern (resource, lane, seq) values (?, ?, ?)
     on conflict (resource, lane) do update set seq = max(seq, excluded.seq)`
  ).run(resource, lane, seq)
}

/** Returns the lane's number, and makes the lane where it has never been woken. */
export function laneId(db: Connection, policy: string, key: string): number {
  db.sql('insert into lane (policy, key) values (?, ?) on conflict do nothing').run(policy, key)
  return db.sql<{ id: number }>('select id from lane where policy = ? and key = ?').get(policy, key)!.id
}
