/**
 * The simulated cloud: Keystone, Nova, Neutron, Glance, Designate, Cinder, Octavia and Placement as they speak on the wire, in one
 * process on loopback, with the notifications that they send and the faults that they have. Everything is in memory and
 * gone with the process.
 *
 * One port; the catalogue points at /identity, /compute, /network, /image, /dns, /volume, /load-balancer and /placement below it.
 * Projects dev, prod and infra, each with networks, a router to `public`, a volume type of its own and finite quotas; the
 * zones belong to infra; the user `reflex` is a member of all three. Quotas count what is there at that moment, and
 * `releases` turns on what later releases do otherwise than Zed. Names and address ranges are those of the lab (lab/), and
 * test/contract holds for both.
 *
 * Left out: what is in an image, key pairs, server groups and host aggregates (their quotas count nothing), attached volumes and
 * backups, retyping, what is allocated from subnet pools and scopes, logins through federation, DHCP and other ports of Neutron's own but router interfaces, what a load
 * balancer does with its traffic, l7 policies, quotas by user and quota classes, hierarchical limits. Quotas have no
 * reservations: usage is exact, and no request gets past a limit in a race. Record sets are not served by a name server.
 * Policies know two roles, admin and everybody else; Octavia's has its own.
 *
 * `node sim/main.ts` runs it by itself. `POST /_sim/faults` adds a fault, `DELETE` clears them, `GET /_sim/requests` shows
 * what was asked.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { applyFault } from './apply-fault.ts'
import { createCinder } from './cinder/cinder.ts'
import { type CloudsEntry, cloudsYaml } from './clouds-yaml.ts'
import { createOperator, type Operator } from './day/operator.ts'
import { createDesignate } from './designate/designate.ts'
import { createFaults, type Faults, readFault } from './faults.ts'
import { createGlance } from './glance/glance.ts'
import { createKeystone, findToken, unauthorized } from './keystone/keystone.ts'
import type { Releases } from './keystone/unified-state.ts'
import { createNeutron } from './neutron/neutron.ts'
import { type BusSwitches, createBus, type SimNotification } from './notify.ts'
import { createNova } from './nova/nova.ts'
import { createOctavia } from './octavia/octavia.ts'
import { createPlacement } from './placement/placement.ts'
import { seedCloud } from './seed.ts'
import { emptyState, type State } from './state.ts'
import { answer, type Call, Refusal, type Reply, type Route, readBody, type ServiceApp } from './wire.ts'

export interface SimOptions {
  /** Default: any free one. */
  port?: number
  /** For addresses, and for what the day does; default: another one each time. Ids are always new. */
  seed?: number
  /** Milliseconds from POST to ACTIVE; default 300. */
  bootMs?: number
  /** Milliseconds from a change of DNS until it is ACTIVE; default 200. */
  dnsMs?: number
  /** Life of a token; default 3,600. */
  tokenSeconds?: number
  /** Default: what Debian's Zed does. */
  releases?: Releases
  onNotification?: (notification: SimNotification) => void
  /** Notifications go to this RabbitMQ as well. */
  amqpUrl?: string
}

/** A call that a service got; the operator's are left out. */
export interface SimRequest {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly service: ServiceApp['name']
  readonly method: string
  /** After the service's prefix, with the query. */
  readonly path: string
  /** 0: no answer was sent. */
  status: number
  /** Name of the token's user; null without a token. */
  user: string | null
  readonly requestId: string
  /** What the caller sent as X-Openstack-Request-Id, when it is `req-<uuid>`. */
  readonly globalRequestId: string | null
}

export interface Sim {
  readonly url: string
  /** A whole clouds.yaml: admin, dev, prod, infra (user reflex), dev-user, prod-user, infra-user, dev-appcred. */
  readonly clouds: { readonly clouds: Readonly<Record<string, CloudsEntry>> }
  readonly operator: Operator
  readonly faults: Faults
  readonly bus: BusSwitches
  readonly requests: SimRequest[]
  /** For tests to look at, and to turn `cellDown`, `absent`, `dnsErrors`, `bootMs`, `dnsMs`. */
  readonly state: State
  /** All tokens end now: the next call of everybody is a 401. */
  expireTokens(): void
  /** With a cell down, servers are `UNKNOWN` and have neither name nor addresses. */
  setCellDown(down: boolean): void
  /** Answers a function that stops listening. */
  onNotification(listener: (notification: SimNotification) => void): () => void
  /** Resolves when RabbitMQ has confirmed what was sent so far; at once without `amqpUrl`. */
  flushed(): Promise<void>
  close(): Promise<void>
}

