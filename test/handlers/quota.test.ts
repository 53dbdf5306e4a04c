import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { skip } from '../../src/core/policy.ts'
import type { Doors } from '../../src/people/people.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { quotaRebalance } from '../../src/policies/quota-rebalance/policy.ts'
import type { QuotaSettings } from '../../src/policies/quota-rebalance/settings.ts'
import { openJournal } from '../../src/store/open.ts'
import { recorded } from '../contract/journal-facts.ts'
import { build, doors as usual } from './build.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const tokens = [
  { actor: 'alice', groups: ['sre'], sha256: sha256('alice-token') },
  { actor: 'eve', groups: [], sha256: sha256('eve-token') }
]

const one = { capacity: 100, low: 4, high: 12, quantum: 1, projects: {} }
const settings: QuotaSettings = {
  cloud: 'admin',
  ...{ respect: '1h', coolDown: '10m', warn: '24h', over: '6h' },
  groups: {
    family: {
      projects: { prod: { priority: 2, weight: 1 }, dev: { priority: 1, weight: 1 } },
      resources: { cores: one, floatingip: one },
      together: []
    }
  }
}

const policy = { policy: quotaRebalance, mode: 'enforce', clusters: {}, settings }

async function app(t: Test, more: Partial<Doors> = {}) {
  const journal = await openJournal({ path: join(mkdtempSync(join(tmpdir(), 'reflex-quota-')), 'j.db') })
  t.teardown(() => journal.close())
  const there: Doors = {
    ...usual(journal),
    quotas: [{ policy: 'quota-rebalance', settings }],
    receive: (batch) => receive({ journal, policies: [policy] as never }, batch),
    ...more
  }
  // A product that has nothing to move.
  const findings = ['request 1: prod waits for 16 cores of 16 cores: nobody has more']
  const timer = setInterval(async () => {
    const lane = await journal.claimLane('w', 10_000)
    if (lane !== null) await recorded(journal, lane, skip('family: nothing to move', { findings }), {})
  }, 50)
  t.teardown(() => clearInterval(timer))
  const built = build(t, { journal, doors: () => there, tokens: () => tokens })
  const call = async (method: 'GET' | 'POST', url: string, payload?: object, who: string | null = 'alice') => {
    const headers = {
      ...(who === null ? {} : { authorization: `Bearer ${who}-token` }),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' })
    }
    const answer = await built.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    return { status: answer.statusCode, body: answer.json() }
  }
  return { journal, call, app: built, requests: () => journal.quotaRequests('quota-rebalance', 'group:family') }
}

const asks = '/api/v1/quota/requests'
const wish = { cluster: 'prod', resource: 'cores', amount: '16' }

t.test('how it stands, as of the last reading', async (t) => {
  const { journal, call } = await app(t)
  await journal.sample([{ series: 'quota/admin/prod/cores', value: [40, 39] }])
  const { status, body } = await call('GET', '/api/v1/quota')
  t.equal(status, 200)
  t.match(body.groups, [
    {
      group: 'family',
      resources: [
        {
          resource: 'cores',
          service: 'nova',
          capacity: 100,
          sum: null,
          projects: [
            { cluster: 'prod', limit: 40, used: 39, low: 4, high: 12, state: 'short' },
            { cluster: 'dev', limit: null, state: 'not read' }
          ]
        },
        { resource: 'floatingip' }
      ],
      requests: [],
      moves: []
    }
  ])
  t.match(await call('GET', '/api/v1/quota?group=family'), {
    status: 400,
    body: { error: { code: 'UNKNOWN_PARAMETER' } }
  })
  const none = await app(t, { quotas: [] })
  t.same((await none.call('GET', '/api/v1/quota')).body, { groups: [] })
})

