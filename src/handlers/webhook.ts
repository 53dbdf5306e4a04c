import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { failure } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { hasBody } from './access.ts'
import { createBodies, UnreadableBody } from './bodies.ts'
import { sendProblem } from './problem.ts'
import type { Refusals } from './refusals.ts'
import { createSemaphore } from './semaphore.ts'
import { type Delivered, NotAuthentic, NotTaken, type WebhookSender } from './webhook-sender.ts'

/** Back-pressure: from which event loop delay (ms) on nothing is taken, and how often it is looked at (ms). */
export interface Pressure {
  /** Left out: half of the time that the sender waits for an answer. */
  readonly maxDelayMs?: number
  readonly sampleMs: number
}

/** What the webhook plugin is made of: senders, the journal and limits. */
export interface WebhookParts {
  readonly senders: readonly WebhookSender[]
  /** Journals what came from a sender; resolves once everything is on disk. */
  readonly receive: (sender: string, batch: Delivered) => Promise<{ readonly appended: number }>
  readonly log: Log
  readonly metrics: Metrics
  /** Says and counts who was refused; left out: each is said. */
  readonly refusals?: Refusals
  readonly now?: () => number
  /** So many refused deliveries of one address are told why in a minute; the others get 429. An authentic one is always taken. */
  readonly refusedAMinute?: number
  readonly pressure?: Pressure
}

/** What is parsed out of bodies from here on takes turns. */
const bigBytes = 1_048_576
const bigAtOnce = 2
const retryAfterS = 60

/**
 * Registers the webhooks of every sender: raw body within limits of size and time → verify → normalise → journal → answer. What was
 * journalled is answered 200 whatever comes of it, and an error says what the sender can mend: 401 not authentic, 400 no webhook,
 * 503 not written.
 */
export function webhookRoutes(app: FastifyInstance, parts: WebhookParts): void {
  const { senders, refusedAMinute = 100, pressure = { sampleMs: 1000 } } = parts
  app.register(async (scope) => {
    await scope.register(rateLimit, { global: false, max: refusedAMinute, timeWindow: 60_000 })
    const mostOf = ({ limits }: WebhookSender) => pressure.maxDelayMs ?? limits.withinMs / 2
    await scope.register(underPressure, {
      maxEventLoopDelay: Math.min(...senders.map(mostOf)),
      sampleInterval: pressure.sampleMs
    })
    const limiter = scope.createRateLimit()
    for (const sender of senders)
      scope.register(async (own) => senderRoutes(own, sender, { ...parts, limiter, mostDelayMs: mostOf(sender) }))
  })
}

interface SenderParts {
  readonly limiter: ReturnType<FastifyInstance['createRateLimit']>
  readonly mostDelayMs: number
}

