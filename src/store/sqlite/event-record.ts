import type { Json } from '../../core/query.ts'
import type { Event, EventData } from '../../events/event.ts'
import type { StoredEvent } from '../claims.ts'
import type { EventRow } from '../rows.ts'
import { timeOf } from '../time.ts'
import { readJson, tryJson } from './json.ts'

/** An event as its table holds it. */
export interface EventRecord {
  readonly seq: number
  readonly at: number
  readonly id: string
  readonly received: number
  readonly source: string
  readonly type: string
  readonly subject: string | null
  readonly project: string | null
  readonly request_id: string | null
  readonly global_request_id: string | null
  readonly user_id: string | null
  readonly user_name: string | null
  readonly data: string | null
  readonly ignored: string | null
  readonly note: string | null
  readonly said: string | null
}

const nothing = { value: null, unreadable: null }

/** The event itself, as it was appended; throws Unreadable. */
function storedEvent(row: EventRecord): StoredEvent {
  const data = row.data === null ? ({ kind: 'none' } as const) : readJson<EventData>(row.data, `event ${row.seq}`)
  const event: Event = {
    id: row.id,
    source: row.source,
    type: row.type,
    subject: row.subject,
    time: timeOf(row.at),
    project: row.project,
    requestId: row.request_id,
    globalRequestId: row.global_request_id,
    ...(row.user_id === null ? {} : { userId: row.user_id }),
    ...(row.user_name === null ? {} : { userName: row.user_name }),
    data
  }
  return { seq: row.seq, ...event }
}

/** Parses rows of events: those that can be read, and why one of them cannot. */
export function storedEvents(rows: readonly EventRecord[]): {
  events: readonly StoredEvent[]
  unreadable: string | null
} {
  const events: StoredEvent[] = []
  let unreadable: string | null = null
  for (const row of rows) {
    try {
      events.push(storedEvent(row))
    } catch (error) {
      unreadable ??= (error as Error).message
    }
  }
  return { events, unreadable }
}

/** Turns a record of an event into the row of the read side; what cannot be read is left out, and the reason says so. */
export function eventRow(row: EventRecord): EventRow {
  const { value, unreadable } = row.data === null ? nothing : tryJson<Json>(row.data, `event ${row.seq}`)
  return {
    seq: row.seq,
    id: row.id,
    receivedAt: row.received,
    time: timeOf(row.at),
    source: row.source,
    type: row.type,
    subject: row.subject,
    project: row.project,
    requestId: row.request_id,
    globalRequestId: row.global_request_id,
    userId: row.user_id,
    userName: row.user_name,
    data: value,
    reason: unreadable ?? row.ignored ?? row.note,
    ignored: row.ignored !== null,
    saidTime: row.said
  }
}
