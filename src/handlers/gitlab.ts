import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type GitlabSecret, speaksOf } from '../config/gitlab-secret.ts'
import { type ErrorCode, failure } from '../errors.ts'
import type { Normalised } from '../events/event.ts'
import { normaliseGitlab } from '../events/gitlab.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { takeTurns } from './big-bodies.ts'
import { knownToSender, refusedByHeaders, wrongSignature } from './gitlab/verify.ts'

/** GitLab's own limit on what it sends, and a little. */
export const mostBytes = 26_214_400 + 65_536
const bigBytes = 1_048_576
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
  { secrets, receive, log, metrics, instance = 'gitlab', now = Date.now }: GitlabParts
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
      log.warn({ from: reply.request.socket.remoteAddress }, `a webhook of GitLab was refused: ${reason}`)
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
    takeTurns(scope, { from: bigBytes, atOnce: 2, readMs: patienceMs })

    // The signature is over the bytes, so whatever the type says, the bytes are what is kept.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.setErrorHandler<Error & { code?: string }>((error, _request, reply) => {
      if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return refuse(reply, 'TOO_BIG', mostBytes)
      if (error.code?.startsWith('FST_ERR_CTP_')) return refuse(reply, 'BAD_DELIVERY', error.message)
      throw error
    })

    scope.post('/webhooks/gitlab', { bodyLimit: mostBytes }, async (request, reply) => {
      const { headers } = request
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const known = knownToSender(headers, body, secretsOf.get(request)!)
      if (known.length === 0) return notAuthentic(reply, wrongSignature)
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
