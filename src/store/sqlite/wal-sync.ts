import { close, fdatasync, open } from 'node:fs'
import { promisify } from 'node:util'

/** Puts on disk what was committed to the write-ahead log of a journal before it is called. */
export interface Sync {
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
  return {
    async sync() {
      // It is there as long as a connection is; not before the first one has read.
      descriptor ??= opened(`${path}-wal`, 'r')
      await synced(await descriptor)
    },
    async close() {
      const last = descriptor
      descriptor = null
      if (last !== null) await last.then(closed, () => {})
    }
  }
}
