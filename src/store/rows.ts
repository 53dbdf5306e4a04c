import type { Event, EventData } from '../events/event.ts'
import type { EventRow, StoredEvent } from './journal.ts'
import { timeOf } from './time.ts'

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
}

/** The event itself, as it was appended. */
export function storedEvent(row: EventRecord): StoredEvent {
  const data = row.data === null ? ({ kind: 'none' } as const) : (JSON.parse(row.data) as EventData)
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

/** The event as the read side shows it. */
export function eventRow(row: EventRecord): EventRow {
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
    data: row.data === null ? null : JSON.parse(row.data),
    reason: row.ignored ?? row.note,
    ignored: row.ignored !== null
  }
}
