import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { OpenStackError } from '../../../src/clients/openstack/openstack-error.ts'
import { simCloud } from '../sim-cloud.ts'

/** The error of a call that must fail. */
async function failure(call: Promise<unknown>): Promise<OpenStackError> {
  const outcome = await call.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (error) => error
  )
  if (outcome instanceof OpenStackError) return outcome
  throw outcome
}

async function listen(t: Test, server: Server & { closeAllConnections(): void }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A service of our own instead of Nova. */
async function instead(t: Test, handle: RequestListener): Promise<{ endpointOverrides: Record<string, string> }> {
  const port = await listen(t, createServer(handle))
  return { endpointOverrides: { compute: `http://127.0.0.1:${port}` } }
}

t.test('a service that switches protocols, or closes in silence, keeps nobody waiting', async (t) => {
  const { open } = await simCloud(t)
  const cloud = open(
    'dev',
    {},
    await instead(t, (request) => {
      request.socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n')
    })
  )
  t.match(await failure(cloud.request('compute', 'GET', '/servers', { timeoutMs: 5000 })), {
    retryable: true,
    message: /closed before a whole answer came|closed before an answer came|socket hang up|Parse Error/
  })
})

t.test('one authentication serves everybody', async (t) => {
  const { open, asked } = await simCloud(t)
  const cloud = open('dev')
  await Promise.all(Array.from({ length: 20 }, () => cloud.request('network', 'GET', '/networks')))
  t.equal(asked('keystone', 'POST'), 1)
  t.equal(asked('neutron', 'GET'), 20)
})

t.test('a token is renewed when it has less than 30 s to live', async (t) => {
  const { open, asked } = await simCloud(t, { tokenSeconds: 600 })
  let offset = 0
  const cloud = open('dev', { now: () => Date.now() + offset })
  await cloud.request('network', 'GET', '/networks')
  offset = 560_000
  await cloud.request('network', 'GET', '/networks')
  t.equal(asked('keystone', 'POST'), 1, 'with 40 s left')
  offset = 575_000
  await cloud.request('network', 'GET', '/networks')
  t.equal(asked('keystone', 'POST'), 2, 'with 25 s left')
})

t.test('a 401 is answered with a new token, once', async (t) => {
  const { sim, open, asked } = await simCloud(t)
  const cloud = open('dev')
  await cloud.request('network', 'GET', '/networks')
  sim.expireTokens()
  await Promise.all(Array.from({ length: 5 }, () => cloud.request('network', 'GET', '/networks')))
  t.equal(asked('keystone', 'POST'), 2, 'all five share the second token')
  sim.expireTokens()
  const made = await cloud.request('network', 'POST', '/floatingips', {
    body: { floatingip: { floating_network_id: [...sim.state.networks.values()].find(({ external }) => external)!.id } }
  })
  t.equal(made.status, 201, 'a change as well: a 401 did nothing')
  t.equal(sim.state.floatingIps.size, 1)
  sim.faults.add({ service: 'nova', status: 401, times: 10 })
  t.match(await failure(cloud.request('compute', 'GET', '/servers')), {
    status: 401,
    code: 'Unauthorized',
    retryable: false
  })
  t.equal(asked('nova', 'GET'), 2)
})

t.test('Keystone that refuses or is not there', async (t) => {
  const { sim, open, entry } = await simCloud(t)
  const auth = { ...entry('dev').auth, password: 'wrong' } as ReturnType<typeof entry>['auth']
  const wrong = await failure(open('dev', {}, { auth }).request('compute', 'GET', '/servers'))
  t.match(wrong, { code: 'authentication', status: 401, service: 'identity', retryable: false })
  t.match(wrong.message, /identity of cloud dev: POST \/identity\/v3\/auth\/tokens answered 401: .*right\?/)
  sim.faults.add({ service: 'keystone', status: 503 })
  t.match(await failure(open('dev').request('compute', 'POST', '/servers')), {
    status: 503,
    retryable: true,
    unknownOutcome: false
  })
  const nobody = await failure(
    open('dev', {}, { authUrl: 'http://127.0.0.1:1' }).request('compute', 'POST', '/servers')
  )
  t.match(nobody, { code: 'network', status: null, retryable: true, unknownOutcome: false })
  sim.faults.add({ service: 'keystone', html: true, status: 200 })
  t.match(await failure(open('dev').projectId()), { code: 'malformed', retryable: true })
  sim.faults.add({ service: 'keystone', hangMs: 5_000 })
  const slow = await failure(open('dev').request('compute', 'POST', '/servers', { timeoutMs: 50 }))
  t.match(slow, { code: 'timeout', unknownOutcome: false }, 'nothing was sent to Nova yet')
})

t.test('Retry-After', async (t) => {
  const { sim, open, asked } = await simCloud(t)
  const cloud = open('dev')
  sim.faults.add({ service: 'nova', status: 503, retryAfter: 1 })
  await cloud.request('compute', 'GET', '/servers')
  const [first, second] = sim.requests.filter(({ service }) => service === 'nova')
  t.ok(second!.at - first!.at >= 950, 'a GET comes back when it was asked to')
  sim.faults.add({ service: 'nova', status: 429, retryAfter: new Date(Date.now() + 1000).toUTCString() })
  await cloud.request('compute', 'GET', '/servers')
  t.equal(asked('nova', 'GET'), 4, 'a date is understood too')

  sim.faults.add({ service: 'nova', status: 503, retryAfter: 3600 })
  const later = await failure(cloud.request('compute', 'GET', '/servers'))
  t.match(
    later,
    { status: 503, code: 'serviceUnavailable', retryable: true, retryAfterMs: 3_600_000 },
    'an hour is not waited for'
  )
  t.equal(asked('nova', 'GET'), 5)

  sim.faults.add({ service: 'nova', status: 503, retryAfter: 0, times: 10 })
  t.match(await failure(cloud.request('compute', 'GET', '/servers')), { status: 503 }, 'not for ever')
  t.equal(asked('nova', 'GET'), 9)
  sim.faults.clear()
  sim.faults.add({ service: 'nova', status: 503, retryAfter: 0 })
  // Another one: the breaker of the first has had enough.
  t.match(await failure(open('dev').request('compute', 'POST', '/servers', { body: {} })), {
    status: 503,
    retryable: true,
    unknownOutcome: false
  })
  t.equal(asked('nova', 'POST'), 1, 'a change is never repeated')
})

t.test('a proxy answers instead of the service', async (t) => {
  const { sim, open } = await simCloud(t)
  const cloud = open('dev')
  sim.faults.add({ service: 'nova', html: true })
  const bad = await failure(cloud.request('compute', 'GET', '/servers'))
  t.match(bad, { status: 502, code: 'http_502', retryable: true, unknownOutcome: false })
  t.match(bad.message, /text\/html/)
  sim.faults.add({ service: 'nova', html: true, when: 'after' })
  t.match(await failure(cloud.request('compute', 'POST', '/servers', { body: {} })), {
    status: 502,
    unknownOutcome: true
  })
  sim.faults.add({ service: 'nova', html: true, status: 200 })
  t.match(await failure(cloud.request('compute', 'GET', '/servers')), {
    status: 200,
    code: 'malformed',
    retryable: true
  })
  sim.faults.add({ service: 'nova', truncate: true, when: 'after', times: 2 })
  t.match(await failure(cloud.request('compute', 'GET', '/servers')), { retryable: true }, 'half an answer is none')
})

t.test('no answer', async (t) => {
  const { sim, open, asked } = await simCloud(t)
  const cloud = open('infra')
  const [zone] = [...sim.state.zones.values()]
  const path = `/zones/${zone!.id}/recordsets`
  const body = { name: `a.${zone!.name}`, type: 'A', records: ['10.0.0.1'] }
  // The token is there before: only what hangs is to run out of time.
  await cloud.projectId()

  sim.faults.add({ service: 'designate', hangMs: 5_000 })
  const slow = await failure(cloud.request('dns', 'GET', path, { timeoutMs: 60 }))
  t.match(slow, { code: 'timeout', retryable: true, unknownOutcome: false, status: null })
  t.match(slow.message, /no answer within 60 ms/)

  sim.faults.add({ service: 'designate', method: 'POST', hangMs: 5_000, when: 'after' })
  const lost = await failure(cloud.request('dns', 'POST', path, { body, timeoutMs: 400 }))
  t.match(lost, { code: 'timeout', unknownOutcome: true })
  t.match(lost.message, /whether it was performed is unknown/)
  t.ok(
    [...sim.state.recordsets.values()].some(({ name }) => name === body.name),
    'it was'
  )

  sim.faults.add({ service: 'designate', method: 'PUT', reset: true, when: 'after' })
  t.match(await failure(cloud.request('dns', 'PUT', `${path}/${randomUUID()}`, { body })), {
    code: 'reset',
    unknownOutcome: true,
    retryable: true
  })
  t.equal(asked('designate', 'PUT'), 1, 'a change is never repeated')
  sim.faults.add({ service: 'designate', method: 'DELETE', reset: true })
  t.match(await failure(cloud.request('dns', 'DELETE', `${path}/${randomUUID()}`)), {
    code: 'reset',
    unknownOutcome: true
  })
  t.equal(asked('designate', 'DELETE'), 1)

  const before = asked('designate', 'GET')
  sim.faults.add({ service: 'designate', method: 'GET', reset: true })
  await cloud.request('dns', 'GET', path)
  t.equal(asked('designate', 'GET'), before + 2, 'a read is repeated once')
  sim.faults.add({ service: 'designate', method: 'GET', reset: true, times: 2 })
  t.match(await failure(cloud.request('dns', 'GET', path)), { code: 'reset', retryable: true, unknownOutcome: false })

  const nobody = open('dev', {}, { endpointOverrides: { compute: 'http://127.0.0.1:1' } })
  t.match(
    await failure(nobody.request('compute', 'POST', '/servers', { body: {} })),
    { code: 'network', unknownOutcome: false },
    'it never left'
  )
})

t.test('the caller gives up', async (t) => {
  const { sim, open } = await simCloud(t)
  const cloud = open('dev', { concurrency: 1 })
  await cloud.projectId()
  const stop = new AbortController()
  sim.faults.add({ service: 'nova', hangMs: 5_000 })
  const reading = failure(cloud.request('compute', 'GET', '/servers', { signal: stop.signal }))
  const waiting = failure(cloud.request('compute', 'GET', '/servers', { signal: stop.signal }))
  await delay(30)
  stop.abort()
  t.match(await reading, { code: 'aborted', retryable: false })
  t.match(await waiting, { code: 'aborted' }, 'one that waits for a slot too')
  sim.faults.add({ service: 'nova', hangMs: 300 })
  const first = cloud.request('compute', 'GET', '/servers')
  const queued = await failure(cloud.request('compute', 'POST', '/servers', { body: {}, timeoutMs: 40 }))
  t.match(queued, { code: 'timeout', unknownOutcome: false }, 'what waited in vain was never sent')
  await first
  t.equal((await cloud.request('compute', 'GET', '/servers')).status, 200, 'the slot is free again')
})

t.test('so many calls at once to a service', async (t) => {
  const { open } = await simCloud(t)
  let now = 0
  let most = 0
  const nova = await instead(t, (_, response) => {
    most = Math.max(most, ++now)
    setTimeout(() => {
      now -= 1
      response.setHeader('content-type', 'application/json').end('{}')
    }, 10)
  })
  const cloud = open('dev', { concurrency: 3 }, nova)
  await Promise.all(Array.from({ length: 20 }, () => cloud.request('compute', 'GET', '/servers')))
  t.equal(most, 3)
})

t.test('a redirect is not followed', async (t) => {
  const { open } = await simCloud(t)
  let visited = 0
  const other = await listen(
    t,
    createServer((_, response) => {
      visited += 1
      response.end()
    })
  )
  const nova = await instead(t, (_, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${other}/` }).end()
  )
  const error = await failure(open('dev', {}, nova).request('compute', 'GET', '/servers'))
  t.match(error, { code: 'redirect', status: 302, retryable: false })
  t.match(error.message, new RegExp(`127.0.0.1:${other}`))
  t.equal(visited, 0, 'the token stays here')
})

t.test('a server that closes kept connections without saying so', async (t) => {
  const { open } = await simCloud(t)
  const answered = new WeakSet<object>()
  let calls = 0
  const nova = await instead(t, (request, response) => {
    calls += 1
    if (answered.has(request.socket)) return void request.socket.resetAndDestroy()
    answered.add(request.socket)
    response.setHeader('content-type', 'application/json').end('{}')
  })
  const cloud = open('dev', {}, nova)
  await cloud.request('compute', 'GET', '/servers')
  t.equal((await cloud.request('compute', 'GET', '/servers')).status, 200, 'a read is repeated on a new one')
  t.equal(calls, 3)
  t.equal((await cloud.request('compute', 'POST', '/servers', { body: {} })).status, 200, 'a change takes its own')
  t.equal(calls, 4)
})

t.test('what is sent', async (t) => {
  const { sim, open } = await simCloud(t)
  const requestId = `req-${randomUUID()}`
  const answer = await open('dev').request('network', 'GET', '/ports', {
    requestId,
    query: { id: ['a', 'b'], name: undefined }
  })
  t.match(answer, { service: 'network', method: 'GET', path: '/ports', status: 200, requestId: /^req-/ })
  t.match(sim.requests.at(-1), { path: '/v2.0/ports?id=a&id=b', globalRequestId: requestId, user: 'reflex' })
  t.match(await failure(open('dev').request('dns', 'GET', '/zones/x/recordsets')), {
    code: 'invalid_uuid',
    requestId: /^req-/
  })
  sim.state.absent.add('image')
  const missing = await failure(open('dev').request('image', 'GET', '/images'))
  t.match(missing, { code: 'no_endpoint', retryable: false })
  t.match(
    missing.message,
    /the catalogue has no public endpoint in region RegionOne; it offers only identity, compute, network, dns/
  )
})

t.test('with several regions and none named nothing is read of any', async (t) => {
  const { sim, open } = await simCloud(t)
  sim.state.regions = ['east', 'west']
  const unnamed = open('dev', {}, { regionName: null })
  const refused = { code: 'undecided_region', retryable: false, message: /2 regions \(east, west\).*'dev' names none/ }
  t.match(await failure(unnamed.request('compute', 'GET', '/servers')), refused)
  t.match(await failure(unnamed.request('network', 'GET', '/ports')), refused)
  t.match(await failure(unnamed.region()), refused)
  t.notOk(sim.requests.some(({ service }) => service === 'nova' || service === 'neutron'))
  t.equal(await open('dev', {}, { regionName: 'west' }).region(), 'west')
})

t.test('a CA bundle of its own', async (t) => {
  const folder = t.testdir()
  try {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    const files = ['-keyout', `${folder}/key.pem`, '-out', `${folder}/cert.pem`]
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
      stdio: 'ignore'
    })
  } catch {
    return void t.comment('openssl is not installed: not tested')
  }
  const [key, cert] = [readFileSync(`${folder}/key.pem`), readFileSync(`${folder}/cert.pem`, 'utf8')]
  const port = await listen(
    t,
    createTlsServer(
      { key, cert },
      (_, response) => void response.setHeader('content-type', 'application/json').end('{}')
    )
  )
  const { open } = await simCloud(t)
  const endpointOverrides = { compute: `https://127.0.0.1:${port}` }
  const call = (change: { cacert?: string; verify?: boolean }, method: 'GET' | 'POST' = 'GET') =>
    open('dev', {}, { endpointOverrides, ...change }).request('compute', method, '/servers')
  t.match(await failure(call({})), { code: 'network', retryable: true, unknownOutcome: false }, 'unknown to the system')
  t.match(await failure(call({}, 'POST')), { code: 'network', unknownOutcome: false }, 'nothing is sent to a stranger')
  t.equal((await call({ cacert: cert })).status, 200)
  t.equal((await call({ cacert: cert }, 'POST')).status, 200)
  t.equal((await call({ verify: false })).status, 200)
})
