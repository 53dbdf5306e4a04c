import type { Check } from '../base/check.ts'
import type { ApprovalState } from '../core/guard.ts'
import type { WhichStop } from '../core/stop.ts'
import type { IsolationReport } from '../policies/isolation/view/report.ts'
import type { QuotaReport } from '../policies/quota-rebalance/view/report.ts'
import type { Findings } from '../policies/shared/findings.ts'
import type { AppliedRow } from '../store/policy-rows.ts'
import type { Answer } from './answer.ts'
import type { Explanation } from './explain/chain.ts'
import type { ExplainedRange } from './explain/range.ts'
import type { ApprovalView, DecisionView, LaneView, StopView } from './explain/views.ts'
import type { QuotaWish } from './request-quota.ts'

/**
 * All that people ask the product for, one method each: on the journal (`on-journal/`) and through the API (`over-http/`). Who asks
 * is settled when one is made; times are RFC 3339, as the API writes them.
 */
export interface Operations extends Questions, Changes {}

/** The operations that only read. */
export interface Questions {
  status(): Promise<Answer<Status>>
  stops(): Promise<Answer<Items<StopView>>>
  lanes(filter: LaneFilter): Promise<Answer<Items<LaneView>>>
  approvals(filter: ApprovalFilter): Promise<Answer<Items<ApprovalView>>>
  /** The story of one thing; it may be that nothing is known about it. */
  explain(about: string): Promise<Answer<Explanation>>
  /** What happened within some time. */
  explainRange(asked: AskedRange): Promise<Answer<ExplainedRange>>
  /** The story of a name, with the records that are held for it. */
  dns(name: string): Promise<Answer<NameStory>>
  quota(): Promise<Answer<QuotaReport>>
  /** `history`: so many of those that are over. */
  isolation(history: number): Promise<Answer<IsolationReport>>
  /** Of every policy, or of one; `history`: so many of those that are over. */
  findings(policy: string | null, history: number): Promise<Answer<Findings>>
}

/** The operations that change something, for an actor. */
export interface Changes {
  vote(approval: number, verdict: 'approve' | 'reject', reason: string | null): Promise<Answer<Voted>>
  stop(cluster: string | null, reason: string | null): Promise<Answer<StopResult>>
  resume(which: WhichStop, reason: string | null): Promise<Answer<Resumed>>
  accept(what: 'journal' | 'clock', reason: string | null): Promise<Answer<Accepted>>
  undo(action: string, reason: string | null): Promise<Answer<UndoResult>>
  again(decision: number, reason: string | null): Promise<Answer<DecidedAgain>>
  unpark(lane: string, reason: string | null): Promise<Answer<Unparked>>
  restart(service: string, cluster: string | null, reason: string | null): Promise<Answer<Restarted>>
  requestQuota(wish: QuotaWish): Promise<Answer<QuotaFollowed>>
  releaseQuota(request: number, reason: string | null): Promise<Answer<QuotaFollowed>>
}

/** A list that has no further page. */
export interface Items<Row> {
  readonly items: readonly Row[]
}

/** Which lanes are listed. */
export interface LaneFilter {
  readonly held?: boolean
  readonly parked?: boolean
}

/** Which approvals are listed. */
export interface ApprovalFilter {
  readonly state?: ApprovalState
  readonly limit?: number
}

/** As it was typed: a duration that ends now, or RFC 3339. */
export interface AskedRange {
  readonly since: string
  readonly until?: string
  readonly policy?: string
}

/** What holds now: checks, modes, stops, held and parked lanes, open approvals. */
export interface Status {
  /** What a running product says of itself; null: the journal alone was read. */
  readonly product: { readonly ready: boolean; readonly checks: readonly Check[] } | null
  /** What the journal does not say of itself; left out: a product was asked. */
  readonly doubts?: readonly string[]
  /** Policy → its mode, and where it differs. */
  readonly modes: Readonly<Record<string, string>>
  readonly stops: readonly StopView[]
  readonly held: readonly LaneView[]
  readonly parked: readonly LaneView[]
  readonly approvals: readonly ApprovalView[]
  /** Names of the configuration that count for nothing, where the journal alone was read: a running product says it itself. */
  readonly names?: readonly string[]
}

/** The result of a vote. */
export interface Voted {
  readonly approval: ApprovalView
  /** How many approvals are still wanted. */
  readonly missing: number
  /** What the lane was decided to be; null: still short of votes, or nothing came in time. */
  readonly decision: DecisionView | null
}

/** The result of a stop. */
export interface StopResult {
  readonly stop: number
  readonly cluster: string | null
  /** In force and not written: what is said of that; left out: written. */
  readonly memory?: string
  /** Those that stand beside it. */
  readonly others: readonly StopView[]
}

/** The result of a resume. */
export interface Resumed {
  readonly stop: number
  readonly cluster: string | null
  readonly lifted: StopView
  /** How many were held. */
  readonly lanes: number
  readonly left: readonly StopView[]
}

/** The result of accepting a journal or a clock. */
export interface Accepted {
  readonly accepted: 'journal' | 'clock'
}

/** The result of an undo request, with the decision about it where one came in time. */
export interface UndoResult {
  readonly policy: string
  readonly lane: string
  readonly decision: DecisionView | null
}

/** The result of deciding a lane again. */
export interface DecidedAgain {
  readonly policy: string
  readonly lane: string
  readonly before: DecisionView
  /** The one that fresh answers led to; null: not decided in time. */
  readonly decision: DecisionView | null
}

/** The result of unparking a lane. */
export interface Unparked {
  readonly policy: string
  readonly lane: string
}

/** The result of a restart request. */
export interface Restarted {
  readonly event: number
  /** One for each cluster; none: nobody decided yet. */
  readonly decisions: readonly DecisionView[]
}

/** The result of a quota request, with the decision about it where one came in time. */
export interface QuotaFollowed {
  readonly request: number
  readonly lane: string
  /** null: it is for good. */
  readonly until: string | null
  readonly decision: DecisionView | null
}

/** What is held for a DNS name, with its explanation. */
export interface NameStory {
  readonly explanation: Explanation
  /** null: only the journal on this machine tells. */
  readonly records: readonly AppliedRow[] | null
}
