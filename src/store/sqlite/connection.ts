import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { readTooLong } from '../../core/read-error.ts'
import { JournalError } from '../journal-error.ts'
import { GroupCommit } from './group-commit.ts'
import { migrations } from './schema.ts'
import { type Sync, walSync } from './wal-sync.ts'

/** What a statement takes: values for its `?`, or one record for its `:names`. */
export type Values = SQLInputValue[] | [Record<string, SQLInputValue>]

/** A prepared statement whose rows have this shape. */
export interface Statement<Row> {
  get(...values: Values): Row | undefined
  all(...values: Values): Row[]
  run(...values: Values): { changes: number; lastInsertRowid: number }
}

const BUSY_MS = 5000

/** A question to the journal that is read in several slices, with its answer. */
export type Slices<T> = Generator<undefined, T, undefined>

/** One connection to the file. Each thread has its own; writers take turns, readers never wait. */
export class Connection {
  readonly path: string
  readonly now: () => number
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, Statement<unknown>>()
  readonly #sync: Sync
  readonly #writes: GroupCommit

  constructor(path: string, now: () => number, db: DatabaseSync, sync = walSync(path)) {
    this.path = path
    this.now = now
    this.#db = db
    this.#sync = sync
    this.#writes = new GroupCommit({
      begin: () => this.#begin(),
      undoable: (work) => this.undoable(work),
      isOpen: () => db.isTransaction,
      commit: () => db.exec('commit'),
      rollback: () => db.isTransaction && db.exec('rollback'),
      sync: () => sync.sync().catch((error: unknown) => Promise.reject(unsynced(error, path))),
      explained: (error) => explainedError(error, path)
    })
  }

  /** The prepared statement of this text, prepared once. */
  sql<Row = never>(text: string): Statement<Row> {
    let statement = this.#statements.get(text)
    if (statement === undefined) {
      statement = whateverItHolds(this.#db.prepare(text), text)
      this.#statements.set(text, statement)
    }
    return statement as Statement<Row>
  }

  /** Reads beside any writer; busy only for the moment in which another process repairs the file after a crash. */
  read<T>(work: () => T): Promise<T> {
    return this.#unlessBusy(work)
  }

  /**
   * Reads in slices; between two of them everybody else on this thread has a turn. Past `withinMs` it is given up: what was
   * asked costs more than an answer to it is worth.
   */
  slices<T>(work: () => Slices<T>, withinMs = Number.POSITIVE_INFINITY): Promise<T> {
    const until = performance.now() + withinMs
    // From the start where the file was busy: a generator that has thrown is over.
    return this.#unlessBusy(async () => {
      const slices = work()
      for (;;) {
        const slice = slices.next()
        if (slice.done === true) return slice.value
        if (performance.now() > until) throw readTooLong(withinMs)
        await nextTurn()
      }
    })
  }

  /**
   * Part of a `begin immediate` transaction with whatever else waits, on disk when this resolves. Waits in turn, and without
   * blocking the thread: SQLite's own waiting would hold up every other answer of the process.
   */
  write<T>(work: () => T): Promise<T> {
    return this.#writes.write(work)
  }

  /** Resolves once all that could be read when it was asked is on disk; others see a commit a moment before that. */
  synced(): Promise<void> {
    return this.#writes.synced()
  }

  /** Part of a transaction that can be undone by itself: where it throws, what came before stays. */
  undoable<T>(work: () => T): T {
    this.sql('savepoint part').run()
    try {
      const result = work()
      this.sql('release part').run()
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback to part; release part')
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#writes.idle()
    this.#statements.clear()
    if (this.#db.isOpen) this.#db.close()
    await this.#sync.close()
  }

  async #begin(): Promise<void> {
    await this.#sync.open().catch((error: unknown) => Promise.reject(explainedError(error, this.path)))
    await this.#unlessBusy(() => this.#db.exec('begin immediate'))
  }

  async #unlessBusy<T>(work: () => T | Promise<T>): Promise<T> {
    const until = performance.now() + BUSY_MS
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (codeOf(error) !== SQLITE_BUSY || performance.now() > until) throw explainedError(error, this.path)
        await sleep(1)
      }
    }
  }
}

/** Opens the file for reading alone, beside the connections that write to it. */
export function openReadOnly(path: string): DatabaseSync {
  try {
    const db = new DatabaseSync(path, { readOnly: true })
    db.exec('pragma cache_size = -4000')
    return db
  } catch (error) {
    throw explainedError(error, path)
  }
}

/**
 * node:sqlite throws at an integer beyond 2^53, and with one such row a query answers nothing at all: then the integers are
 * read exactly and made numbers, so that no value of any column keeps others from being read.
 */
function whateverItHolds(statement: StatementSync, text: string): Statement<unknown> {
  // Columns are what the query names; node:sqlite cannot know their types.
  const plain = statement as unknown as Statement<unknown>
  // What writes must not run a second time.
  if (!/^\s*(select|with)\b/i.test(text)) return plain
  const exactly = <T>(read: () => T): T => {
    statement.setReadBigInts(true)
    try {
      return read()
    } finally {
      statement.setReadBigInts(false)
    }
  }
  const orExactly = <T>(read: () => T, numbered: (rows: T) => T): T => {
    try {
      return read()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_OUT_OF_RANGE') throw error
      return numbered(exactly(read))
    }
  }
  return {
    get: (...values) =>
      orExactly(
        () => plain.get(...values),
        (row) => (row === undefined ? row : asNumbers(row))
      ),
    all: (...values) =>
      orExactly(
        () => plain.all(...values),
        (rows) => rows.map(asNumbers)
      ),
    run: (...values) => plain.run(...values)
  }
}

const asNumbers = (row: unknown): unknown =>
  Object.fromEntries(
    Object.entries(row as object).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value])
  )

/** Opens or makes the file and brings its tables up to date; `older` may refuse to change those that an older build wrote. */
export function openForWriting(path: string, maxBytes: number | null, older: (path: string) => void): DatabaseSync {
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
    // From here on a commit is synced by whoever made it, beside this thread.
    db.exec('pragma busy_timeout = 0; pragma synchronous = normal')
    return db
  } catch (error) {
    db?.close()
    throw explainedError(error, path)
  }
}

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

/** SQLite's result code for a lock that another connection holds. */
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

/** Sent again, it could be said to be on disk and not be: only another start reads what is there. */
const unsynced = (error: unknown, path: string) =>
  new JournalError(
    `journal ${path}: its disk did not keep what was written (${(error as NodeJS.ErrnoException).code}): ` +
      'nothing more is written until the product is started again',
    { cause: error }
  )

/** Explains an error of SQLite in words that help, with the original as its cause. */
export function explainedError(error: unknown, path: string): unknown {
  const code = codeOf(error)
  const sentence = code === null ? undefined : sentences[code]
  if (sentence !== undefined) return new JournalError(`journal ${path}: ${sentence}`, { cause: error })
  const system = (error as NodeJS.ErrnoException).code
  if (system === 'EACCES' || system === 'EROFS' || system === 'ENOTDIR' || system === 'EEXIST') {
    return new JournalError(`journal ${path}: the folder cannot be made or written (${system})`, { cause: error })
  }
  return error
}

/** Returns SQLite's primary result code; null where it is another kind of error. */
export function codeOf(error: unknown): number | null {
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' ? code & 0xff : null
}
