import type { OutboxEntry } from '../outbox.ts'
import type { Connection } from './connection.ts'

/** Puts into the outbox what is not there yet; to be called within a transaction. */
export function enqueue(db: Connection, entries: readonly OutboxEntry[]): void {
  const insert = db.sql(
    `insert into outbox (sink, about, at, state, reference, shown) values (:sink, :about, :at, :state, :reference, :shown)
     on conflict do nothing`
  )
  for (const { sink, about, at, before } of entries) {
    const told = before === undefined || before === 'lost' ? { reference: null, shown: null } : before
    const state = before === undefined ? 'waiting' : before === 'lost' ? 'lost' : 'told'
    insert.run({ sink, about, at, state, reference: told.reference, shown: told.shown })
  }
}
