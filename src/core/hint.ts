import type { Event } from '../events/event.ts'
import type { Hint } from './policy.ts'
import type { RoutedEvent } from './routed-event.ts'

/** Hints are decided almost at once; only what one look finds is folded. */
const atOnce = { quietMs: 10, maxMs: 250 }

/** Where a hint comes from; `id` makes it the same hint when the same thing is said twice. */
export interface HintOrigin {
  readonly id: string
  readonly source: '/stackreflex/decide' | '/stackreflex/sweep' | '/stackreflex/cli'
  readonly type: 'stackreflex.hint' | 'stackreflex.drift'
  readonly policy: string
  /** Who asked for the look that came to it; left out: nobody did. */
  readonly requesters?: readonly string[]
  /** ms since the epoch. */
  readonly now: number
}

/** Builds the event that carries a hint, routed to its lane: so `explain` can follow it like any other. */
export function hintEvent(hint: Hint, { id, source, type, policy, now, requesters = [] }: HintOrigin): RoutedEvent {
  const { lane, reason, resources, wake = atOnce } = hint
  const [, project = null, subject = null] = resources[0]?.split('/') ?? []
  const time = new Date(now).toISOString()
  const wanted = requesters.length === 0 ? {} : { requesters }
  const data = { kind: 'hint', policy, lane, reason, resources, ...wanted } as const
  const event: Event = { id, source, type, subject, time, project, requestId: null, globalRequestId: null, data }
  return { event, lanes: [{ policy, key: lane, ...wake, resources }], note: null }
}
