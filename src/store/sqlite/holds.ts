import type { Hold } from '../../core/hold.ts'
import { atOnce, type Looking, released } from '../../core/look-again.ts'
import type { Stop } from '../../core/stop.ts'
import type { Event } from '../../events/event.ts'
import { appendWithin } from './append.ts'
import type { Connection } from './connection.ts'

/** Holds a lane: it does not act, and is decided again at `until`, or when a person lets it. */
export function holdLane(db: Connection, lane: number, { rule, reason, until }: Hold): void {
  db.sql('update lane set held = ?, held_until = ?, waiting = ? where id = ?').run(rule, until, reason, lane)
}

type HeldRow = Pick<Looking, 'policy' | 'key'>

const heldColumns = 'select policy, key from lane'

/** Tells whether some hold is over by the clock; asked outside of a transaction. */
export function anyHoldIsOver(db: Connection): boolean {
  const now = db.now()
  return (
    db.sql('select 1 from lane where held is not null and held_until <= ? limit 1').get(now) !== undefined ||
    db.sql('select 1 from lane where again <= ? limit 1').get(now) !== undefined
  )
}

/** Releases lanes whose hold is over by the clock, or whose decision asked for this time: they are decided again. Returns how many. */
export function releaseOver(db: Connection): number {
  const due = db.sql<HeldRow>(`${heldColumns} where again <= ? limit 1000`).all(db.now())
  release(db, due, 'decided again at the time that the decision before had named')
  const rows = db.sql<HeldRow>(`${heldColumns} where held is not null and held_until <= ? limit 1000`).all(db.now())
  return release(db, rows, 'what held this lane is over')
}

/** Releases lanes that these rules hold: they are decided again. Returns how many. */
export function releaseHeld(db: Connection, rules: readonly string[] | 'all'): number {
  const rows = db
    .sql<HeldRow>(`${heldColumns} where held is not null and (? or held in (select value from json_each(?)))`)
    .all(rules === 'all' ? 1 : 0, JSON.stringify(rules === 'all' ? [] : rules))
  return release(db, rows, 'decided again: what held this lane may have changed')
}

function release(db: Connection, rows: readonly HeldRow[], reason: string): number {
  const now = db.now()
  for (const { policy, key } of rows)
    db.sql('update lane set held = null, held_until = null, again = null where policy = ? and key = ?').run(policy, key)
  const events = rows.map((row) => released(row, reason, now))
  if (events.length > 0) appendWithin(db, { events, ignored: [] })
  return rows.length
}

/** Sets a stop and returns its number; idempotent: the same reason of the same person is no second stop. */
export function setStop(db: Connection, { cluster, by, reason }: Omit<Stop, 'id' | 'at'>, event: Event): number {
  const where = cluster ?? ''
  const standing = db
    .sql<{ id: number }>('select id from stop where cluster = ? and by = ? and reason = ?')
    .get(where, by, reason)
  const made = () =>
    db.sql('insert into stop (cluster, at, by, reason) values (?, ?, ?, ?)').run(where, db.now(), by, reason)
  const id = standing?.id ?? Number(made().lastInsertRowid)
  appendWithin(db, { events: [{ event, lanes: [], note: 'stops steps, not decisions' }], ignored: [] })
  return id
}

/** Lifts a stop: the lanes that stops hold are decided again, and held again by those that remain; the event says who lifted it. */
export function clearStop(db: Connection, id: number, event: Event): number | null {
  const { changes } = db.sql('delete from stop where id = ?').run(id)
  if (changes === 0) return null
  const rows = db.sql<HeldRow>(`${heldColumns} where held = 'stop'`).all()
  db.sql(`update lane set held = null, held_until = null where held = 'stop'`).run()
  const lanes = rows.map(({ policy, key }) => atOnce(policy, key))
  appendWithin(db, { events: [{ event, lanes, note: null }], ignored: [] })
  return rows.length
}

/** Reads the stops that are in force, oldest first. */
export function readStops(db: Connection): readonly Stop[] {
  return db
    .sql<Stop>(`select id, nullif(cluster, '') cluster, by, at, reason from stop order by at, id`)
    .all()
    .map((row) => ({ ...row }))
}
