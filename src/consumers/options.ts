import type { Transport } from '../core/transport-url.ts'
import { parseTransportUrl } from '../core/transport-url.ts'
import type { Event, Ignored } from '../events/event.ts'
import type { BrokerOrigin } from '../events/openstack.ts'
import type { ConsumerLog } from './amqp.ts'
import type { TlsFiles } from './connecting.ts'

/** Everything that became of some messages, to be stored in one go. */
export interface Batch {
  readonly events: readonly Event[]
  readonly ignored: readonly Ignored[]
  readonly messages: number
}

/** The counters that a consumer reports to. */
export interface ConsumerMetrics {
  connected(connected: boolean): void
  /** A batch is stored; `ms` is how long the store took. */
  appended(batch: { messages: number; events: number; ignored: number; ms: number }): void
  /** The store refused a batch. It is tried again; nothing is lost, nothing is acknowledged. */
  appendFailed(): void
  /** A message that is no notification went to the dead letters. */
  malformed(reason: string): void
  /** Messages that wait on the broker, and their share of the queue's limit: at 1 it drops the oldest. */
  queue(depth: { ready: number; fill: number }): void
  /** Longer than `silenceMs` without any message; once until the next one. A standby is silent too: alert on all replicas. */
  silent(ms: number): void
}

/** The options of a consumer of OpenStack's notifications. */
export interface OpenstackConsumerOptions extends TlsFiles {
  /** oslo's `transport_url`, or an AMQP URL; of several hosts the next one is tried where one fails. */
  readonly url: string
  /** One for each service's `control_exchange`. */
  readonly exchanges: readonly string[]
  readonly where: BrokerOrigin
  /** Resolves when the batch is durable: only then are its messages acknowledged. */
  readonly append: (batch: Batch) => Promise<void>
  readonly log: ConsumerLog
  /** `[oslo_messaging_notifications] topics` and Nova's `versioned_notifications_topics`. */
  readonly topics?: readonly string[] | undefined
  readonly queue?: string | undefined
  readonly deadLetterExchange?: string | undefined
  readonly deadLetterQueue?: string | undefined
  /** Messages that the broker keeps for us while we are away; beyond, it drops the oldest. */
  readonly maxLength?: number | undefined
  readonly deadLetterMaxLength?: number | undefined
  /** Bytes that the broker keeps for us, and of dead letters; beyond, it drops the oldest. */
  readonly maxBytes?: number | undefined
  readonly deadLetterMaxBytes?: number | undefined
  /** Bytes of messages that are not stored yet; beyond, no more is asked for. */
  readonly inFlightBytes?: number | undefined
  /** A larger message is no notification. */
  readonly messageBytes?: number | undefined
  /** A larger dead letter is moved by the broker, without a copy that says why. */
  readonly copyBytes?: number | undefined
  /** How often a message is delivered before it counts as one that kills its consumer. Each lost connection counts as well. */
  readonly deliveryLimit?: number | undefined
  /** Messages that are held unacknowledged. */
  readonly prefetch?: number | undefined
  /** Messages that go into one append at most. */
  readonly batchLimit?: number | undefined
  readonly silenceMs?: number | undefined
  /** How often exchanges and the queue's length are looked at. */
  readonly recheckMs?: number | undefined
  readonly heartbeatSeconds?: number | undefined
  /** How long each step of closing may take. */
  readonly closeMs?: number | undefined
  /** Share the publishers' own queue, and so take messages away from its other consumers. */
  readonly allowPublisherQueue?: boolean | undefined
  readonly metrics?: Partial<ConsumerMetrics> | undefined
  readonly now?: (() => number) | undefined
}

type Defaulted = Omit<OpenstackConsumerOptions, 'metrics' | 'url' | keyof TlsFiles>
/** The same, validated and with all defaults. */
export type ConsumerSettings = { readonly [K in keyof Defaulted]-?: NonNullable<Defaulted[K]> } & TlsFiles & {
    readonly transport: Transport
    readonly metrics: Partial<ConsumerMetrics>
    /** The queue belongs to the publishers: it is used as it is, and bound by them. */
    readonly shared: boolean
  }

