import type { Channel, ChannelModel } from 'amqplib'
import { errorText } from '../base/error-text.ts'
import type { Transport } from '../core/transport-url.ts'
import { showHost, showTransport } from '../core/transport-url.ts'
import type { TlsFiles } from './connecting.ts'
import { connectHost } from './connecting.ts'

/** The part of pino that is used here. */
export interface ConsumerLog {
  info(fields: object, sentence: string): void
  warn(fields: object, sentence: string): void
  error(fields: object, sentence: string): void
}

/** How a link to a broker is kept. */
export interface LinkOptions extends TlsFiles {
  readonly transport: Transport
  readonly heartbeatSeconds: number
  readonly closeMs: number
  readonly log: ConsumerLog
  readonly onConnected: (connected: boolean) => void
}

/** What is built on one connection, and rebuilt on the next. */
export interface ConsumerSession {
  /** The connection is gone, or is about to be: nothing may be said on it any more. */
  lost(): void
  /** Asked to end while the connection stands: finish what is under way. */
  finish(): Promise<void>
}

/** Ends the connection for this reason; a new one is made. */
export type Lose = (reason: Error) => void

/** A connection to a broker that is made again whenever it is lost. */
export interface Link {
  connected(): boolean
  close(): Promise<void>
}

const connectTimeoutMs = 10_000
/** A broker may accept connections and yet not answer, while it waits for the majority of its cluster. */
const openTimeoutMs = 30_000
/** A session shorter than this counts as a failed attempt, so that one that always breaks is not retried at full speed. */
const steadyMs = 5000

/**
 * One connection, made again for as long as it takes. amqplib knows no reconnect of its own that would also tell when a
 * consumer was cancelled, and a session must be built anew as a whole: exchanges, bindings and tags of the old one mean
 * nothing. Of several hosts the next one is tried at once, and only a whole round without any waits. Resolves after the first
 * round, whatever came of it, and after ten seconds at the latest.
 */
export async function keepConnected(
  options: LinkOptions,
  open: (connection: ChannelModel, lose: Lose) => Promise<ConsumerSession>
): Promise<Link> {
  const { log, closeMs, transport } = options
  const { hosts } = transport
  const closing = new AbortController()
  const firstAttempt = Promise.withResolvers<void>()
  let current: ConsumerSession | undefined

  /** One connection from beginning to end; resolves with the reason for the end. */
  async function live(turn: number): Promise<Error> {
    const host = hostAt(turn)
    const connection = await connectHost(transport, hosts[turn]!, options, {
      timeout: connectTimeoutMs,
      heartbeatSeconds: options.heartbeatSeconds
    })
    const end = Promise.withResolvers<Error>()
    const closed = () => end.resolve(new Error('we are closing'))
    connection.on('error', end.resolve)
    connection.on('close', (error) => end.resolve(error ?? new Error('the connection was closed')))
    connection.on('blocked', () =>
      log.warn({ host }, 'RabbitMQ is out of memory or disk: it takes no dead letters now')
    )
    closing.signal.addEventListener('abort', closed)
    if (closing.signal.aborted) closed()
    const opening = open(connection, end.resolve)
    const late = setTimeout(() => end.resolve(new Error('it accepts connections but does not answer')), openTimeoutMs)
    try {
      const opened = await Promise.race([opening, end.promise])
      clearTimeout(late)
      if (opened instanceof Error) return opened
      current = opened
      log.info({ host }, `connected to RabbitMQ on ${host}`)
      options.onConnected(true)
      firstAttempt.resolve()
      return await end.promise
    } finally {
      clearTimeout(late)
      closing.signal.removeEventListener('abort', closed)
      // Also where it was still being built when the connection ended.
      opening.then(
        (session) => session.lost(),
        () => {}
      )
      if (current !== undefined) options.onConnected(false)
      current = undefined
      await closeWithin(connection, closeMs)
    }
  }

  function hostAt(turn: number): string {
    return showTransport({ ...transport, hosts: [hosts[turn]!] })
  }

  async function run() {
    let turn = 0
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      const begin = performance.now()
      const host = hostAt(turn)
      const reason = await live(turn).catch((error: Error) => error)
      turn = (turn + 1) % hosts.length
      if (closing.signal.aborted) return
      if (performance.now() - begin > steadyMs) attempt = 0
      if (attempt % hosts.length < hosts.length - 1) {
        const next = showHost(hosts[turn]!)
        log.warn({ host, next }, `no connection to RabbitMQ on ${host}: ${said(reason)}; trying ${next}`)
        continue
      }
      firstAttempt.resolve()
      const delay = backoff(Math.floor(attempt / hosts.length))
      // Never the error itself: amqplib's and Node's may carry the URL, and with it the password.
      log.warn({ host, delay }, `no connection to RabbitMQ on ${host}: ${said(reason)}; next try in ${delay} ms`)
      await sleep(delay, closing.signal)
    }
  }

  const running = run()
  await within(connectTimeoutMs, firstAttempt.promise)
  return {
    connected: () => current !== undefined,
    async close() {
      if (!closing.signal.aborted && current !== undefined)
        await within(
          closeMs,
          current.finish().catch(() => {})
        )
      closing.abort()
      await within(2 * closeMs, running)
    }
  }
}

/**
 * A channel for one question: a passive check that fails closes its channel, and must not take the consumer along.
 * The answer, or the error.
 */
export async function askBroker<T>(connection: ChannelModel, question: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  try {
    return await question(channel)
  } finally {
    // Closed by the broker already where the answer is an error.
    await channel.close().catch(() => {})
  }
}

/** Node says nothing but a code where a name has several addresses and none of them answers. */
function said(error: Error): string {
  return errorText(error) || (error as NodeJS.ErrnoException).code || error.name
}

/** AMQP's code of an error: 404 for what does not exist, 403 for what may not be used, 406 for other arguments. */
export function amqpCode(error: unknown): number | undefined {
  return (error as { code?: number }).code
}

/**
 * attempt  0        1        2        3      4      5      6 …
 * ms       125–250  250–500  500–1 s  1–2 s  2–4 s  4–8 s  7.5–15 s
 */
export function backoff(attempt: number, first = 250, most = 15_000): number {
  const full = Math.min(most, first * 2 ** Math.min(attempt, 20))
  return Math.round(full / 2 + (Math.random() * full) / 2)
}

/** Waits, or ends early when the signal is aborted. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}

/** A broker that does not answer must not hold up our own end. */
async function closeWithin(connection: ChannelModel, ms: number): Promise<void> {
  const closed = await within(
    ms,
    connection.close().then(
      () => true,
      () => true
    )
  )
  if (!closed) cut(connection, 'it did not answer our farewell')
}

/** Ends a connection to a broker that does not answer; with an error, else amqplib takes no notice and its heartbeats go on. */
export function cut(connection: ChannelModel, why: string): void {
  // amqplib's types do not tell of the socket.
  ;(connection.connection as unknown as { stream: { destroy(error: Error): void } }).stream.destroy(new Error(why))
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
