import { turnOf } from '../../core/lane-turn.ts'
import type { Connection } from './connection.ts'

interface Waiting {
  readonly first: number
  readonly newest: number
  readonly quiet: number
  readonly max: number
}

/** Sets the lane's times anew by what is pending. */
export function dueAgain(db: Connection, lane: number): void {
  const waiting = db
    .sql<Waiting>(
      `select newest.received newest, quiet, max, (
         select received from lane_event join event using (seq)
         where lane_event.lane = lane.id and lane_event.seq > head order by lane_event.seq limit 1
       ) first
       from lane join event newest on newest.seq = last
       where lane.id = ? and pending > 0 and first is not null`
    )
    .get(lane)
  const { since, due } = turnOf(waiting ?? null, waiting ?? { quiet: 0, max: 0 }, db.now())
  db.sql('update lane set since = ?, due = ? where id = ?').run(since, due, lane)
}
