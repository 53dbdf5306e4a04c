import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { guard } from '../../src/core/guard.ts'
import { planSteps, skip } from '../../src/core/policy.ts'
import { guardRoutes } from '../../src/handlers/access.ts'
import { routeRoles } from '../../src/handlers/roles.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { workloadActions } from '../../src/policies/workload-actions/policy.ts'
import { openJournal } from '../../src/store/open.ts'
import { event, recorded, route, step } from '../contract/journal-facts.ts'
import { asLocal, build, context } from './build.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const alice = { actor: 'alice', groups: ['sre'], sha256: sha256('alice-token') }
const bob = { actor: 'bob', groups: ['ops'], sha256: sha256('bob-token') }
const calm = { tier: 'bursty', calendar: { timeZone: 'UTC', windows: [], freezes: [] }, inFlight: null } as const
const limits = guard(
  { clusters: { dev: calm, prod: calm }, budgets: [], coolDowns: [] },
  { p: { mode: 'approve', clusters: {} }, 'workload-actions': { mode: 'approve', clusters: {} } }
)

async function journalOf(t: Test) {
  const journal = await openJournal({ path: join(mkdtempSync(join(tmpdir(), 'reflex-people-')), 'j.db') })
  t.teardown(() => journal.close())
  const plan = { ...step('t1'), cluster: 'prod' }
  /** Decides whatever is due: to the same plan, as a running product would. */
  const decideDue = async (steps = [plan]) => {
    for (let lane = await journal.claimLane('w', 10_000); lane !== null; lane = await journal.claimLane('w', 10_000)) {
      const decision = steps.length === 0 ? skip('nothing to do any more') : planSteps('t1 is missing', steps)
      const actionIds = steps.map((_, n) => `a${lane?.throughSeq}-${n}`)
      await recorded(journal, lane, decision, { mode: 'approve', actionIds, now: Date.now() }, limits)
    }
  }
  await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
  await decideDue()
  return { journal, decideDue }
}

const post = (url: string, payload: object = {}, headers: Record<string, string> = {}) =>
  ({ method: 'POST', url, payload, headers: { 'content-type': 'application/json', ...headers } }) as const
const as = (who: string) => ({ authorization: `Bearer ${who}-token` })

t.test('every registered route has a role, and every changing one needs a token', async (t) => {
  const { journal } = await journalOf(t)
  const app = build(t, { journal, tokens: () => [alice], people: [] })
  await app.ready()
  const registered = [
    ...app.printRoutes({ commonPrefix: false, includeHooks: false }).matchAll(/(\/\S*|\*) \(([A-Z, ]+)\)/g)
  ]
  t.ok(registered.length > 10)
  let changing = 0
  for (const [key, role] of Object.entries(routeRoles)) {
    // Those ask for the sender's signature instead, wherever they are registered: their own tests show it.
    if (role === 'signed') continue
    const [method, url] = key.split(' ') as [string, string]
    t.equal(app.hasRoute({ method: method as 'GET', url }), true, `${key} is there`)
    if (method === 'GET') continue
    changing++
    t.not(role, 'read')
    t.not(role, 'open')
    const path = url.replace(':id', '1')
    for (const headers of [{}, { authorization: 'Bearer nonsense' }, { authorization: 'Basic YTpi' }] as Record<
      string,
      string
    >[]) {
      const answer = await app.inject(post(path, {}, headers))
      t.equal(answer.statusCode, 401, `${key} with ${JSON.stringify(headers)}`)
      t.match(answer.headers['www-authenticate'], /^Bearer/)
    }
  }
  t.ok(changing >= 7)
  const bare = Fastify()
  guardRoutes(bare, () => [])
  t.throws(() => bare.post('/api/v1/anything', async () => ({})), /has no role/)
})

t.test('a user of this machine is known by the kernel', async (t) => {
  const { journal } = await journalOf(t)
  const app = build(t, { journal })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const answer = await fetch(`${url}/api/v1/stops`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...asLocal },
    body: '{"cluster":"dev"}'
  })
  t.equal(answer.status, 200)
  t.match(await journal.stops(), [{ by: `local:${process.getuid!()}` }])
})

