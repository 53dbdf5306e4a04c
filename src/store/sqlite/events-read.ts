import type { EventRow, Page } from '../rows.ts'
import { microsOf, saidOf } from '../time.ts'
import type { Connection, Slices } from './connection.ts'
import { type EventRecord, eventRow } from './event-record.ts'
import { firstSince, newest } from './first-since.ts'
import { typesOf } from './types-of.ts'
import { type Value, Where } from './where.ts'

/** Rows that one slice looks at: some ms of work. */
const SLICE = 2000
/** What has fewer rows is looked at as a whole, whatever else is asked. */
const FEW = 5000

/** An index that leads to the events asked for, newest first. */
interface Way {
  readonly index: string
  readonly column: string
  readonly value: Value
}

/** Reads events, newest first, by the most selective index; further filters are applied row by row, in slices. */
export function* readEvents(db: Connection, page: Page): Slices<readonly EventRow[]> {
  const from = page.since === undefined ? 0 : firstSince(db, 'event', page.since)
  const to = page.until === undefined ? newest(db, 'event') + 1 : firstSince(db, 'event', page.until + 1)
  const below = Math.min(to, page.before ?? to)
  const types = page.type === undefined ? null : typesOf(db, 'event', page.type)
  const ways: (readonly Way[])[] = []
  if (page.resource !== undefined) ways.push([{ index: 'event_subject', column: 'subject', value: page.resource }])
  if (page.project !== undefined) ways.push([{ index: 'event_project', column: 'project', value: page.project }])
  if (types !== null) ways.push(types.map((value) => ({ index: 'event_type', column: 'type', value })))
  const rows: EventRecord[] = []
  for (const way of rarest(db, ways, from, below)) rows.push(...(yield* walk(db, page, way, from, below)))
  return rows
    .sort((a, b) => b.seq - a.seq)
    .slice(0, page.limit)
    .map(eventRow)
}

/** Where there is but one way it is taken; no way at all is the way through all events. */
function rarest(
  db: Connection,
  ways: readonly (readonly Way[])[],
  from: number,
  below: number
): readonly (Way | null)[] {
  if (ways.length < 2) return ways[0] ?? [null]
  const count = ({ index, column, value }: Way) =>
    db
      .sql<{ n: number }>(
        `select count(*) n from (
           select 1 from event indexed by ${index} where ${column} = ? and seq >= ? and seq < ? limit ${FEW})`
      )
      .get(value, from, below)!.n
  const counted = ways.map((way) => ({ way, rows: way.reduce((sum, one) => sum + count(one), 0) }))
  return counted.reduce((least, one) => (one.rows < least.rows ? one : least)).way
}

function* walk(db: Connection, page: Page, way: Way | null, from: number, below: number): Slices<EventRecord[]> {
  const indexed = way === null ? 'not indexed' : `indexed by ${way.index}`
  const others = new Where()
  if (way?.column !== 'subject') others.maybe('+subject = ?', page.resource)
  if (way?.column !== 'project') others.maybe('+project = ?', page.project)
  if (way?.column !== 'type') others.type('+type', page.type)
  const on = way === null ? '1' : `${way.column} = ?`
  const value = way === null ? [] : [way.value]
  // Where nothing else is asked each row is one of the answer.
  const slice = others.texts.length === 1 ? page.limit : SLICE
  const rows: EventRecord[] = []
  for (let end = below; ; ) {
    const low = db
      .sql<{ seq: number | null; n: number }>(
        `select min(seq) seq, count(*) n from (
           select seq from event ${indexed} where ${on} and seq >= ? and seq < ? order by seq desc limit ?)`
      )
      .get(...value, from, end, slice)!
    if (low.seq === null) return rows
    rows.push(
      ...db
        .sql<EventRecord>(
          `select * from event ${indexed} where ${on} and seq >= ? and seq < ? and ${others} order by seq desc limit ?`
        )
        .all(...value, low.seq, end, ...others.values, page.limit - rows.length)
    )
    if (rows.length >= page.limit || low.n < slice) return rows
    end = low.seq
    yield
  }
}

/** Reads an event by seq, by id, or by the message id that an id begins with: each block of seqs has its ids in order. */
export function readEvent(db: Connection, idOrSeq: string): EventRow | null {
  const row = /^\d+$/.test(idOrSeq)
    ? db.sql<EventRecord>('select * from event where seq = ?').get(Number(idOrSeq))
    : db.sql<EventRecord>(byId).get({ id: idOrSeq })
  return row === undefined ? null : eventRow(row)
}

const byId = `
  with recursive block (n) as (
    select max(seq) >> 12 from event
    union all
    select n - 1 from block where n > (select min(seq) >> 12 from event)
  )
  select event.* from block cross join event indexed by event_id
  where seq >> 12 = block.n
    and substr(id, 1, 12) >= substr(:id, 1, 12) and substr(id, 1, 12) < substr(:id, 1, 12) || '0'
    and (id = :id or (id > :id || '/' and id < :id || '0'))
  order by seq desc limit 1`

/** Reads the event of this time (RFC 3339) and id; null where there is none. */
export function readEventAt(db: Connection, time: string, id: string): EventRow | null {
  const at = db.sql<EventRecord>('select * from event where at = ? and id = ?').get(microsOf(time), id)
  // Under the time of its receipt, where its own was none to go by.
  const row = at ?? db.sql<EventRecord>('select * from event where id = ? and said = ?').get(id, saidOf(time))
  return row === undefined ? null : eventRow(row)
}
