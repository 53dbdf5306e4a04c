import type { Event } from '../../events/event.ts'
import type { OutboxClaim, OutboxOutcome, OutboxRow } from '../outbox.ts'
import { appendWithin } from './append.ts'
import type { Connection } from './connection.ts'

type Key = Pick<OutboxClaim, 'sink' | 'about'>

interface Row extends Key {
  readonly at: number
  readonly state: OutboxRow['state']
  readonly reference: string | null
  readonly shown: string | null
  readonly tries: number
  readonly due: number
  readonly lease: number
}

/** Reads the outbox entry of a sink about something; null where there is none. */
export function readOutbox(db: Connection, sink: string, about: string): OutboxRow | null {
  const row = db
    .sql<Row>(
      `select sink, about, at, state, reference, shown, tries, due, lease from outbox
       where sink = :sink and about = :about`
    )
    .get({ sink, about })
  if (row === undefined) return null
  const { state, reference, shown, due, lease, ...rest } = row
  switch (state) {
    case 'waiting':
      return { ...rest, state, due }
    case 'sending':
      return { ...rest, state, over: lease <= db.now() }
    case 'told':
      return { ...rest, state, reference, shown: shown ?? '' }
    case 'lost':
      return { ...rest, state }
  }
}

/** Claims an outbox entry for the time of a lease, by the journal's clock; null where none waits. `due` is for the caller to look at. */
export function claim(db: Connection, { sink, about, owner }: OutboxClaim, leaseMs: number, event: Event) {
  const { changes } = db
    .sql(
      `update outbox set state = 'sending', owner = :owner, lease = :lease
       where sink = :sink and about = :about and state = 'waiting'`
    )
    .run({ sink, about, owner, lease: db.now() + leaseMs })
  if (changes === 0) return null
  note(db, event)
  return readOutbox(db, sink, about)
}

/** Ends a claim of an outbox entry with its outcome; false where the claim was lost. Without an owner, gives up an entry whose lease is over. */
export function endClaim(
  db: Connection,
  { sink, about, owner }: Key & { readonly owner: string | null },
  outcome: OutboxOutcome,
  event: Event | null
): boolean {
  const { state } = outcome
  const told = state === 'told' ? outcome : { reference: null, shown: null }
  const { changes } = db
    .sql(
      `update outbox set state = :state, reference = :reference, shown = :shown, owner = null, lease = 0,
         tries = tries + :failed, due = :due
       where sink = :sink and about = :about and state = 'sending'
         and (owner = :owner or (:owner is null and :state = 'lost' and lease <= :now))`
    )
    .run({
      ...{ sink, about, owner, state, reference: told.reference, shown: told.shown },
      ...{ failed: state === 'waiting' ? 1 : 0, due: state === 'waiting' ? outcome.due : 0, now: db.now() }
    })
  if (changes > 0 && event !== null) note(db, event)
  return changes > 0
}

/** Changes what a delivered entry shows at its sink, with the event that says so; false where it was not delivered. */
export function amend(db: Connection, { sink, about }: Key, shown: string, event: Event): boolean {
  const { changes } = db
    .sql(`update outbox set shown = :shown where sink = :sink and about = :about and state = 'told'`)
    .run({ sink, about, shown })
  if (changes > 0) note(db, event)
  return changes > 0
}

/** The fact beside the state that changes. */
const note = (db: Connection, event: Event) =>
  appendWithin(db, { events: [{ event, lanes: [], note: 'told' }], ignored: [] })
