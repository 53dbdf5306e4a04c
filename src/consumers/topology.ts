import type { Channel, ChannelModel, Options } from 'amqplib'
import { amqpCode, askBroker } from './amqp.ts'
import type { ConsumerSettings } from './options.ts'

/** Our own queue and the dead letters: what is ours to declare. */
export async function declare(connection: ChannelModel, options: ConsumerSettings): Promise<void> {
  const { queue, deadLetterExchange, deadLetterQueue, deadLetterMaxLength, deadLetterMaxBytes } = options
  const { maxLength, maxBytes, deliveryLimit, log } = options
  await askBroker(connection, (channel) => channel.assertExchange(deadLetterExchange, 'fanout', { durable: true }))
  await declareQueue(connection, options, deadLetterQueue, {
    'x-queue-type': 'quorum',
    'x-max-length': deadLetterMaxLength,
    'x-max-length-bytes': deadLetterMaxBytes,
    'x-overflow': 'drop-head'
  })
  await askBroker(connection, (channel) => channel.bindQueue(deadLetterQueue, deadLetterExchange, ''))
  if (options.shared) {
    log.warn({ queue }, `sharing the publishers' queue ${queue}: other consumers of it miss what we take`)
    return
  }
  await declareQueue(connection, options, queue, {
    'x-queue-type': 'quorum',
    'x-single-active-consumer': true,
    'x-dead-letter-exchange': deadLetterExchange,
    'x-delivery-limit': deliveryLimit,
    'x-max-length': maxLength,
    'x-max-length-bytes': maxBytes,
    // Not reject-publish: that would reach the publishers, which are OpenStack's own services.
    'x-overflow': 'drop-head'
  })
}

/** A queue that exists with other arguments (an earlier configuration's) is used as it is: it may hold messages. */
async function declareQueue(
  connection: ChannelModel,
  { log }: ConsumerSettings,
  queue: string,
  args: Record<string, unknown>
): Promise<void> {
  if (await isDeclared(connection, queue, args)) return
  const { 'x-max-length-bytes': bytes, ...before } = args
  if (await isDeclared(connection, queue, before)) {
    log.warn(
      { queue, bytes },
      `queue ${queue} was made by an earlier build and has no limit by bytes: set one with \`rabbitmqctl set_policy\` ` +
        '(docs/operations.md, "Queues made by an earlier build"), or delete it once it is empty, and it is made anew'
    )
    return
  }
  await askBroker(connection, (channel) => channel.checkQueue(queue))
  log.error(
    { queue, wanted: args },
    `queue ${queue} exists with other arguments than configured and is used as it is: delete it once it is empty, ` +
      'and it is made anew'
  )
}

/** Whether the queue is there with these arguments, perhaps since this moment; false: it is with others. */
async function isDeclared(connection: ChannelModel, queue: string, args: Record<string, unknown>): Promise<boolean> {
  const wanted: Options.AssertQueue = { durable: true, arguments: args }
  try {
    await askBroker(connection, (channel) => channel.assertQueue(queue, wanted))
    return true
  } catch (error) {
    if (amqpCode(error) === 406) return false
    throw error
  }
}

/** Why an exchange is not bound; null where it is. */
export type Binding = null | 'missing' | 'forbidden'

/**
 * Binds our queue to each exchange that exists. Exchanges come with their service's first notification and go with a
 * restart of the broker, and with them our bindings: so this is repeated. Never declared by us: other arguments than the
 * publishers' would break either side.
 */
export async function bind(connection: ChannelModel, options: ConsumerSettings): Promise<Map<string, Binding>> {
  const bindings = new Map<string, Binding>()
  for (const exchange of options.exchanges) {
    bindings.set(
      exchange,
      await askBroker(connection, (channel) => bindOne(channel, options, exchange)).catch(reasonOf)
    )
  }
  return bindings
}

async function bindOne(
  channel: Channel,
  { queue, topics, shared }: ConsumerSettings,
  exchange: string
): Promise<Binding> {
  await channel.checkExchange(exchange)
  if (shared) return null
  for (const topic of topics) await channel.bindQueue(queue, exchange, `${topic}.*`)
  return null
}

function reasonOf(error: unknown): Binding {
  const code = amqpCode(error)
  if (code === 404) return 'missing'
  if (code === 403) return 'forbidden'
  throw error
}

/** Logs what changed since the last look. */
export function report(
  before: ReadonlyMap<string, Binding>,
  after: ReadonlyMap<string, Binding>,
  options: ConsumerSettings
): void {
  const { log, queue, topics } = options
  const fresh = [...after].filter(([exchange, state]) => state === null && before.get(exchange) !== null)
  if (fresh.length > 0) {
    const exchanges = fresh.map(([exchange]) => exchange)
    log.info({ queue, exchanges, topics }, `queue ${queue} is bound to ${exchanges.join(', ')}`)
  }
  for (const [exchange, state] of after) {
    if (state === null || before.get(exchange) === state) continue
    log.warn({ exchange }, state === 'missing' ? missing(exchange) : forbidden(exchange, queue))
  }
}

function missing(exchange: string): string {
  return (
    `exchange '${exchange}' does not exist yet: has ${exchange} sent a notification? ` +
    'Its [oslo_messaging_notifications] driver may be unset; nothing is ever sent then. Looking again'
  )
}

function forbidden(exchange: string, queue: string): string {
  return `exchange '${exchange}' may not be read: our user needs read on it, and configure, write and read on ${queue}`
}
