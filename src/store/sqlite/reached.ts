import type { JournalProgress } from '../witness.ts'
import type { Connection } from './connection.ts'

/** Reads how far the journal has come, as of now; to be called within a read or a write. */
export function reached(db: Connection): JournalProgress {
  const meta = new Map(
    db
      .sql<{ key: string; value: string }>('select key, value from meta')
      .all()
      .map(({ key, value }) => [key, value])
  )
  const last = new Map(
    db
      .sql<{ name: string; seq: number }>(`select name, seq from sqlite_sequence where name in ('decision', 'action')`)
      .all()
      .map(({ name, seq }) => [name, seq])
  )
  return {
    installation: meta.get('install') ?? '',
    generation: meta.get('generation') ?? null,
    doubt: meta.get('doubt') ?? null,
    event: db.sql<{ seq: number | null }>('select max(seq) seq from event').get()?.seq ?? 0,
    decision: last.get('decision') ?? 0,
    action: last.get('action') ?? 0
  }
}
