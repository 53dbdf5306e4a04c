import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isLoopback } from '../base/loopback.ts'
import type { Token } from '../config/config.ts'
import type { Actor } from '../core/approval.ts'
import { type LocalKey, provesLocal } from '../people/local-proof.ts'
import { isForwarded, nameOf } from './forwarded.ts'
import type { Refusals } from './refusals.ts'
import { fail } from './refuse.ts'
import { type RouteRole, routeRoles } from './roles.ts'
import { bearerOf, isLocalAddress, localActor, tokenHolder } from './who.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, as authenticated; null on routes that only read. */
    actor: Actor | null
    /** On this machine and passed on by nobody, or with a token: may be told names and reasons. */
    known: boolean
  }
}

/** The inputs of the routes' guard besides tokens and names; all of it may be left out. */
export interface Guarding {
  /** What proves that somebody is a user of this machine; null: nothing does, and without tokens nobody changes anything. */
  readonly localKey?: LocalKey | null
  readonly refusals?: Refusals
  readonly now?: () => number
}

/**
 * Holds every route to its role in the table and to the names under which it may be asked (`http.hosts`, and loopback); registers
 * nothing that has no role.
 */
export function guardRoutes(
  app: FastifyInstance,
  tokens: () => readonly Token[],
  hosts: () => readonly string[] = () => [],
  { localKey = null, refusals, now = Date.now }: Guarding = {}
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
    const { url: path } = request.routeOptions
    // What is not there is said to whoever may read.
    const role = routeRoles[`${method === 'HEAD' ? 'GET' : method} ${path}`] ?? 'read'
    const refused = await admit(request, role, { tokens: tokens(), hosts: hosts(), localKey, now: now() })
    // Who asks for the proof's place may have it: whether it can be read is for the file to say.
    const forwarded = isForwarded({ headers: request.headers, httpVersion: request.raw.httpVersion })
    if (path === '/healthz' && request.known && !forwarded && localKey !== null && tokens().length === 0)
      reply.header('x-stackreflex-key', encodeURI(localKey.path))
    if (refused === null) return
    // Nothing more is read of whoever is refused.
    if (hasBody(request)) reply.header('connection', 'close')
    const host = nameOf(request.headers).slice(0, 100)
    const from = request.socket.remoteAddress
    if (loud.includes(refused))
      refusals?.note({ reason: refused, sentence: `refused: ${refused}`, from, fields: { path, host } })
    if (refused === 'NO_TOKEN' || refused === 'WRONG_TOKEN' || refused === 'EXPIRED_TOKEN')
      reply.header('www-authenticate', 'Bearer realm="stackreflex"')
    fail(refused, ...(refused === 'FORBIDDEN_HOST' ? [host] : []))
  })
}

type Refusal =
  | 'FORBIDDEN_HOST'
  | 'NO_TOKEN'
  | 'WRONG_TOKEN'
  | 'EXPIRED_TOKEN'
  | 'READS_ONLY'
  | 'LOOPBACK_ONLY'
  | 'NO_PROOF'
  | 'CROSS_SITE'
  | 'NOT_JSON'

/** What nobody does by mistake, or whose sender shows nobody our answer. */
const loud: readonly Refusal[] = ['FORBIDDEN_HOST', 'WRONG_TOKEN', 'EXPIRED_TOKEN', 'NO_PROOF', 'CROSS_SITE']

interface Admitting {
  readonly tokens: readonly Token[]
  readonly hosts: readonly string[]
  readonly localKey: LocalKey | null
  readonly now: number
}

async function admit(
  request: FastifyRequest,
  role: RouteRole,
  { tokens, hosts, localKey, now }: Admitting
): Promise<Refusal | null> {
  const { headers, socket } = request
  const { authorization } = headers
  const forwarded = isForwarded({ headers, httpVersion: request.raw.httpVersion })
  // A page of somebody else's must not read this server by pointing its own name at 127.0.0.1.
  const ours = isOurs(nameOf(headers), hosts)
  const near = isLocalAddress(socket.remoteAddress)
  // Whatever a proxy says of the client, the connection is the proxy's: whoever it lets in is from this machine then.
  const here = near && !(forwarded && tokens.length > 0)
  const presented = authorization === undefined ? null : bearerOf(authorization)
  const holder = presented === null ? null : tokenHolder(presented, tokens, now)
  request.actor = holder === null || holder.expired ? null : holder.actor
  request.known = (here && ours) || request.actor !== null
  if (role === 'open') return null
  // Probes ask by address; everybody else is told which name to ask for, those that sign what they send as well.
  if (!ours) return 'FORBIDDEN_HOST'
  if (role === 'signed') return null
  const changes = role !== 'read'
  if (changes ? isCrossSite(request) : isReadFromElsewhere(request)) return 'CROSS_SITE'
  if (tokens.length === 0 && near && !forwarded && localKey !== null && authorization !== undefined) {
    // A proxy that adds no header is from this machine as well, and so is whoever it lets in: only the key tells them apart.
    if (!provesLocal(authorization, localKey.key, socket.localPort, now)) return 'NO_PROOF'
    request.actor = await localActor(socket)
  } else if (authorization !== undefined) {
    if (holder?.expired === true) return 'EXPIRED_TOKEN'
    if (holder === null) return 'WRONG_TOKEN'
    if (changes && holder.readsOnly) return 'READS_ONLY'
  } else if (!changes) return here ? null : 'NO_TOKEN'
  else if (tokens.length > 0) return 'NO_TOKEN'
  else return here && !forwarded ? 'NO_PROOF' : 'LOOPBACK_ONLY'
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

/** Tells whether a body follows, or is promised. */
export const hasBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
