/** Something that must be delivered to a sink, once. */
export interface OutboxEntry {
  /** Where: `slack`. */
  readonly sink: string
  /** What it is about: `approval:7`. With the sink it is one entry. */
  readonly about: string
  /** When what it is about came to be, ms since the epoch. */
  readonly at: number
  /** What another build told of it already; left out: nothing that is known. */
  readonly before?: Told | 'lost'
}

/** Where an entry was delivered, in the sink's own terms (null: nothing can be changed there any more), and what was shown. */
export interface Told {
  readonly reference: string | null
  readonly shown: string
}

/** An outbox entry with its state. */
export type OutboxRow = Pick<OutboxEntry, 'sink' | 'about' | 'at'> & {
  /** How often it could not be told. */
  readonly tries: number
} & (
    | { readonly state: 'waiting' /** Not before this, ms since the epoch. */; readonly due: number }
    /** Claimed. `over`: longer than the lease, so whoever claimed it died, and it is perhaps told. */
    | { readonly state: 'sending'; readonly over: boolean }
    | ({ readonly state: 'told' } & Told)
    /** Perhaps told, and nobody knows where; or it can be told nowhere. It is not tried again. */
    | { readonly state: 'lost' }
  )

/** An outbox entry that one process has claimed for the time of a lease. */
export interface OutboxClaim {
  readonly sink: string
  readonly about: string
  readonly owner: string
}

/** The outcome of a delivery. */
export type OutboxOutcome =
  | ({ readonly state: 'told' } & Told)
  /** It was surely not told: again at `due`. */
  | { readonly state: 'waiting'; readonly due: number }
  | { readonly state: 'lost' }
