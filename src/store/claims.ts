import type { ActionRequest } from '../core/action.ts'
import type { Verdict } from '../core/guard.ts'
import type { Event } from '../events/event.ts'

/** A lane whose turn it is; held until `leaseUntil` (ms since the epoch, the journal's clock). */
export interface ClaimedLane {
  readonly lane: number
  readonly policy: string
  readonly key: string
  readonly owner: string
  readonly leaseUntil: number
  readonly tries: number
  /** How often the lane has been decided before. */
  readonly generation: number
  readonly resources: readonly string[]
  readonly events: readonly StoredEvent[]
  /** More events wait than were fetched: the lane stays due after this decision. */
  readonly throughSeq: number
  readonly count: number
  /** Who wants what is planned in this lane, from before: nothing of it was carried out yet. */
  readonly wishers: readonly string[]
  /** Why some of its events cannot be read: then it is parked, with those behind it, and not decided. */
  readonly unreadable?: string
}

/** A claimed step, with its place in its plan, its lease and the number of the attempt. */
export interface ClaimedAction extends ActionRequest {
  readonly seq: number
  readonly id: string
  readonly decision: number
  readonly ordinal: number
  readonly lane: number
  readonly policy: string
  readonly owner: string
  readonly leaseUntil: number
  readonly attempt: number
}

/** What a claim for work found: a step to perform, or one that the guard held up (already recorded). */
export type ActionClaim =
  | { readonly verdict: 'proceed'; readonly action: ClaimedAction }
  | (Exclude<Verdict, { verdict: 'proceed' }> & { readonly id: string; readonly type: string })
  /** Its row is damaged: it has failed, and nothing was asked of the guard. */
  | {
      readonly verdict: 'refuse'
      readonly rule: 'unreadable'
      readonly reason: string
      readonly id: string
      readonly type: string
    }

/** An event as the journal has it, with its number (seq). */
export interface StoredEvent extends Event {
  readonly seq: number
}
