/** One project's share of one resource, with what it may come to. Integers all; a limit of -1 never comes here. */
export interface Cell {
  /** The cluster's name. */
  readonly project: string
  readonly limit: number
  /** With what is reserved. */
  readonly used: number
  /** Never taken below; a limit that is below already is not raised because of it. */
  readonly floor: number
  /** Never given above; null: none. */
  readonly ceiling: number | null
  /** Why the ceiling is where it is, where nobody configured it so; left out: somebody did. */
  readonly ceilingWhy?: string
  /** Headroom (limit - used) below which the project receives: up to it, and on to the middle where there is enough. */
  readonly low: number
  /** Headroom above which the project gives, down to it; for what people ask it may go down to `low`. high >= low. */
  readonly high: number
  /** Receives first and gives last where it is higher. */
  readonly priority: number
  /** Shares a shortage in proportion, among equals in priority; at least 1. */
  readonly weight: number
  /** Why it is left alone: it neither gives nor receives; null: it is not. */
  readonly frozen: string | null
  /** Headroom that people got and whose time is not over: who gives keeps it on top of its watermark. */
  readonly kept: number
  /** Why so much is kept, where people got none or less of it; left out: they got it. */
  readonly keptWhy?: string
  /** What people asked for and it has not got yet; `since` in ms since the epoch, the oldest is served first. */
  readonly asked: readonly { readonly request: string; readonly amount: number; readonly since: number }[]
  /** What it got on time that is over, oldest first: goes back as far as it is free. */
  readonly owes: readonly {
    readonly request: string
    /** Giver -> amount; '' = free capacity. */
    readonly to: Readonly<Record<string, number>>
  }[]
}

/** One resource of a group, over all its projects. */
export interface SharedResource {
  readonly resource: string
  /** What the limits of all projects together may come to; null: not known, nothing is moved. */
  readonly capacity: number | null
  /** What moves by itself moves in multiples of it; at least 1. People get exactly what they asked for. */
  readonly quantum: number
  readonly cells: readonly Cell[]
}

/** Resources that only move together, so much of each at once, not in quanta: `{ cores: 1, ram: 4096, instances: 1 }`. */
export type Bundle = Readonly<Record<string, number>>

/** The shared resources of a group of projects, and the bundles that some of them move in. */
export interface Group {
  readonly shared: readonly SharedResource[]
  readonly bundles: readonly Bundle[]
}

/** `give-back` shrinks who borrowed, `take-back` grows who lent. */
export type ChangeRule =
  | 'over-capacity'
  | 'give'
  | 'receive'
  | 'give-asked'
  | 'receive-asked'
  | 'give-back'
  | 'take-back'

/** One limit that changes, and by which rule; the first that applies where there are several, `why` has them all. */
export interface LimitChange {
  readonly resource: string
  readonly project: string
  readonly from: number
  readonly to: number
  readonly rule: ChangeRule
  /** One sentence with the numbers. */
  readonly why: string
  /** Request -> amount: what of it was asked for by people, or goes back to where it came from. */
  readonly requests: Readonly<Record<string, number>>
  /** For a change that grows: the projects that free what it takes, and how much of each; '' = free capacity. */
  readonly freedBy: Readonly<Record<string, number>>
}

/**
 * What a request gets (`lent`) or gives back (`returned`) by these changes, from whom to whom; '' = free capacity. This
 * is for the books: a limit may stay where it is because one thing settles another, and what is returned counts as
 * returned to its owner even where that one is gone or at its ceiling and it goes to free capacity.
 */
export interface BookEntry {
  readonly kind: 'lent' | 'returned'
  readonly request: string
  readonly resource: string
  readonly from: string
  readonly to: string
  readonly amount: number
}

/** The result of rebalancing: changes of limits, entries of the books, and reasons. */
export interface Rebalanced {
  /** Shrinks first, then grows; no project twice for one resource. */
  readonly changes: readonly LimitChange[]
  readonly entries: readonly BookEntry[]
  /** What people should know: sums above capacity, shortages that nobody can fill, what was not moved and why. */
  readonly findings: readonly string[]
}
