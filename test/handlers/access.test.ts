import { createHash } from 'node:crypto'
import t from 'tap'
import { isForwarded } from '../../src/handlers/forwarded.ts'
import { routeRoles } from '../../src/handlers/roles.ts'
import { gitlab } from '../../src/handlers/webhooks/gitlab.ts'
import { type SlackParts, slack } from '../../src/handlers/webhooks/slack.ts'
import { broker, build, status } from './build.ts'

const alice = { actor: 'alice', groups: [], sha256: createHash('sha256').update('alice-token').digest('hex') }
const signedIn = { authorization: 'Bearer alice-token' }
const webhooks = {
  senders: [gitlab({ secrets: () => [] }), slack({ settings: () => null } as unknown as SlackParts)],
  receive: async () => ({ appended: 0 })
}
const hosts = () => ['reflex.example.org']
const named = { host: 'reflex.example.org' }

/** Whatever passes a call on says so in one of these ways, or asks for a name. */
const passedOn: readonly Record<string, string>[] = [
  named,
  { ...named, 'x-forwarded-for': '192.0.2.7' },
  { 'x-forwarded-for': '127.0.0.1' },
  { 'x-forwarded-host': 'localhost' },
  { 'x-forwarded-proto': 'https' },
  { 'x-forwarded-prefix': '/reflex' },
  { forwarded: 'for=127.0.0.1;proto=http' },
  { via: '1.1 proxy' },
  { 'x-real-ip': '127.0.0.1' },
  { 'x-original-forwarded-for': '192.0.2.7' },
  { 'x-envoy-external-address': '192.0.2.7' },
  { 'true-client-ip': '192.0.2.7' },
  { 'cf-connecting-ip': '192.0.2.7' },
  // As Knative's activator and queue-proxy pass a call on to the container beside it.
  { ...named, 'k-proxy-request': 'activator', forwarded: 'for=10.1.2.3;proto=http', 'x-forwarded-for': '10.1.2.3' },
  { 'k-proxy-request': 'activator' }
]

/**
 * What each route answers with tokens configured: [from this machine, passed on, passed on with a token, under a name that is not
 * ours]. 403 of a signed route is its own: it has no secret here.
 */
const rows: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'GET /healthz': [200, 200, 200, 200],
  'GET /readyz': [200, 200, 200, 200],
  'GET /': [200, 401, 200, 421],
  'GET /quota': [200, 401, 200, 421],
  'GET /isolation': [200, 401, 200, 421],
  'GET /metrics': [200, 401, 200, 421],
  'GET /api/v1/events': [200, 401, 200, 421],
  'GET /api/v1/decisions': [200, 401, 200, 421],
  'GET /api/v1/actions': [200, 401, 200, 421],
  'GET /api/v1/explain': [400, 401, 400, 421],
  'GET /api/v1/stream': [200, 401, 200, 421],
  'GET /api/v1/approvals': [200, 401, 200, 421],
  'GET /api/v1/stops': [200, 401, 200, 421],
  'GET /api/v1/lanes': [200, 401, 200, 421],
  'GET /api/v1/quota': [200, 401, 200, 421],
  'GET /api/v1/isolation': [200, 401, 200, 421],
  // Of the simulated company's people, with their tokens: from this machine, or to one of them.
  'GET /api/v1/simulated-people': [200, 401, 200, 421],
  'GET /api/v1/openapi.json': [200, 401, 200, 421],
  'POST /api/v1/approvals/:id/approve': [401, 401, 400, 421],
  'POST /api/v1/approvals/:id/reject': [401, 401, 400, 421],
  'POST /api/v1/stops': [401, 401, 400, 421],
  'POST /api/v1/resume': [401, 401, 400, 421],
  'POST /api/v1/accept': [401, 401, 400, 421],
  'POST /api/v1/actions/:id/undo': [401, 401, 400, 421],
  'POST /api/v1/restarts': [401, 401, 400, 421],
  'POST /api/v1/decisions/:id/again': [401, 401, 400, 421],
  'POST /api/v1/lanes/unpark': [401, 401, 400, 421],
  'POST /api/v1/quota/requests': [401, 401, 400, 421],
  'POST /api/v1/quota/requests/:id/release': [401, 401, 400, 421],
  'POST /webhooks/gitlab': [403, 403, 403, 421],
  'POST /slack/commands': [403, 403, 403, 421],
  'POST /slack/interactions': [403, 403, 403, 421]
}

