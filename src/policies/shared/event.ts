import { eventDataOf } from '../../core/event-data.ts'
import type { EventData } from '../../events/event.ts'
import { defineQuestion } from './define-question.ts'
import type { Tools } from './tools.ts'

/** The event that a reaction is about, as it was journalled. */
export interface EventAnswer {
  readonly type: string
  readonly source: string
  /** What it is about; left out in what older versions recorded. */
  readonly subject?: string | null
  readonly data: EventData
  /** RFC 3339, our clock: when it was journalled. */
  readonly receivedAt: string
  readonly ageMs: number
}

type Params = { readonly id: string; readonly time: string }

/** Answers `event`; null once it is pruned. */
async function loadEvent(
  { id, time }: Params,
  { journal, now }: Pick<Tools, 'journal' | 'now'>
): Promise<EventAnswer | null> {
  const row = await journal.eventAt(time, id)
  const data = eventDataOf(row?.data ?? null)
  if (row === null || data === null) return null
  const { type, source, subject, receivedAt } = row
  return {
    type,
    source,
    subject,
    data,
    receivedAt: new Date(receivedAt).toISOString(),
    ageMs: Math.max(0, now() - receivedAt)
  }
}

/** Defines the question: what was this event, and how long ago? */
export const eventQuestion = defineQuestion('event', loadEvent)
