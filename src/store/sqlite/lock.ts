import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { JournalError } from '../journal-error.ts'
import { codeOf, explainedError, SQLITE_BUSY } from './connection.ts'
import { makePrivate } from './private.ts'

/** Held while this process may decide and act on the journal; the system frees it when the process dies. */
export interface Lock {
  release(): void
}

/** Whoever only looks whether it is held, holds it for that moment. */
const MOMENT_MS = 250

/**
 * Takes `<path>.lock`, or throws saying who has it. It is a small SQLite file whose write lock is kept: that one lock
 * is never stale, and the file can still be read for the holder's pid.
 */
export function lockInstance(path: string, pid: number): Lock {
  let db: DatabaseSync | undefined
  try {
    makePrivate(`${path}.lock`)
    db = new DatabaseSync(`${path}.lock`, { timeout: MOMENT_MS })
    db.exec('pragma journal_mode = memory; pragma synchronous = off; begin immediate')
    db.exec('create table if not exists holder (pid integer not null); delete from holder')
    db.prepare('insert into holder (pid) values (?)').run(pid)
    db.exec('commit; begin immediate')
  } catch (error) {
    const holder = db === undefined ? null : pidIn(db)
    db?.close()
    if (codeOf(error) !== SQLITE_BUSY) throw explainedError(error, path)
    throw new JournalError(inUse(path, holder))
  }
  const held = db
  return {
    release: () => {
      if (held.isOpen) held.close()
    }
  }
}

/** Returns the product that decides on this journal now; null: none does. */
export function lockHolder(path: string): { readonly pid: number | null } | null {
  if (!existsSync(`${path}.lock`)) return null
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(`${path}.lock`)
    db.exec('pragma journal_mode = memory; begin immediate; rollback')
    return null
  } catch (error) {
    // Another user's file can be read at least, and says who took it last.
    const pid = db === undefined ? null : pidIn(db)
    return codeOf(error) === SQLITE_BUSY || lives(pid) ? { pid } : null
  } finally {
    db?.close()
  }
}

function lives(pid: number | null): boolean {
  if (pid === null) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function inUse(path: string, pid: number | null): string {
  const [who, stop] = pid === null ? ['of unknown pid', 'stop it'] : [`pid ${pid}`, `stop it (\`kill ${pid}\`)`]
  return (
    `another stackreflex (${who}) uses ${path}, and nothing of it was touched: ` +
    `${stop}, or give this one its own journal (or start it in another folder)`
  )
}

function pidIn(db: DatabaseSync): number | null {
  try {
    if (db.isTransaction) db.exec('rollback')
    const pid = db.prepare('select pid from holder').get()?.pid
    return typeof pid === 'number' ? pid : null
  } catch {
    return null
  }
}
