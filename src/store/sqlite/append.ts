import { errorText } from '../../base/error-text.ts'
import type { RoutedEvent, Wake } from '../../core/routed-event.ts'
import type { Event, Ignored } from '../../events/event.ts'
import type { OutboxEntry } from '../outbox.ts'
import { microsOf, type When, whenOf } from '../time.ts'
import { addConcern } from './concerns.ts'
import type { Connection } from './connection.ts'
import { enqueue } from './enqueue.ts'
import { rememberQuotaRequest } from './quota-requests.ts'
import { toldBefore } from './told-before.ts'

/** What is journalled together. */
interface Batch {
  readonly events: readonly RoutedEvent[]
  readonly ignored: readonly Ignored[]
  readonly outbox?: readonly OutboxEntry[]
}

/** What came of a batch; `woke` counts lanes. */
export interface Appended {
  readonly appended: number
  readonly duplicates: number
  readonly woke: number
}

/** What a batch does to one lane, folded before the lane is written. */
interface Woken {
  wake: Wake
  readonly seqs: number[]
  /** Resource → newest seq that named it. */
  readonly resources: Map<string, number>
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
 * The batch once more, where one of its events cannot be written: that one is kept as an ignored row that says why, and the
 * others count. Throws where not even that can be written.
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
      const { id, source, type, subject, time, project } = routed.event
      const reason = `it could not be written (${errorText(error, 200)}): please report this`
      take({ events: [], ignored: [{ id, source, type, subject, time, project, reason }] })
    }
  }
  take({ ...batch, events: [] })
  return sum
}

function appendOne(db: Connection, routed: RoutedEvent, lanes: Map<string, Woken>, now: number): boolean {
  const echo = routed.lanes.length === 0 ? undefined : echoOf(db, routed.event)
  const own = (wake: Wake) => echo !== undefined && wake.policy === echo.policy && wake.key === echo.key
  const wakes = echo === undefined ? routed.lanes : routed.lanes.filter((wake) => !own(wake))
  const skipped = wakes.length < routed.lanes.length
  const note = skipped ? `caused by our own action ${echo?.id}` : wakes.length > 0 ? null : routed.note
  const before = toldBefore(db, routed.event)
  // That it was told again is a fact of its own; it wakes nothing.
  if (before !== null)
    return before.delivery === 'another' && insertIgnored(db, toldAgain(routed.event, before.seq), now)
  const seq = insertEvent(db, routed.event, note, now)
  if (seq === null) return false
  if (routed.event.data.kind === 'quota-request') rememberQuotaRequest(db, routed.event.data, now)
  for (const wake of wakes) fold(lanes, wake, seq)
  return true
}

function toldAgain({ id, source, type, subject, time, project }: Event, seq: number): Ignored {
  const reason = `told again: this happened once and is event ${seq}, which another delivery told before`
  return { id, source, type, subject, time, project, reason }
}

/**
 * Whether this very message is there already under a time that was not its own: it comes again with the same id and the same
 * impossible time, and at another moment. Few rows have one, so this index stays small.
 */
function isThere(
  db: Connection,
  { id, time }: { readonly id: string; readonly time: string },
  { said }: When
): boolean {
  if (said === null) return false
  const before = db.sql('select 1 from event where id = ? and said = ?').get(id, said)
  if (before !== undefined) return true
  // It was less than a year away when it came first.
  const own = microsOf(time)
  return Number.isSafeInteger(own) && db.sql('select 1 from event where at = ? and id = ?').get(own, id) !== undefined
}

function insertEvent(db: Connection, event: Event, note: string | null, now: number): number | null {
  const when = whenOf(event.time, now)
  if (isThere(db, event, when)) return null
  const { changes, lastInsertRowid } = db
    .sql(
      `insert into event
         (at, id, received, source, type, subject, project, request_id, global_request_id, user_id, user_name, data, note,
          said, happening, moved_to)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (at, id) do nothing`
    )
    .run(
      when.at,
      event.id,
      now,
      event.source,
      event.type,
      event.subject,
      event.project,
      event.requestId,
      event.globalRequestId,
      event.userId ?? null,
      event.userName ?? null,
      event.data.kind === 'none' ? '{"kind":"none"}' : JSON.stringify(event.data),
      note,
      when.said,
      event.data.kind === 'gitlab' ? (event.data.happening ?? null) : null,
      event.data.kind === 'gitlab' ? (event.data.moved?.to ?? null) : null
    )
  return changes === 0 ? null : lastInsertRowid
}

function insertIgnored(db: Connection, ignored: Ignored, now: number): boolean {
  const when = whenOf(ignored.time, now)
  if (isThere(db, ignored, when)) return false
  const { changes } = db
    .sql(
      `insert into event (at, id, received, source, type, subject, project, ignored, said)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (at, id) do nothing`
    )
    .run(
      when.at,
      ignored.id,
      now,
      ignored.source,
      ignored.type,
      ignored.subject,
      ignored.project,
      ignored.reason,
      when.said
    )
  return changes > 0
}

interface Echo {
  readonly id: string
  readonly policy: string
  readonly key: string
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

function fold(lanes: Map<string, Woken>, wake: Wake, seq: number): void {
  const name = `${wake.policy}\0${wake.key}`
  let woken = lanes.get(name)
  if (woken === undefined) {
    woken = { wake, seqs: [], resources: new Map() }
    lanes.set(name, woken)
  }
  woken.wake = wake
  // A policy may name one lane twice for one event.
  if (woken.seqs.at(-1) !== seq) woken.seqs.push(seq)
  for (const resource of wake.resources) woken.resources.set(resource, seq)
}

/** `due` = quietMs after the last event, at the latest maxMs after the first, never before a retry. */
function wakeLane(db: Connection, { wake, seqs, resources }: Woken, now: number): void {
  const lane = db
    .sql<{ id: number }>(
      `insert into lane (policy, key, last, pending, since, due, quiet, max)
       values (:policy, :key, :last, :count, :now, :now + min(:quiet, :max), :quiet, :max)
       on conflict (policy, key) do update set
         last = :last,
         pending = pending + :count,
         since = coalesce(since, :now),
         due = max(iif(parked is null, retry, 0), min(coalesce(since, :now) + :max, :now + :quiet)),
         retry = iif(parked is null, retry, 0),
         quiet = :quiet,
         max = :max,
         parked = null
       returning id`
    )
    .get({
      policy: wake.policy,
      key: wake.key,
      last: seqs.at(-1)!,
      count: seqs.length,
      now,
      quiet: wake.quietMs,
      max: wake.maxMs
    })!.id
  const laneEvent = db.sql('insert into lane_event (lane, seq) values (?, ?)')
  for (const seq of seqs) laneEvent.run(lane, seq)
  for (const [resource, seq] of resources) addConcern(db, lane, resource, seq)
}
