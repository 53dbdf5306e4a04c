import { createHash } from 'node:crypto'
import t from 'tap'
import { createHeartbeats, heartbeatChecks } from '../../src/base/heartbeats.ts'
import { type BrokerStatus, brokerCheck, journalState } from '../../src/handlers/health.ts'
import { broker, build, status } from './build.ts'
import { booted, journalOf } from './story.ts'

const quiet = { ...booted, lanes: [] }

t.test('alive, whatever else is wrong', async (t) => {
  const app = build(t, { status: () => status({ brokers: [broker({ connected: false })] }) })
  const answer = await app.inject('/healthz')
  t.equal(answer.statusCode, 200)
  t.strictSame(answer.json(), { alive: true })
})

t.test('ready: warnings are said and do not fail, failures do', async (t) => {
  const cases: readonly [string, Parameters<typeof status>[0], number, boolean][] = [
    ['nothing to say', {}, 200, true],
    ['connected', { brokers: [broker()] }, 200, true],
    ['silent', { brokers: [broker({ silentForMs: 1e9 })] }, 200, true],
    ['not connected', { brokers: [broker(), broker({ connected: false })] }, 503, false],
    ['a check of the caller', { checks: [{ name: 'cloud dev', level: 'failure', detail: 'no token' }] }, 503, false]
  ]
  for (const [name, more, code, ready] of cases) {
    const answer = await build(t, { journal: journalOf(quiet), status: () => status(more) }).inject('/readyz')
    t.equal(answer.statusCode, code, name)
    t.match(
      answer.json(),
      { ready, build: 'b1', installId: 'i1', simulated: false, modes: { 'dns-records': 'enforce' } },
      name
    )
  }
})

t.test('a probe from elsewhere is told whether it is ready, and no names or reasons', async (t) => {
  const app = build(t, { status: () => status({ brokers: [broker({ connected: false })] }) })
  const far = await app.inject({ url: '/readyz', remoteAddress: '192.0.2.7' })
  t.equal(far.statusCode, 503)
  t.strictSame(far.json(), { ready: false, checks: [] })
  const wrong = { authorization: 'Bearer nobody' }
  t.strictSame((await app.inject({ url: '/readyz', remoteAddress: '192.0.2.7', headers: wrong })).json().checks, [])
  const sha256 = createHash('sha256').update('prometheus').digest('hex')
  const known = build(t, { tokens: () => [{ actor: 'prometheus', groups: [], sha256 }] })
  const headers = { authorization: 'Bearer prometheus' }
  t.match((await known.inject({ url: '/readyz', remoteAddress: '192.0.2.7', headers })).json(), { build: 'b1' })
})

t.test('brokerCheck() says what is wrong and what it means', async (t) => {
  const cases: readonly [Partial<BrokerStatus>, string, string][] = [
    [{}, 'ok', 'connected, 2 exchanges'],
    [{ connected: false, missing: ['nova'] }, 'failure', 'not connected; trying again'],
    [
      { missing: ['glance', 'keystone'] },
      'warning',
      'no exchange glance, keystone yet: bound as soon as the service sends its first notification; if it never does, look at [oslo_messaging_notifications] driver there'
    ],
    [{ silentForMs: 1_200_000 }, 'warning', 'no notification for 20 min, expected one every 15 min'],
    [{ fill: 0.85 }, 'warning', 'queue stackreflex is 85 % full: at 100 % the broker drops the oldest'],
    [{ ready: null, fill: null }, 'ok', 'connected, 2 exchanges']
  ]
  for (const [more, level, detail] of cases)
    t.strictSame(brokerCheck(broker(more)), { name: 'broker lab/RegionOne', level, detail }, detail)
})

t.test('a name of the configuration that counts for nothing is a warning', async (t) => {
  const trouble = 'shared.networks: 2 networks are called transfer: this entry counts for nothing'
  const pin = { key: 'isolation/admin/names/shared.networks/transfer', id: null, at: null, trouble }
  const journal = { ...journalOf(quiet), namePins: async () => [pin, { ...pin, key: 'other', trouble: null }] }
  const { checks } = await journalState(journal)
  t.match(
    checks.filter(({ name }) => name === 'name'),
    [{ level: 'warning', detail: trouble }]
  )
})

t.test('journalState() names parked lanes', async (t) => {
  t.match((await journalState(journalOf(booted))).checks, [
    { name: 'journal', level: 'ok', detail: '5 events' },
    { name: 'parked lanes', level: 'warning', detail: /^name:db.dev.lab.: TypeError/ }
  ])
})

t.test('a journal that fails, or hangs, is a failure', async (t) => {
  const broken = { ...journalOf(booted), counts: () => Promise.reject(new Error('disk I/O error')) }
  t.strictSame(await journalState(broken), {
    checks: [{ name: 'journal', level: 'failure', detail: 'disk I/O error' }],
    waits: null
  })
  const hanging = { ...journalOf(booted), counts: () => new Promise<never>(() => {}) }
  t.strictSame((await journalState(hanging, 10)).checks, [
    { name: 'journal', level: 'failure', detail: 'no answer within 10 ms' }
  ])
})

t.test('a journal that is read and takes no write is not ready, and so is a product with a dead stage', async (t) => {
  const full = { ...journalOf(quiet), probe: () => Promise.reject(new Error('the disk is full')) }
  const answer = await build(t, { journal: full, status: () => status({}) }).inject('/readyz')
  t.equal(answer.statusCode, 503)
  t.match(
    answer.json().checks.filter(({ level }: { level: string }) => level === 'failure'),
    [{ name: 'journal writes', detail: 'nothing is taken: the disk is full' }]
  )
  const hanging = { ...journalOf(quiet), probe: () => new Promise<never>(() => {}) }
  t.equal((await build(t, { journal: hanging, status: () => status({}) }).inject('/readyz')).statusCode, 503)
  const beats = createHeartbeats(Date.now)
  for (let n = 0; n < 3; n++) beats.failed('decide', new Error('boom'))
  const dead = build(t, {
    journal: journalOf(quiet),
    status: () => status({ checks: heartbeatChecks(beats.stages()) })
  })
  const said = await dead.inject('/readyz')
  t.equal(said.statusCode, 503)
  t.match(said.json().checks.at(-1), { name: 'stage decide', level: 'failure' })
})
