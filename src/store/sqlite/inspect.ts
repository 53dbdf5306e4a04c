import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import type { Inspection, Notified } from '../inspection.ts'
import type { NamePin } from '../policy-rows.ts'

/**
 * Reads the file without touching it: no migration, no lock, no file of its own beside it. Opening it the product's way would
 * make what is missing. Null where there is no file.
 */
export async function inspectFile<T>(path: string, read: (journal: Inspection) => Promise<T>): Promise<T | null> {
  if (!existsSync(path)) return null
  // Nobody has it open and everything is in the one file: even SQLite's own files beside it need not be made.
  const quiet = !existsSync(`${path}-wal`)
  const db = new DatabaseSync(quiet ? `${pathToFileURL(path).href}?immutable=1` : path, { readOnly: true })
  try {
    return await read(inspectionOf(db))
  } finally {
    db.close()
  }
}

const inspectionOf = (db: DatabaseSync): Inspection => ({
  async installation() {
    const row = db.prepare(`select value from meta where key = 'install'`).get() as { value: string } | undefined
    return row?.value ?? null
  },
  async newestEvent() {
    return (db.prepare('select max(seq) newest from event').get() as { newest: number | null }).newest ?? 0
  },
  newestNotification: async () => newestNotification(db),
  async lastFrom(source, lookBack) {
    const newest = db.prepare(
      `select max(received) at from event
       where seq > (select max(seq) from event) - :lookBack
         and (source = :source or (:source like '%/' and substr(source, 1, length(:source)) = :source))`
    )
    return (newest.get({ lookBack, source }) as { at: number | null }).at
  },
  async namePins(prefix) {
    // The columns are the fields of a pin.
    const all = db.prepare('select key, id, at, trouble from name_pin').all() as unknown as NamePin[]
    return all.filter(({ key }) => key.startsWith(prefix))
  }
})

function newestNotification(db: DatabaseSync): Notified | null {
  // A journal that no newer build has opened yet has no such column.
  const said =
    db.prepare(`select 1 from pragma_table_info('event') where name = 'said'`).get() === undefined ? 'null' : 'said'
  const row = db
    .prepare(
      `select source, at / 1000 - received as ahead, received, ${said} as said
       from event where source like '/openstack/%' order by seq desc limit 1`
    )
    .get() as { source: string; ahead: number; received: number; said: string | null } | undefined
  if (row === undefined) return null
  const { source, received } = row
  // Over a year away, the time of receipt was written in its place.
  return { source, receivedAt: received, aheadMs: row.said === null ? row.ahead : Date.parse(row.said) - received }
}
