import type { Result } from '../core/action.ts'
import type { Approval, Vote } from '../core/approval.ts'
import type { Guard, Pin } from '../core/guard.ts'
import type { Drift } from '../core/policy.ts'
import type { Json } from '../core/query.ts'
import type { RoutedEvent } from '../core/routed-event.ts'
import type { Stop } from '../core/stop.ts'
import type { Event, Ignored } from '../events/event.ts'
import type { ActionClaim, ClaimedAction, ClaimedLane } from './claims.ts'
import type { OutboxClaim, OutboxEntry, OutboxOutcome, OutboxRow } from './outbox.ts'
import type { AppliedRow, BreachRow, LaneAbout, LaneNow, NamePin, QuotaRequestRow, SampleRow } from './policy-rows.ts'
import type { DecisionRecord, Recorded } from './recorded.ts'
import type { ActionRow, DecisionRow, EventRow, JournalCounts, LaneRow, Page } from './rows.ts'
import type { Begun, KeptStop, Unwritten } from './witness.ts'

/** The read side of the journal: what people ask; it changes nothing, and may be answered by another thread than the one that decides and writes. */
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
   * webhook of GitLab is kept as an ignored row beside the event that told it first, and wakes nothing either. What must be
   * told because of it goes to the outbox with it.
   */
  append(batch: {
    readonly events: readonly RoutedEvent[]
    readonly ignored: readonly Ignored[]
    readonly outbox?: readonly OutboxEntry[]
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

  /**
   * Frees what earlier starts of this owner's replica held, and leaves what other replicas hold; the number of claims. An owner is
   * `<replica>#<start>`, and a replica runs once at a time.
   */
  releaseEarlier(owner: string): Promise<number>

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

  /** Puts into the outbox what is not there yet; what is stays as it stands. */
  enqueue(entries: readonly OutboxEntry[]): Promise<void>
  outbox(sink: string, about: string): Promise<OutboxRow | null>
  /** Claims an entry that waits, with the event that says so; null where it does not wait, or there is none. */
  claimOutbox(claim: OutboxClaim, leaseMs: number, event: Event): Promise<OutboxRow | null>
  /**
   * Ends a claim, with the event that says so; false where the claim is lost: nothing is written. A claim whose lease is over is its
   * owner's until somebody else ends it, with `owner` null: only as `lost`.
   */
  endOutbox(
    claim: Omit<OutboxClaim, 'owner'> & { readonly owner: string | null },
    outcome: OutboxOutcome,
    event: Event | null
  ): Promise<boolean>
  /** What was told shows something else now, with the event that says so; false where it is not told. */
  amendOutbox(sink: string, about: string, shown: string, event: Event): Promise<boolean>

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
