import fc from 'fast-check'
import t from 'tap'
import { type Facts, type GuardedStep, guard, planAgeMs } from '../../src/core/guard.ts'
import type { ClusterRules, GuardRules } from '../../src/core/guard-rules.ts'

const now = Date.UTC(2026, 2, 2, 12)
const hour = 3_600_000
const utc = { timeZone: 'UTC', windows: [], freezes: [] }
const cluster = (more: Partial<ClusterRules> = {}): ClusterRules => ({
  tier: 'bursty',
  calendar: utc,
  inFlight: null,
  ...more
})
const rules = (more: Partial<GuardRules> = {}): GuardRules => ({
  clusters: { dev: cluster(), prod: cluster({ tier: 'change-controlled' }) },
  budgets: [{ name: 'deletes', risk: 'delete', share: 0.3, from: 10, windowMs: hour }],
  coolDowns: [],
  ...more
})
const policies = { dns: { mode: 'enforce', clusters: { prod: 'approve' } } } as const
const step = (more: Partial<GuardedStep> = {}): GuardedStep => ({
  type: 'recordset-delete',
  risk: 'delete',
  cluster: 'dev',
  target: 't',
  scope: 'zone/cloud.lab.',
  input: {},
  policy: 'dns',
  mode: 'enforce',
  decidedAt: now,
  decision: 7,
  ...more
})
const facts = (more: Partial<Facts> = {}): Facts => ({
  now,
  stops: [],
  pin: null,
  approval: null,
  inFlight: 0,
  changedAt: null,
  usages: [{ used: 0, held: 0, freesAt: null }],
  ...more
})
const used = (used: number, held: number, freesAt: number | null = null) => facts({ usages: [{ used, held, freesAt }] })
const judge = (one = step(), what = facts(), limits = rules()) => guard(limits, policies).judge(one, what)

t.test('deletes beyond the share of the population are refused with every number', async (t) => {
  t.same(judge(step(), used(0, 20)), { verdict: 'proceed' })
  t.same(judge(step(), used(5, 15)), { verdict: 'proceed' }, 'the sixth of twenty')
  t.same(judge(step(), used(6, 14, Date.UTC(2026, 0, 1))), {
    verdict: 'refuse',
    rule: 'budget',
    reason:
      'delete 7 of 20 in zone/cloud.lab. of dev within 60 min exceeds 30 % (6 allowed, 6 used): raise limits.deletes.share if this ' +
      'is wanted, or wait until 2026-01-01T00:00:00Z; the next sweep tries again'
  })
})

t.test('small populations and other risks are not limited; a population that the policy states is', async (t) => {
  t.same(judge(step(), used(5, 4)), { verdict: 'proceed' })
  t.same(judge(step({ risk: 'create' }), used(100, 100)), { verdict: 'proceed' })
  t.match(judge(step({ population: 20 }), used(6, 0)), { verdict: 'refuse', reason: /delete 7 of 20/ })
})

t.test('what is gone for certain has a share of its own', async (t) => {
  const share = { name: 'deletes', risk: 'delete', share: 0.3, from: 10, windowMs: hour } as const
  const limits = rules({
    budgets: [
      { ...share, gone: false },
      { ...share, share: 0.5, gone: true }
    ]
  })
  t.same(
    guard(limits, policies)
      .asks(step())
      .map(({ match }) => match),
    [{ risk: 'delete', gone: false }]
  )
  t.match(judge(step(), used(6, 14), limits), {
    reason: /of dev within 60 min exceeds 30 % .* raise limits.deletes.share/
  })
  t.same(judge(step({ gone: true }), used(9, 11), limits), { verdict: 'proceed' })
  t.match(judge(step({ gone: true }), used(10, 10), limits), {
    reason: /of dev, of what is gone for certain, within 60 min exceeds 50 % .* raise limits.deletes.gone/
  })
})

