import { Worker } from 'node:worker_threads'
import type { Log } from '../../base/log.ts'
import { entryModule } from '../../base/place.ts'
import { ReadError } from '../../core/read-error.ts'
import type { Reading } from '../journal.ts'
import type { ReadAnswer, ReadQuestion, ReadThreadData } from './read-thread.ts'

/** Answers what people ask the journal, in a thread of its own that starts with the first question. */
export interface Reader {
  readonly reading: Reading
  close(): Promise<void>
}

/** The journal to read, and limits: calls at once and waiting, times in ms. */
export interface ReaderOptions {
  readonly journalPath: string
  readonly log: Pick<Log, 'warn'>
  readonly limits?: Partial<ReaderLimits>
  /** Another thread than the product's, in tests. */
  readonly entry?: URL
}

interface ReaderLimits {
  /** Questions that the thread has at once, those that wait for their next slice with them. */
  readonly atOnce: number
  /** Questions that wait for the thread; what comes then is refused. */
  readonly waiting: number
  /** A question in slices is given up after this; ms. */
  readonly withinMs: number
  /** A thread that gives no answer at all for so long is stopped, and another one started; ms. */
  readonly silentMs: number
}

/** A thread of 96 MB has room for the largest page of the largest events; a second one is there while a stopped one ends. */
const heap = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 }
const usual: ReaderLimits = { atOnce: 16, waiting: 500, withinMs: 2000, silentMs: 4000 }

interface Asked extends ReadQuestion {
  readonly key: string
  readonly promise: Promise<never>
  readonly answer: (value: never) => void
  readonly fail: (error: Error) => void
  /** A thread was lost while it had this one among others: it is asked by itself, so that only the one at fault fails. */
  alone: boolean
}

const names = {
  stops: 0,
  approvals: 0,
  applied: 0,
  samples: 0,
  quotaRequests: 0,
  breaches: 0,
  counts: 0,
  events: 0,
  event: 0,
  eventAt: 0,
  decisions: 0,
  actions: 0,
  lanes: 0,
  answer: 0
} as const satisfies Record<keyof Reading, 0>

/** Opens the reader; its thread starts with the first question, and again after it died. */
export function openSqliteReader({ journalPath, log, limits, entry = ownThread() }: ReaderOptions): Reader {
  const { atOnce, waiting: most, withinMs, silentMs } = { ...usual, ...limits }
  const data: ReadThreadData = { journalPath, withinMs }
  const waiting: Asked[] = []
  const asked = new Map<number, Asked>()
  /** Threads that were told to stop and have not: SQLite ends what it is at first. */
  const ending = new Set<Promise<unknown>>()
  let thread: Worker | null = null
  let ready = false
  let silent: NodeJS.Timeout | undefined
  let closed = false
  let count = 0

  function ask(name: keyof Reading, values: readonly unknown[]): Promise<never> {
    // Every open page asks the same at the same moment: it is read once. What is under way may be older than the question.
    const key = JSON.stringify([name, values])
    const same = waiting.find((one) => one.key === key)
    if (same !== undefined) return same.promise
    const { promise, resolve, reject } = Promise.withResolvers<never>()
    if (closed) reject(ended())
    else if (waiting.length >= most)
      reject(new ReadError('READS_TAKEN', `${most} questions to the journal wait already: ask again in a moment`))
    else {
      waiting.push({ id: ++count, name, values, key, promise, answer: resolve, fail: reject, alone: false })
      queueMicrotask(next)
    }
    return promise
  }

  function next(): void {
    // One that is to end and the one in its place: more would be too many.
    if (thread === null && ending.size > 1) return
    while (waiting.length > 0 && asked.size < (waiting[0]!.alone || hasAlone() ? 1 : atOnce)) {
      const one = waiting.shift()!
      thread ??= start()
      asked.set(one.id, one)
      thread.postMessage({ id: one.id, name: one.name, values: one.values } satisfies ReadQuestion)
      silent ??= watch()
    }
  }

  const hasAlone = () => [...asked.values()].some(({ alone }) => alone)

  /** From the first question of which nothing was heard, anew with each answer; a thread that starts has longer. */
  function watch(): NodeJS.Timeout {
    const ms = ready ? silentMs : Math.max(silentMs, startMs)
    return setTimeout(() => lost(`it gave no answer for ${ms / 1000} s`), ms)
  }

  function start(): Worker {
    const one = new Worker(entry, { workerData: data, resourceLimits: heap })
    ready = false
    one.on('message', (answer: ReadAnswer | 'ready') => {
      if (one !== thread) return
      clearTimeout(silent)
      if (answer === 'ready') {
        ready = true
        silent = watch()
        return
      }
      const to = asked.get(answer.id)
      asked.delete(answer.id)
      silent = asked.size > 0 ? watch() : undefined
      if ('value' in answer) to?.answer(answer.value as never)
      else to?.fail(errorOf(answer.failed))
      next()
    })
    one.on('error', (error) => one === thread && lost(error.message))
    one.on('exit', (code) => one === thread && lost(`it ended with code ${code}`))
    // What was asked keeps the process, its thread does not.
    one.unref()
    return one
  }

  /** Which question it was is known where there was but one; else each of them is asked once more, by itself. */
  function lost(why: string): void {
    clearTimeout(silent)
    silent = undefined
    const gone = thread
    thread = null
    const given = [...asked.values()]
    asked.clear()
    const about = [...new Set(given.map(({ name }) => name))].join(', ')
    log.warn({ about }, `the thread that reads the journal for people was stopped and starts anew: ${why}`)
    if (gone !== null) {
      const end: Promise<unknown> = gone.terminate().finally(() => {
        ending.delete(end)
        next()
      })
      ending.add(end)
    }
    if (given.length === 1) given[0]!.fail(failed(why))
    else waiting.unshift(...given.map((one) => ({ ...one, alone: true })))
    next()
  }

  return {
    // `names` has every method of Reading, which the compiler checks there.
    reading: Object.fromEntries(
      Object.keys(names).map((name) => [name, (...values: unknown[]) => ask(name as keyof Reading, values)])
    ) as unknown as Reading,
    async close() {
      closed = true
      clearTimeout(silent)
      for (const one of [...asked.values(), ...waiting.splice(0)]) one.fail(ended())
      asked.clear()
      const last = thread
      thread = null
      const late = new Promise((resolve) => setTimeout(resolve, closeWithinMs).unref())
      await Promise.race([Promise.all([last?.terminate(), ...ending]), late])
    }
  }
}

/** Loading the thread's modules takes a while on a busy machine. */
const startMs = 10_000
/** SQLite ends the statement that it is at first. */
const closeWithinMs = 2000

const ownThread = (): URL => entryModule('store/sqlite/read-thread')

const ended = () => new ReadError('READER_LOST', 'the product is ending: ask it again when it is up')

const failed = (why: string) =>
  new ReadError(
    'READER_LOST',
    `the journal was not read: ${why}. Ask again; where that does not help, narrow it by a time (since=1h) or an id`
  )

const errorOf = ({ code, message }: { readonly code: string | null; readonly message: string }): Error =>
  code === null ? new Error(message) : new ReadError(code as ReadError['code'], message)
