import type { ActionRequest, Inverse, Result } from '../core/action.ts'
import type { Approval, Vote } from '../core/approval.ts'
import type { Breach } from '../core/breach.ts'
import type { Guard, Pin, Verdict } from '../core/guard.ts'
import type { Decision, Drift, Mode } from '../core/policy.ts'
import type { Json, Query } from '../core/query.ts'
import type { RoutedEvent } from '../core/routed-event.ts'
import type { Stop } from '../core/stop.ts'
import type { Event, Ignored } from '../events/event.ts'
import type { Begun, KeptStop, Unwritten } from './witness.ts'

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

export interface StoredEvent extends Event {
  readonly seq: number
}

/** A record lane that is about a resource. */
export interface LaneAbout {
  readonly key: string
  /** Undecided events, a held lease, an unfinished plan or one that the guard holds up: it may change any moment. */
  readonly busy: boolean
  readonly applied: readonly AppliedRow[]
}

export interface LaneNow {
  /** As it was last decided, and those of hints since. */
  readonly resources: readonly string[]
  /** Undecided events, a held lease or an unfinished plan: what it applied may not be written down yet. */
  readonly moving: boolean
}

export interface AppliedRow {
  readonly target: string
  readonly scope: string
  readonly lane: string
  readonly value: Json
}

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

export interface AttemptRow {
  readonly n: number
  readonly startedAt: number
  readonly endedAt: number | null
  readonly outcome: string | null
  readonly note: string | null
  /** The service's own id of its changing call. */
  readonly requestId: string | null
}

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
  /** `interrupted`: the guard stopped the plan here; its lane is decided again when it may go on. */
  readonly state:
    | 'waiting'
    | 'ready'
    | 'claimed'
    | 'done'
    | 'stale'
    | 'failed'
    | 'refused'
    | 'cancelled'
    | 'interrupted'
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

/** What people ask the journal; it changes nothing, and may be answered beside whoever decides and writes. */
export type Reading = Pick<
  Journal,
  | 'stops'
  | 'approvals'
  | 'applied'
  | 'samples'
  | 'quotaRequests'
  | 'breaches'
  | 'counts'
  | 'events'
  | 'event'
  | 'eventAt'
  | 'decisions'
  | 'actions'
  | 'lanes'
  | 'answer'
>

/**
 * The journal: immutable facts (events, decisions, attempts) beside mutable work tables (lanes, claims, budgets).
 * Every method is one transaction; long lists are read in several slices. `test/contract/journal.ts` says what each implementation must do.
 */
export interface Journal {
  /**
   * Resolves once everything is on disk; duplicates are counted and wake nothing. What happened and is told by a second
   * webhook of GitLab is kept as an ignored row beside the event that told it first, and wakes nothing either.
   */
  append(batch: {
    readonly events: readonly RoutedEvent[]
    readonly ignored: readonly Ignored[]
  }): Promise<{ appended: number; duplicates: number; woke: number }>

  /** The lane that has been due longest and is none of `except` (by their `lane`), or null. */
  claimLane(owner: string, leaseMs: number, except?: readonly number[]): Promise<ClaimedLane | null>
  /**
   * Writes decision, plan, hints and what the lane is about; null when the claim was lost: nothing is written. Where the
   * plan's mode is `approve`, it is folded into the lane's open approval, rests on a granted one, or a new one is opened.
   * A plan that the guard would hold up longer than a minute is not made: the lane is held, and decided again then.
   */
  recordDecision(claim: ClaimedLane, record: DecisionRecord, guard: Guard): Promise<Recorded | null>
  /** The lane could not be decided yet: tried again at `at`. */
  postponeLane(claim: ClaimedLane, at: number, reason: string): Promise<void>
  /** Its turn has not come: due as before, as if it had not been claimed. */
  giveBackLane(claim: ClaimedLane, reason: string): Promise<void>
  /** Set aside, with the failure recorded as a decision, until the next event, sweep or person. */
  parkLane(claim: ClaimedLane, reason: string, build: string): Promise<void>

  /** Claims the next due step, none of `except` (by their `seq`), whose target is free and that the guard lets pass, in one transaction. */
  claimAction(owner: string, leaseMs: number, guard: Guard, except?: readonly number[]): Promise<ActionClaim | null>
  /** ms left of the claim, and the stops that cover the step by now; null when the claim is lost. */
  mayCall(action: ClaimedAction): Promise<{ readonly leftMs: number; readonly stops: readonly Stop[] } | null>
  /** Its turn has not come, and nothing was called: ready as before, as if it had not been claimed. */
  giveBackAction(action: ClaimedAction, reason: string): Promise<void>
  /** Ends an attempt; `retryAt` only with outcome `retry`. False when the claim was lost (recorded as superseded). */
  recordAttempt(action: ClaimedAction, result: Result, retryAt: number | null): Promise<boolean>

  /** When the earliest lane or action is due, ms since the epoch; null when nothing waits. */
  nextDue(): Promise<number | null>
  /** Has the lanes decided again that one of these rules of the guard holds, or all held ones; the number of lanes. */
  releaseHeld(rules: readonly string[] | 'all'): Promise<number>

