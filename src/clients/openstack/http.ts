import { setTimeout as delay } from 'node:timers/promises'
import { CLOUD_PART, CLUSTER_PART, enter, withinWork } from '../../core/work.ts'
import { type Breaker, type BreakerOptions, type BreakerState, createBreaker } from '../http/breaker.ts'
import { createSlots, type Slots } from '../http/slots.ts'
import { NotSent, type TimeLimit, timeLimit } from '../http/time-limit.ts'
import { createTransport, type RawAnswer, type RawRequest, TransportError } from '../http/transport.ts'
import type { Method, ServiceAnswer } from './answers.ts'
import { type CallPlace, noAnswer, parseAnswer, refused } from './answers.ts'
import { endpointUrl, microversionType, offers, regionOf, type ServiceType, undecidedRegion } from './catalogue.ts'
import type { CallOptions, Cloud, QueryValues, RequestOptions } from './cloud.ts'
import type { CloudEntry } from './cloud-entry.ts'
import { OpenStackError } from './openstack-error.ts'
import { createSession, type KeystoneSession, type KeystoneToken, type Scope } from './session.ts'

/** How many calls a connected cloud makes at once, how long each may take, and how often it is repeated. */
export interface ConnectOptions {
  /** Calls at the same time to each service; default 8. */
  readonly concurrency?: number
  /** Default time-out of a call in milliseconds; default 30,000. */
  readonly timeoutMs?: number
  /** A GET is tried so many times when a service says 429 or 503; default 4. */
  readonly attempts?: number
  /** A longer Retry-After is not waited for but thrown, in milliseconds; default 20,000. */
  readonly maxRetryAfterMs?: number
  readonly breaker?: BreakerOptions
  /** A service is left alone from now on, or is called again. */
  readonly onBreaker?: (state: BreakerState) => void
  readonly now?: () => number
}

type RequestWhere = CallPlace & Pick<ServiceAnswer, 'service' | 'method'>

