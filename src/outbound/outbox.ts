import { randomUUID } from 'node:crypto'
import type { Event } from '../events/event.ts'
import type { Journal } from '../store/journal.ts'
import type { OutboxEntry, OutboxRow, Told } from '../store/outbox.ts'

/** The outbox of one sink, as one process uses it: each entry is delivered once. Each change is journalled with its fact. */
export interface Outbox {
  /** How it stands; null: it is not in the outbox. */
  row(about: string): Promise<OutboxRow | null>
  enqueue(entry: Omit<OutboxEntry, 'sink'>): Promise<void>
  /** To be called right before the first byte leaves; false: it is told already, or another process is at it. */
  claim(about: string, fact: Event): Promise<boolean>
  told(about: string, told: Told, fact: Event): Promise<boolean>
  /** It was surely not told: again at `due`. */
  failed(about: string, due: number, fact: Event): Promise<boolean>
  /** It was perhaps told, and nobody knows: it is not told again. Of what another process claimed nothing changes. */
  lost(about: string): Promise<boolean>
  /** What whoever claimed it left behind when it died: perhaps told, and not told again. */
  giveUp(about: string): Promise<boolean>
  /** What was told shows something else now. */
  amend(about: string, shown: string, fact: Event): Promise<boolean>
}

/** The methods of the journal that an outbox uses. */
export type OutboxJournal = Pick<Journal, 'outbox' | 'enqueue' | 'claimOutbox' | 'endOutbox' | 'amendOutbox'>

/** Longer than one call to a sink may take. */
const leaseMs = 60_000

/** Opens the outbox of one sink. */
export function openOutbox(journal: OutboxJournal, sink: string): Outbox {
  const owner = randomUUID()
  return {
    row: (about) => journal.outbox(sink, about),
    enqueue: (entry) => journal.enqueue([{ ...entry, sink }]),
    claim: async (about, fact) => (await journal.claimOutbox({ sink, about, owner }, leaseMs, fact)) !== null,
    told: (about, told, fact) => journal.endOutbox({ sink, about, owner }, { state: 'told', ...told }, fact),
    failed: (about, due, fact) => journal.endOutbox({ sink, about, owner }, { state: 'waiting', due }, fact),
    lost: (about) => journal.endOutbox({ sink, about, owner }, { state: 'lost' }, null),
    giveUp: (about) => journal.endOutbox({ sink, about, owner: null }, { state: 'lost' }, null),
    amend: (about, shown, fact) => journal.amendOutbox(sink, about, shown, fact)
  }
}
