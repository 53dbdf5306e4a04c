import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isLoopback } from '../config/values.ts'
import type { Token } from '../config.ts'
import type { Actor } from '../core/approval.ts'
import { actorOf, bearerOf, isLocalAddress, localActor } from '../who.ts'
import { fail } from './refuse.ts'
import { type RouteRole, routeRoles } from './roles.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, as authenticated; null on routes that only read. */
    actor: Actor | null
    /** On this machine, or with a token: may be told names and reasons. */
    known: boolean
  }
}

/** Holds every route to its role in the table; registers nothing that has none. */
export function guardRoutes(app: FastifyInstance, tokens: () => readonly Token[]): void {
  app.decorateRequest('actor', null)
  app.decorateRequest('known', false)
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat())
      if (one !== 'HEAD' && routeRoles[`${one} ${url}`] === undefined)
        throw new Error(`${one} ${url} has no role in src/handlers/roles.ts`)
  })
  app.addHook('onRequest', async (request, reply) => {
    const { method } = request
    // What is not there is said to whoever may read.
    const role = routeRoles[`${method === 'HEAD' ? 'GET' : method} ${request.routeOptions.url}`] ?? 'read'
    const refused = await admit(request, role, tokens())
    if (refused === null) return
    if (refused === 'WRONG_TOKEN' || refused === 'CROSS_SITE')
      request.log.warn({ from: request.socket.remoteAddress, path: request.routeOptions.url }, `refused: ${refused}`)
    if (refused === 'NO_TOKEN' || refused === 'WRONG_TOKEN')
      reply.header('www-authenticate', 'Bearer realm="stackreflex"')
    fail(reply, refused)
  })
}

type Refusal = 'NO_TOKEN' | 'WRONG_TOKEN' | 'LOOPBACK_ONLY' | 'CROSS_SITE' | 'NOT_JSON'

async function admit(request: FastifyRequest, role: RouteRole, tokens: readonly Token[]): Promise<Refusal | null> {
  const { authorization } = request.headers
  // Whatever a proxy says of the client, the connection is the proxy's.
  const here = isLocalAddress(request.socket.remoteAddress)
  const presented = authorization === undefined ? null : bearerOf(authorization)
  request.actor = presented === null ? null : actorOf(presented, tokens)
  request.known = here || request.actor !== null
  if (role === 'open' || role === 'signed') return null
  const changes = role !== 'read'
  if (changes ? isCrossSite(request) : isReadFromElsewhere(request)) return 'CROSS_SITE'
  if (authorization !== undefined) {
    if (request.actor === null) return 'WRONG_TOKEN'
  } else if (!changes) return here ? null : 'NO_TOKEN'
  else if (tokens.length > 0) return 'NO_TOKEN'
  else if (!here || isForwarded(request)) return 'LOOPBACK_ONLY'
  else request.actor = await localActor(request.socket)
  return changes && !isJson(request) ? 'NOT_JSON' : null
}

/** A page of somebody else's can have a browser on this machine post here; the browser says from where. */
function isCrossSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin } = headers
  return origin !== undefined && origin !== `http://${headers.host}` && origin !== `https://${headers.host}`
}

/** Nothing of the answer would reach that page, but how long it takes would, and streams are few. A link may lead here. */
const isReadFromElsewhere = ({ headers }: FastifyRequest): boolean =>
  ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site'])) && headers['sec-fetch-mode'] !== 'navigate'

/** A proxy on this machine speaks for anybody: what it says is never believed, but that it is one is. */
function isForwarded({ headers, host }: FastifyRequest): boolean {
  const named = !isLoopback(host.replace(/:\d+$/, '').toLowerCase())
  return (
    named || ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'].some((name) => name in headers)
  )
}

/** And without asking first it can send anything but JSON. */
const isJson = ({ headers }: FastifyRequest): boolean =>
  /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')