const MAX_REQUESTS = 20_000
const GLOBAL_ID = /^req-[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/

/** Starts the cloud and answers when it listens. */
export async function startSim(options: SimOptions = {}): Promise<Sim> {
  const {
    port = 0,
    seed = Date.now() % 2 ** 31,
    bootMs = 300,
    dnsMs = 200,
    tokenSeconds = 3600,
    releases = {},
    onNotification,
    amqpUrl
  } = options
  const state = emptyState(seed, { bootMs, dnsMs, tokenSeconds, releases })
  seedCloud(state)
  const bus = createBus(state)
  if (onNotification) bus.listen(onNotification)
  // Loaded only when it is used.
  const publisher = amqpUrl === undefined ? null : await (await import('./amqp.ts')).connectPublisher(amqpUrl)
  if (publisher) bus.listen(publisher.publish)

  let url = ''
  const faults = createFaults()
  const requests: SimRequest[] = []
  const operatorKey = randomUUID()
  const services: Record<string, ServiceApp> = {
    identity: createKeystone(state, bus, () => url),
    compute: createNova(state, bus),
    network: createNeutron(state, bus),
    dns: createDesignate(state, bus),
    volume: createCinder(state, bus),
    'load-balancer': createOctavia(state, bus),
    placement: createPlacement(state),
    image: createGlance(state, bus)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      if (response.headersSent || response.destroyed) return
      answer(
        response,
        { status: 500, body: { error: { code: 500, message: error.stack, title: 'the simulation is broken' } } },
        ''
      )
    })
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams, search } = new URL(request.url ?? '/', 'http://sim')
    const [, prefix = '', rest = ''] = /^\/([^/]+)(.*)$/.exec(pathname) ?? []
    const method = request.method ?? 'GET'
    if (prefix === '_sim') return answer(response, await control(method, rest, request), '')
    const service = services[prefix]
    if (!service) return answer(response, { status: 404, body: { services: Object.keys(services) } }, '')

    const requestId = `req-${randomUUID()}`
    const sent = String(request.headers['x-openstack-request-id'] ?? '')
    const globalRequestId = GLOBAL_ID.test(sent) ? sent : null
    const path = rest.replace(/(.)\/+$/, '$1')
    const byOperator = request.headers['x-sim-operator'] === operatorKey
    const entry: SimRequest = {
      at: Date.now(),
      service: service.name,
      method,
      path: path + search,
      status: 0,
      user: null,
      requestId,
      globalRequestId
    }
    if (!byOperator) {
      requests.push(entry)
      if (requests.length > MAX_REQUESTS) requests.shift()
    }

    const fault = byOperator ? null : faults.take(service.name, method, path + search)
    const body = await readBody(request)
    if (fault && fault.when !== 'after' && (await applyFault(fault, service, response, entry, null))) return
    const token = findToken(state, request.headers['x-auth-token'])
    entry.user = token?.user.name ?? null
    const base = `${url}/${prefix}`
    // Without a token only the open routes are reached; none of them looks at it.
    const call = {
      method,
      path,
      query: searchParams,
      headers: request.headers,
      body,
      token: token!,
      requestId,
      globalRequestId,
      base
    }
    const reply = perform(service, call)
    if (fault && (await applyFault(fault, service, response, entry, reply))) return
    entry.status = reply.status
    const own = ['nova', 'cinder'].includes(service.name) ? { 'x-compute-request-id': requestId } : {}
    answer(response, { ...reply, headers: { ...own, ...reply.headers } }, requestId)
  }

  function perform(service: ServiceApp, call: Call): Reply {
    try {
      const open = match(service.open, call)
      if (open) return open
      if (!call.token) throw unauthorized()
      return (
        service.refuse?.(call) ?? match(service.routes, call) ?? service.fault(404, 'The resource could not be found.')
      )
    } catch (error) {
      if (error instanceof Refusal) return error.reply
      throw error
    }
  }

  async function control(method: string, path: string, request: IncomingMessage): Promise<Reply> {
    if (method === 'GET' && path === '/requests') return { status: 200, body: { requests } }
    if (path !== '/faults') return { status: 404, body: { paths: ['/_sim/faults', '/_sim/requests'] } }
    if (method === 'DELETE') faults.clear()
    if (method === 'POST') {
      try {
        faults.add(readFault(await readBody(request)))
      } catch (error) {
        return { status: 400, body: { message: (error as Error).message } }
      }
    }
    return {
      status: 200,
      body: { faults: faults.pending.map((fault) => ({ ...fault, path: String(fault.path ?? '') })) }
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url,
    clouds: cloudsYaml(url, state),
    operator: createOperator(url, state, { 'x-sim-operator': operatorKey }),
    faults,
    bus: bus.switches,
    requests,
    state,
    expireTokens: () => state.tokens.clear(),
    setCellDown: (down) => {
      state.cellDown = down
    },
    onNotification: bus.listen,
    flushed: async () => publisher?.flushed(),
    close: async () => {
      // Timers may still fire; nobody is to hear of it.
      bus.switches.silent = true
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await publisher?.close()
    }
  }
}

function match(routes: readonly Route[], call: Call): Reply | null {
  for (const [method, path, handle] of routes) {
    if (method !== call.method) continue
    const groups = path.exec(call.path)
    if (groups) return handle(call, ...groups.slice(1))
  }
  return null
}

export type { OperatedServer, Operator } from './day/operator.ts'
export type { Faults } from './faults.ts'
export type { BusSwitches, SimNotification } from './notify.ts'
