import type { Breach } from '../core/breach.ts'
import type { Json } from '../core/query.ts'

/** A record lane that is about a resource. */
export interface LaneAbout {
  readonly key: string
  /** Undecided events, a held lease, an unfinished plan or one that the guard holds up: it may change any moment. */
  readonly busy: boolean
  readonly applied: readonly AppliedRow[]
}

/** The state of a lane now: the resources that it is about, and whether it may change at any moment. */
export interface LaneNow {
  /** As it was last decided, and those of hints since. */
  readonly resources: readonly string[]
  /** Undecided events, a held lease or an unfinished plan: what it applied may not be written down yet. */
  readonly moving: boolean
}

/** What a lane last applied to a target, as the journal has it. */
export interface AppliedRow {
  readonly target: string
  readonly scope: string
  readonly lane: string
  readonly value: Json
}

/** A name of the configuration, and what it was first found to be. */
export interface NamePin {
  /** Whose setting it is, and the name as it is written there. */
  readonly key: string
  /** null: it was never found, or never only one. */
  readonly id: string | null
  /** ms since the epoch, when it was; null as long as it was not. */
  readonly at: number | null
  /** Why it counts for nothing now, in a sentence; null: it counts. */
  readonly trouble: string | null
}

/** What a series was, from its first reading to its last one; ms since the epoch. */
export interface SampleRow {
  readonly series: string
  readonly at: number
  readonly until: number
  readonly value: readonly number[]
}

/** Quota that somebody asked for; `until` null: lasting. */
export interface QuotaRequestRow {
  readonly id: number
  readonly lane: string
  readonly cluster: string
  readonly resource: string
  readonly amount: number
  readonly until: number | null
  readonly by: string
  readonly at: number
  readonly reason: string | null
}

/** A breach with its history. */
export interface BreachRow extends Breach {
  readonly id: number
  readonly policy: string
  readonly lane: string
  /** ms since the epoch, when it was first decided on. */
  readonly since: number
  /** The decision that found it, and the newest that did. */
  readonly first: number
  readonly last: number
  /** Who made it, as far as an event said: Keystone's user id, the user's name then, and the call. */
  readonly userId: string | null
  readonly userName: string | null
  readonly requestId: string | null
  /** ms; null: it is there still. */
  readonly ended: number | null
}
