import { setImmediate as nextTurn } from 'node:timers/promises'

/** What a group commit does with its connection. */
export interface Transaction {
  /** Takes the write lock; rejects where another writer keeps it. */
  begin(): Promise<void>
  /** Runs work in a savepoint of its own. */
  undoable<T>(work: () => T): T
  /** False once SQLite has rolled all of it back by itself, as it may on a full disk. */
  isOpen(): boolean
  commit(): void
  rollback(): void
  /** Resolves once what was committed is on disk. */
  sync(): Promise<void>
  /** The error as its caller gets it. */
  explained(error: unknown): unknown
}

interface Waiting {
  readonly work: () => unknown
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
  /** Its transaction was lost by another's failure: it runs once more, in one of its own. */
  readonly alone: boolean
}

/** How large one transaction grows. */
export interface GroupLimits {
  readonly most: number
  /** So long it takes on more: whoever else is on this thread waits meanwhile. */
  readonly mostMs: number
}

const usual: GroupLimits = { most: 128, mostMs: 50 }

/**
 * Runs everything that waits to be written in one transaction, in the order in which it came, and answers each after the commit
 * that holds it is on disk. While one is being synced the next ones wait for theirs: the slower the disk, the larger the groups.
 */
export class GroupCommit {
  readonly #transaction: Transaction
  readonly #limits: GroupLimits
  #waiting: Waiting[] = []
  #running: Promise<void> | null = null
  /** Why a sync failed. What the system could not write it forgets, so that the next sync would say that all is well. */
  #unsynced: { readonly error: unknown } | null = null

  constructor(transaction: Transaction, limits = usual) {
    this.#transaction = transaction
    this.#limits = limits
  }

  /** What the work gives, once it is on disk; only its own failure rejects it, or that of the commit or sync. */
  write<T>(work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#waiting.push({ work, resolve, reject, alone: false })
    this.#running ??= this.#run()
    return promise
  }

  /** Resolves once nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  /** Everything that is committed is on disk, by whomever. */
  async synced(): Promise<void> {
    if (this.#unsynced !== null) throw this.#unsynced.error
    try {
      await this.#transaction.sync()
    } catch (error) {
      this.#unsynced ??= { error: this.#transaction.explained(error) }
      throw this.#unsynced.error
    }
  }

  async #run(): Promise<void> {
    // What one turn of the loop brings belongs together.
    await nextTurn()
    while (this.#waiting.length > 0) await this.#group()
    this.#running = null
  }

  /** One transaction; never rejects. */
  async #group(): Promise<void> {
    const first = this.#waiting.length
    try {
      if (this.#unsynced !== null) throw this.#unsynced.error
      await this.#transaction.begin()
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0, first)) reject(error)
      return
    }
    const done = this.#together()
    try {
      if (done.length === 0) return this.#transaction.rollback()
      this.#transaction.commit()
      await this.synced()
    } catch (error) {
      if (this.#transaction.isOpen()) this.#transaction.rollback()
      for (const { one } of done) one.reject(this.#transaction.explained(error))
      return
    }
    for (const { one, value } of done) one.resolve(value)
  }

  /** Runs what waits, each in its savepoint; those that are in the transaction, with what they gave. */
  #together(): { readonly one: Waiting; readonly value: never }[] {
    const done: { one: Waiting; value: never }[] = []
    const { most, mostMs } = this.#limits
    const until = performance.now() + mostMs
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (done.length > 0 && (next.alone || done.length === most || performance.now() > until)) break
      this.#waiting.shift()
      try {
        done.push({ one: next, value: this.#transaction.undoable(next.work) as never })
      } catch (error) {
        next.reject(this.#transaction.explained(error))
        if (!this.#transaction.isOpen()) {
          this.#waiting.unshift(...done.map(({ one }) => ({ ...one, alone: true })))
          return []
        }
      }
      if (next.alone) break
    }
    return done
  }
}