t.test('asks for more, and answers with what is decided', async (t) => {
  const { call, requests } = await app(t)
  const { status, body } = await call('POST', asks, { ...wish, for: '4h', reason: 'a launch' })
  t.equal(status, 200)
  t.match(body, {
    request: 1,
    lane: 'group:family',
    decision: { outcome: 'skip', reason: 'family: nothing to move', findings: [/prod waits for 16 cores/] }
  })
  const [row] = await requests()
  t.match(row, { cluster: 'prod', resource: 'cores', amount: 16, by: 'alice', reason: 'a launch' })
  t.equal(row!.until! - row!.at <= 4 * 3_600_000, true)
  t.match(await call('POST', asks, wish), { status: 200, body: { request: 2 } })
  t.match((await requests())[1], { until: null, reason: null })
})

t.test('what is absurd is refused with the number, what takes much is asked back', async (t) => {
  const { journal, call, requests } = await app(t)
  for (const [cluster, limit, used] of [
    ['prod', 40, 39],
    ['dev', 60, 10]
  ] as const)
    await journal.sample([{ series: `quota/admin/${cluster}/cores`, value: [limit, used] }])
  for (const confirm of [{}, { confirm: 'yes' }])
    t.match(await call('POST', asks, { ...wish, amount: '100000', ...confirm }), {
      status: 409,
      body: { error: { code: 'CONFLICT', message: /can never be given to prod: at most 56 more/ } }
    })
  const much = { ...wish, amount: '40' }
  t.match(await call('POST', asks, much), {
    status: 409,
    body: { error: { code: 'UNCONFIRMED', message: /40 of the 60 cores of dev \(67 %\).*"confirm": "yes"/ } }
  })
  t.match(await call('POST', asks, { ...much, confirm: 'sure' }), {
    status: 400,
    body: { error: { message: /'confirm'/ } }
  })
  t.same(await requests(), [])
  t.match(await call('POST', asks, { ...much, confirm: 'yes' }), { status: 200, body: { request: 1, until: null } })
  const timed = await call('POST', asks, { ...wish, amount: '2', for: '4h' })
  t.match(timed, { status: 200, body: { request: 2, until: /^\d{4}-\d\d-\d\dT.*Z$/ } })
})

t.test('before anything was read, an amount that could be anybody’s is asked back as well', async (t) => {
  const { call } = await app(t)
  t.match(await call('POST', asks, { ...wish, amount: '60' }), {
    status: 409,
    body: { error: { code: 'UNCONFIRMED', message: /nobody knows yet what 60 cores for prod would take/ } }
  })
  t.match(await call('POST', asks, { ...wish, amount: '200' }), {
    status: 409,
    body: { error: { message: /at most 96 more/ } }
  })
})

t.test('where nobody told the capacity yet, all that is asked for is taken to be somebody’s', async (t) => {
  const cores = { ...one, capacity: { discover: true, share: 0.9 } } as const
  const { groups } = settings
  const discovered = { ...settings, groups: { family: { ...groups.family!, resources: { cores } } } }
  const quotas = [{ policy: 'quota-rebalance', settings: discovered }]
  const { journal, call, requests } = await app(t, { quotas })
  const ask = () => call('POST', asks, { ...wish, amount: '40' })
  t.match(await ask(), { status: 409, body: { error: { message: /nobody knows yet what 40 cores for prod/ } } })
  for (const [cluster, limit, used] of [
    ['prod', 40, 39],
    ['dev', 60, 10]
  ] as const)
    await journal.sample([{ series: `quota/admin/${cluster}/cores`, value: [limit, used] }])
  t.match(await ask(), { status: 409, body: { error: { message: /\d+ of the 60 cores of dev/ } } })
  t.same(await requests(), [])
})

t.test('ends a request, once', async (t) => {
  const { call, requests } = await app(t)
  await call('POST', asks, wish)
  t.match(await call('POST', `${asks}/1/release`, { reason: 'not needed' }), { status: 200, body: { request: 1 } })
  t.ok((await requests())[0]!.until! <= Date.now())
  t.match(await call('POST', `${asks}/1/release`, {}), {
    status: 409,
    body: { error: { code: 'CONFLICT', message: /request 1 was over at/ } }
  })
})