t.test('every route, as it is asked from here, through a proxy, with a token, and under a foreign name', async (t) => {
  t.strictSame(Object.keys(routeRoles).sort(), Object.keys(rows).sort(), 'each has a row')
  const fresh = () => build(t, { tokens: () => [alice], hosts, webhooks, people: [] })
  const app = fresh()
  for (const [route, [here, through, withToken, foreign]] of Object.entries(rows)) {
    const [method, path] = route.split(' ') as ['GET' | 'POST', string]
    const url = path.replace(':id', 'x')
    const form = path.startsWith('/slack/') ? 'application/x-www-form-urlencoded' : 'application/json'
    const ask = async (headers: Record<string, string>) => {
      // A stream has no end: what it begins with is enough.
      const payloadAsStream = path.endsWith('/stream')
      // And nobody may hold many: each is asked of a server of its own.
      const asked = payloadAsStream ? fresh() : app
      const body = method === 'POST' ? { payload: form.endsWith('json') ? '[]' : '' } : {}
      const sent = { ...headers, ...(method === 'POST' ? { 'content-type': form } : {}) }
      const answer = await asked.inject({ method, url, headers: sent, payloadAsStream, ...body })
      if (payloadAsStream) answer.stream().destroy()
      return answer.statusCode
    }
    t.equal(await ask({}), here, `${route} from here`)
    for (const headers of passedOn) {
      const how = `${route} with ${JSON.stringify(headers)}`
      t.equal(await ask(headers), through, how)
      t.equal(await ask({ ...headers, ...signedIn }), withToken, `${how} and a token`)
    }
    t.equal(await ask({ host: 'evil.example' }), foreign, `${route} under a foreign name`)
    t.equal(await ask({ host: 'evil.example', ...signedIn }), foreign, `${route} under a foreign name, with a token`)
  }
})

t.test('what is not there takes a token as well', async (t) => {
  const app = build(t, { tokens: () => [alice], hosts })
  t.equal((await app.inject('/nothing')).statusCode, 404)
  t.equal((await app.inject({ url: '/nothing', headers: named })).statusCode, 401)
  t.equal((await app.inject({ method: 'HEAD', url: '/metrics', headers: named })).statusCode, 401)
})

t.test('through a proxy, a probe is told whether it is ready and nothing else', async (t) => {
  const parts = { status: () => status({ brokers: [broker()] }), hosts }
  const bare = { ready: true, checks: [] }
  const app = build(t, { ...parts, tokens: () => [alice] })
  const readyz = async (headers: Record<string, string>) => (await app.inject({ url: '/readyz', headers })).json()
  t.match(await readyz({}), { build: 'b1' })
  for (const headers of passedOn) t.strictSame(await readyz(headers), bare, JSON.stringify(headers))
  t.match(await readyz({ ...named, ...signedIn }), { build: 'b1' })
  // A page that points its own name here must not read why it is not ready, tokens or none.
  const open = build(t, parts)
  const rebound = await open.inject({ url: '/readyz', headers: { host: 'evil.example' } })
  t.strictSame(rebound.json(), bare)
})

t.test('nothing that browsers and commands of this machine send looks passed on', (t) => {
  const browser = {
    host: '127.0.0.1:8080',
    connection: 'keep-alive',
    'sec-ch-ua': '"Chromium";v="140"',
    'upgrade-insecure-requests': '1',
    'user-agent': 'Mozilla/5.0',
    accept: 'text/html',
    'sec-fetch-site': 'none',
    'accept-encoding': 'gzip, deflate, br',
    'accept-language': 'en',
    'cache-control': 'no-cache',
    dnt: '1',
    'x-requested-with': 'fetch',
    'x-request-id': 'abc',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  }
  t.equal(isForwarded({ headers: browser, httpVersion: '1.1' }), false)
  t.equal(isForwarded({ headers: browser, httpVersion: '1.0' }), true, 'as nginx asks where nobody told it otherwise')
  t.equal(isForwarded({ headers: { host: 'localhost' } }), false)
  t.equal(isForwarded({ headers: {} }), true, 'who names no host')
  t.end()
})
