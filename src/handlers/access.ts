import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isLoopback } from '../config/values.ts'
import type { Token } from '../config.ts'
import type { Actor } from '../core/approval.ts'
import { actorOf, bearerOf, isLocalAddress, localActor } from '../who.ts'
import { isForwarded, nameOf } from './forwarded.ts'
import { fail } from './refuse.ts'
import { type RouteRole, routeRoles } from './roles.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, as authenticated; null on routes that only read. */
    actor: Actor | null
    /** On this machine and passed on by nobody, or with a token: may be told names and reasons. */
    known: boolean
  }
}

/**
 * Holds every route to its role in the table and to the names under which it may be asked (`http.hosts`, and loopback); registers
 * nothing that has no role.
 */
export function guardRoutes(
  app: FastifyInstance,
  tokens: () => readonly Token[],
  hosts: () => readonly string[] = () => []
): void {
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
    const refused = await admit(request, role, tokens(), hosts())
    if (refused === null) return
    const host = nameOf(request.headers).slice(0, 100)
    if (loud.includes(refused))
      request.log.warn(
        { from: request.socket.remoteAddress, path: request.routeOptions.url, host },
        `refused: ${refused}`
      )
    if (refused === 'NO_TOKEN' || refused === 'WRONG_TOKEN')
      reply.header('www-authenticate', 'Bearer realm="stackreflex"')
    fail(reply, refused, ...(refused === 'FORBIDDEN_HOST' ? [host] : []))
  })
}

type Refusal = 'FORBIDDEN_HOST' | 'NO_TOKEN' | 'WRONG_TOKEN' | 'LOOPBACK_ONLY' | 'CROSS_SITE' | 'NOT_JSON'

/** What nobody does by mistake, or whose sender shows nobody our answer. */
const loud: readonly Refusal[] = ['FORBIDDEN_HOST', 'WRONG_TOKEN', 'CROSS_SITE']

async function admit(
  request: FastifyRequest,
  role: RouteRole,
  tokens: readonly Token[],
  hosts: readonly string[]
): Promise<Refusal | null> {
  const { headers } = request
  const { authorization } = headers
  const forwarded = isForwarded({ headers, httpVersion: request.raw.httpVersion })
  // A page of somebody else's must not read this server by pointing its own name at 127.0.0.1.
  const ours = isOurs(nameOf(headers), hosts)
  // Whatever a proxy says of the client, the connection is the proxy's: whoever it lets in is from this machine then.
  const here = isLocalAddress(request.socket.remoteAddress) && !(forwarded && tokens.length > 0)
  const presented = authorization === undefined ? null : bearerOf(authorization)
  request.actor = presented === null ? null : actorOf(presented, tokens)
  request.known = (here && ours) || request.actor !== null
  if (role === 'open') return null
  // Probes ask by address; everybody else is told which name to ask for, those that sign what they send as well.
  if (!ours) return 'FORBIDDEN_HOST'
  if (role === 'signed') return null
  const changes = role !== 'read'
  if (changes ? isCrossSite(request) : isReadFromElsewhere(request)) return 'CROSS_SITE'
  if (authorization !== undefined) {
    if (request.actor === null) return 'WRONG_TOKEN'
  } else if (!changes) return here ? null : 'NO_TOKEN'
  else if (tokens.length > 0) return 'NO_TOKEN'
  else if (!here || forwarded) return 'LOOPBACK_ONLY'
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

const isOurs = (name: string, hosts: readonly string[]): boolean =>
  isLoopback(name) || hosts.some((one) => one.toLowerCase() === name)

/** And without asking first it can send anything but JSON. */
const isJson = ({ headers }: FastifyRequest): boolean =>
  /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')
