import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'amqplib'
import type { Test } from 'tap'
import type { Batch, OpenstackConsumerOptions } from '../../src/consumers/openstack.ts'
import { startOpenstackConsumer } from '../../src/consumers/openstack.ts'
import type { Broker } from '../broker.ts'
import { startBroker } from '../broker.ts'

const where = { openstack: 'lab', region: 'RegionOne' }
let shared: Promise<Broker> | undefined

/** For `t.after`: ends the broker where this file started it. */
export async function closeBroker(): Promise<void> {
  await (await shared)?.stop()
}

export interface Bus {
  readonly url: string
  readonly channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createChannel']>>
  readonly exchange: string
  readonly queue: string
  readonly dead: string
  /** Publishes as oslo.messaging does, and gives the message_id. */
  publish(type: string, routingKey?: string, exchange?: string, messageId?: string): string
  ready(queue: string): Promise<number>
  /** As `rabbitmqctl list_queues` tells: a quorum queue brings it up to date every five seconds. */
  unacknowledged(): Promise<number>
}

/** An exchange as a service declares it, with names of its own so that files can share a broker. */
export async function openBus(t: Test, given?: Broker, exchange = `nova-${randomUUID()}`): Promise<Bus> {
  shared ??= startBroker()
  const broker = given ?? (await shared)
  const connection = await connect(broker.url)
  connection.on('error', () => {})
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  await channel.assertExchange(exchange, 'topic', { durable: false })
  const queue = `reflex.${exchange}`
  const dead = `${queue}.dead`
  t.teardown(async () => {
    try {
      await channel.deleteExchange(exchange)
      await channel.deleteExchange(dead)
      await channel.deleteQueue(queue)
      await channel.deleteQueue(dead)
      await connection.close()
    } catch {
      // The broker of the restart test is gone by now, and everything with it.
    }
  })
  return {
    url: broker.url,
    channel,
    exchange,
    queue,
    dead,
    publish(type, routingKey = 'notifications.info', to = exchange, messageId = randomUUID()) {
      channel.publish(to, routingKey, Buffer.from(notification(messageId, type)))
      return messageId
    },
    ready: async (name) => (await channel.checkQueue(name)).messageCount,
    async unacknowledged() {
      const name = `rabbit_misc:r(<<"/">>, queue, <<"${queue}">>)`
      return Number(
        await broker.evaluate(`{ok, Queue} = rabbit_amqqueue:lookup(${name}),
          [{_, Count}] = rabbit_amqqueue:info(Queue, [messages_unacknowledged]), Count`)
      )
    }
  }
}

function notification(messageId: string, type: string): string {
  return JSON.stringify({
    'oslo.version': '2.0',
    'oslo.message': JSON.stringify({
      message_id: messageId,
      publisher_id: 'compute.host1',
      event_type: type,
      priority: 'INFO',
      payload: { instance_id: randomUUID(), tenant_id: randomUUID(), display_name: 'web', state: 'stopped' },
      timestamp: '2026-11-23 06:46:34.242037',
      _context_request_id: `req-${randomUUID()}`
    })
  })
}

export function required(url: string): OpenstackConsumerOptions {
  const quiet = () => {}
  return { url, exchanges: ['nova'], where, append: async () => {}, log: { info: quiet, warn: quiet, error: quiet } }
}

/** A consumer that keeps what it was given, and its log. */
export async function consume(t: Test, bus: Bus | undefined, options: Partial<OpenstackConsumerOptions> = {}) {
  const seen: Batch[] = []
  const lines: string[] = []
  const write = (fields: object, sentence: string) => void lines.push(`${JSON.stringify(fields)} ${sentence}`)
  const consumer = await startOpenstackConsumer({
    ...required(bus?.url ?? ''),
    ...(bus && {
      exchanges: [bus.exchange],
      queue: bus.queue,
      deadLetterExchange: bus.dead,
      deadLetterQueue: bus.dead
    }),
    recheckMs: 200,
    log: { info: write, warn: write, error: write },
    ...options,
    append: async (batch) => {
      const written = options.append?.(batch)
      seen.push(batch)
      await written
    }
  })
  t.teardown(() => consumer.close())
  return { consumer, seen, logged: () => lines.join('\n') }
}

/** Ids of the events that were appended, without those of a batch that was appended again. */
export function stored(seen: readonly Batch[]): string[] {
  return [...new Set(seen)].flatMap((batch) => batch.events).map((event) => event.id)
}

/** Looks every few milliseconds; less often at what costs more to look at. */
export async function until(condition: () => boolean | Promise<boolean>, everyMs = 30): Promise<void> {
  const patience = Date.now() + 120_000
  while (!(await condition())) {
    if (Date.now() > patience) throw new Error(`this never came true: ${condition}`)
    await sleep(everyMs)
  }
}
