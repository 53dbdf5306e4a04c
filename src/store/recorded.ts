import type { Breach } from '../core/breach.ts'
import type { Verdict } from '../core/guard.ts'
import type { Decision, Mode } from '../core/policy.ts'
import type { Json, Query } from '../core/query.ts'
import type { RoutedEvent } from '../core/routed-event.ts'

/** A question with the answer that a decision was made on. */
export interface RecordedAnswer {
  readonly query: Query
  readonly answer: Json
}

/** Everything that a decision was made from, so that it can be made again. */
export interface DecisionRecord {
  readonly decision: Decision
  readonly mode: Mode
  readonly answers: Readonly<Record<string, RecordedAnswer>>
  readonly settings: Json
  readonly now: number
  readonly build: string
  /** sha-256 of what an approval of this plan is bound to. */
  readonly hash: string
  /** Who wants this plan, and who asked for the lane's plans before that came to nothing; empty where events of the cloud did. */
  readonly requesters: readonly string[]
  /** Nothing is left of what people asked for in this lane; left out: it stands until a plan is carried out to its end. */
  readonly settles?: boolean
  /** On such clusters, nobody's vote counts for what they asked for themselves. */
  readonly fourEyes?: boolean
  /** How long an approval is waited for, and holds. */
  readonly approvalMs: number
  /** Action ids, one for each step; empty in `observe`. */
  readonly actionIds: readonly string[]
  /** Events that carry the decision's hints, routed. */
  readonly hints: readonly RoutedEvent[]
}

/** What became of a decision that was recorded. */
export interface Recorded {
  readonly id: number
  /** The guard's preview of the plan; null where nothing is to be carried out. */
  readonly verdict: Verdict | null
  /** The approval that the plan waits for or rests on. */
  readonly approval: number | null
  /** Its steps are ready to be claimed. */
  readonly planned: boolean
  /** null: its policy knows no breaches. */
  readonly breaches: BreachNews | null
}

/** What a decision changed about the breaches of its lane. */
export interface BreachNews {
  readonly began: readonly Breach[]
  readonly over: readonly Pick<Breach, 'rule' | 'severity' | 'summary'>[]
}