t.test(
  'without tokens only this machine changes anything; with them, reading from elsewhere takes one too',
  async (t) => {
    const { journal } = await journalOf(t)
    const open = build(t, { journal })
    const far = { remoteAddress: '192.0.2.7' }
    t.equal((await open.inject({ ...post('/api/v1/stops'), ...far })).statusCode, 403)
    t.equal((await open.inject({ url: '/api/v1/events', ...far })).statusCode, 401)
    t.equal((await open.inject({ url: '/healthz', ...far })).statusCode, 200)
    t.equal(
      (await open.inject({ url: '/api/v1/events', ...far, headers: { 'x-forwarded-for': '127.0.0.1' } })).statusCode,
      401
    )
    const proxied = build(t, { journal, hosts: () => ['reflex.example.org'] })
    for (const headers of [
      { host: 'reflex.example.org' },
      { 'x-forwarded-for': '127.0.0.1' },
      { forwarded: 'for=127.0.0.1' },
      { via: '1.1 proxy' }
    ] as Record<string, string>[]) {
      const answer = await proxied.inject(post('/api/v1/stops', {}, headers))
      t.match(answer.json(), { error: { code: 'LOOPBACK_ONLY' } }, JSON.stringify(headers))
      t.equal((await proxied.inject({ url: '/api/v1/events', headers })).statusCode, 200)
    }
    const closed = build(t, { journal, tokens: () => [alice] })
    t.equal((await closed.inject({ url: '/api/v1/events', ...far, headers: as('alice') })).statusCode, 200)
    t.equal((await closed.inject({ url: '/api/v1/events' })).statusCode, 200)
    t.equal((await closed.inject({ url: '/api/v1/events', headers: as('eve') })).statusCode, 401)
  }
)

t.test('a page of another site can have nothing done', async (t) => {
  const { journal } = await journalOf(t)
  const app = build(t, { journal })
  const host = { host: '127.0.0.1:8080' }
  const cases: [Record<string, string>, number][] = [
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'content-type': 'text/plain' }, 415],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 415],
    [{ origin: 'http://127.0.0.1:8080' }, 200],
    [{ 'sec-fetch-site': 'same-origin' }, 200]
  ]
  for (const [headers, status] of cases)
    t.equal(
      (await app.inject(post('/api/v1/stops', {}, { ...host, ...asLocal, ...headers }))).statusCode,
      status,
      JSON.stringify(headers)
    )
})

t.test('a page of another site is not answered; a link leads here', async (t) => {
  const app = build(t)
  const cases: [Record<string, string>, number][] = [
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }, 403],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
    [{ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 200],
    [{ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, 200],
    [{}, 200]
  ]
  for (const [headers, status] of cases) {
    const answer = await app.inject({ url: '/api/v1/events', headers })
    t.equal(answer.statusCode, status, JSON.stringify(headers))
    t.equal(answer.headers['cross-origin-resource-policy'], 'same-origin')
  }
})

t.test('an approval through the API: refused, counted, decided anew', async (t) => {
  const { journal, decideDue } = await journalOf(t)
  let woken = 0
  const app = build(t, {
    journal,
    tokens: () => [alice, bob],
    wake: () => {
      woken++
      void decideDue()
    }
  })
  t.match((await app.inject('/api/v1/approvals?state=open')).json(), {
    items: [{ id: 1, state: 'open', lane: 'a', clusters: ['prod'], summary: 't1 is missing', votes: [] }]
  })
  t.match((await app.inject('/api/v1/approvals?limit=0')).json(), { error: { code: 'BAD_PARAMETER' } })
  t.match((await app.inject('/api/v1/approvals?state=opn')).json(), { error: { code: 'BAD_PARAMETER' } })
  t.match((await app.inject(post('/api/v1/approvals/9/approve', {}, as('alice')))).json(), {
    error: { code: 'UNKNOWN', message: /there is no approval 9/ }
  })
  t.equal((await app.inject(post('/api/v1/approvals/x/approve', {}, as('alice')))).statusCode, 400)
  const granted = await app.inject(post('/api/v1/approvals/1/approve', { reason: 'fine' }, as('alice')))
  t.match(granted.json(), {
    approval: { state: 'granted', votes: [{ actor: 'alice', verdict: 'approve', reason: 'fine' }] },
    missing: 0,
    decision: { policy: 'p', lane: 'a', verdict: { verdict: 'proceed' }, approval: 1 }
  })
  t.equal(woken, 1)
  t.equal((await app.inject(post('/api/v1/approvals/1/reject', {}, as('bob')))).statusCode, 409)
  t.match((await app.inject('/readyz')).json(), { ready: true })
})

