import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib'
import type { Normalised } from '../events/event.ts'
import { normaliseOpenstack } from '../events/openstack.ts'
import type { ConsumerSession, Lose } from './amqp.ts'
import { askBroker, keepConnected } from './amqp.ts'
import type { Gathered } from './batches.ts'
import { batches } from './batches.ts'
import { createByteBudget } from './budget.ts'
import type { ConsumerSettings, OpenstackConsumerOptions } from './options.ts'
import { withDefaults } from './options.ts'
import type { Binding } from './topology.ts'
import { bind, declare, report } from './topology.ts'

export type { Batch, OpenstackConsumerOptions } from './options.ts'
export { ConsumerConfigError } from './options.ts'

/** What a consumer says of itself, for metrics and readiness. */
export interface ConsumerState {
  readonly connected: boolean
  /** Exchanges that our queue is bound to. */
  readonly bound: readonly string[]
  /** Exchanges that it is not: they do not exist (yet), may not be read, or we are not connected. */
  readonly missing: readonly string[]
  /** Milliseconds since 1970; null before the first message. */
  readonly lastMessageAt: number | null
  /** Since the last message, or since the start. */
  readonly silentForMs: number
  /** Messages that waited on the broker at the last look; null before. */
  readonly ready: number | null
  /** `ready` as a share of the queue's limit; at 1 the oldest are dropped. */
  readonly fill: number | null
}

/** A running consumer of one broker. */
export interface Consumer {
  state(): ConsumerState
  /** Takes no more, stores and acknowledges what has arrived, and disconnects. */
  close(): Promise<void>
}

/** The bell: at this share of the queue's limit, messages are about to be lost. */
const nearlyFull = 0.8

/**
 * Notifications from RabbitMQ, into `append`. A message is acknowledged after the append that holds it, and never before;
 * one that is no notification goes to the dead letters, with the reason. At least once: what was stored but not
 * acknowledged comes again, under the same ids.
 */
export async function startOpenstackConsumer(given: OpenstackConsumerOptions): Promise<Consumer> {
  const options = withDefaults(given)
  const { now, log, metrics, silenceMs } = options
  const startedAt = now()
  let bindings: ReadonlyMap<string, Binding> = new Map()
  let lastMessageAt: number | null = null
  let depth: { ready: number; fill: number } | null = null
  let saidSilent = false
  let saidFull = false

  const link = await keepConnected(
    { ...options, onConnected: (connected) => metrics.connected?.(connected) },
    async (connection, lose) => {
      await declare(connection, options)
      bindings = await look(connection, new Map())
      const session = await consume(connection, lose, options, () => {
        lastMessageAt = now()
        saidSilent = false
      })
      let stopped = false
      let timer = setTimeout(tick, options.recheckMs)
      function tick() {
        look(connection, bindings).then((fresh) => {
          if (stopped) return
          bindings = fresh
          timer = setTimeout(tick, options.recheckMs)
        }, lose)
      }
      return {
        finish: session.finish,
        lost() {
          stopped = true
          clearTimeout(timer)
          bindings = new Map()
          session.lost()
        }
      }
    }
  )

  /** What may have changed on the broker without a word to us. */
  async function look(connection: ChannelModel, before: ReadonlyMap<string, Binding>) {
    const after = await bind(connection, options)
    report(before, after, options)
    const { messageCount } = await askBroker(connection, (channel) => channel.checkQueue(options.queue))
    depth = { ready: messageCount, fill: messageCount / options.maxLength }
    metrics.queue?.(depth)
    if (depth.fill < nearlyFull) saidFull = false
    else if (!saidFull) {
      saidFull = true
      log.error(
        { ...depth },
        `queue ${options.queue} is nearly full: beyond ${options.maxLength} the oldest are dropped`
      )
    }
    const silent = silentForMs()
    if (silent > silenceMs && !saidSilent) {
      saidSilent = true
      metrics.silent?.(silent)
      // AMQP does not tell a standby that it is one.
      const standby = lastMessageAt === null ? ' Or is this a standby, and another replica the active consumer?' : ''
      log.warn(
        { silentForMs: silent },
        `no notification for ${Math.round(silent / 1000)} s: is [oslo_messaging_notifications] driver set in every service?${standby}`
      )
    }
    return after
  }

  function silentForMs() {
    return now() - (lastMessageAt ?? startedAt)
  }

  return {
    state: () => ({
      connected: link.connected(),
      bound: options.exchanges.filter((exchange) => bindings.get(exchange) === null),
      missing: options.exchanges.filter((exchange) => bindings.get(exchange) !== null),
      lastMessageAt,
      silentForMs: silentForMs(),
      ready: depth?.ready ?? null,
      fill: depth?.fill ?? null
    }),
    close: link.close
  }
}