const defaults = {
  topics: ['notifications', 'versioned_notifications'],
  queue: 'stackreflex',
  deadLetterExchange: 'stackreflex.dead',
  deadLetterQueue: 'stackreflex.dead',
  maxLength: 1_000_000,
  deadLetterMaxLength: 10_000,
  maxBytes: 2_000_000_000,
  deadLetterMaxBytes: 500_000_000,
  inFlightBytes: 64 * 1_048_576,
  messageBytes: 4 * 1_048_576,
  copyBytes: 65_536,
  deliveryLimit: 100,
  prefetch: 2000,
  batchLimit: 2000,
  silenceMs: 600_000,
  recheckMs: 5000,
  heartbeatSeconds: 30,
  closeMs: 10_000,
  allowPublisherQueue: false,
  metrics: {},
  now: Date.now
}

const priorities = ['audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample']

/** The options are not usable, or would do harm to others on the bus. */
export class ConsumerConfigError extends Error {}

/** Defaults filled in, or an error that says what is wrong and what to do. */
export function withDefaults(options: OpenstackConsumerOptions): ConsumerSettings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  // The defaults fill in what an option leaves out, which a spread of optional fields does not say.
  const all = { ...defaults, ...given, transport: transportOf(options.url) } as unknown as Omit<
    ConsumerSettings,
    'shared'
  >
  if (all.exchanges.length === 0) refuse('no exchange is named: list each service’s control_exchange, such as nova')
  if (all.topics.length === 0) refuse('no topic is named: the default is notifications')
  for (const exchange of all.exchanges) checkName('exchange', exchange)
  for (const topic of all.topics) checkName('topic', topic)
  for (const name of [all.queue, all.deadLetterQueue, all.deadLetterExchange]) checkName('queue or exchange', name)
  const counts = ['maxLength', 'deadLetterMaxLength', 'deliveryLimit', 'prefetch', 'batchLimit'] as const
  const sizes = ['maxBytes', 'deadLetterMaxBytes', 'inFlightBytes', 'messageBytes', 'copyBytes'] as const
  for (const key of [...counts, ...sizes]) {
    if (!Number.isSafeInteger(all[key]) || all[key] < 1) refuse(`${key} is ${all[key]}: it must be a number from 1`)
  }
  if (all.prefetch > 65_535) refuse(`prefetch is ${all.prefetch}: AMQP allows at most 65535`)
  if (all.queue === all.deadLetterQueue)
    refuse(`queue and deadLetterQueue are both ${all.queue}: dead letters would come back`)
  if (all.exchanges.includes(all.deadLetterExchange)) {
    refuse(`deadLetterExchange ${all.deadLetterExchange} is among the exchanges: dead letters would come back`)
  }
  const publishers = publisherQueues(all.topics)
  if (publishers.has(all.deadLetterQueue)) refuse(`deadLetterQueue ${all.deadLetterQueue} is the publishers’ own queue`)
  const shared = publishers.has(all.queue)
  if (shared && !all.allowPublisherQueue) {
    refuse(
      `queue ${all.queue} is the publishers’ own: taking from it steals messages from its other consumers ` +
        '(designate-sink, ceilometer, masakari). Choose another name, or set allowPublisherQueue if there is no other consumer'
    )
  }
  return { ...all, shared }
}

/** Each publisher declares a queue by the name of its routing key. */
function publisherQueues(topics: readonly string[]): Set<string> {
  const all = [...topics, ...defaults.topics]
  return new Set(all.flatMap((topic) => priorities.map((priority) => `${topic}.${priority}`)))
}

function transportOf(url: string): Transport {
  const parsed = parseTransportUrl(url)
  return typeof parsed === 'string'
    ? refuse(`url is not an amqp:// or rabbit:// URL that can be used: ${parsed}`)
    : parsed
}

function checkName(what: string, name: string): void {
  if (typeof name !== 'string' || name === '' || name.length > 200) refuse(`a ${what} has no usable name`)
  if (/[#*]/.test(name)) {
    refuse(
      `${what} ${name} has a wildcard in it: services use the same exchanges for RPC, whose messages hold live tokens ` +
        'and passwords. Name each topic; we bind <topic>.*'
    )
  }
}

function refuse(reason: string): never {
  throw new ConsumerConfigError(reason)
}
