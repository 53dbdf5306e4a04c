import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, failure } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import { type GitlabSecret, speaksOf } from '../config/gitlab-secret.ts'
import type { Normalised } from '../events/event.ts'
import { normaliseGitlab } from '../events/gitlab.ts'
import { hasBody } from './access.ts'
import { createBodies, Unread } from './bodies.ts'
import { knownToSender, refusedByHeaders, wrongSignature } from './gitlab/verify.ts'
import type { Refusals } from './refusals.ts'
import { createTurns } from './turns.ts'

/** GitLab's own limit on what it sends, and a little. */
export const mostBytes = 26_214_400 + 65_536
const bigBytes = 1_048_576
/** Three of the biggest, and small ones beside them. */
const togetherBytes = 96 * 1_048_576
/** So long GitLab waits for an answer. */
const patienceMs = 10_000
const retryAfterS = 60

export interface GitlabParts {
  /** Several while one is being replaced; asked at each delivery, since a configuration may be read anew. */
  readonly secrets: () => readonly GitlabSecret[]
  /** Resolves once everything is on disk. */
  readonly receive: (batch: Extract<Normalised, { ok: true }>) => Promise<void>
  readonly log: Log
  readonly metrics: Metrics
  /** Says and counts who was refused; left out: each is said. */
  readonly refusals?: Refusals
  /** Host to name as the source where a payload names no project. */
  readonly instance?: string
  readonly now?: () => number
}

/**
 * `POST /webhooks/gitlab`. GitLab turns a webhook off after four failures, so what was journalled is answered 200 whatever
 * comes of it, and an error says what the sender can mend: 401 not authentic, 400 no webhook, 503 not written.
 */
export function gitlabRoutes(
  app: FastifyInstance,
  { secrets, receive, log, metrics, refusals, instance = 'gitlab', now = Date.now }: GitlabParts
): void {
  app.register(async (scope) => {
    const refuse = (reply: FastifyReply, code: ErrorCode, ...words: readonly (string | number)[]) => {
      const { status, message } = failure(code, ...words)
      return answer(reply, status, { error: { code, message, requestId: reply.request.id } })
    }
    const answer = (reply: FastifyReply, status: number, body: object) => {
      metrics.add('deliveries_total', { sender: 'gitlab', status: String(status) })
      return reply.code(status).send(body)
    }
    const notAuthentic = (reply: FastifyReply, reason: string) => {
      const from = reply.request.socket.remoteAddress
      const sentence = `a webhook of GitLab was refused: ${reason}`
      if (refusals === undefined) log.warn({ from }, sentence)
      else refusals.note({ reason: 'WRONG_SIGNATURE', sentence, from })
      if (hasBody(reply.request)) reply.header('connection', 'close')
      return refuse(reply, 'WRONG_SIGNATURE', reason)
    }

    // A configuration read anew while a body arrives must not leave half of a check undone.
    const secretsOf = new WeakMap<FastifyRequest, readonly GitlabSecret[]>()
    scope.addHook('onRequest', async (request, reply) => {
      const known = [...secrets()]
      secretsOf.set(request, known)
      if (known.length === 0) return refuse(reply, 'NO_SECRET', 'gitlab.secrets')
      const reason = refusedByHeaders(request.headers, known, now())
      return reason === null ? undefined : notAuthentic(reply, reason)
    })
    const bodies = createBodies({ biggest: mostBytes, together: togetherBytes, withinMs: patienceMs })
    const turns = createTurns(2)

    // The signature is over the bytes, so whatever the type says, the bytes are what is kept.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (request, payload, done) => {
      const peer = request.socket.remoteAddress ?? ''
      overOf.set(
        request,
        bodies.read(payload, peer, (error, body) => done(error, body))
      )
    })
    const overOf = new WeakMap<FastifyRequest, () => void>()
    scope.addHook('onResponse', async (request) => overOf.get(request)?.())
    scope.setErrorHandler<Error & { code?: string }>((error, _request, reply) => {
      if (error instanceof Unread) {
        const { status, code, message } = error.failure
        refusals?.note({
          reason: code,
          sentence: `a webhook of GitLab was not read: ${message}`,
          from: reply.request.socket.remoteAddress
        })
        if (code === 'BUSY') reply.header('retry-after', retryAfterS)
        return answer(reply.header('connection', 'close'), status, {
          error: { code, message, requestId: reply.request.id }
        })
      }
      if (error.code?.startsWith('FST_ERR_CTP_')) return refuse(reply, 'BAD_DELIVERY', error.message)
      throw error
    })

    scope.post('/webhooks/gitlab', { bodyLimit: mostBytes }, async (request, reply) => {
      const { headers } = request
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const known = knownToSender(headers, body, secretsOf.get(request)!)
      if (known.length === 0) return notAuthentic(reply, wrongSignature)
      // Of what is parsed out of big ones only so much is in memory at once.
      if (body.length >= bigBytes) reply.raw.once('close', await turns.take())
      const batch = normaliseGitlab({ headers, body }, { instance, now: now() })
      if (!batch.ok) {
        metrics.add('malformed_total', { source: 'gitlab' })
        log.warn({ event: headers['x-gitlab-event'] }, `a webhook of GitLab is malformed: ${batch.reason}`)
        return refuse(reply, 'BAD_DELIVERY', batch.reason)
      }
      const other = batch.events
        .flatMap(({ data }) => (data.kind === 'gitlab' ? [data.project] : []))
        .find((project) => !known.some((secret) => speaksOf(secret, project)))
      if (other !== undefined)
        return notAuthentic(
          reply,
          `its secret is not for project ${other}: see projects of gitlab.secrets in reflex.yaml`
        )
      // Not needed again, and up to 25 MB: only what was taken from it waits for the disk.
      request.body = undefined
      try {
        await receive(batch)
      } catch (error) {
        metrics.add('append_failed_total')
        log.error({ err: error }, 'a webhook of GitLab could not be journalled: its sender was told to try again')
        return refuse(reply.header('retry-after', retryAfterS), 'NOT_STORED', request.id)
      }
      const { events, ignored } = batch
      return answer(reply, 200, {
        stored: [...events, ...ignored].map(({ id }) => id),
        ignored: ignored.map((one) => one.reason)
      })
    })
  })
}
