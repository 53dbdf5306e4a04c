import { close, fdatasync, open } from 'node:fs'
import { promisify } from 'node:util'

/** Puts on disk what was committed to the write-ahead log of a journal. */
export interface Sync {
  /** Rejects where nothing could be synced; to be called before something is written. */
  open(): Promise<unknown>
  /** Resolves once what was committed before it was called is on disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

const opened = promisify(open)
const synced = promisify(fdatasync)
const closed = promisify(close)

/**
 * Syncs the write-ahead log in a thread of libuv's pool: with `synchronous = normal` SQLite leaves that out of a commit, and
 * does everything else that `full` does. On the log SQLite takes no locks, so that closing this descriptor drops none.
 */
export function walSync(path: string): Sync {
  let descriptor: Promise<number> | null = null
  /** The log is there as long as a connection is that has read or written. */
  const ready = () => {
    descriptor ??= opened(`${path}-wal`, 'r').catch((error: unknown) => {
      descriptor = null
      throw error
    })
    return descriptor
  }
  return {
    open: ready,
    sync: async () => synced(await ready()),
    async close() {
      const last = descriptor
      descriptor = null
      if (last !== null) await last.then(closed, () => {})
    }
  }
}
