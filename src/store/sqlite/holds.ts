import type { Verdict } from '../../core/guard.ts'
import type { Wake } from '../../core/routed-event.ts'
import type { Stop } from '../../core/stop.ts'
import type { Event } from '../../events/event.ts'
import { appendWithin } from './append.ts'
import type { Connection } from './connection.ts'

/** The lane does not act for now; it is decided again at `until`, or when a person lets it. */
export function holdLane(db: Connection, lane: number, { rule, reason, until }: Hold): void {
  db.sql('update lane set held = ?, held_until = ?, waiting = ? where id = ?').run(rule, until, reason, lane)
}

export interface Hold {
  readonly rule: string
  readonly reason: string
  readonly until: number | null
}

/** What of a verdict keeps the whole lane from acting; null where it may go on, soon or never. */
export function holdOf(verdict: Verdict, now: number): Hold | null {
  if (verdict.verdict === 'hold') return verdict
  if (verdict.verdict === 'defer' && verdict.until - now > SOON_MS) return verdict
  return null
}

/** So long a plan may wait for the guard; longer, and its lane is decided again instead. */
export const SOON_MS = 60_000

interface HeldRow {
  readonly policy: string
  readonly key: string
  readonly quiet: number
  readonly max: number
}

const heldColumns = 'select policy, key, quiet, max from lane'

export function anyHoldIsOver(db: Connection): boolean {
  const now = db.now()
  return (
    db.sql('select 1 from lane where held is not null and held_until <= ? limit 1').get(now) !== undefined ||
    db.sql('select 1 from lane where again <= ? limit 1').get(now) !== undefined
  )
}

/** Lanes whose hold is over by the clock are decided again, and those that asked to be at this time. */
export function releaseOver(db: Connection): number {
  const due = db.sql<HeldRow>(`${heldColumns} where again <= ? limit 1000`).all(db.now())
  release(db, due, 'decided again at the time that the decision before had named')
  const rows = db.sql<HeldRow>(`${heldColumns} where held is not null and held_until <= ? limit 1000`).all(db.now())
  return release(db, rows, 'what held this lane is over')
}

export function releaseHeld(db: Connection, rules: readonly string[] | 'all'): number {
  const rows = db
    .sql<HeldRow>(`${heldColumns} where held is not null and (? or held in (select value from json_each(?)))`)
    .all(rules === 'all' ? 1 : 0, JSON.stringify(rules === 'all' ? [] : rules))
  return release(db, rows, 'decided again: what held this lane may have changed')
}

/** One event for each lane, so that `explain` can say why it was decided. */
function release(db: Connection, rows: readonly HeldRow[], reason: string): number {
  const now = db.now()
  const events = rows.map(({ policy, key }) => {
    const event: Event = {
      id: `release-${policy}-${key}-${now}`,
      source: '/stackreflex/guard',
      type: 'stackreflex.released',
      subject: null,
      time: new Date(now).toISOString(),
      project: null,
      requestId: null,
      globalRequestId: null,
      data: { kind: 'hint', policy, lane: key, reason, resources: [] }
    }
    return { event, lanes: [wake(policy, key)], note: null }
  })
  for (const { policy, key } of rows)
    db.sql('update lane set held = null, held_until = null, again = null where policy = ? and key = ?').run(policy, key)
  if (events.length > 0) appendWithin(db, { events, ignored: [] })
  return rows.length
}

const wake = (policy: string, key: string): Wake => ({ policy, key, quietMs: 0, maxMs: 0, resources: [] })

/** The same words of the same person are no second stop: whoever presses twice lifts once. */
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

/** The lanes that stops hold are decided again, and held again by those that still stand; the event says who lifted it. */
export function clearStop(db: Connection, id: number, event: Event): number | null {
  const { changes } = db.sql('delete from stop where id = ?').run(id)
  if (changes === 0) return null
  const rows = db.sql<HeldRow>(`${heldColumns} where held = 'stop'`).all()
  db.sql(`update lane set held = null, held_until = null where held = 'stop'`).run()
  const lanes = rows.map(({ policy, key }) => wake(policy, key))
  appendWithin(db, { events: [{ event, lanes, note: null }], ignored: [] })
  return rows.length
}

export function readStops(db: Connection): readonly Stop[] {
  return db
    .sql<Stop>(`select id, nullif(cluster, '') cluster, by, at, reason from stop order by at, id`)
    .all()
    .map((row) => ({ ...row }))
}