  /**
   * No step on this cluster (null: on any) is claimed from now on; the event says who did it. It stands beside what others
   * said, until it is lifted itself; the same person's same words are the stop that stands already. Its id.
   */
  stop(stop: Omit<Stop, 'id' | 'at'>, event: Event): Promise<number>
  /** Lifts one stop and has the lanes decided again that stops hold; how many, or null where it does not stand. */
  resume(id: number, event: Event): Promise<number | null>
  /** Oldest first. */
  stops(): Promise<readonly Stop[]>
  /** Newest first. */
  approvals(filter: {
    readonly state?: Approval['state']
    readonly id?: number
    readonly lane?: string
    readonly limit?: number
  }): Promise<readonly Approval[]>
  /**
   * One actor's vote on an open approval; the newest counts. `required` approvals grant it for `expiresMs`, one rejection
   * rejects it; either has the lane decided again. `counted` false: the approval was not open any more.
   */
  vote(
    id: number,
    vote: Omit<Vote, 'at'>,
    rules: { readonly required: number; readonly expiresMs: number },
    event: Event
  ): Promise<{ readonly counted: boolean; readonly approval: Approval } | null>
  /** Targets that are left alone after an undo. */
  pins(): Promise<readonly Pin[]>

  /** Frees what a dead process of this machine held; only at start, before any claim. */
  releaseAll(): Promise<number>

  /** What we last applied, by target, by lane, or all of a policy. */
  applied(
    by: { targets: readonly string[] } | { lane: string; policy: string } | { policy: string }
  ): Promise<readonly AppliedRow[]>
  lanesAbout(policy: string, resource: string): Promise<readonly LaneAbout[]>
  /** What a lane is about, and whether it is on its way; about nothing where there is no such lane. */
  laneNow(policy: string, key: string): Promise<LaneNow>
  busyLanes(policy: string): Promise<ReadonlySet<string>>
  /** Adds what a person adopted, or forgets a target (`value: null`). */
  setApplied(policy: string, row: AppliedRow, resources: readonly string[]): Promise<void>

  /**
   * What a complete sweep found differing. `scope` is what it compared: where that is not what the policy's last sweep
   * compared, or there was none, no event can have told, and all of it counts as `no_event_exists`. A lane that wants to
   * act already, and was not let, is left out.
   */
  recordDrift(policy: string, scope: Json, drifts: readonly Drift[]): Promise<void>
  /** Classifies drift seen before `seenBefore`: `no_event_exists` as recorded, else explained by an event, or `missed`. */
  classifyDrift(seenBefore: number): Promise<{ missed: number; noEventExists: number; explained: number }>

  /** Notes what series are now; a value that stays the same prolongs its row. */
  sample(rows: readonly { readonly series: string; readonly value: readonly number[] }[]): Promise<void>
  /** Rows that reach into the time since then, oldest first; the last one of each series, however old it is. */
  samples(series: readonly string[], since: number): Promise<readonly SampleRow[]>
  /** What names of the configuration were found to be; `prefix`: whose. */
  namePins(prefix: string): Promise<readonly NamePin[]>
  /**
   * Remembers what names are, and answers as it is then: an id that is known already stays. What is known under `prefix` and is
   * not among these has no trouble any more.
   */
  pinNames(prefix: string, pins: readonly Pick<NamePin, 'key' | 'id' | 'trouble'>[]): Promise<readonly NamePin[]>
  /** Oldest first, those whose time is over too (until they are pruned). */
  quotaRequests(policy: string, lane: string): Promise<readonly QuotaRequestRow[]>
  /** Newest first. */
  breaches(filter: {
    readonly policy?: string
    readonly lane?: string
    /** true: those that are there; false: those that are over. */
    readonly open?: boolean
    readonly limit?: number
    readonly before?: number
  }): Promise<readonly BreachRow[]>

  /** Deletes finished chains older than this, in several short transactions; event ids outlive their bodies by `keepIdsBefore`. */
  prune(finishedBefore: number, keepIdsBefore: number): Promise<{ events: number; decisions: number }>

  /** Writes something and takes it away again, on disk both; rejects where nothing can be written. */
  probe(): Promise<{
    /** Room on the disk of the file; null where the system does not say. */
    readonly freeBytes: number | null
  }>
  /** Why this may not be the journal that the product had, or not all of it, until a person accepts it; null: it is. */
  doubt(): Promise<string | null>
  /** Stops that are in force in a running product and not written yet, as far as it could say so beside the journal. */
  unwrittenStops(): Promise<readonly KeptStop[]>
  /** What its start found; null where this is not the one that decides and acts. */
  readonly begun: Begun | null
  /** Keeps beside the journal how far it has come, and what is in force without being in it. */
  keepBeside(unwritten: Unwritten): Promise<void>
  /** A person's word that this journal, or the clock, is the one to go on with; the event says who. */
  accept(what: 'journal' | 'clock', event: Event): Promise<void>
  /** The newest time that a person said is right, ms since the epoch; null: nobody did. */
  clockAccepted(): Promise<number | null>
  /** Times that were set by a clock ahead of this one count no more: leases, retries, what is held until then. */
  clockWentBack(): Promise<void>

  installId(): Promise<string>
  counts(): Promise<JournalCounts>
  events(page: Page): Promise<readonly EventRow[]>
  event(idOrSeq: string): Promise<EventRow | null>
  /** By its own time (RFC 3339) and id, which together are unique. */
  eventAt(time: string, id: string): Promise<EventRow | null>
  decisions(page: Page & { lane?: string; event?: number; id?: number }): Promise<readonly DecisionRow[]>
  actions(
    page: Page & { decision?: number; id?: string; lane?: string; policy?: string }
  ): Promise<readonly ActionRow[]>
  /** At most 1,000, those that have something to do first; `part`: those among them that have it in their key, in either case. */
  lanes(filter: {
    key?: string
    resource?: string
    parked?: boolean
    held?: boolean
    part?: string
  }): Promise<readonly LaneRow[]>
  answer(sha256: string): Promise<Json | undefined>
  close(): Promise<void>
}
