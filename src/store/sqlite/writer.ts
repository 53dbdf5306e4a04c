import { Worker } from 'node:worker_threads'
import { errorText } from '../../base/error-text.ts'
import type { Log } from '../../base/log.ts'
import { entryModule } from '../../base/place.ts'
import type { Journal } from '../journal.ts'
import { JournalError } from '../journal-error.ts'
import type { Became, FromWriteThread, Given, WriteThreadData } from './write-thread.ts'

/** Appends to the journal in a thread of its own while much is appended at once. */
export interface Writer {
  readonly append: Journal['append']
  /** Resolves once everything that was given is answered. */
  close(): Promise<void>
}

/** The journal to append to, and from how many appends at once a thread takes over. */
export interface WriterOptions {
  readonly journalPath: string
  /** The journal of the caller's own thread: it appends while there is little, and while the other thread starts. */
  readonly own: Pick<Journal, 'append'>
  readonly log: Pick<Log, 'error'>
  /** The thread starts when so many appends are under way at once. */
  readonly from?: number
  /** Another thread than the product's, in tests. */
  readonly entry?: URL
}

type Appended = Awaited<ReturnType<Journal['append']>>

interface Asked {
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: Error) => void
}

const heap = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 }
/** One that died is not started again before. */
const againMs = 1000
const closeWithinMs = 10_000

/** Opens the writer: appends on `own` while there is little, in a thread of its own while there is much. */
export function openSqliteWriter({ journalPath, own, log, from = 6, entry = ownThread() }: WriterOptions): Writer {
  const asked = new Map<number, Asked>()
  let waiting: Given[] = []
  let thread: Worker | null = null
  let ready = false
  let notBefore = Number.NEGATIVE_INFINITY
  let underWay = 0
  let count = 0
  let closing = false

  function start(): Worker {
    const data: WriteThreadData = { journalPath }
    const one = new Worker(entry, { workerData: data, resourceLimits: heap })
    one.on('message', (message: FromWriteThread) => {
      if (one !== thread) return
      if ('ready' in message) ready = true
      if ('became' in message) for (const became of message.became) answer(became)
    })
    one.on('error', (error) => lost(one, errorText(error)))
    one.on('exit', (code) => lost(one, `it ended with code ${code}`))
    // What was given keeps the process, its thread does not.
    one.unref()
    return one
  }

  function answer(became: Became): void {
    const one = asked.get(became.id)
    asked.delete(became.id)
    if (asked.size === 0) thread?.unref()
    if ('appended' in became) one?.resolve(became.appended)
    else one?.reject(errorOf(became.failed))
  }

  /** Whether what it had was written is not known: whoever sent it sends it again, and what is there already is a duplicate. */
  function lost(one: Worker, why: string): void {
    if (one !== thread) return
    thread = null
    ready = false
    notBefore = performance.now() + againMs
    waiting = []
    const error = new JournalError(`journal ${journalPath}: whether this was written is not known: ${why}`)
    for (const { reject } of asked.values()) reject(error)
    asked.clear()
    if (!closing) log.error({ err: error }, `the thread that appends to the journal was lost: ${why}`)
  }

  function send(batch: Given['batch']): Promise<Appended> {
    const { promise, resolve, reject } = Promise.withResolvers<Appended>()
    const id = ++count
    asked.set(id, { resolve, reject })
    thread?.ref()
    // What one turn of the loop brings is one message.
    if (waiting.push({ id, batch }) === 1) setImmediate(flush)
    return promise
  }

  function flush(): void {
    if (waiting.length === 0) return
    // All of it is JSON, which costs half of what a copy by the structured clone algorithm does.
    thread?.postMessage(JSON.stringify(waiting))
    waiting = []
  }

  return {
    async append(batch) {
      underWay++
      try {
        if (thread === null && underWay >= from && !closing && performance.now() > notBefore) thread = start()
        return await (ready && !closing ? send(batch) : own.append(batch))
      } finally {
        underWay--
      }
    },
    async close() {
      closing = true
      flush()
      const last = thread
      if (last === null) return
      last.ref()
      const exited = new Promise((resolve) => last.once('exit', resolve))
      last.postMessage('close')
      const late = setTimeout(() => void last.terminate(), closeWithinMs)
      await exited
      clearTimeout(late)
    }
  }
}

const ownThread = (): URL => entryModule('store/sqlite/write-thread')

const errorOf = ({ file, message }: { readonly file: boolean; readonly message: string }): Error =>
  file ? new JournalError(message) : new Error(message)
