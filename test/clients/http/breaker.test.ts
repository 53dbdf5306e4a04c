import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { BreakerState } from '../../../src/clients/http/breaker.ts'
import type { Cloud } from '../../../src/clients/openstack/cloud.ts'
import type { ConnectOptions } from '../../../src/clients/openstack/http.ts'
import { OpenStackError } from '../../../src/clients/openstack/openstack-error.ts'
import { createShares } from '../../../src/pipeline/shares.ts'
import { simCloud } from '../sim-cloud.ts'

const openMs = 150

async function failure(call: Promise<unknown>): Promise<OpenStackError> {
  const error = await call.then(
    () => new Error('it succeeded'),
    (one: unknown) => one
  )
  if (error instanceof OpenStackError) return error
  throw error
}

/** A cloud whose breakers are short of patience, and what they said. */
async function guarded(t: Parameters<typeof simCloud>[0], connect: ConnectOptions = {}) {
  const said: BreakerState[] = []
  const { sim, open, asked } = await simCloud(t)
  const cloud = open('infra', { attempts: 1, breaker: { openMs }, onBreaker: (state) => said.push(state), ...connect })
  const zones = () => cloud.request('dns', 'GET', '/zones')
  const fail = async (times: number) => {
    for (let i = 0; i < times; i++) await failure(zones())
  }
  return { sim, cloud, asked, said, zones, fail }
}

const dns = (cloud: Cloud) => cloud.breakers().find((one) => one.service === 'dns')

t.test('a service that failed five times in a row is left alone, then tried with one call', async (t) => {
  const { sim, cloud, asked, said, zones, fail } = await guarded(t)
  sim.faults.add({ service: 'designate', status: 503, times: Number.POSITIVE_INFINITY })
  await fail(4)
  t.match(dns(cloud), { open: false, sentence: 'failed 4 times in a row (last: GET /zones answered 503)' })
  t.match(await failure(zones()), { status: 503 }, 'the fifth is still sent')
  t.match(said, [{ cloud: 'infra', service: 'dns', open: true }])

  const error = await failure(zones())
  t.match(error, { code: 'left_alone', retryable: true, status: null, unknownOutcome: false })
  t.ok(error.retryAfterMs !== null && error.retryAfterMs > 0 && error.retryAfterMs <= openMs, 'says when to come back')
  t.match(
    error.message,
    /^dns of cloud entry 'infra' failed 5 times in a row \(last: GET \/zones answered 503\): left alone until 20\S+Z$/
  )
  t.equal(asked('designate', 'GET'), 5, 'it was not sent')
  t.equal((await cloud.request('network', 'GET', '/networks')).status, 200, 'the other services are called')

  await delay(openMs)
  t.match(dns(cloud)?.sentence, /the next call tries it/)
  const together = await Promise.all([failure(zones()), failure(zones()), failure(zones())])
  t.same(
    together.map(({ code }) => code === 'left_alone'),
    [false, true, true],
    'one call finds out, the others do not wait for it'
  )
  t.equal(asked('designate', 'GET'), 6)
  t.match(await failure(zones()), { code: 'left_alone', message: /failed 6 times in a row/ }, 'another pause')
  t.equal(said.length, 1, 'still the same outage')

  await delay(openMs)
  sim.faults.clear()
  t.equal((await zones()).status, 200)
  t.match(said, [{ open: true }, { open: false, sentence: 'answers' }])
  await Promise.all([zones(), zones(), zones()])
})

t.test('what counts', async (t) => {
  const cases = {
    'a time-out': { fault: { hangMs: 1000 }, counts: true },
    'a lost connection': { fault: { reset: true }, counts: true },
    'a 500': { fault: { status: 500 }, counts: true },
    "a proxy's 502": { fault: { html: true }, counts: true },
    'a 403': { fault: { status: 403 }, counts: false },
    'a 404': { fault: { status: 404 }, counts: false },
    'a 409': { fault: { status: 409 }, counts: false },
    'a 429': { fault: { status: 429 }, counts: false }
  }
  for (const [what, { fault, counts }] of Object.entries(cases)) {
    const { sim, cloud } = await guarded(t, { breaker: {} })
    // The token is there before: only what hangs is to run out of time.
    await cloud.projectId()
    sim.faults.add({ service: 'designate', times: Number.POSITIVE_INFINITY, ...fault })
    const within = 'hangMs' in fault ? { timeoutMs: 60 } : {}
    for (let n = 0; n < 6; n++) await failure(cloud.request('dns', 'GET', '/zones', within))
    t.equal(dns(cloud)?.open, counts, `${what} ${counts ? 'counts' : 'does not'}`)
    sim.faults.clear()
  }
})