t.test("isolation's brake is each cluster's own", async (t) => {
  const limits = rules({
    budgets: [{ name: 'isolation', policy: 'isolation', most: 2, windowMs: hour, each: 'scope' }]
  })
  const one = step({ policy: 'isolation', scope: 'isolation/dev', population: 0 })
  const known = { ...policies, isolation: { mode: 'enforce', clusters: {} } } as const
  t.match(guard(limits, known).asks(one), [{ among: 'scope', match: { policy: 'isolation' } }])
  t.match(guard(limits, known).judge(one, used(2, 0, now + hour)), {
    verdict: 'defer',
    reason: /limits.isolation allows 2 actions \(isolation\) in isolation\/dev within 60 min, 2 are used/
  })
})

t.test('however many are tried, no more than the share goes', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 2000 }), fc.double({ min: 0, max: 1, noNaN: true }), (population, share) => {
      const limits = rules({ budgets: [{ name: 'deletes', risk: 'delete', share, from: 10, windowMs: hour }] })
      let deletes = 0
      for (let tried = 0; tried < population; tried++)
        if (judge(step(), used(deletes, population - deletes, 0), limits).verdict === 'proceed') deletes++
      return deletes === Math.min(population, Math.floor(population * share))
    })
  )
  t.pass()
})

t.test('a count is used up, and frees again', async (t) => {
  const limits = rules({ budgets: [{ name: 'few', policy: 'dns', cluster: 'dev', most: 2, windowMs: hour }] })
  t.same(guard(limits, policies).asks(step()), [
    { match: { policy: 'dns', cluster: 'dev' }, windowMs: hour, among: 'all' }
  ])
  t.same(guard(limits, policies).asks(step({ cluster: 'prod' })), [], 'another cluster is not counted')
  t.same(judge(step(), used(1, 0, now), limits), { verdict: 'proceed' })
  t.match(judge(step(), used(2, 0, now + 60_000), limits), {
    verdict: 'defer',
    rule: 'budget',
    until: now + 60_000,
    reason:
      "limits.budgets 'few' allows 2 actions (dns, dev) within 60 min, 2 are used: the next is free at 2026-03-02T12:01:00Z"
  })
  const none = rules({ budgets: [{ name: 'none', most: 0, windowMs: hour }] })
  t.match(judge(step(), used(0, 0), none), { verdict: 'refuse', reason: /none at all/ })
})

t.test('a change-controlled cluster without a window never changes, and says how it could', async (t) => {
  const granted = { id: 1, state: 'granted', expires: now + hour, usedBy: null } as const
  const one = step({ cluster: 'prod', mode: 'approve' })
  t.match(judge(one, facts({ approval: granted })), {
    verdict: 'hold',
    rule: 'window',
    until: null,
    reason: 'prod has no window open for dns to delete, and none will open: add one at clusters.prod.windows'
  })
  const windows = [{ name: 'dns', policies: ['dns'], risks: null, times: 'always' }] as const
  const limits = rules({
    clusters: { prod: cluster({ tier: 'change-controlled', calendar: { ...utc, windows } }) }
  })
  t.same(judge(one, facts({ approval: granted }), limits), { verdict: 'proceed' })
  const freezes = [{ name: 'audit', times: { from: '2026-03-02T00:00', forMs: 24 * hour, repeat: null } }]
  const frozen = rules({
    clusters: { prod: cluster({ tier: 'change-controlled', calendar: { ...utc, windows, freezes } }) }
  })
  t.match(judge(one, facts({ approval: granted }), frozen), {
    verdict: 'defer',
    rule: 'freeze',
    until: Date.UTC(2026, 2, 3),
    reason: 'prod is frozen (audit): the next chance is at 2026-03-03T00:00:00Z'
  })
})

