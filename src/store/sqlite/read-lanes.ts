import { aheadMs } from '../../core/clock.ts'
import type { Pin } from '../../core/guard.ts'
import type { LaneAbout, LaneNow } from '../policy-rows.ts'
import type { JournalCounts, LaneRow } from '../rows.ts'
import { readApplied } from './applied.ts'
import { resourcesOf } from './concerns.ts'
import type { Connection } from './connection.ts'
import { Where } from './where.ts'

const LANES = 1000

const columns = 'policy, key, pending, parked, waiting, held, held_until heldUntil, due dueAt, open openDecision'

/** Lanes with undecided events: one small index for each way to have some. */
const withSomethingToDo = `
  select id from lane where pending > 0 and parked is null and open is null
  union all select id from lane where open is not null and pending > 0
  union all select id from lane where parked is not null and pending > 0 and open is null`

/** Reads at most 1,000 lanes, those that have something to do first. */
export function readLanes(
  db: Connection,
  filter: { key?: string; resource?: string; parked?: boolean; held?: boolean; part?: string }
): readonly LaneRow[] {
  const { part } = filter
  const where = new Where()
  where.maybe('key = ?', filter.key)
  where.maybe('id in (select lane from concern where resource = ?)', filter.resource)
  if (filter.parked !== undefined) where.and(filter.parked ? 'parked is not null' : 'parked is null')
  if (filter.held !== undefined) where.and(filter.held ? 'held is not null' : 'held is null')
  const few =
    filter.key !== undefined || filter.resource !== undefined || filter.parked === true || filter.held === true
  const newest = (which: string, order: string, limit: number) =>
    db
      .sql<LaneRow>(
        `select * from (select ${columns} from lane where ${which} and ${where} order by ${order} limit ?)
         where ${part === undefined ? '1' : 'instr(lower(key), lower(?))'}`
      )
      .all(...where.values, limit, ...(part === undefined ? [] : [part]))
      .map((row) => ({ ...row }))
  // A probe asks for these as well, and most of all where a stop holds very many: then the newest, in no other order.
  for (const state of ['parked', 'held'] as const)
    if (filter[state] === true && many(db, `${state} is not null`)) return newest('1', 'id desc', LANES)
  // `+` keeps SQLite from going through all lanes in the order asked for.
  if (few) return newest('1', 'pending = 0, +id desc', LANES)
  const busy = many(db, 'pending > 0 and parked is null and open is null')
    ? newest('pending > 0', 'id desc', LANES)
    : newest(`id in (${withSomethingToDo})`, '+id desc', LANES)
  return [...busy, ...newest('pending = 0', 'id desc', LANES - busy.length)]
}

const MANY = 5000

/** Whether so many lanes are in a state that the newest lanes of all have enough of them. */
const many = (db: Connection, state: string): boolean =>
  db.sql<{ n: number }>(`select count(*) n from (select 1 from lane where ${state} limit ${MANY})`).get()!.n === MANY

/** Reads the lanes of a policy that are about a resource. */
export function readLanesAbout(db: Connection, policy: string, resource: string): readonly LaneAbout[] {
  return db
    .sql<{ key: string; busy: number }>(
      `select key, pending > 0 or lease > ? or open is not null or held is not null busy
       from concern join lane on lane.id = concern.lane
       where resource = ? and policy = ? order by key`
    )
    .all(db.now(), resource, policy)
    .map(({ key, busy }) => ({ key, busy: busy === 1, applied: readApplied(db, { policy, lane: key }) }))
}

/** Reads what a lane is doing now; one that has never been woken does nothing. */
export function readLaneNow(db: Connection, policy: string, key: string): LaneNow {
  const lane = db
    .sql<{ id: number; moving: number }>(
      `select id, pending > 0 or lease > ? or open is not null moving from lane where policy = ? and key = ?`
    )
    .get(db.now(), policy, key)
  if (lane === undefined) return { resources: [], moving: false }
  return { resources: resourcesOf(db, lane.id), moving: lane.moving === 1 }
}

/**
 * Reads the lanes that are due, acting, held by the guard, or parked with events: one small index for each (`+` keeps SQLite from reading
 * all lanes of the policy instead). A lane whose lease is held has events pending.
 */
export function readBusyLanes(db: Connection, policy: string): ReadonlySet<string> {
  const rows = db
    .sql<{ key: string }>(
      `select key from lane where pending > 0 and parked is null and open is null and +policy = :policy
       union all
       select key from lane where open is not null and +policy = :policy
       union all
       select key from lane where parked is not null and pending > 0 and open is null and +policy = :policy
       union all
       select key from lane where held is not null and +policy = :policy`
    )
    .all({ policy })
  return new Set(rows.map(({ key }) => key))
}

/** Returns when something is next due, in ms since the epoch: leased lanes when their lease is over, steps whose target is taken when that claim is over. */
export function nextDue(db: Connection): number | null {
  const dues = [
    db.sql<Due>(
      `select due from lane
       where pending > 0 and parked is null and open is null and lease <= due order by due limit 1`
    ),
    db.sql<Due>(
      `select min(max(due, lease)) due from lane
       where owner is not null and pending > 0 and parked is null and open is null`
    ),
    db.sql<Due>(
      `select due from action
       where state in ('ready', 'claimed') and not exists (
         select 1 from action other
         where other.target = action.target and other.state = 'claimed' and other.due > action.due
       )
       order by due limit 1`
    ),
    db.sql<Due>('select min(held_until) due from lane where held is not null'),
    db.sql<Due>('select min(again) due from lane where again is not null')
  ]
    .map((statement) => statement.get()?.due ?? null)
    .filter((due) => due !== null)
  return dues.length === 0 ? null : Math.min(...dues)
}

/** Reads the targets that are left alone after an undo. */
export function readPins(db: Connection): readonly Pin[] {
  return db
    .sql<Pin>(`select target, until, reason from pin where until > ?
       and not exists (select 1 from action where action.id = pin.action and finished > ?) order by until`)
    .all(db.now(), db.now() + aheadMs)
    .map((row) => ({ ...row }))
}

interface Due {
  readonly due: number | null
}

/** Counts the rows of the journal by state. */
export function readCounts(db: Connection): JournalCounts {
  return { ...db.sql<JournalCounts>(counts).get()! }
}

const counts = `
  select
    (select coalesce(max(seq), 0) from event) events,
    (select count(*) from (
      select 1 from lane where pending > 0 and parked is null and open is null limit 10000))
      + (select count(*) from lane where open is not null and pending > 0) lanesPending,
    (select count(*) from lane where parked is not null) lanesParked,
    (select count(*) from lane where held is not null) lanesHeld,
    (select count(*) from approval where state = 'open') approvalsOpen,
    (select count(*) from lane join action on action.decision = lane.open
      where open is not null and state in ('waiting', 'ready', 'claimed')) actionsOpen,
    coalesce((select n from tally where name = 'missed'), 0) missed,
    coalesce((select n from tally where name = 'no_event_exists'), 0) noEventExists,
    (select received from event where source not like '/stackreflex/%' order by seq desc limit 1) lastEventAt`