t.test('bodies that are not understood, and what cannot be', async (t) => {
  const { call, requests } = await app(t)
  const table = [
    [asks, { ...wish, cluster: undefined }, 400, /parameter 'cluster' = nothing: is missing; allowed: the name of a/],
    [asks, { ...wish, resource: undefined }, 400, /parameter 'resource' = nothing: is missing/],
    [asks, { ...wish, resource: null }, 400, /'resource' is null: leave it out/],
    [
      asks,
      { ...wish, amount: undefined },
      400,
      /parameter 'amount' = nothing: is missing; allowed: a whole number from/
    ],
    [asks, { ...wish, amount: 16 }, 400, /'amount' is not text/],
    [asks, { ...wish, amount: '0' }, 400, /parameter 'amount' = "0": is not understood/],
    [asks, { ...wish, amount: '-4' }, 400, /"-4"/],
    [asks, { ...wish, amount: '1e3' }, 400, /"1e3"/],
    [asks, { ...wish, amount: '1000000000' }, 400, /from 1 to 999999999, as text/],
    [asks, { ...wish, for: 'ever' }, 400, /parameter 'for' = "ever": is not understood; allowed: a duration/],
    [asks, { ...wish, for: '400d' }, 409, /longer than a year: leave the time out/],
    [asks, { ...wish, amuont: '1' }, 400, /'amuont' is not known, did you mean 'amount'\?/],
    [asks, { ...wish, cluster: 'qa' }, 404, /there is no cluster 'qa'; clusters are: dev, prod, infra/],
    [asks, { ...wish, cluster: '__proto__' }, 404, /there is no cluster '__proto__'/],
    [asks, { ...wish, cluster: 'infra' }, 409, /infra is in no group of quota-rebalance/],
    [asks, { ...wish, resource: 'port' }, 404, /port is not shared with prod; resources are: cores, floatingip/],
    [asks, { ...wish, resource: 'constructor' }, 404, /constructor is not shared with prod/],
    [`${asks}/x/release`, {}, 400, /parameter 'id' = "x"/],
    [`${asks}/9/release`, {}, 404, /there is no request 9: `reflex quota` lists them/],
    [`${asks}/9/release`, { id: '9' }, 400, /'id' is not known/]
  ] as const
  for (const [url, body, status, message] of table) {
    const answer = await call('POST', url, body)
    t.equal(answer.status, status, JSON.stringify(body))
    t.match(answer.body.error.message, message)
  }
  t.same(await requests(), [], 'nothing of it is remembered')
})

t.test('where it is not configured, or off', async (t) => {
  const none = await app(t, { quotas: [] })
  for (const [url, body] of [
    [asks, wish],
    [`${asks}/1/release`, {}]
  ] as const)
    t.match(await none.call('POST', url, body), {
      status: 409,
      body: { error: { message: /configure quota-rebalance/ } }
    })
  const off = await app(t, { receive: async () => ({ woke: 0 }) })
  t.match(await off.call('POST', asks, wish), { status: 409, body: { error: { message: /quota-rebalance is off/ } } })
})

t.test('who may', async (t) => {
  const { call, requests, app: built } = await app(t, { operate: ['sre'] })
  for (const url of [asks, `${asks}/1/release`]) {
    t.equal((await call('POST', url, wish, null)).status, 401)
    t.equal((await call('POST', url, wish, 'mallory')).status, 401)
  }
  const refused = await call('POST', asks, wish, 'eve')
  t.match(refused, {
    status: 403,
    body: { error: { code: 'REFUSED', message: /eve is in no group: this takes one of sre/ } }
  })
  t.match(await call('POST', `${asks}/1/release`, {}, 'eve'), { status: 403 })
  t.same(await requests(), [])
  t.equal((await call('GET', '/api/v1/quota', undefined, 'eve')).status, 200, 'whoever is let in may look')
  const far = await built.inject({ url: '/api/v1/quota', remoteAddress: '192.0.2.7' })
  t.equal(far.statusCode, 401)
  t.match(await call('POST', asks, wish), { status: 200 })
})