/** Consumes on a channel of its own; everything that is acknowledged came by this channel. */
async function consume(
  connection: ChannelModel,
  lose: Lose,
  options: ConsumerSettings,
  onMessage: () => void
): Promise<ConsumerSession> {
  const { queue, where, log, metrics, prefetch } = options
  const channel = await connection.createConfirmChannel()
  channel.on('error', lose)
  // Later, so that the reason is the connection's where that is what ended.
  channel.on('close', () => setImmediate(lose, new Error('the channel was closed')))
  channel.on('return', () => lose(new Error(`${options.deadLetterQueue} is gone`)))
  let alive = true

  const told = ({ exchange, routingKey }: ConsumeMessage['fields'], reason: string) => {
    metrics.malformed?.(reason)
    log.warn({ exchange, routingKey, reason }, `a message on ${exchange} is no notification: ${reason}`)
  }

  async function settled({ malformed, lastTag, bytes }: Gathered<ConsumeMessage>): Promise<void> {
    try {
      for (const { message, reason } of malformed) deadLetter(channel, options, message, reason)
      if (malformed.length > 0) await channel.waitForConfirms()
      if (!alive) return
      channel.ack({ fields: { deliveryTag: lastTag } } as ConsumeMessage, true)
      for (const { message, reason } of malformed) told(message.fields, reason)
      budget.gave(bytes)
    } catch (error) {
      lose(error as Error)
    }
  }

  const arriving = batches<ConsumeMessage>(options, settled)
  let consumerTag: string | null = null
  let finishing = false
  const listen = async () => {
    if (!alive || finishing) return
    const consuming = await channel.consume(queue, take)
    consumerTag = consuming.consumerTag
  }
  const budget = createByteBudget(
    options.inFlightBytes,
    async () => {
      log.warn(
        { queue, bytes: budget.held() },
        'messages come faster than the journal takes them: no more are asked for until it has'
      )
      if (alive && consumerTag !== null) await channel.cancel(consumerTag).catch(lose)
      consumerTag = null
    },
    () => listen().catch(lose)
  )

  function take(message: ConsumeMessage | null): void {
    // The server cancels when the queue is deleted or moves: everything is built again.
    if (message === null) {
      lose(new Error(`the broker ended our consumer: queue ${queue} was deleted or moved`))
      return
    }
    onMessage()
    const { exchange, routingKey, deliveryTag } = message.fields
    const { headers } = message.properties
    const bytes = message.content.length
    const normalised: Normalised =
      bytes > options.messageBytes
        ? { ok: false, reason: `it is larger than ${options.messageBytes} bytes` }
        : normaliseOpenstack({ exchange, routingKey, body: message.content, headers: headers ?? {} }, where)
    if (!normalised.ok && bytes > options.copyBytes && !options.shared) {
      // Not kept until the batch is stored, and not sent again: the broker moves what it has to the dead letters.
      channel.nack(message, false, false)
      told(message.fields, normalised.reason)
      return
    }
    budget.took(bytes)
    arriving.add(deliveryTag, normalised, message, bytes)
  }

  await channel.prefetch(prefetch)
  await listen()

  return {
    lost() {
      alive = false
      arriving.stop()
    },
    async finish() {
      finishing = true
      if (consumerTag !== null) await channel.cancel(consumerTag)
      await arriving.drain()
      channel.removeAllListeners('close')
      await channel.close()
    }
  }
}

/**
 * A copy with the reason: `nack`, by which the broker would move it, cannot carry one. The caller acknowledges the
 * original when the broker has confirmed the copy. The body stays on the broker: it may hold anything.
 */
function deadLetter(channel: ConfirmChannel, options: ConsumerSettings, message: ConsumeMessage, reason: string): void {
  const { exchange, routingKey } = message.fields
  const { contentType, contentEncoding, headers } = message.properties
  const ours = { 'x-reflex-reason': reason, 'x-reflex-exchange': exchange, 'x-reflex-routing-key': routingKey }
  const properties = { contentType, contentEncoding, persistent: true, mandatory: true }
  const send = (all: Record<string, unknown>) =>
    channel.publish(options.deadLetterExchange, routingKey, message.content, { ...properties, headers: all })
  try {
    send({ ...headers, ...ours })
  } catch {
    // Headers that do not fit into a frame, or of a type that cannot be sent again.
    send(ours)
  }
}
