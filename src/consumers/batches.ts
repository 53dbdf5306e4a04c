import { errorText } from '../base/error-text.ts'
import type { Event, Ignored, Normalised } from '../events/event.ts'
import { backoff, sleep } from './amqp.ts'
import type { ConsumerSettings } from './options.ts'

/** Messages that arrived one after the other, up to a delivery tag. */
export interface Gathered<Message> {
  readonly events: Event[]
  readonly ignored: Ignored[]
  readonly malformed: { readonly message: Message; readonly reason: string }[]
  messages: number
  /** Of their bodies. */
  bytes: number
  lastTag: number
}

/** Messages collected until they are written together. */
export interface Batches<Message> {
  add(tag: number, normalised: Normalised, message: Message, bytes: number): void
  /** What has arrived is stored and acknowledged, or given up if the store refuses. */
  drain(): Promise<void>
  /** No acknowledgement from now on. */
  stop(): void
}

/**
 * While one batch is being stored the next one gathers: under load batches grow, when it is quiet each message goes at
 * once. One at a time, so that "acknowledge everything up to this tag" never covers something that is not stored.
 */
export function batches<Message>(
  { append, batchLimit, log, metrics }: ConsumerSettings,
  /** Dead letters and acknowledgement, once the batch is stored. */
  settled: (batch: Gathered<Message>) => Promise<void>
): Batches<Message> {
  const waiting: Gathered<Message>[] = []
  const stopped = new AbortController()
  const draining = new AbortController()
  let pumping: Promise<void> | undefined

  async function pump(): Promise<void> {
    // One turn of the loop: the messages of one read of the socket come one by one, and belong together.
    await new Promise(setImmediate)
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      if (!(await store(batch))) return
      await settled(batch)
    }
  }

  async function store({ events, ignored, messages }: Gathered<Message>): Promise<boolean> {
    const given = { events, ignored, messages }
    for (let attempt = 0; !stopped.signal.aborted; attempt++) {
      const begin = performance.now()
      try {
        if (events.length + ignored.length > 0) await append(given)
      } catch (error) {
        metrics.appendFailed?.()
        const reason = errorText(error)
        if (draining.signal.aborted) {
          log.warn(
            { messages, reason },
            'the journal refused the last events: the broker keeps them for the next start'
          )
          return false
        }
        if (attempt === 0)
          log.error({ messages, reason }, 'the journal refuses events: nothing is acknowledged until it takes them')
        await sleep(backoff(attempt, 100, 5000), AbortSignal.any([stopped.signal, draining.signal]))
        continue
      }
      if (attempt > 0) log.info({ messages }, 'the journal takes events again')
      metrics.appended?.({ messages, events: events.length, ignored: ignored.length, ms: performance.now() - begin })
      return !stopped.signal.aborted
    }
    return false
  }

  function start(): Promise<void> {
    pumping ??= pump().finally(() => {
      pumping = undefined
      if (waiting.length > 0 && !stopped.signal.aborted && !draining.signal.aborted) start()
    })
    return pumping
  }

  return {
    add(tag, normalised, message, bytes) {
      if (stopped.signal.aborted) return
      let batch = waiting.at(-1)
      if (batch === undefined || batch.messages >= batchLimit) {
        batch = { events: [], ignored: [], malformed: [], messages: 0, bytes: 0, lastTag: 0 }
        waiting.push(batch)
      }
      batch.messages++
      batch.bytes += bytes
      batch.lastTag = tag
      if (normalised.ok) {
        for (const event of normalised.events) batch.events.push(event)
        for (const one of normalised.ignored) batch.ignored.push(one)
      } else {
        batch.malformed.push({ message, reason: normalised.reason })
      }
      start()
    },
    async drain() {
      draining.abort()
      await start()
    },
    stop: () => stopped.abort()
  }
}
