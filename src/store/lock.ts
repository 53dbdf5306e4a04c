import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { codeOf, explained, SQLITE_BUSY } from './connection.ts'

/** Held while this process may decide and act on the journal; the system frees it when the process dies. */
export interface Lock {
  release(): void
}

/**
 * Takes `<path>.lock`, or throws saying who has it. It is a small SQLite file whose write lock is kept: that one lock
 * is never stale, and the file can still be read for the holder's pid.
 */
export function lockInstance(path: string, pid: number): Lock {
  let db: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    db = new DatabaseSync(`${path}.lock`)
    db.exec('pragma journal_mode = memory; pragma synchronous = off; begin immediate')
    db.exec('create table if not exists holder (pid integer not null); delete from holder')
    db.prepare('insert into holder (pid) values (?)').run(pid)
    db.exec('commit; begin immediate')
  } catch (error) {
    const holder = db === undefined ? null : holderOf(db)
    db?.close()
    if (codeOf(error) !== SQLITE_BUSY) throw explained(error, path)
    throw new Error(`another stackreflex (pid ${holder}) uses ${path}: stop it, or give this one its own journal`)
  }
  const held = db
  return {
    release: () => {
      if (held.isOpen) held.close()
    }
  }
}

function holderOf(db: DatabaseSync): string {
  try {
    if (db.isTransaction) db.exec('rollback')
    return String(db.prepare('select pid from holder').get()?.pid ?? 'unknown')
  } catch {
    return 'unknown'
  }
}
