import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/**
 * Reads the journal without touching it: no migration, no lock, no file of its own beside it. Opening the product's
 * way would make what is missing. Null where there is no file.
 */
export function readJournal<T>(path: string, read: (db: DatabaseSync) => T): T | null {
  if (!existsSync(path)) return null
  // Nobody has it open and everything is in the one file: even SQLite's own files beside it need not be made.
  const quiet = !existsSync(`${path}-wal`)
  const db = new DatabaseSync(quiet ? `${pathToFileURL(path).href}?immutable=1` : path, { readOnly: true })
  try {
    return read(db)
  } finally {
    db.close()
  }
}

/** The installation's id, as in the mark of everything that we write; null where there is no journal to say it. */
export function installIdOf(path: string): string | null {
  try {
    return readJournal(path, (db) => {
      const row = db.prepare("select value from meta where key = 'install'").get() as { value: string } | undefined
      return row?.value ?? null
    })
  } catch {
    // The check of the journal itself says what is wrong with it.
    return null
  }
}
