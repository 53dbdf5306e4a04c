import { randomUUID } from 'node:crypto'
import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, LogController } from 'fastify'
import { failure } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Token } from '../config/config.ts'
import { ReadError } from '../core/read-error.ts'
import type { LocalKey } from '../people/local-proof.ts'
import type { OperationsContext } from '../people/on-journal/context.ts'
import type { Journal, Reading } from '../store/journal.ts'
import { guardRoutes } from './access.ts'
import { healthRoutes, type ProcessStatus } from './health.ts'
import { strictJson } from './json-body.ts'
import { lateCompilers } from './late-compilers.ts'
import { metricsRoutes } from './metrics.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { collectRoutes } from './openapi.ts'
import { problemError, sendProblem } from './problem.ts'
import { createRefusals, type Refusals } from './refusals.ts'
import { endConnections, limitPeers, type WireLimits, wireLimits, wireOptions } from './wire.ts'

/** What the HTTP side of a process is built from. */
export interface AppParts {
  /** For probes, which wait for nobody's question. */
  readonly journal: Journal
  /** For people's questions; left out: the journal itself. */
  readonly reading?: Reading
  readonly status: () => ProcessStatus
  readonly log: Log
  readonly metrics: Metrics
  /** What the gauges of shared quotas go by; asked at each call, since a configuration may be read anew. */
  readonly context: () => OperationsContext
  readonly tokens: () => readonly Token[]
  /** What the roles of this process add; left out: nothing. */
  readonly routes?: readonly Routes[]
  /** Names besides loopback under which the server may be asked (`http.hosts`). */
  readonly hosts?: () => readonly string[]
  /** What proves a user of this machine where there are no tokens; left out: nothing does, and nobody changes anything. */
  readonly localKey?: LocalKey | null
  /** What a connection may cost; left out: `wireLimits`. */
  readonly limits?: WireLimits
  /** The clock of the guard at the context. */
  readonly clock?: () => number
}

/** The context that the routes of a role share with the app. */
export interface RouteContext {
  readonly refusals: Refusals
  /** All routes of this process by method and path, those that follow as well. */
  readonly routes: readonly string[]
}

/** Adds the routes of a role to the app that every process has. */
export type Routes = (app: FastifyInstance, shared: RouteContext) => void

/** Without what follows the question mark: somebody may have put a token there. */
const pathOf = (url: string): string => url.split('?', 1)[0]!

/** Fastify has its own words for a body that cannot be read. */
const asOurs = (error: FastifyError): { code: string; message: string } =>
  error.code?.startsWith('FST_ERR_CTP_') ? failure('BAD_BODY', error.message) : error

/** A page brings a policy of its own (ui.ts); whatever else is answered is no page, and loads nothing. */
const securityHeaders = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] }
  },
  frameguard: { action: 'deny' },
  // Whoever ends TLS in front of this says for which names that holds.
  strictTransportSecurity: false
} as const satisfies FastifyHelmetOptions

/** Builds the HTTP side of a process: health, metrics, who may ask what, and the routes of its roles; the caller listens. */
export function buildApp({
  journal,
  reading = journal,
  status,
  log,
  metrics,
  context,
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
    schemaController: lateCompilers,
    // Who types an address into a form of GitLab or Slack may end it with one.
    routerOptions: { ignoreTrailingSlash: true },
    // A reason and a name; nothing that is said here is longer.
    bodyLimit: 16_384,
    ...wireOptions(limits),
    // Streams end by themselves in preClose; whatever else is open gets to finish.
    forceCloseConnections: 'idle'
  })
  // First of all hooks: whoever is refused gets these headers as well.
  app.register(helmet, securityHeaders)
  const refusals = createRefusals(log, metrics)
  limitPeers(app, limits, refusals)
  endConnections(app, limits)
  app.addHook('onClose', async () => refusals.close())

  // A command believes nobody who does not say that it is one of us; which installation is for those who may read.
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-stackreflex', request.known ? status().installId : 'unknown')
  })

  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error instanceof ReadError) {
      const failed = failure(error.code, error.message)
      // What takes too long does so again.
      if (failed.code !== 'READ_TOO_LONG') reply.header('retry-after', '1')
      return sendProblem(reply, failed)
    }
    const status = error.statusCode ?? 500
    // A sentence that nobody wrote for callers may hold anything.
    const known = status < 500 || error.code === 'TOO_MANY_STREAMS' || error.code === 'BUSY'
    if (!known) request.log.error({ err: error, path: request.routeOptions.url }, 'request failed')
    const { code, message } = known ? asOurs(error) : failure('INTERNAL', request.id)
    return sendProblem(reply, { status, code, message })
  })
  app.setNotFoundHandler((request) => {
    throw problemError(failure('NO_ROUTE', request.method, pathOf(request.url).slice(0, 100)))
  })

  app.after(() => {
    app.addHook('onRequest', async (request, reply) => void reply.header('x-request-id', request.id))
    guardRoutes(app, tokens, hosts, { localKey, refusals, now: clock })
    oneAtATime(app)
    const names = collectRoutes(app)
    strictJson(app)
    healthRoutes(app, { journal, status })
    metricsRoutes(app, { journal: reading, metrics, status, context })
    for (const add of routes) add(app, { refusals, routes: names })
  })
  return app
}