t.test('an approval that the world has overtaken comes back with the difference', async (t) => {
  const { journal, decideDue } = await journalOf(t)
  const other = { ...step('t2'), cluster: 'prod' }
  const app = build(t, { journal, tokens: () => [alice], wake: () => void decideDue([other]) })
  const answer = (await app.inject(post('/api/v1/approvals/1/approve', {}, as('alice')))).json()
  t.match(answer, {
    approval: { id: 1, state: 'superseded', reason: /^decision 2 came to another plan\n- .* t1 .*\n\+ .* t2 / },
    missing: 0,
    decision: { id: 2, approval: 2, verdict: { verdict: 'hold', rule: 'approval' } }
  })
  t.match((await app.inject('/api/v1/approvals?state=open')).json(), { items: [{ id: 2, plan: [{ target: 't2' }] }] })
})

t.test('stop, resume, undo, again and unpark, and what is wrong with a body', async (t) => {
  const { journal } = await journalOf(t)
  const app = build(t, { journal, tokens: () => [alice, bob] })
  const bodies: [object | string, RegExp][] = [
    [{ reasn: 'x' }, /did you mean 'reason'/],
    [{ reason: 5 }, /'reason' is not text/],
    [{ reason: '' }, /leave it out/],
    [{ reason: 'x'.repeat(501) }, /longer than 500/],
    [[], /no JSON object/],
    [{ cluster: 'x', __proto__x: 1 }, /is not known/]
  ]
  for (const [body, message] of bodies) {
    const answer = await app.inject(post('/api/v1/stops', body as object, as('alice')))
    t.equal(answer.statusCode, 400)
    t.match(answer.json().error.message, message)
  }
  const unread: [string, number][] = [
    ['{"reason":', 400],
    ['', 400],
    [`{"reason":"${'x'.repeat(20_000)}"}`, 413]
  ]
  for (const [payload, status] of unread) {
    const answer = await app.inject({ ...post('/api/v1/stops', {}, as('alice')), payload })
    t.equal(answer.statusCode, status)
    t.match(answer.json(), { error: { code: 'BAD_BODY', message: /^the body is wrong: / } })
  }
  t.match((await app.inject(post('/api/v1/stops', { cluster: 'prd' }, as('alice')))).json(), {
    error: { code: 'UNKNOWN', message: /clusters are: dev, prod, infra/ }
  })
  t.same((await app.inject(post('/api/v1/stops', { cluster: 'prod', reason: 'odd' }, as('alice')))).json(), {
    stop: 1,
    cluster: 'prod',
    others: []
  })
  t.match((await app.inject('/api/v1/stops')).json(), { items: [{ cluster: 'prod', by: 'alice', reason: 'odd' }] })
  t.match((await app.inject('/readyz')).json().checks, [
    { name: 'journal' },
    {
      name: 'stop',
      level: 'warning',
      detail: /^stop 1 of prod, by alice since .* \(odd\): `reflex resume prod` lifts it$/
    },
    { name: 'approvals' },
    { name: 'held lanes', detail: '1 are kept from acting by the guard (1 by approval): `reflex status`' }
  ])
  t.match((await app.inject('/metrics')).body, /stackreflex_stopped\{cluster="prod"\} 1/)
  const more = (await app.inject(post('/api/v1/stops', { cluster: 'prod', reason: 'an upgrade' }, as('alice')))).json()
  t.match(more, { stop: 2, cluster: 'prod', others: [{ id: 1, by: 'alice', at: /Z$/, reason: 'odd' }] })
  const which = await app.inject(post('/api/v1/resume', { cluster: 'prod' }, as('bob')))
  t.equal(which.statusCode, 409)
  t.match(
    which.json().error.message,
    /2 stops of prod stand; say which: .*`reflex resume stop:1`; .*`reflex resume stop:2`/
  )
  t.equal((await app.inject(post('/api/v1/resume', { cluster: 'prod', stop: '2' }, as('bob')))).statusCode, 400)
  t.equal((await app.inject(post('/api/v1/resume', { stop: 'two' }, as('bob')))).statusCode, 400)
  t.match((await app.inject(post('/api/v1/resume', { stop: '2' }, as('bob')))).json(), {
    stop: 2,
    cluster: 'prod',
    lifted: { by: 'alice', reason: 'an upgrade' },
    left: [{ id: 1 }]
  })
  t.equal((await app.inject(post('/api/v1/resume', { stop: '2' }, as('bob')))).statusCode, 409)
  t.match((await app.inject(post('/api/v1/resume', { cluster: 'prod' }, as('bob')))).json(), { cluster: 'prod' })
  t.equal((await app.inject(post('/api/v1/resume', { cluster: 'prod' }, as('bob')))).statusCode, 409)
  t.equal((await app.inject(post('/api/v1/actions/none/undo', {}, as('bob')))).statusCode, 404)
  t.equal((await app.inject(post('/api/v1/decisions/99/again', {}, as('bob')))).statusCode, 404)
  t.equal((await app.inject(post('/api/v1/lanes/unpark', {}, as('bob')))).statusCode, 400)
  t.equal((await app.inject(post('/api/v1/lanes/unpark', { lane: 'a' }, as('bob')))).statusCode, 409)
  t.match((await app.inject('/api/v1/lanes?held=true')).json(), { items: [{ key: 'a', held: 'approval' }] })
  t.equal((await app.inject('/api/v1/lanes?held=yes')).statusCode, 400)
})

