import type { ApprovalRules, Tier } from '../core/guard-rules.ts'
import type { Stop } from '../core/stop.ts'
import type { Event, Ignored } from '../events/event.ts'
import type { Journal, Reading } from '../store/journal.ts'

/** What people's operations on the journal work with. */
export interface PeopleContext {
  readonly journal: Journal
  /** For what is only shown; left out: the journal itself. */
  readonly reading?: Reading
  /** Tier of each configured cluster. */
  readonly tiers: Readonly<Record<string, Tier>>
  readonly approvals: ApprovalRules
  /** Groups that may stop, resume, undo, restart, decide again and unpark; empty: nobody but users of this machine. */
  readonly operate: readonly string[]
  /** The call of Slack that is worked; left out: none is. */
  readonly via?: string
  /** Puts a stop in force before it is journalled; left out: this is no running product. */
  readonly stopAtOnce?: (stop: Omit<Stop, 'id' | 'at' | 'memory'>) => () => void
  readonly now: () => number
  /** Journals what the policies are to hear of, with the lanes that it wakes: `woke` of them. */
  readonly receive: (batch: Batch) => Promise<{ readonly woke: number }>
}

interface Batch {
  readonly events: readonly Event[]
  readonly ignored: readonly Ignored[]
}

/** Returns the connection for what is only shown: what a person does never waits for that. */
export const readingOf = ({ reading, journal }: PeopleContext): Reading => reading ?? journal
