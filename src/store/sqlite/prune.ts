import type { Connection } from './connection.ts'
import { firstSince } from './first-since.ts'

/** Small enough that ingest hardly notices the transaction. */
const ROWS = 2000

/**
 * Deletes finished chains in short transactions, oldest first: events that all of their lanes have decided and none of
 * those plans is open; first what they say, later the row with its id; decisions with all that hangs on them.
 */
export async function prune(
  db: Connection,
  finishedBefore: number,
  keepIdsBefore: number
): Promise<{ events: number; decisions: number }> {
  const decisions = await repeat(() => db.write(() => pruneDecisions(db, finishedBefore)))
  await db.write(() => pruneRest(db, finishedBefore))
  await inSlices(db, finishedBefore, (from, to) =>
    db
      .sql(`update event set data = null, happening = null, moved_to = null where data is not null and ${finished}`)
      .run(from, to)
  )
  // What is that old is news to nobody, told or not.
  const forgotten = Math.min(finishedBefore, keepIdsBefore)
  await db.write(() => db.sql(`delete from outbox where at < ?`).run(forgotten))
  const events = await inSlices(db, forgotten, (from, to) => {
    // The newest stays, so that its seq is never given again.
    const rows = db
      .sql<{ seq: number }>(`delete from event where ${finished} and seq < (select max(seq) from event) returning seq`)
      .all(from, to)
    const laneEvent = db.sql('delete from lane_event where seq = ?')
    for (const { seq } of rows) laneEvent.run(seq)
    return { changes: rows.length }
  })
  return { events, decisions }
}

const finished = `
  seq >= ? and seq < ? and not exists (
    select 1 from lane_event join lane on lane.id = lane_event.lane
    where lane_event.seq = event.seq
      and (lane.head < event.seq or (select after_seq from decision where id = lane.open) < event.seq)
  )`

async function inSlices(
  db: Connection,
  before: number,
  work: (from: number, to: number) => { changes: number }
): Promise<number> {
  const to = await db.read(() => firstSince(db, 'event', before))
  let from = await db.read(() => db.sql<{ seq: number | null }>('select min(seq) seq from event').get()?.seq ?? to)
  let changes = 0
  while (from < to) {
    const end = Math.min(from + ROWS, to)
    const start = from
    changes += await db.write(() => work(start, end).changes)
    from = end
  }
  return changes
}

async function repeat(work: () => Promise<number>): Promise<number> {
  let total = 0
  for (;;) {
    const changes = await work()
    total += changes
    if (changes === 0) return total
  }
}

function pruneDecisions(db: Connection, before: number): number {
  const rows = db
    .sql<{ id: number }>(
      `select id from decision
       where at < ? and not exists (
         select 1 from action where action.decision = decision.id and state in ('waiting', 'ready', 'claimed')
       )
       order by id limit ${ROWS}`
    )
    .all(before)
  const statements = [
    'delete from attempt where action in (select seq from action where decision = ?)',
    'delete from budget where action in (select seq from action where decision = ?)',
    'delete from action where decision = ?',
    'delete from decision_answer where decision = ?',
    'delete from decision where id = ?'
  ].map((text) => db.sql(text))
  for (const { id } of rows) for (const statement of statements) statement.run(id)
  return rows.length
}

function pruneRest(db: Connection, before: number): void {
  db.sql('delete from answer where sha256 not in (select sha256 from decision_answer)').run()
  db.sql('delete from pin where until < ?').run(before)
  db.sql(`delete from vote where approval in (select id from approval where expires < ? and state <> 'open')`).run(
    before
  )
  db.sql(`delete from approval where expires < ? and state <> 'open'`).run(before)
  db.sql('delete from sample where until < ?').run(before)
  db.sql('delete from quota_request where until < ?').run(before)
  db.sql('delete from breach where ended < ?').run(before)
  db.sql('delete from drift where class is not null and seen < ?').run(before)
  // A lane that holds nothing, is about nothing and has no history comes back by itself with its next event.
  db.sql(
    `delete from lane
     where pending = 0 and open is null and parked is null and held is null
       and not exists (select 1 from approval where approval.lane = lane.id)
       and again is null
       and not exists (select 1 from breach where breach.lane = lane.id)
       and not exists (select 1 from applied where lane = lane.id)
       and not exists (select 1 from concern where lane = lane.id)
       and not exists (select 1 from decision where lane = lane.id)
       and not exists (select 1 from lane_event where lane = lane.id)`
  ).run()
  // Its number may be given to another lane.
  db.sql('delete from wish where lane not in (select id from lane)').run()
}
