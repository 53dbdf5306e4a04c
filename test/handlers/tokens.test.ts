import { createHash } from 'node:crypto'
import t from 'tap'
import { routeRoles } from '../../src/handlers/roles.ts'
import { localProof } from '../../src/people/local-proof.ts'
import { asLocal, build, context, localKey } from './build.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const token = (actor: string, groups: readonly string[], more = {}) => ({
  ...{ actor, groups, sha256: sha256(`${actor}-token`) },
  ...more
})
const as = (who: string) => ({ authorization: `Bearer ${who}-token` })
const post = (url: string, payload: object, headers: Record<string, string>) =>
  ({ method: 'POST', url, payload, headers: { 'content-type': 'application/json', ...headers } }) as const
const changing = Object.keys(routeRoles).filter((route) => /^POST \/api/.test(route))

t.test('a token whose groups are named nowhere reads, and changes nothing', async (t) => {
  const journal = (await import('./story.ts')).journalOf((await import('./story.ts')).booted)
  const nobody = { required: 1, groups: [] }
  const tiers = { bursty: nobody, 'change-controlled': nobody, 'always-on': nobody }
  for (const groups of [[], ['sre']]) {
    const app = build(t, {
      journal,
      tokens: () => [token('prometheus', groups)],
      context: () => ({ ...context(journal), operate: [], approvals: { expiresMs: 1000, tiers } })
    })
    t.equal((await app.inject({ url: '/metrics', headers: as('prometheus') })).statusCode, 200)
    const stop = await app.inject(post('/api/v1/stops', { cluster: 'dev' }, as('prometheus')))
    t.match(stop.json(), { error: { code: 'REFUSED', message: /access\.operate in reflex\.yaml names no group/ } })
  }
})

t.test('a token that only reads is refused by every route that changes something, whatever its groups', async (t) => {
  const app = build(t, { tokens: () => [token('grafana', ['sre', 'ops'], { role: 'read' })] })
  t.equal((await app.inject({ url: '/api/v1/events', headers: as('grafana') })).statusCode, 200)
  t.ok(changing.length > 8)
  for (const route of changing) {
    const answer = await app.inject(post(route.slice(5).replace(':id', '1'), {}, as('grafana')))
    t.match(answer.json(), { error: { code: 'READS_ONLY' } }, route)
  }
})

t.test('a token that ran out is none any more, and says so', async (t) => {
  let clock = 999
  const app = build(t, { tokens: () => [token('alice', ['sre'], { expiresAt: 1000 })], clock: () => clock })
  const read = () => app.inject({ url: '/api/v1/events', headers: as('alice') })
  t.equal((await read()).statusCode, 200)
  clock = 1000
  t.match((await read()).json(), { error: { code: 'EXPIRED_TOKEN' } })
  const stop = await app.inject(post('/api/v1/stops', {}, as('alice')))
  t.equal(stop.statusCode, 401)
  t.match((await app.inject({ url: '/readyz', headers: { ...as('alice'), 'x-forwarded-for': '1.2.3.4' } })).json(), {
    checks: []
  })
})

t.test('without tokens, what comes from this machine changes nothing without the proof of a user of it', async (t) => {
  const app = build(t)
  for (const route of changing) {
    const path = route.slice(5).replace(':id', '1')
    // A proxy that keeps Host and adds nothing looks like this, whoever it let in.
    const bare = await app.inject(post(path, {}, { host: '127.0.0.1:8080' }))
    t.match(bare.json(), { error: { code: 'NO_PROOF', message: /journal.*\.key/ } }, route)
    for (const authorization of [
      'Bearer guess',
      'Local 1.aaaaaaaaaaaaaaaa.b',
      'Basic YTpi',
      localProof('wrong', 80, Date.now())
    ])
      t.match((await app.inject(post(path, {}, { authorization }))).json(), { error: { code: 'NO_PROOF' } }, route)
  }
  t.equal((await app.inject('/api/v1/events')).statusCode, 200, 'and reads as before')
  t.equal(
    (await app.inject(post('/api/v1/stops', { cluster: 'prd' }, asLocal))).statusCode,
    404,
    'with it, it is let in'
  )
  const passedOn = await app.inject(post('/api/v1/stops', {}, { ...asLocal, 'x-forwarded-for': '1.2.3.4' }))
  t.equal(passedOn.statusCode, 401, 'whoever is passed on has no use for it')
})

t.test('the proof is for one server and one minute, and holds over the wire', async (t) => {
  const app = build(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const port = Number(new URL(url).port)
  const stop = async (authorization: string) => {
    const headers = { 'content-type': 'application/json', authorization }
    const answer = await fetch(`${url}/api/v1/stops`, { method: 'POST', headers, body: '{"cluster":"prd"}' })
    return ((await answer.json()) as { error: { code: string } }).error.code
  }
  t.equal(await stop(localProof(localKey.key, port, Date.now())), 'UNKNOWN')
  t.equal(await stop(localProof(localKey.key, port + 1, Date.now())), 'NO_PROOF')
  t.equal(await stop(localProof(localKey.key, port, Date.now() - 3_600_000)), 'NO_PROOF')
  t.equal(await stop(localProof(`${localKey.key}x`, port, Date.now())), 'NO_PROOF')
  const told = (await fetch(`${url}/healthz`)).headers.get('x-stackreflex-key')
  t.equal(told, localKey.path)
  const through = await fetch(`${url}/healthz`, { headers: { 'x-forwarded-for': '1.2.3.4', host: 'evil.example' } })
  t.equal(through.headers.get('x-stackreflex-key'), null)
})

t.test('nobody is told of a proof where there are tokens, and none is taken there', async (t) => {
  const app = build(t, { tokens: () => [token('alice', ['sre'])] })
  t.equal((await app.inject('/healthz')).headers['x-stackreflex-key'], undefined)
  t.match((await app.inject(post('/api/v1/stops', {}, asLocal))).json(), { error: { code: 'WRONG_TOKEN' } })
})
