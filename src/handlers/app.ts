import { randomUUID } from 'node:crypto'
import sensible from '@fastify/sensible'
import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, LogController } from 'fastify'
import { failure } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Token } from '../config/config.ts'
import { ReadError } from '../core/read-error.ts'
import type { LocalKey } from '../people/local-proof.ts'
import type { Doors } from '../people/people.ts'
import type { Journal, Reading } from '../store/journal.ts'
import { guardRoutes } from './access.ts'
import { healthRoutes, type Status } from './health.ts'
import { strictJson } from './json-body.ts'
import { metricsRoutes } from './metrics.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { createRefusals, type Refusals } from './refusals.ts'
import { limitPeers, type WireLimits, wireLimits, wireOptions } from './wire.ts'

export interface AppParts {
  /** For probes, which wait for nobody's question. */
  readonly journal: Journal
  /** For people's questions; left out: the journal itself. */
  readonly reading?: Reading
  readonly status: () => Status
  readonly log: Log
  readonly metrics: Metrics
  /** What the gauges of shared quotas go by; asked at each call, since a configuration may be read anew. */
  readonly doors: () => Doors
  readonly tokens: () => readonly Token[]
  /** What the roles of this process add; left out: nothing. */
  readonly routes?: readonly Routes[]
  /** Names besides loopback under which the server may be asked (`http.hosts`). */
  readonly hosts?: () => readonly string[]
  /** What proves a user of this machine where there are no tokens; left out: nothing does, and nobody changes anything. */
  readonly localKey?: LocalKey | null
  /** What a connection may cost; left out: `wireLimits`. */
  readonly limits?: WireLimits
  /** The clock of the guard at the doors. */
  readonly clock?: () => number
}

/** Adds the routes of a role to the app that every process has. */
export type Routes = (app: FastifyInstance, shared: { readonly refusals: Refusals }) => void

/** Without what follows the question mark: somebody may have put a token there. */
const pathOf = (url: string): string => url.split('?', 1)[0]!

/** Fastify has its own words for a body that cannot be read. */
const asOurs = (error: FastifyError): { code: string; message: string } =>
  error.code?.startsWith('FST_ERR_CTP_') ? failure('BAD_BODY', error.message) : error

/** Builds the HTTP side of a process: health, metrics, who may ask what, and the routes of its roles; the caller listens. */
export function buildApp({
  journal,
  reading = journal,
  status,
  log,
  metrics,
  doors,
  tokens,
  routes = [],
  hosts = () => [],
  localKey = null,
  limits = wireLimits,
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
    metricsRoutes(app, { journal: reading, metrics, status, doors })
    for (const add of routes) add(app, { refusals })
  })
  return app
}