t.test('a refusal in between is an answer: the service works', async (t) => {
  const { sim, cloud, fail } = await guarded(t)
  sim.faults.add({ service: 'designate', status: 503, times: 4 })
  sim.faults.add({ service: 'designate', status: 404 })
  sim.faults.add({ service: 'designate', status: 503, times: 4 })
  await fail(9)
  t.equal(dns(cloud)?.open, false)
})

t.test('a caller who gives up says nothing of the service', async (t) => {
  const { sim, cloud, fail, zones } = await guarded(t)
  sim.faults.add({ service: 'designate', status: 503, times: 4 })
  await fail(4)
  const hang = async () => {
    const stop = new AbortController()
    sim.faults.add({ service: 'designate', hangMs: 5000 })
    const reading = failure(cloud.request('dns', 'GET', '/zones', { signal: stop.signal }))
    await delay(30)
    stop.abort()
    t.match(await reading, { code: 'aborted' })
  }
  await hang()
  t.equal(dns(cloud)?.open, false)
  sim.faults.add({ service: 'designate', status: 503 })
  await fail(1)
  t.equal(dns(cloud)?.open, true, 'nor does it end the row')
  await delay(openMs)
  await hang()
  t.equal(dns(cloud)?.open, true, 'a trial that was given up has not shown that the service is back')
  await delay(openMs)
  t.equal((await zones()).status, 200)
})

t.test('calls that wait for a slot fail at once as well', async (t) => {
  const { sim, cloud, fail, zones } = await guarded(t, { concurrency: 1 })
  sim.faults.add({ service: 'designate', status: 503, times: 4 })
  await fail(4)
  sim.faults.add({ service: 'designate', hangMs: 5000 })
  const hanging = failure(cloud.request('dns', 'GET', '/zones', { timeoutMs: 100 }))
  await delay(10)
  t.match(await failure(zones()), { code: 'left_alone' }, 'queued before it opened')
  t.match(await hanging, { code: 'timeout' })
})

t.test('Keystone has a breaker too', async (t) => {
  const { sim, cloud, asked, fail, zones } = await guarded(t)
  sim.faults.add({ service: 'keystone', status: 503, times: Number.POSITIVE_INFINITY })
  await fail(5)
  t.match(await failure(zones()), { service: 'identity', code: 'left_alone', retryable: true })
  t.equal(asked('keystone', 'POST'), 5)
  t.match(cloud.breakers(), [{ service: 'identity', open: true }])
})

t.test('a restart of a service that closes all kept connections is no outage', async (t) => {
  const answered = new WeakSet<object>()
  const server = createServer((request, response) => {
    if (answered.has(request.socket)) return void request.socket.resetAndDestroy()
    answered.add(request.socket)
    // Later, so that each call of a round has a connection of its own.
    setTimeout(() => response.setHeader('content-type', 'application/json').end('{}'), 30)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { open } = await simCloud(t)
  const dnsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const cloud = open('infra', {}, { endpointOverrides: { dns: dnsUrl } })
  const round = () => Promise.all(Array.from({ length: 8 }, () => cloud.request('dns', 'GET', '/zones')))
  await round()
  await round()
  t.match(dns(cloud), { open: false, sentence: 'answers' })
})

t.test('work whose own time is over is no evidence against whom it asked last, and may be tried again', async (t) => {
  const { sim, cloud, zones } = await guarded(t)
  sim.faults.add({ service: 'designate', hangMs: 3000, times: Number.POSITIVE_INFINITY })
  const shares = createShares(8)
  for (let n = 0; n < 6; n++) {
    let call: Promise<unknown> = Promise.resolve()
    const work = shares.run(n, 60, () => {
      call = zones()
      return call
    })
    await t.rejects(work, { name: 'TimeOver', retryable: true })
    t.match(await failure(call), {
      code: 'aborted',
      retryable: true,
      message: /given up, because what asked was not done/
    })
  }
  t.match(dns(cloud), { open: false, failures: 0 })
})