t.test('the order of the rules, from what people said to what is counted', async (t) => {
  const stop = { id: 1, cluster: null, by: 'alice', at: now, reason: 'odd deletes' }
  t.match(judge(step(), facts({ stops: [stop] })), {
    verdict: 'hold',
    rule: 'stop',
    until: null,
    reason: 'everything was stopped by alice at 2026-03-02T12:00:00Z (odd deletes): `reflex resume all` goes on'
  })
  t.match(judge(step(), facts({ stops: [{ ...stop, cluster: 'dev' }] })), { reason: /`reflex resume dev`/ })
  const ofDev = { ...stop, id: 2, cluster: 'dev' }
  const several = [stop, ofDev, { ...ofDev, id: 3, by: 'bob', reason: 'an upgrade' }]
  t.match(judge(step(), facts({ stops: several })), {
    reason:
      'everything was stopped by alice at 2026-03-02T12:00:00Z (odd deletes), ' +
      'and dev was stopped by alice at 2026-03-02T12:00:00Z (odd deletes), ' +
      'and by bob at 2026-03-02T12:00:00Z (an upgrade): ' +
      '`reflex resume all`, then `reflex resume stop:2`, then `reflex resume stop:3` go on'
  })
  const pin = { target: 't', until: now + hour, reason: 'bob undid it' }
  t.match(judge(step(), facts({ pin })), { verdict: 'hold', rule: 'undone', until: now + hour, reason: /bob undid it/ })
  t.same(judge(step({ pinMs: 5 }), facts({ pin })), { verdict: 'proceed' }, 'an undo itself may')
  t.match(judge(step({ mode: 'enforce', cluster: 'prod' }), facts()), {
    verdict: 'again',
    rule: 'mode',
    reason: 'dns is on approve on prod by now, and this was planned on enforce'
  })
  t.match(judge(step({ policy: 'gone' }), facts()), { verdict: 'again', rule: 'mode' })
  t.match(judge(step({ decidedAt: now - planAgeMs - 1 }), facts()), { verdict: 'again', rule: 'age' })
})

t.test('an approval carries one plan', async (t) => {
  const windows = [{ name: 'all', policies: null, risks: null, times: 'always' }] as const
  const limits = rules({ clusters: { prod: cluster({ calendar: { ...utc, windows } }) } })
  const one = step({ cluster: 'prod', mode: 'approve' })
  const approval = { id: 3, state: 'granted', expires: now + 1, usedBy: null } as const
  const cases = [
    [null, 'again'],
    [{ ...approval, state: 'open' }, 'again'],
    [{ ...approval, state: 'rejected' }, 'again'],
    [{ ...approval, state: 'superseded' }, 'again'],
    [{ ...approval, expires: now }, 'again'],
    [approval, 'proceed'],
    [{ ...approval, state: 'used', usedBy: 7 }, 'proceed'],
    [{ ...approval, state: 'used', usedBy: 8 }, 'again']
  ] as const
  for (const [given, verdict] of cases)
    t.equal(judge(one, facts({ approval: given }), limits).verdict, verdict, JSON.stringify(given))
})

t.test('most in flight, and the calm after a change', async (t) => {
  const busy = rules({ clusters: { dev: cluster({ inFlight: 2 }) } })
  t.same(judge(step(), facts({ inFlight: 1 }), busy), { verdict: 'proceed' })
  t.match(judge(step(), facts({ inFlight: 2 }), busy), { verdict: 'defer', rule: 'in-flight', until: now + 500 })
  const coolDowns = [
    { name: 'short', forMs: 1000 },
    { name: 'calm', action: 'recordset-delete', forMs: 60_000 },
    { name: 'other', cluster: 'prod', forMs: hour }
  ]
  const calm = rules({ coolDowns })
  t.match(judge(step(), facts({ changedAt: now - 59_000 }), calm), {
    verdict: 'defer',
    rule: 'cool-down',
    until: now + 1000,
    reason: "t was changed at 2026-03-02T11:59:01Z: limits.coolDowns 'calm' leaves it alone for 60 s"
  })
  t.same(judge(step(), facts({ changedAt: now - 60_000 }), calm), { verdict: 'proceed' })
})