t.test('a restart: the policies hear of it, and what they decide is the answer', async (t) => {
  const { journal, decideDue } = await journalOf(t)
  const services = { erpnext: { namespace: 'erp', kind: 'Deployment', name: 'erpnext' } }
  const settings = { services, rules: [], placement: { erpnext: ['prod', 'infra'] } }
  const heard = [{ policy: workloadActions, mode: 'approve', clusters: {}, settings }] as const
  const app = build(t, {
    journal,
    tokens: () => [alice, bob],
    wake: () => void decideDue(),
    context: () => ({
      ...context(journal),
      operate: ['sre'],
      services: Object.keys(services),
      receive: (batch) => receive({ journal, policies: heard }, batch)
    })
  })
  const ask = (body: object, headers = {}) => app.inject(post('/api/v1/restarts', body, headers))
  t.equal((await ask({ service: 'erpnext' })).statusCode, 401)
  t.match((await ask({ service: 'erpnext' }, as('bob'))).json(), {
    error: { code: 'REFUSED', message: /access\.operate/ }
  })
  t.match((await ask({}, as('alice'))).json(), { error: { code: 'BAD_PARAMETER' } })
  t.match((await ask({ service: 'erpnext', cluster: 'prd' }, as('alice'))).json(), { error: { code: 'UNKNOWN' } })
  t.match((await ask({ service: 'erpnext@prod' }, as('alice'))).json(), { error: { code: 'UNKNOWN' } })
  t.match((await ask({ service: 'erpnxt' }, as('alice'))).json(), {
    error: { code: 'UNKNOWN', message: "there is no service 'erpnxt', did you mean erpnext? services are: erpnext" }
  })
  t.strictSame(
    await journal.events({ limit: 1, type: 'stackreflex.restart' }),
    [],
    'and no policy hears of any of these'
  )
  const answer = await ask({ service: 'erpnext', reason: 'hangs' }, as('alice'))
  t.equal(answer.statusCode, 200)
  const { event, decisions } = answer.json()
  t.match(decisions, [{ policy: 'workload-actions' }, { policy: 'workload-actions' }])
  t.match(decisions.map(({ lane }: { lane: string }) => lane.split(' ').slice(0, 2).join(' ')).sort(), [
    'person erpnext@infra',
    'person erpnext@prod'
  ])
  t.match(await journal.event(String(event)), {
    type: 'stackreflex.restart',
    data: { actor: 'alice', did: 'restart', about: 'erpnext', reason: 'hangs' }
  })
  const deaf = build(t, { journal, tokens: () => [alice] })
  t.match((await deaf.inject(post('/api/v1/restarts', { service: 'erpnext' }, as('alice')))).json(), {
    error: { code: 'CONFLICT', message: 'no policy reacts to this: configure workload-actions' }
  })
})
