import { parentPort, workerData } from 'node:worker_threads'
import { ReadError } from '../../core/read-error.ts'
import type { Reading } from '../journal.ts'
import { Connection, openReadOnly } from './connection.ts'
import { readingOn } from './reading.ts'

/**
 * What people ask the journal is read in this thread, on a connection that can only read: neither the thread that decides,
 * receives and answers probes nor the file's writers wait for it.
 */
export interface ReadThreadData {
  readonly journalPath: string
  /** A question that takes longer is given up between two of its slices; ms. */
  readonly withinMs: number
}

/** A method of `Reading` that is called in the thread, with its arguments. */
export interface ReadQuestion {
  readonly id: number
  readonly name: keyof Reading
  readonly values: readonly unknown[]
}

/** The result of a call in the thread: its value, or the error by code and message. */
export type ReadAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failed: { readonly code: string | null; readonly message: string } }

const { journalPath, withinMs } = workerData as ReadThreadData
const port = parentPort!
// Questions come as messages: a method's name, and what it is given.
const reading = readingOn(
  new Connection(journalPath, Date.now, openReadOnly(journalPath)),
  withinMs
) as unknown as Record<string, (...values: readonly unknown[]) => Promise<unknown>>

port.on('message', async ({ id, name, values }: ReadQuestion) => {
  let answer: ReadAnswer
  try {
    answer = { id, value: await reading[name]!(...values) }
  } catch (error) {
    const code = error instanceof ReadError ? error.code : null
    answer = { id, failed: { code, message: (error as Error).message } }
  }
  port.postMessage(answer)
})
port.postMessage('ready')
