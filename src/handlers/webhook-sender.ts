import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import { type Failure, failure } from '../base/errors.ts'
import type { Event, Ignored } from '../events/event.ts'

/** A delivery as it came, its body byte for byte; names of headers in lower case. */
export interface Delivery {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** The batch that a delivery becomes for the journal. */
export interface Delivered {
  readonly events: readonly Event[]
  readonly ignored: readonly Ignored[]
}

/** The outcome of verifying a delivery: what is known of its sender, or why it is not authentic. */
export type Verified<Known> =
  | { readonly ok: true; readonly known: Known }
  | { readonly ok: false; readonly reason: string }

/** The outcome of normalising a delivery: what was read, or why it cannot be taken. */
export type Taken<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly reason: string }

/** The context of verifying a delivery: settings, what is known of its sender, and the time. */
export interface Verification<Settings, Known> {
  /** As they were when the first byte came: a configuration read anew must not leave half of a check undone. */
  readonly settings: Settings
  /** What `verify` found out about who sends, e.g. which secrets. */
  readonly known: Known
  readonly now: number
}

/** Writes a batch to the journal; a failure is answered 503 `NOT_STORED`, and the sender told to try again. */
export type Journalling = (batch: Delivered) => Promise<{ readonly appended: number }>

/**
 * What is a sender's own. The plugin in webhook.ts calls these in order for each delivery, and does the rest: raw body, limits,
 * refusals, journal errors, counters. Methods, so that senders with other settings fit into one list.
 */
export interface WebhookSender<Settings = unknown, Known = unknown, Read extends object = object> {
  /** A word such as `gitlab`: the source that the journal's callers are told, and the label of metrics. */
  readonly name: string
  /** Its own name, as sentences have it: `GitLab`. */
  readonly title: string
  /** Where in reflex.yaml its secrets are, for who has set none. */
  readonly setting: string
  /** Bytes of one body, bytes of all together, and how long one may take. */
  readonly limits: { readonly biggest: number; readonly together: number; readonly withinMs: number }
  /** The only media type that is taken; left out: any, since the bytes count and not what they are called. */
  readonly mediaType?: string
  /** Its secrets and whatever else it is configured with; null: there are none, and nothing is taken. */
  settings(): Settings | null
  /** Verifies what the headers alone can tell, so that nobody's body is read for nothing; without `known` the body has to be verified. */
  verifyHeaders?(headers: IncomingHttpHeaders, settings: Settings, now: number): Verified<Known | undefined>
  /** Whether this is only the sender's question whether anybody is here: answered 200, and nothing is done. */
  asksOnly?(delivery: Delivery): boolean
  /** Verifies a delivery that the headers did not: compares signatures in constant time. */
  verify(delivery: Delivery, settings: Settings, now: number): Verified<Known>
  /** Its routes by path, each with the pure normaliser of what comes there; it may throw `NotAuthentic` where the body says who sends. */
  readonly routes: Readonly<
    Record<string, { normalise(delivery: Delivery, at: Verification<Settings, Known>): Taken<Read> }>
  >
  /** Journals what was read, and answers; `journalled` is that of most senders. */
  respond(read: Read, reply: FastifyReply, at: { readonly settings: Settings; readonly journal: Journalling }): unknown
}

/** Lets TypeScript infer the three types of a sender from its parts. */
export const defineSender = <Settings, Known, Read extends object>(
  sender: WebhookSender<Settings, Known, Read>
): WebhookSender<Settings, Known, Read> => sender

/** Journals a batch, and answers 200 with what was stored whatever comes of it. */
export async function journalled(
  batch: Delivered,
  reply: FastifyReply,
  { journal }: { readonly journal: Journalling }
) {
  await journal(batch)
  const { events, ignored } = batch
  return reply.send({
    stored: [...events, ...ignored].map(({ id }) => id),
    ignored: ignored.map((one) => one.reason)
  })
}

/** Not from whom it says: answered 401 with the reason, counted and rate-limited. */
export class NotAuthentic extends Error {}

/** A delivery that is not taken, and how that is answered. */
export class NotTaken extends Error {
  readonly failure: Failure
  constructor(...[code, ...words]: Parameters<typeof failure>) {
    const failed = failure(code, ...words)
    super(failed.message)
    this.failure = failed
  }
}