function senderRoutes(
  scope: FastifyInstance,
  sender: WebhookSender,
  { receive, log, metrics, refusals, now = Date.now, limiter, mostDelayMs }: WebhookParts & SenderParts
): void {
  const { name, title, limits, mediaType = '*' } = sender
  const settingsOf = new WeakMap<FastifyRequest, unknown>()
  const byHeaders = new WeakMap<FastifyRequest, { readonly known: unknown }>()
  const overOf = new WeakMap<FastifyRequest, () => void>()
  const bodies = createBodies(limits)
  const turns = createSemaphore(bigAtOnce)

  scope.addHook('onSend', (_request, reply, _payload, done) => {
    reply.header('x-content-type-options', 'nosniff')
    metrics.add('deliveries_total', { sender: name, status: String(reply.statusCode) })
    done()
  })
  scope.addHook('onRequest', async (request) => {
    const settings = sender.settings()
    if (settings === null) throw new NotTaken('NO_SECRET', sender.setting)
    settingsOf.set(request, settings)
    const verified = sender.verifyHeaders?.(request.headers, settings, now())
    if (verified?.ok === false) throw new NotAuthentic(verified.reason)
    if (verified?.known !== undefined) byHeaders.set(request, verified)
  })
  // The signature is over the bytes, so the bytes are what is kept: nothing may parse them first.
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(mediaType, (request, payload, done) => {
    const over = bodies.read(payload, request.socket.remoteAddress ?? '', (error, body) => done(error, body))
    overOf.set(request, over)
  })
  scope.addHook('onResponse', async (request) => overOf.get(request)?.())

  scope.setErrorHandler<FastifyError>(async (error, request, reply) => {
    if (error instanceof NotAuthentic) return refuse(request, reply, error.message)
    if (error instanceof UnreadableBody) return unread(request, reply, error)
    if (error instanceof NotTaken) {
      const { code } = error.failure
      if (code === 'NOT_STORED' || code === 'UNDER_PRESSURE') reply.header('retry-after', retryAfterS)
      return sendProblem(reply, error.failure)
    }
    if (error.code?.startsWith('FST_ERR_CTP_')) return sendProblem(reply, failure('BAD_DELIVERY', error.message))
    throw error
  })

  /** Counts, says the first of a minute in the log, and limits the rate of who is refused. */
  async function refuse(request: FastifyRequest, reply: FastifyReply, reason: string) {
    const from = request.socket.remoteAddress
    const fields = { path: request.routeOptions.url }
    const sentence = `a webhook of ${title} was refused: ${reason}`
    if (refusals === undefined) log.warn({ from, ...fields }, sentence)
    else refusals.note({ reason: 'WRONG_SIGNATURE', sentence, from, fields })
    if (hasBody(request)) reply.header('connection', 'close')
    const limit = await limiter(request)
    if (limit.isAllowed || !limit.isExceeded) return sendProblem(reply, failure('WRONG_SIGNATURE', reason))
    reply.headers({ connection: 'close', 'retry-after': limit.ttlInSeconds })
    return sendProblem(reply, failure('REFUSED_TOO_OFTEN', limit.max, limit.ttlInSeconds))
  }

  function unread(request: FastifyRequest, reply: FastifyReply, { failure: failed }: UnreadableBody) {
    const { code, message } = failed
    const sentence = `a webhook of ${title} was not read: ${message}`
    refusals?.note({ reason: code, sentence, from: request.socket.remoteAddress })
    if (code === 'BUSY') reply.header('retry-after', retryAfterS)
    return sendProblem(reply.header('connection', 'close'), failed)
  }

  /** Each sender waits for another time; what cannot be measured is no delay. */
  async function pressureHandler(_request: unknown, _reply: unknown, _type: string, delayMs: number | undefined) {
    if (delayMs !== undefined && Number.isFinite(delayMs) && delayMs > mostDelayMs)
      throw new NotTaken('UNDER_PRESSURE', retryAfterS)
  }

  // No browser comes here, and a dozen headers on every answer cost a fifth of it.
  const options = { bodyLimit: limits.biggest, config: { pressureHandler }, helmet: false } as const
  for (const [path, route] of Object.entries(sender.routes)) {
    scope.post(path, options, async (request, reply) => {
      const settings = settingsOf.get(request)
      const { headers } = request
      const verified = checked()
      if (verified === null) return reply.send()
      // Of what is parsed out of big bodies only so much is in memory at once.
      if (bytes().length >= bigBytes) reply.raw.once('close', await turns.take())
      const read = route.normalise({ headers, body: bytes() }, { settings, known: verified.known, now: now() })
      // Not needed again, and it may be large: only what was read out of it waits for the disk.
      request.body = undefined
      if (!read.ok) {
        metrics.add('malformed_total', { source: name })
        log.warn({ path }, `a webhook of ${title} is malformed: ${read.reason}`)
        throw new NotTaken('BAD_DELIVERY', read.reason)
      }
      return sender.respond(read, reply, { settings, journal })

      function bytes(): Buffer {
        return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      }
      /** Who sends; null: nobody wants anything. */
      function checked() {
        const delivery = { headers, body: bytes() }
        if (sender.asksOnly?.(delivery)) return null
        const early = byHeaders.get(request)
        if (early !== undefined) return early
        const verified = sender.verify(delivery, settings, now())
        if (!verified.ok) throw new NotAuthentic(verified.reason)
        return verified
      }
      async function journal(batch: Delivered) {
        try {
          return await receive(name, batch)
        } catch (error) {
          metrics.add('append_failed_total')
          log.error({ err: error }, `a webhook of ${title} could not be journalled: its sender was told to try again`)
          throw new NotTaken('NOT_STORED', request.id)
        }
      }
    })
  }
}
