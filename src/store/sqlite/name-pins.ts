import type { NamePin } from '../policy-rows.ts'
import type { Connection } from './connection.ts'

const upTo = (prefix: string) => `${prefix}\u{10ffff}`

/** Reads the names of the configuration whose keys begin with `prefix`, each with the id that it first had. */
export function readNamePins(db: Connection, prefix: string): readonly NamePin[] {
  return db
    .sql<NamePin>('select key, id, at, trouble from name_pin where key >= :from and key < :to order by key')
    .all({ from: prefix, to: upTo(prefix) })
}

/** Pins each name to the first id that it had, and records what is wrong with it now; returns all pins of the prefix. */
export function pinNames(
  db: Connection,
  prefix: string,
  pins: readonly Pick<NamePin, 'key' | 'id' | 'trouble'>[]
): readonly NamePin[] {
  const now = db.now()
  db.sql('update name_pin set trouble = null where key >= :from and key < :to and trouble is not null').run({
    from: prefix,
    to: upTo(prefix)
  })
  const pin = db.sql(
    `insert into name_pin (key, id, at, trouble) values (:key, :id, :at, :trouble)
     on conflict (key) do update set
       id = coalesce(name_pin.id, excluded.id), at = coalesce(name_pin.at, excluded.at), trouble = excluded.trouble`
  )
  for (const { key, id, trouble } of pins) pin.run({ key, id, at: id === null ? null : now, trouble })
  return readNamePins(db, prefix)
}