/** Opens a cloud without talking to it: the first call authenticates. */
export function connectCloud(entry: CloudEntry, options: ConnectOptions = {}): Cloud {
  const { concurrency = 8, timeoutMs = 30_000, attempts = 4, maxRetryAfterMs = 20_000, now = Date.now } = options
  const { breaker = {}, onBreaker = () => {} } = options
  const transport = createTransport({ ca: entry.cacert, verify: entry.verify })
  const entryParty = { name: `cloud entry '${entry.name}'`, part: CLUSTER_PART }
  const cloudParty = { name: `the OpenStack at ${URL.parse(entry.authUrl)?.host ?? entry.authUrl}`, part: CLOUD_PART }
  const enterAll = () => {
    enter(entryParty)
    enter(cloudParty)
  }
  const slots = new Map<ServiceType, Slots>()
  const breakers = new Map<ServiceType, Breaker>()
  // Not any caller's signal: others wait for the same token.
  const sessions: Record<Scope, KeystoneSession> = {
    project: createSession(entry, (url, request) => sendToKeystone(url, request), now),
    system: createSession(entry, (url, request) => sendToKeystone(url, request), now, 'system')
  }

  async function sendToKeystone(url: URL, request: Omit<RawRequest, 'signal'>): Promise<RawAnswer> {
    const signal = AbortSignal.timeout(timeoutMs)
    const where = { cloud: entry.name, service: 'identity', method: 'POST', path: url.pathname } as const
    const guarded = { what: `POST ${url.pathname}`, resetSaysNothing: false }
    try {
      return await breakerOf('identity').run(guarded, () => transport.send(url, { ...request, signal }))
    } catch (error) {
      throw noAnswer(error, where, signal, timeoutMs)
    }
  }

  function slotsOf(service: ServiceType): Slots {
    let known = slots.get(service)
    if (!known) {
      known = createSlots(concurrency)
      slots.set(service, known)
    }
    return known
  }

  function breakerOf(service: ServiceType): Breaker {
    let known = breakers.get(service)
    if (!known) {
      known = createBreaker(entry.name, service, breaker, onBreaker)
      breakers.set(service, known)
    }
    return known
  }

  async function request(
    service: ServiceType,
    method: Method,
    path: string,
    call: RequestOptions = {}
  ): Promise<ServiceAnswer> {
    enterAll()
    const limit = timeLimit(call.timeoutMs ?? timeoutMs)
    try {
      return await within(limit, { cloud: entry.name, service, method, path }, call)
    } finally {
      limit.end()
    }
  }

  async function within(limit: TimeLimit, where: RequestWhere, call: RequestOptions): Promise<ServiceAnswer> {
    const { service, method, path } = where
    const ours = withinWork(limit.signal)
    const signal = call.signal ? AbortSignal.any([ours, call.signal]) : ours
    const reading = method === 'GET' || method === 'HEAD'
    const { before } = call
    const look = reading || before === undefined ? null : () => limit.anew(before)
    let renewed = false
    let reconnected = false

    for (let attempt = 1; ; attempt++) {
      const session = sessions[call.scope ?? 'project']
      const token = await tokenWithin(session, signal, where, limit.ms)
      decided(token, where)
      const base = endpointUrl(entry, token.catalogue, service, token.projectId)
      if (base === null) {
        const wanted = `${entry.interface} endpoint${entry.regionName ? ` in region ${entry.regionName}` : ''}`
        const message = `the catalogue has no ${wanted}; it offers ${offers(token.catalogue, service)}`
        throw new OpenStackError(message, { ...where, code: 'no_endpoint', retryable: false })
      }
      const url = new URL(base + path)
      addQuery(url, call.query)

      let answer: RawAnswer
      try {
        const guarded = { what: `${method} ${path}`, resetSaysNothing: reading && !reconnected }
        // Before it waits for a slot as well: calls that hang may hold all of them.
        breakerOf(service).refuse()
        answer = await slotsOf(service).run(signal, () =>
          breakerOf(service).run(guarded, (trial) =>
            transport.send(url, {
              method,
              headers: headersOf(service, token, call),
              body: call.body === undefined ? null : JSON.stringify(call.body),
              signal,
              // A server may have closed a kept connection silently; on that the outcome of a change would be unknown.
              fresh: !reading || trial,
              look
            })
          )
        )
      } catch (error) {
        if (reading && !reconnected && error instanceof TransportError && error.kind === 'reset') {
          reconnected = true
          continue
        }
        if (error instanceof NotSent) throw error.cause
        throw noAnswer(error, where, signal, limit.ms)
      }

      if (answer.status === 401 && !renewed) {
        renewed = true
        session.drop(token)
        continue
      }
      if (answer.status >= 200 && answer.status < 300) return parseAnswer(where, answer)
      const error = refused(where, answer, now())
      const busy = answer.status === 429 || answer.status === 503
      const wait = error.retryAfterMs ?? Math.min(250 * 2 ** attempt, maxRetryAfterMs)
      if (!reading || !busy || attempt >= attempts || wait > maxRetryAfterMs) throw error
      try {
        await delay(wait, undefined, { signal })
      } catch {
        throw error
      }
    }
  }

  /** Which region is no guess: with Nova of one and Neutron of another, every server seems to have lost its addresses. */
  function decided({ catalogue }: KeystoneToken, where: CallPlace): void {
    const message = undecidedRegion(entry, catalogue)
    if (message !== null) throw new OpenStackError(message, { ...where, code: 'undecided_region', retryable: false })
  }

  async function tokenWithin(
    session: KeystoneSession,
    signal: AbortSignal,
    where: CallPlace,
    limit: number
  ): Promise<KeystoneToken> {
    if (signal.aborted) throw noAnswer(signal.reason, where, signal, limit)
    let stop = () => {}
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(noAnswer(signal.reason, where, signal, limit))
      signal.addEventListener('abort', stop, { once: true })
    })
    try {
      return await Promise.race([session.token(), aborted])
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async function scoped({ signal, timeoutMs: limit = timeoutMs }: CallOptions = {}): Promise<KeystoneToken> {
    enterAll()
    const ours = withinWork(AbortSignal.timeout(limit))
    const where = { cloud: entry.name, service: 'identity', method: 'POST', path: '/v3/auth/tokens' } as const
    return tokenWithin(sessions.project, signal ? AbortSignal.any([ours, signal]) : ours, where, limit)
  }

  return {
    name: entry.name,
    entry,
    request,
    region: async (call) => {
      if (entry.regionName !== null) return entry.regionName
      const token = await scoped(call)
      decided(token, { cloud: entry.name, service: 'identity', method: 'POST', path: '/v3/auth/tokens' })
      return regionOf(entry, token.catalogue)
    },
    projectId: async (call) => (await scoped(call)).projectId,
    projectName: async (call) => (await scoped(call)).projectName,
    roles: async (call) => (await scoped(call)).roles,
    catalogue: async (call) => (await scoped(call)).catalogue,
    clockAheadMs: async (call) => (await scoped(call)).aheadMs,
    async clockNow({ timeoutMs: limit = timeoutMs } = {}) {
      const answer = await transport.send(new URL(entry.authUrl), {
        method: 'GET',
        headers: { accept: 'application/json' },
        body: null,
        signal: AbortSignal.timeout(limit),
        fresh: true
      })
      const at = Date.parse(answer.headers.date ?? '')
      return Number.isNaN(at) ? null : at - now()
    },
    enter: enterAll,
    breakers: () => [...breakers.values()].map((one) => one.state()),
    close: () => transport.close()
  }
}

function headersOf(service: ServiceType, token: KeystoneToken, call: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', 'x-auth-token': token.value, ...call.headers }
  // Glance's patches are of a type of their own.
  if (call.body !== undefined) headers['content-type'] ??= 'application/json'
  if (call.requestId !== undefined) headers['x-openstack-request-id'] = call.requestId
  if (call.microversion !== undefined) {
    headers['openstack-api-version'] = `${microversionType(service)} ${call.microversion}`
    if (service === 'compute') headers['x-openstack-nova-api-version'] = call.microversion
  }
  return headers
}

function addQuery(url: URL, query: QueryValues = {}): void {
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(key, String(one))
  }
}
