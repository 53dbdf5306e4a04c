import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { JournalError } from './journal-error.ts'
import { migrations } from './schema.ts'

/** What a statement takes: values for its `?`, or one record for its `:names`. */
export type Values = SQLInputValue[] | [Record<string, SQLInputValue>]

/** A prepared statement whose rows have this shape. */
export interface Statement<Row> {
  get(...values: Values): Row | undefined
  all(...values: Values): Row[]
  run(...values: Values): { changes: number; lastInsertRowid: number }
}

const BUSY_MS = 5000

/** One connection to the file. Each thread has its own; writers take turns, readers never wait. */
export class Connection {
  readonly path: string
  readonly now: () => number
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(path: string, now: () => number, maxBytes: number | null, older: (path: string) => void) {
    this.path = path
    this.now = now
    this.#db = open(path, maxBytes, older)
  }

  /** The prepared statement of this text, prepared once. */
  sql<Row = never>(text: string): Statement<Row> {
    let statement = this.#statements.get(text)
    if (statement === undefined) {
      statement = this.#db.prepare(text)
      this.#statements.set(text, statement)
    }
    return statement as unknown as Statement<Row>
  }

  /** Reads beside any writer; busy only for the moment in which another process repairs the file after a crash. */
  read<T>(work: () => T): Promise<T> {
    return this.#unlessBusy(work)
  }

  /**
   * One `begin immediate` transaction, on disk when this resolves. Waits in turn, and without blocking the thread:
   * SQLite's own waiting would hold up every other answer of the process.
   */
  write<T>(work: () => T): Promise<T> {
    const mine = this.#turn.then(() => this.#transaction(work))
    this.#turn = mine.catch(() => {})
    return mine
  }

  close(): Promise<void> {
    const closed = this.#turn.then(() => {
      this.#statements.clear()
      if (this.#db.isOpen) this.#db.close()
    })
    this.#turn = closed.catch(() => {})
    return closed
  }

  async #transaction<T>(work: () => T): Promise<T> {
    await this.#unlessBusy(() => this.#db.exec('begin immediate'))
    try {
      const result = work()
      this.#db.exec('commit')
      return result
    } catch (error) {
      // On a full disk SQLite has rolled back by itself.
      if (this.#db.isTransaction) this.#db.exec('rollback')
      throw explained(error, this.path)
    }
  }

  async #unlessBusy<T>(work: () => T): Promise<T> {
    const until = performance.now() + BUSY_MS
    for (;;) {
      try {
        return work()
      } catch (error) {
        if (codeOf(error) !== SQLITE_BUSY || performance.now() > until) throw explained(error, this.path)
        await sleep(1)
      }
    }
  }
}

function open(path: string, maxBytes: number | null, older: (path: string) => void): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path)
    // page_size counts only before the first table is made. A cache of 64 MB instead of 8 changed nothing at 500,000
    // rows but the memory: the system's own cache has the file, and that one is shared by our connections.
    db.exec(`
      pragma busy_timeout = ${BUSY_MS};
      pragma page_size = 8192;
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma cache_size = -2000;
      pragma wal_autocheckpoint = 4000;
    `)
    if (maxBytes !== null) db.exec(`pragma max_page_count = ${Math.floor(maxBytes / 8192)}`)
    migrate(db, path, older)
    db.exec('pragma busy_timeout = 0')
    return db
  } catch (error) {
    db?.close()
    throw explained(error, path)
  }
}

/** `older` may refuse to change the tables of a file that an older build wrote. */
function migrate(db: DatabaseSync, path: string, older: (path: string) => void): void {
  db.exec('begin immediate')
  try {
    db.exec('create table if not exists meta (key text primary key, value text not null) without rowid')
    const row = db.prepare(`select value from meta where key = 'schema'`).get()
    const version = Number(row?.value ?? 0)
    if (version > migrations.length) {
      throw new JournalError(
        `${path} was written by a newer Stackreflex (schema ${version}, this one knows ${migrations.length}): ` +
          'run that version, or restore the backup that was made before the upgrade'
      )
    }
    if (version > 0 && version < migrations.length) older(path)
    for (const migration of migrations.slice(version)) db.exec(migration)
    if (version < migrations.length) {
      db.prepare(`insert or replace into meta (key, value) values ('schema', ?)`).run(String(migrations.length))
    }
    db.exec('commit')
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

export const SQLITE_BUSY = 5

/** What a person can do about it, by SQLite's primary result code. */
const sentences: Readonly<Record<number, string>> = {
  [SQLITE_BUSY]: 'another process kept it locked for 5 s; is a backup or a second stackreflex running on it?',
  8: 'it is read-only; check the owner and mode of the file and its folder',
  10: 'the disk reports an error',
  11: 'the file is damaged; restore a backup, or move it away with what lies beside it (its name and .witness, -wal, -shm) to start with an empty journal',
  13: 'the disk (or the size limit of the journal) is full; nothing of this was written',
  14: 'the file cannot be opened; check that its folder exists and is writable',
  26: 'the file is not a Stackreflex journal; move it away, or configure another path'
}

/** The error in words that help, with the original as its cause. */
export function explained(error: unknown, path: string): unknown {
  const code = codeOf(error)
  const sentence = code === null ? undefined : sentences[code]
  if (sentence !== undefined) return new JournalError(`journal ${path}: ${sentence}`, { cause: error })
  const system = (error as NodeJS.ErrnoException).code
  if (system === 'EACCES' || system === 'EROFS' || system === 'ENOTDIR' || system === 'EEXIST') {
    return new JournalError(`journal ${path}: the folder cannot be made or written (${system})`, { cause: error })
  }
  return error
}

/** SQLite's primary result code; null where it is another kind of error. */
export function codeOf(error: unknown): number | null {
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' ? code & 0xff : null
}
