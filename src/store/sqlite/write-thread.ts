import { parentPort, workerData } from 'node:worker_threads'
import { errorText } from '../../base/error-text.ts'
import type { Journal } from '../journal.ts'
import { JournalError } from '../journal-error.ts'
import { openSqliteJournal } from './sqlite.ts'

/**
 * What the webhooks bring is written in this thread while they are busy, on a connection of its own: whoever takes, checks and answers
 * requests does not wait for SQLite.
 */
export interface WriteThreadData {
  readonly journalPath: string
}

/** A batch to append, as the thread is given it. */
export interface Given {
  readonly id: number
  readonly batch: Parameters<Journal['append']>[0]
}

/** What became of a batch; `file`: what a person has to mend about the journal's file. */
export type Became =
  | { readonly id: number; readonly appended: Awaited<ReturnType<Journal['append']>> }
  | { readonly id: number; readonly failed: { readonly file: boolean; readonly message: string } }

/** The messages of the thread: that it is ready, and what became of a group. */
export type FromWriteThread = { readonly ready: true } | { readonly became: readonly Became[] }

const port = parentPort!
const tell = (message: FromWriteThread) => port.postMessage(message)
const journal = await openSqliteJournal({ path: (workerData as WriteThreadData).journalPath })

let became: Became[] = []
/** Those of one commit are told in one message. */
function answer(one: Became): void {
  if (became.push(one) > 1) return
  process.nextTick(() => {
    tell({ became })
    became = []
  })
}

port.on('message', async (given: string) => {
  if (given === 'close') {
    await journal.close()
    port.close()
    return
  }
  for (const { id, batch } of JSON.parse(given) as readonly Given[])
    journal.append(batch).then(
      (appended) => answer({ id, appended }),
      (error: unknown) => answer({ id, failed: { file: error instanceof JournalError, message: errorText(error) } })
    )
})
tell({ ready: true })
