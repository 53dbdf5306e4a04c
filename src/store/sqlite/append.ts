import { turnAfterWake } from '../../core/lane-turn.ts'
import type { RoutedEvent } from '../../core/routed-event.ts'
import { addWake, type Echo, toldAgain, unwritable, type Woken, withoutEcho } from '../../core/wakes.ts'
import type { Event, Ignored } from '../../events/event.ts'
import type { OutboxEntry } from '../outbox.ts'
import { addConcern } from './concerns.ts'
import type { Connection } from './connection.ts'
import { enqueue } from './enqueue.ts'
import { insertEvent, insertIgnored } from './insert-event.ts'
import { rememberQuotaRequest } from './quota-requests.ts'
import { toldBefore } from './told-before.ts'

/** What is journalled together. */
interface Batch {
  readonly events: readonly RoutedEvent[]
  readonly ignored: readonly Ignored[]
  readonly outbox?: readonly OutboxEntry[]
}

/** What came of a batch; `woke` counts lanes. */
interface Appended {
  readonly appended: number
  readonly duplicates: number
  readonly woke: number
}

/** Inserts a batch and wakes its lanes; to be called within a transaction. */
export function appendWithin(db: Connection, batch: Batch): Appended {
  const now = db.now()
  let appended = 0
  const lanes = new Map<string, Woken>()
  for (const routed of batch.events) {
    if (appendOne(db, routed, lanes, now)) appended++
  }
  for (const ignored of batch.ignored) {
    if (insertIgnored(db, ignored, now)) appended++
  }
  for (const woken of lanes.values()) wakeLane(db, woken, now)
  enqueue(db, batch.outbox ?? [])
  const duplicates = batch.events.length + batch.ignored.length - appended
  return { appended, duplicates, woke: lanes.size }
}

/**
 * Appends a batch event by event, where one of them cannot be written: that one is kept as an ignored row that says why, and the others
 * count. Throws where not even that can be written.
 */
export function appendEach(db: Connection, batch: Batch): Appended {
  const sum = { appended: 0, duplicates: 0, woke: 0 }
  const take = (one: Batch) => {
    const { appended, duplicates, woke } = db.undoable(() => appendWithin(db, one))
    sum.appended += appended
    sum.duplicates += duplicates
    sum.woke += woke
  }
  for (const routed of batch.events) {
    try {
      take({ events: [routed], ignored: [] })
    } catch (error) {
      take({ events: [], ignored: [unwritable(routed.event, error)] })
    }
  }
  take({ ...batch, events: [] })
  return sum
}

function appendOne(db: Connection, routed: RoutedEvent, lanes: Map<string, Woken>, now: number): boolean {
  const echo = routed.lanes.length === 0 ? undefined : echoOf(db, routed.event)
  const { wakes, note } = withoutEcho(routed, echo)
  const before = toldBefore(db, routed.event)
  // That it was told again is a fact of its own; it wakes nothing.
  if (before !== null)
    return before.delivery === 'another' && insertIgnored(db, toldAgain(routed.event, before.seq), now)
  const seq = insertEvent(db, routed.event, note, now)
  if (seq === null) return false
  if (routed.event.data.kind === 'quota-request') rememberQuotaRequest(db, routed.event.data, now)
  for (const wake of wakes) addWake(lanes, wake, seq)
  return true
}

/**
 * The action of ours that caused the event, with the lane that it belongs to: Nova says the id that we sent along,
 * Designate and Neutron only the one that they answered with. An echo that overtakes the answer is not seen here but
 * taken out of its lane when the attempt is recorded.
 */
function echoOf(db: Connection, { globalRequestId, requestId }: Event): Echo | undefined {
  const caused = `select action.id, lane.policy, lane.key from action join lane on lane.id = action.lane`
  const sent =
    globalRequestId === null ? undefined : db.sql<Echo>(`${caused} where action.request_id = ?`).get(globalRequestId)
  if (sent !== undefined || requestId === null) return sent
  return db
    .sql<Echo>(`${caused} where action.seq = (select action from attempt where answered = ? limit 1)`)
    .get(requestId)
}

/** Writes what a batch does to one lane. */
function wakeLane(db: Connection, { wake, seqs, resources }: Woken, now: number): void {
  const { policy, key } = wake
  const known = db
    .sql<{ id: number; since: number | null; retry: number; parked: string | null }>(
      'select id, since, retry, parked from lane where policy = ? and key = ?'
    )
    .get(policy, key)
  const { since, due, retry } = turnAfterWake(known ?? null, wake, now)
  const { quietMs, maxMs } = wake
  const last = seqs.at(-1)!
  const lane =
    known?.id ??
    db
      .sql('insert into lane (policy, key, last, pending, since, due, quiet, max) values (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(policy, key, last, seqs.length, since, due, quietMs, maxMs).lastInsertRowid
  if (known !== undefined)
    db.sql(
      `update lane set last = ?, pending = pending + ?, since = ?, due = ?, retry = ?, quiet = ?, max = ?, parked = null
       where id = ?`
    ).run(last, seqs.length, since, due, retry, quietMs, maxMs, lane)
  const laneEvent = db.sql('insert into lane_event (lane, seq) values (?, ?)')
  for (const seq of seqs) laneEvent.run(lane, seq)
  for (const [resource, seq] of resources) addConcern(db, lane, resource, seq)
}
