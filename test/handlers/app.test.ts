import { Writable } from 'node:stream'
import t from 'tap'
import { failure } from '../../src/base/errors.ts'
import { createLog, logLine } from '../../src/base/log.ts'
import { build } from './build.ts'

t.test('an unknown path says what there is', async (t) => {
  const answer = await build(t).inject('/api/v1/event')
  t.equal(answer.statusCode, 404)
  t.match(answer.json().error, {
    code: 'NO_ROUTE',
    message: 'there is nothing at GET /api/v1/event; try /, /healthz, /readyz, /metrics or /api/v1/events'
  })
})

t.test('what is not there is named without its query: a token may be in it', async (t) => {
  const answer = await build(t).inject('/nothing?token=hunter2')
  t.equal(answer.statusCode, 404)
  t.notMatch(answer.body, 'hunter2')
})

t.test('only under its own names, so that no other page can point its name here', async (t) => {
  const app = build(t, { hosts: () => ['Reflex.example.org'] })
  const cases: readonly [string, string, number][] = [
    ['/api/v1/events', '127.0.0.1:8080', 200],
    ['/api/v1/events', 'localhost:8080', 200],
    ['/api/v1/events', '[::1]:8080', 200],
    ['/api/v1/events', 'reflex.example.org', 200],
    ['/api/v1/events', 'evil.example', 421],
    ['/api/v1/events', '127.0.0.1.evil.example', 421],
    ['/metrics', 'evil.example', 421],
    ['/', 'evil.example', 421],
    ['/nothing', 'evil.example', 421],
    ['/healthz', '10.1.2.3:8080', 200],
    ['/readyz', '10.1.2.3:8080', 200]
  ]
  for (const [url, host, code] of cases)
    t.equal((await app.inject({ url, headers: { host } })).statusCode, code, `${host}${url}`)
})

t.test('nothing can be written', async (t) => {
  const app = build(t)
  for (const method of ['POST', 'PUT', 'DELETE'] as const)
    t.equal((await app.inject({ method, url: '/api/v1/events' })).statusCode, 404, method)
})

t.test('errors fill their sentences', async (t) => {
  t.strictSame(failure('TOO_MANY_STREAMS', 'all 20'), {
    code: 'TOO_MANY_STREAMS',
    status: 503,
    message: 'all 20 live streams are taken: close a browser tab and try again'
  })
})

function capture(isTTY: boolean): { out: Writable & { isTTY: boolean }; text: () => string } {
  let text = ''
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    }
  })
  return { out: Object.assign(out, { isTTY }), text: () => text }
}

t.test('the log hides secrets by their names', async (t) => {
  const { out, text } = capture(false)
  const log = createLog({ level: 'info', out })
  log.info(
    { url: 'amqp://u:hunter2@h', auth: { password: 'hunter2' }, config: { broker: { url: 'hunter2' } }, name: 'web' },
    'hello'
  )
  t.notMatch(text(), 'hunter2')
  t.match(JSON.parse(text()), { msg: 'hello', name: 'web', url: '(hidden)' })
})

t.test('in a terminal, one plain line for each entry', async (t) => {
  const { out, text } = capture(true)
  createLog({ level: 'info', out }).warn({ lane: 'name:web\u001b[2J', took: 5 }, 'parked')
  t.match(text(), /^\d\d:\d\d:\d\d WARN {2}parked {2}lane="name:web\\u001b\[2J" took=5\n$/)
  t.equal(
    logLine(
      '{"level":50,"time":"2026-11-23T03:00:00.000Z","reqId":"r","err":{"message":"no\\u001bway","stack":"x"},"msg":"a\\nb"}'
    ),
    '03:00:00 ERROR a b  err="no\\u001bway"\n'
  )
})

t.test('nobody but a simulation tells tokens, and it only to this machine', async (t) => {
  const path = '/api/v1/simulated-people'
  t.equal((await build(t).inject(path)).statusCode, 404)
  const people = [{ actor: 'alice', groups: ['sre'], token: 'of-this-run' }] as const
  const app = build(t, { people })
  t.same((await app.inject(path)).json(), { items: people })
  const far = await app.inject({ url: path, remoteAddress: '10.1.2.3' })
  t.equal(far.statusCode, 401)
  t.notMatch(far.body, 'of-this-run')
})

t.test('every answer says that it is one of us, and which to whoever may read', async (t) => {
  const app = build(t)
  for (const url of ['/healthz', '/readyz', '/api/v1/stops', '/nowhere', '/api/v1/explain?about=nothing-here'])
    t.equal((await app.inject(url)).headers['x-stackreflex'], 'i1', url)
  for (const url of ['/healthz', '/readyz', '/api/v1/stops'])
    t.equal((await app.inject({ url, remoteAddress: '10.1.2.3' })).headers['x-stackreflex'], 'unknown', url)
})

t.test('an address that ends in / is the same address, for every route', async (t) => {
  const app = build(t)
  for (const url of ['/quota', '/isolation', '/metrics', '/api/v1/events', '/api/v1/stops', '/healthz', '/readyz']) {
    const { statusCode } = await app.inject(url)
    t.equal((await app.inject(`${url}/`)).statusCode, statusCode, url)
    t.not(statusCode, 404, url)
  }
  const probe = await app.inject({ url: '/healthz/', headers: { host: '10.1.2.3:8080' } })
  t.equal(probe.statusCode, 200, 'under whatever name it is asked')
  t.equal((await app.inject('/api/v1/events//')).statusCode, 404)
})
