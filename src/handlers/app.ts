import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import sensible from '@fastify/sensible'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  LogController
} from 'fastify'
import { failure } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Token } from '../config/config.ts'
import { ReadError } from '../core/read-error.ts'
import type { LocalKey } from '../people/local-proof.ts'
import type { OperationsContext } from '../people/on-journal/context.ts'
import type { SimulatedPerson } from '../people/simulated-person.ts'
import type { Journal, Reading } from '../store/journal.ts'
import { guardRoutes } from './access.ts'
import { apiRoutes } from './api.ts'
import { type GitlabParts, gitlabRoutes } from './gitlab.ts'
import { healthRoutes, type Status } from './health.ts'
import { isolationRoutes } from './isolation.ts'
import { strictJson } from './json-body.ts'
import { metricsRoutes } from './metrics.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { routeOperations } from './operations.ts'
import { peopleRoutes } from './people.ts'
import { quotaRoutes } from './quota.ts'
import { createRefusals } from './refusals.ts'
import { type SlackParts, slackRoutes } from './slack.ts'
import { streamRoutes, type Wakes } from './stream.ts'
import { uiRoutes } from './ui.ts'
import { bearerOf, holderOf } from './who.ts'
import { limitPeers, type WireLimits, wireLimits, wireOptions } from './wire.ts'

export interface AppParts {
  /** For probes, which wait for nobody's question. */
  readonly journal: Journal
  /** For people's questions; left out: the journal itself. */
  readonly reading?: Reading
  readonly status: () => Status
  readonly log: Log
  readonly metrics: Metrics
  /** Wakes the live stream; without it, the stream looks every two seconds. */
  readonly stream?: Wakes
  /** What people's operations work with; asked at each call, since a configuration may be read anew. */
  readonly context: () => OperationsContext
  readonly tokens: () => readonly Token[]
  /** What GitLab's webhooks, and Slack's commands and buttons work with; left out: there are none. */
  readonly gitlab?: GitlabParts
  readonly slack?: SlackParts
  /** People of the simulated company, with their tokens; left out: this is no simulation, and nobody's token is told. */
  readonly people?: readonly SimulatedPerson[]
  /** Something a person did may be due. */
  readonly wake?: () => void
  /** Names besides loopback under which the server may be asked (`http.hosts`). */
  readonly hosts?: () => readonly string[]
  /** What proves a user of this machine where there are no tokens; left out: nothing does, and nobody changes anything. */
  readonly localKey?: LocalKey | null
  readonly now?: () => number
  /** What a connection may cost; left out: `wireLimits`. */
  readonly limits?: WireLimits
  /** The clock by which tokens end. */
  readonly clock?: () => number
}

/** Without what follows the question mark: somebody may have put a token there. */
const pathOf = (url: string): string => url.split('?', 1)[0]!

/** Fastify has its own words for a body that cannot be read. */
const asOurs = (error: FastifyError): { code: string; message: string } =>
  error.code?.startsWith('FST_ERR_CTP_') ? failure('BAD_BODY', error.message) : error

/** The HTTP side from its parts; the caller listens. */
export function buildApp({
  journal,
  reading = journal,
  status,
  log,
  metrics,
  stream,
  context,
  tokens,
  gitlab,
  slack,
  people,
  wake = () => {},
  hosts = () => [],
  localKey = null,
  limits = wireLimits,
  now = Date.now,
  clock = Date.now
}: AppParts): FastifyInstance {
  const app: FastifyInstance = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    // Who types an address into a form of GitLab or Slack may end it with one.
    routerOptions: { ignoreTrailingSlash: true },
    // A reason and a name; nothing that is said here is longer.
    bodyLimit: 16_384,
    ...wireOptions(limits),
    // Streams end by themselves in preClose; whatever else is open gets to finish.
    forceCloseConnections: 'idle'
  })
  app.register(sensible)

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin'
    })
  })
  const refusals = createRefusals(log, metrics)
  limitPeers(app, limits, refusals)
  app.addHook('onClose', async () => refusals.close())
  guardRoutes(app, tokens, hosts, { localKey, refusals, now: clock })
  oneAtATime(app)

  // A command believes nobody who does not say that it is one of us; which installation is for those who may read.
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-stackreflex', request.known ? status().installId : 'unknown')
  })

  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error instanceof ReadError) {
      const { code, status, message } = failure(error.code, error.message)
      // What takes too long does so again.
      if (code !== 'READ_TOO_LONG') reply.header('retry-after', '1')
      return reply.code(status).send({ error: { code, message, requestId: request.id } })
    }
    const status = error.statusCode ?? 500
    // A sentence that nobody wrote for callers may hold anything.
    const known = status < 500 || error.code === 'TOO_MANY_STREAMS' || error.code === 'BUSY'
    if (!known) request.log.error({ err: error, path: request.routeOptions.url }, 'request failed')
    const { code, message } = known ? asOurs(error) : failure('INTERNAL', request.id)
    return reply.code(status).send({ error: { code, message, requestId: request.id } })
  })
  app.setNotFoundHandler((request) => {
    const { status, message, code } = failure('NO_ROUTE', request.method, pathOf(request.url).slice(0, 100))
    throw app.httpErrors.createError(status, message, { code })
  })

  app.after(() => {
    strictJson(app)
    healthRoutes(app, { journal, status })
    apiRoutes(app, { journal: reading, now })
    const operations = routeOperations(context, { wake, sleep: (ms) => sleep(ms) })
    peopleRoutes(app, operations)
    quotaRoutes(app, operations)
    isolationRoutes(app, operations, () => status().build)
    // A token that is taken away, or runs out, ends the streams that were opened with it.
    const admitted = ({ headers: { authorization } }: FastifyRequest) => {
      const bearer = authorization === undefined ? null : bearerOf(authorization)
      // Who reads by the key of this machine needs none of it to read.
      if (bearer === null || tokens().length === 0) return true
      return holderOf(bearer, tokens(), clock())?.expired === false
    }
    streamRoutes(app, { journal: reading, wakes: stream, admitted })
    metricsRoutes(app, { journal: reading, metrics, status, context })
    uiRoutes(app)
    if (people !== undefined) app.get('/api/v1/simulated-people', () => ({ items: people }))
    if (gitlab !== undefined) gitlabRoutes(app, { ...gitlab, refusals })
    if (slack !== undefined) slackRoutes(app, { ...slack, refusals })
  })
  return app
}
