import type { Page } from '../rows.ts'
import type { Connection } from './connection.ts'
import { Where } from './where.ts'

/** What narrows decisions or steps to some lanes. */
export interface LanesAsked extends Pick<Page, 'resource' | 'project'> {
  readonly lane?: string
  readonly event?: number
  /** As it is written, or how it begins: `isolation`, `quota*`. */
  readonly policy?: string | undefined
}

/** So many of a project's events, or of a policy's lanes, are gone through to name the lanes. */
const MANY = 20_000
/** So many of the newest events of one resource: of something that tells very much, older ones name lanes no more. */
const NEWEST = 5000

/** Finds the ids of the lanes that are asked for by name, by an event or by a resource; null: none of that is asked. */
export function lanesAsked(db: Connection, { lane, event, resource }: LanesAsked): readonly number[] | null {
  return common([
    lane !== undefined && ids(db, 'select id from lane where key = ?', lane),
    event !== undefined && ids(db, 'select lane id from lane_event where seq = ?', event),
    resource !== undefined &&
      ids(
        db,
        `select lane id from concern where resource = ?
         union
         select lane from (select seq from event where subject = ? order by seq desc limit ${NEWEST})
           join lane_event using (seq)`,
        resource,
        resource
      )
  ])
}

/** Finds the lanes of a project or a policy; null: too many to name, or neither is asked. */
export function lanesWithin(db: Connection, { project, policy }: LanesAsked): readonly number[] | null {
  const ofPolicy = new Where()
  ofPolicy.type('policy', policy)
  const byProject = 'event indexed by event_project'
  return common([
    project !== undefined &&
      isNamed(db, byProject, 'project = ?', project) &&
      ids(db, `select distinct lane id from ${byProject} join lane_event using (seq) where project = ?`, project),
    policy !== undefined &&
      isNamed(db, 'lane', String(ofPolicy), ...ofPolicy.values) &&
      ids(db, `select id from lane where ${ofPolicy}`, ...ofPolicy.values)
  ])
}

type Values = readonly (string | number)[]

const ids = (db: Connection, text: string, ...values: Values): readonly number[] =>
  db
    .sql<{ id: number }>(text)
    .all(...values)
    .map(({ id }) => id)

const isNamed = (db: Connection, from: string, where: string, ...values: Values): boolean =>
  db.sql<{ n: number }>(`select count(*) n from (select 1 from ${from} where ${where} limit ${MANY})`).get(...values)!
    .n < MANY

/** What is in all of the lists that there are. */
function common(lists: readonly (readonly number[] | false)[]): readonly number[] | null {
  const [first, ...others] = lists.filter((list) => list !== false).map((list) => new Set(list))
  return first === undefined ? null : [...first].filter((id) => others.every((set) => set.has(id)))
}

/** Adds the conditions on a decision d and its lane: one of its events is of the project, and the lane is of the policy. */
export function whereWithin(where: Where, { project, policy }: LanesAsked): void {
  where.maybe(
    `exists (
       select 1 from lane_event cross join event indexed by event_project
         on event.project = ? and event.seq = lane_event.seq
       where lane_event.lane = d.lane and lane_event.seq > d.after_seq and lane_event.seq <= d.through_seq)`,
    project
  )
  where.type('lane.policy', policy)
}
