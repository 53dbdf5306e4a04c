import type { ActionRequest, Inverse } from '../core/action.ts'
import type { Verdict } from '../core/guard.ts'
import type { StepState } from '../core/plan.ts'
import type { Mode } from '../core/policy.ts'
import type { Json, Query } from '../core/query.ts'

/** Filters of the read side; `after` is the cursor of the page before, newest first. */
export interface Page {
  readonly limit: number
  readonly before?: number
  readonly resource?: string
  readonly project?: string
  readonly type?: string
  /** ms since the epoch. */
  readonly since?: number
  /** ms since the epoch; what came later is left out. */
  readonly until?: number
}

/** An event as the read side gives it; times in ms since the epoch unless said otherwise. */
export interface EventRow {
  readonly seq: number
  readonly id: string
  readonly receivedAt: number
  readonly time: string
  readonly source: string
  readonly type: string
  readonly subject: string | null
  readonly project: string | null
  readonly requestId: string | null
  readonly globalRequestId: string | null
  readonly userId: string | null
  readonly userName: string | null
  /** null once pruned, and for ignored ones. */
  readonly data: Json
  /** Why it was not made an event, or why it woke no lane (or not all); null when it woke all that it could. */
  readonly reason: string | null
  readonly ignored: boolean
  /** What the sender gave as time where that is over a year from when it came: then `time` is when it was received. */
  readonly saidTime: string | null
}

/** A decision as the read side gives it. */
export interface DecisionRow {
  readonly id: number
  readonly policy: string
  readonly lane: string
  readonly at: number
  /** null where deciding itself failed. */
  readonly mode: Mode | null
  readonly outcome: 'act' | 'skip' | 'failed'
  readonly reason: string
  readonly findings: readonly string[]
  readonly generation: number
  readonly events: readonly number[]
  readonly resources: readonly string[]
  readonly plan: readonly ActionRequest[]
  readonly hints: readonly { lane: string; reason: string }[]
  readonly answers: Readonly<Record<string, { query: Query; sha256: string }>>
  /** sha-256 of the settings; `answer()` gives them. */
  readonly settings: string
  readonly build: string
  /** The resources that the lane was about when it was decided: with the answers and settings, all that it was decided on. */
  readonly given: readonly string[]
  /** What the guard said of the plan when it was made; null where nothing was to be carried out. */
  readonly verdict: Verdict | null
  readonly hash: string | null
  readonly approval: number | null
  readonly requesters: readonly string[]
}

/** One attempt of a step, with its outcome. */
export interface AttemptRow {
  readonly n: number
  readonly startedAt: number
  readonly endedAt: number | null
  readonly outcome: string | null
  readonly note: string | null
  /** The service's own id of its changing call. */
  readonly requestId: string | null
}

/** A step of a plan, with its attempts. */
export interface ActionRow {
  readonly id: string
  readonly seq: number
  readonly decision: number
  readonly ordinal: number
  readonly policy: string
  readonly lane: string
  readonly type: string
  readonly risk: string
  readonly cluster: string | null
  readonly target: string
  readonly scope: string
  readonly input: Json
  readonly state: StepState
  readonly reason: string | null
  readonly requestId: string
  readonly createdAt: number
  readonly finishedAt: number | null
  /** The lane that holds the target for it; null: its own. */
  readonly holder: { readonly policy: string; readonly lane: string } | null
  /** What takes it back; null where nothing was changed, or it cannot be. */
  readonly inverse: Inverse | null
  readonly attempts: readonly AttemptRow[]
}

/** A lane, with what waits in it and what holds it. */
export interface LaneRow {
  readonly policy: string
  readonly key: string
  readonly pending: number
  readonly parked: string | null
  readonly waiting: string | null
  /** The rule of the guard that keeps the lane from acting, and until when (null: until a person acts). */
  readonly held: string | null
  readonly heldUntil: number | null
  readonly dueAt: number | null
  readonly openDecision: number | null
}

/** Counts of rows by state, for metrics and status. */
export interface JournalCounts {
  /** Ever journalled, ignored ones included. */
  readonly events: number
  /** Lanes with undecided events, the parked ones not counted; counting stops at 10,000. */
  readonly lanesPending: number
  readonly lanesParked: number
  readonly actionsOpen: number
  /** Lanes that the guard keeps from acting. */
  readonly lanesHeld: number
  readonly approvalsOpen: number
  readonly missed: number
  readonly noEventExists: number
  /** ms; our own hints do not count. */
  readonly lastEventAt: number | null
}
