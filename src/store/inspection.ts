import type { NamePin } from './policy-rows.ts'

/** What can be read of a journal without opening it: nothing is made, migrated or locked, and an older build may have written it. */
export interface Inspection {
  /** The installation's id; null: it has none, and is no journal of ours. */
  installation(): Promise<string | null>
  /** The number of the newest event; counting them all takes seconds in a big one. */
  newestEvent(): Promise<number>
  /** The newest event of a bus; null: none came. */
  newestNotification(): Promise<Notified | null>
  /** When the last event of this source came, ms, or of all below one that ends with `/`; null: none is among the newest `lookBack`. */
  lastFrom(source: string, lookBack: number): Promise<number | null>
  namePins(prefix: string): Promise<readonly NamePin[]>
}

/** When an event came, and when its sender says that it happened. */
export interface Notified {
  readonly source: string
  /** ms since the epoch. */
  readonly receivedAt: number
  /** ms by which the sender's time is ahead of ours. */
  readonly aheadMs: number
}
