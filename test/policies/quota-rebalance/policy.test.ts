import t from 'tap'
import type { Decision } from '../../../src/core/policy.ts'
import type { Event } from '../../../src/events/event.ts'
import type { QuotaSet } from '../../../src/policies/quota-rebalance/books.ts'
import { quotaRebalance } from '../../../src/policies/quota-rebalance/policy.ts'
import type { QuotaGroupAnswer } from '../../../src/policies/quota-rebalance/questions/quota-group.ts'
import { checkQuotaSettings, type QuotaSettings } from '../../../src/policies/quota-rebalance/settings.ts'
import { familySettings } from './view/family.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = Date.parse('2026-03-01T12:00:00Z')

const marks = { low: 4, high: 12, quantum: 1, projects: {} }
const settings = (more: Partial<QuotaSettings['groups'][string]> = {}): QuotaSettings =>
  familySettings({ resources: { cores: { capacity: 100, ...marks } }, ...more })

type Cells = Readonly<Record<string, Readonly<Record<string, readonly [limit: number, used: number]>>>>

const ids = { prod: 'id-prod', infra: 'id-infra', dev: 'id-dev' }

function answer(cells: Cells, more: Partial<QuotaGroupAnswer> = {}): QuotaGroupAnswer {
  const quiet = { limit: { since: null, before: null }, growth: null }
  const each = <Value>(of: (limit: number, used: number) => Value) =>
    Object.fromEntries(
      Object.entries(cells).map(([cluster, all]) => [
        cluster,
        Object.fromEntries(Object.entries(all).map(([resource, [limit, used]]) => [resource, of(limit, used)]))
      ])
    )
  return {
    now: NOW,
    projects: ids,
    cells: each((limit, used) => ({ limit, used })),
    history: each(() => quiet),
    capacity: {},
    applied: [],
    requests: [],
    pins: [],
    ...more
  }
}

const decide = (known: QuotaGroupAnswer, by = settings(), key = 'group:family'): Decision =>
  quotaRebalance.decide({ policy: 'quota-rebalance', key, resources: [] }, { group: known as never }, by as never)

const inputs = ({ steps }: Decision) => steps.map((step) => step.input as unknown as QuotaSet)
const short = (decision: Decision) =>
  inputs(decision).map(({ project, direction, changes, after }) => [
    direction,
    project,
    Object.fromEntries(Object.entries(changes).map(([resource, { from, to }]) => [resource, `${from}→${to}`])),
    after
  ])

/** prod is short of cores, dev has more than enough, nothing is free. */
const pressed: Cells = {
  prod: { cores: [30, 30] },
  infra: { cores: [20, 12] },
  dev: { cores: [50, 10] }
}

t.test('who is short grows by what another frees: shrinks first, and each grow says what it lives from', async (t) => {
  const decision = decide(answer(pressed))
  t.equal(decision.outcome, 'act')
  t.same(short(decision), [
    ['shrink', 'dev', { cores: '50→42' }, []],
    ['grow', 'prod', { cores: '30→38' }, [0]]
  ])
  t.match(decision.reason, /family: .*dev cores 50 → 42.*prod cores 30 → 38/)
  const [step] = decision.steps
  t.match(step, { type: 'quota-set', cluster: 'dev', target: 'quota/admin/dev/nova', scope: 'quota/admin/family' })
  t.match(inputs(decision)[1], { projectId: 'id-prod', group: ['id-dev', 'id-infra', 'id-prod'] })
  t.ok(decision.findings.length >= 2, 'and why, with the numbers')
})

t.test('nothing at all while everybody is inside', async (t) => {
  const decision = decide(answer({ prod: { cores: [40, 30] }, infra: { cores: [20, 12] }, dev: { cores: [20, 12] } }))
  t.equal(decision.outcome, 'skip')
  t.same(decision.steps, [])
  t.equal(decision.againAt, undefined)
})

t.test('no limit at all is a finding, and nothing of that resource is moved', async (t) => {
  const decision = decide(answer({ ...pressed, dev: { cores: [-1, 10] } }))
  t.same(decision.steps, [])
  t.match(decision.findings.join('\n'), /cores is left alone: dev has no limit \(-1\)/)
})

t.test('usage or limits that cannot be are told once, and nothing of that resource is moved', async (t) => {
  for (const dev of [
    [20, -15],
    [-3, 10],
    [Number.NaN, 10],
    [50, Number.NaN]
  ] as const) {
    const decision = decide(answer({ ...pressed, dev: { cores: [...dev] } }))
    t.same(decision.steps, [], `${dev}`)
    t.equal(decision.findings.filter((one) => one.includes('cores')).length, 1)
    t.match(
      decision.findings.join(),
      /cores is left alone: nova says of it what cannot be, of dev \(.+\); nothing of it is moved/
    )
  }
  const { dev: _, ...others } = pressed
  const unread = { unknown: { dev: { cores: 'in_use is -15' } } }
  const decision = decide(answer({ ...others, dev: {} }, unread))
  t.same(decision.steps, [])
  t.match(decision.findings.join(), /of dev \(in_use is -15\)/)
})

t.test('what one service does not know is left alone, with what moves together with it', async (t) => {
  const together = [{ cores: 1, ram: 1024 }]
  const by = settings({ together, resources: { cores: { capacity: 100, ...marks }, ram: { capacity: 9, ...marks } } })
  const decision = decide(answer(pressed), by)
  t.same(decision.steps, [])
  t.match(decision.findings.join('\n'), /ram is left alone: nova tells no limit of it for prod, infra, dev/)
  t.match(decision.findings.join('\n'), /cores is left alone: what it moves together with/)
})

t.test('cores and ram move together, in one step for each project', async (t) => {
  const by = settings({
    together: [{ cores: 1, ram: 1024 }],
    resources: {
      cores: { capacity: 100, ...marks },
      ram: { capacity: 102_400, ...marks, low: 4096, high: 12_288 }
    }
  })
  const both: Cells = {
    prod: { cores: [30, 30], ram: [30_720, 30_720] },
    infra: { cores: [20, 12], ram: [20_480, 12_288] },
    dev: { cores: [50, 10], ram: [51_200, 10_240] }
  }
  const found = short(decide(answer(both), by))
  t.same(found, [
    ['shrink', 'dev', { cores: '50→42', ram: '51200→43008' }, []],
    ['grow', 'prod', { cores: '30→38', ram: '30720→38912' }, [0]]
  ])
})

t.test('what somebody else changed is left alone, explained, and looked at again when that is over', async (t) => {
  const known = answer(pressed)
  const changed = (ago: number) => ({ cores: { limit: { since: NOW - ago, before: 44 }, growth: null } })
  const decision = decide({ ...known, history: { ...known.history, dev: changed(20 * MINUTE) } })
  t.same(decision.steps, [])
  t.match(
    decision.findings.join('\n'),
    /dev cores: somebody else changed the limit from 44 to 50 .*left alone until 2026-03-01T12:40Z/
  )
  t.equal(decision.againAt, NOW + 40 * MINUTE)
  t.equal(decide({ ...known, history: { ...known.history, dev: changed(61 * MINUTE) } }).outcome, 'act')
})

const books = (limits: Record<string, number>, lent = {}) => ({ kind: 'quota', limits, lent })
const row = (cluster: string, value: object) => ({
  target: `quota/admin/${cluster}/nova`,
  scope: 'quota/admin/family',
  lane: 'group:family',
  value: value as never
})

const calm: Cells = { prod: { cores: [40, 30] }, infra: { cores: [20, 12] }, dev: { cores: [40, 10] } }
const request = {
  id: 7,
  lane: 'group:family',
  cluster: 'prod',
  resource: 'cores',
  amount: 16,
  until: NOW + HOUR,
  by: 'alice',
  at: NOW,
  reason: null
}

t.test('who has just received does not give, and who has just given does not receive', async (t) => {
  const known = answer(pressed, { applied: [row('dev', books({ cores: 50 }))] })
  const justNow = (before: number) => ({ cores: { limit: { since: NOW - MINUTE, before }, growth: null } })
  const grown = decide({ ...known, history: { ...known.history, dev: justNow(30) } })
  t.same(grown.steps, [], 'dev was given 20 a minute ago')
  t.equal(grown.againAt, NOW + 9 * MINUTE)

  const cells: Cells = { prod: { cores: [50, 20] }, infra: { cores: [20, 12] }, dev: { cores: [30, 30] } }
  const gave = answer(cells, { applied: [row('dev', books({ cores: 30 }))] })
  const shrunk = decide({ ...gave, history: { ...gave.history, dev: justNow(40) } })
  t.same(shrunk.steps, [], 'dev gave 10 a minute ago')
  t.equal(decide(gave).outcome, 'act', 'without that it would receive')
})

t.test('a cool-down is named as what it is, with its end, and not as a ceiling or a promise', async (t) => {
  const justNow = (before: number) => ({ cores: { limit: { since: NOW - MINUTE, before }, growth: null } })
  const asked = { ...request, cluster: 'dev', amount: 10 }
  const cells: Cells = { prod: { cores: [50, 20] }, infra: { cores: [20, 12] }, dev: { cores: [30, 20] } }
  const gave = answer(cells, { applied: [row('dev', books({ cores: 30 }))], requests: [asked] })
  const told = (known: QuotaGroupAnswer, by = settings()) => decide(known, by).findings.join('\n')
  const shrunk = { ...gave, history: { ...gave.history, dev: justNow(40) } }
  const cooling =
    /request 7: dev waits for 10 cores of 10 cores: its limit was lowered from 40 to 30 at 2026-03-01T11:59Z, and it receives nothing before 2026-03-01T12:09Z \(coolDown 10m\)/
  t.match(told(shrunk), cooling)
  t.notMatch(told(shrunk), /ceiling/)
  const one = { capacity: 100, ...marks }
  const capped = (ceiling: number) => settings({ resources: { cores: { ...one, projects: { dev: { ceiling } } } } })
  t.match(told(shrunk, capped(60)), cooling, 'a ceiling that it is far from is not the reason')
  t.match(told(shrunk, capped(30)), /dev waits for 10 cores of 10 cores: more would be above its ceiling \(30 cores\)/)

  const hungry: Cells = { prod: { cores: [50, 20] }, infra: { cores: [20, 12] }, dev: { cores: [30, 30] } }
  const short = answer(hungry, { applied: [row('dev', books({ cores: 30 }))] })
  const left = told({ ...short, history: { ...short.history, dev: justNow(40) } })
  t.match(left, /short of the low watermark are dev by 4: its limit was lowered .*receives nothing before/)
  t.notMatch(left, /ceiling/)

  // And where the others have enough but received it only now, that is said.
  const rich = answer(hungry, { applied: [row('prod', books({ cores: 50 }))], requests: [asked] })
  const grown = told({ ...rich, history: { ...rich.history, prod: justNow(30) } })
  t.match(
    grown,
    /request 7: dev waits for .*its promises; prod: its limit was raised from 30 to 50 at 2026-03-01T11:59Z, and it gives nothing before 2026-03-01T12:09Z/
  )
  const pin = { target: 'quota/admin/prod/nova', until: NOW + HOUR, reason: 'alice undid what was done there' }
  t.match(told({ ...rich, pins: [pin] }), /its promises; prod is left alone: alice undid what was done there/)
})

t.test('what can never be given takes nothing from anybody, and says how much can be', async (t) => {
  const absurd = decide(answer(calm, { requests: [{ ...request, amount: 100_000 }] }))
  t.same(absurd.steps, [])
  t.match(
    absurd.findings.join('\n'),
    /request 7: prod waits for 100000 cores, and no more than 52 can ever be given: the capacity is 100, infra keeps 4, dev keeps 4; release it/
  )
  const most = decide(answer(calm, { requests: [{ ...request, amount: 52 }] }))
  t.equal(most.outcome, 'act', 'as much as there can be waits for the rest, as before')
})

t.test('what a person undid is left alone', async (t) => {
  const pin = { target: 'quota/admin/dev/nova', until: NOW + HOUR, reason: 'alice undid what was done there' }
  const decision = decide(answer(pressed, { pins: [pin] }))
  t.same(decision.steps, [])
  t.match(decision.findings.join('\n'), /alice undid/)
})

t.test('a person’s request moves exactly that much, names them, and is written into the books', async (t) => {
  const decision = decide(answer(calm, { requests: [request] }))
  t.same(short(decision), [
    ['shrink', 'dev', { cores: '40→24' }, []],
    ['grow', 'prod', { cores: '40→56' }, [0]]
  ])
  t.same(decision.requesters, ['alice'])
  t.same(inputs(decision)[1]!.postings, [{ request: '7', resource: 'cores', giver: 'dev', amount: 16 }])
  t.ok(decision.againAt! <= NOW + HOUR, 'and its end is waited for')
})

const lent: Cells = { prod: { cores: [56, 30] }, infra: { cores: [20, 12] }, dev: { cores: [24, 10] } }
const lending = [row('prod', books({ cores: 56 }, { 7: { cores: { dev: 16 } } })), row('dev', books({ cores: 24 }))]

t.test('what was lent is not given by itself while its time runs', async (t) => {
  const short: Cells = { ...lent, dev: { cores: [24, 24] } }
  const decision = decide(answer(short, { requests: [request], applied: lending }))
  t.notOk(
    inputs(decision).some(({ project }) => project === 'prod'),
    'prod keeps what alice asked for'
  )
})

t.test('when its time is over it goes back, to whom it came from', async (t) => {
  const over = { ...request, until: NOW - 1 }
  for (const requests of [[over], []]) {
    const decision = decide(answer(lent, { requests, applied: lending }))
    t.same(short(decision), [
      ['shrink', 'prod', { cores: '56→40' }, []],
      ['grow', 'dev', { cores: '24→40' }, [0]]
    ])
    t.same(inputs(decision)[0]!.postings, [{ request: '7', resource: 'cores', giver: 'dev', amount: -16 }])
  }
})

t.test('a cool-down holds up nothing that goes back', async (t) => {
  const known = answer(lent, { applied: lending })
  const justNow = (before: number) => ({ cores: { limit: { since: NOW - MINUTE, before }, growth: null } })
  const history = { ...known.history, prod: justNow(40), dev: justNow(40) }
  t.same(short(decide({ ...known, history })), [
    ['shrink', 'prod', { cores: '56→40' }, []],
    ['grow', 'dev', { cores: '24→40' }, [0]]
  ])
})

t.test('what moved together with what was asked for is kept as long, and goes back with it', async (t) => {
  const by = settings({
    together: [{ cores: 2, ram: 2048 }],
    resources: {
      cores: { capacity: 100, ...marks },
      ram: { capacity: 102_400, ...marks, low: 4096, high: 12_288 }
    }
  })
  const both = (prod: number, dev: number): Cells => ({
    prod: { cores: [prod, 20], ram: [prod * 1024, 20_480] },
    infra: { cores: [20, 12], ram: [20_480, 12_288] },
    dev: { cores: [dev, 10], ram: [dev * 1024, 10_240] }
  })
  const three = { ...request, amount: 3 }
  t.same(short(decide(answer(both(40, 40), { requests: [three] }), by)), [
    ['shrink', 'dev', { cores: '40→36', ram: '40960→36864' }, []],
    ['grow', 'prod', { cores: '40→44', ram: '40960→45056' }, [0]]
  ])
  const got = { 7: { cores: { dev: 4 }, ram: { dev: 4096 } } }
  const applied = [row('prod', books({ cores: 44, ram: 45_056 }, got)), row('dev', books({ cores: 36, ram: 36_864 }))]
  const meanwhile = decide(answer(both(44, 36), { requests: [three], applied }), by)
  t.same(meanwhile.steps, [])
  t.same(meanwhile.findings, [], 'it owes nothing while its time runs')
  t.same(short(decide(answer(both(44, 36), { applied }), by)), [
    ['shrink', 'prod', { cores: '44→40', ram: '45056→40960' }, []],
    ['grow', 'dev', { cores: '36→40', ram: '36864→40960' }, [0]]
  ])
})

t.test('what is in use goes back later: it says so and keeps trying', async (t) => {
  const busy: Cells = { ...lent, prod: { cores: [56, 48] } }
  const decision = decide(answer(busy, { applied: lending }))
  const [shrink] = inputs(decision)
  t.match(shrink, { project: 'prod', direction: 'shrink' })
  t.ok(shrink!.changes.cores!.to >= 48, 'never below usage')
  t.ok(shrink!.changes.cores!.to > 40, 'not all of it')
  t.match(decision.findings.join('\n'), /7.*owes|request 7/)
  t.equal(decision.againAt, NOW + 5 * MINUTE)
})

t.test('who will be full soon is told of early', async (t) => {
  const known = answer({ ...calm, prod: { cores: [40, 35] } })
  const growing = { cores: { limit: { since: null, before: null }, growth: 2.5 } }
  const decision = decide({ ...known, history: { ...known.history, prod: growing } })
  t.match(decision.findings.join('\n'), /prod cores: 35 of 40 used, growing by 2.5 an hour: full in 2 h/)
})

t.test('a capacity that is discovered counts with its share; one that is not known moves nothing', async (t) => {
  const by = settings({ resources: { cores: { capacity: { discover: true, share: 0.5 }, ...marks } } })
  t.same(inputs(decide(answer(pressed, { capacity: { cores: 200 } }), by))[0]!.changes.cores!.capacity, 100)
  const unknown = decide(answer(pressed, { capacity: { cores: null } }), by)
  t.same(unknown.steps, [])
  t.match(unknown.findings.join('\n'), /cores: the OpenStack tells no capacity/)
})

const event = (type: string, project: string | null = 'id-dev'): Event => ({
  id: type,
  source: '/openstack/c/r/nova',
  type,
  subject: 's',
  time: '2026-03-01T12:00:00Z',
  project,
  requestId: null,
  globalRequestId: null,
  data: { kind: 'none' }
})

const lanesOf = (type: string, project?: string | null) =>
  quotaRebalance.lanes(event(type, project), settings() as never)

t.test('which events wake it', async (t) => {
  const waking = [
    'compute.instance.create.end',
    'instance.delete.end',
    'compute.instance.finish_resize.end',
    'compute.instance.resize.confirm.end',
    'compute.instance.shelve_offload.end',
    'compute.instance.unshelve.end',
    'volume.create.end',
    'volume.resize.end',
    'volume.delete.end',
    'snapshot.create.end',
    'floatingip.create.end',
    'port.delete.end',
    'router.create.end',
    'security_group.create.end',
    'security_group_rule.delete.end',
    'octavia.loadbalancer.create.end',
    'identity.project.deleted'
  ]
  for (const type of waking) t.same(lanesOf(type), ['project:id-dev'], type)
  for (const type of ['compute.instance.update', 'port.update.end', 'dns.zone.create', 'volume.attach.end'])
    t.match(lanesOf(type), { none: /changes no usage/ }, type)
  t.match(lanesOf('port.create.end', null), { none: /names no project/ })
  const update = (state: string) =>
    quotaRebalance.lanes(
      {
        ...event('compute.instance.update'),
        data: { kind: 'server', name: 'web', oldName: null, state, addresses: [] }
      },
      settings() as never
    )
  t.same(update('building'), ['project:id-dev'], 'a server counts from its first moment')
  t.match(update('active'), { none: /changes no usage/ })
})

t.test('a project finds its group, and hints fold', async (t) => {
  const of = (key: string) =>
    quotaRebalance.decide(
      { policy: 'quota-rebalance', key, resources: [] },
      { clusters: { 'id-dev': 'dev', 'id-lab': 'lab' } },
      settings() as never
    )
  t.match(of('project:id-dev').hints, [{ lane: 'group:family', wake: { quietMs: 500, maxMs: 2000 } }])
  t.match(of('project:id-lab'), { hints: [], reason: /lab is in no group/ })
  t.match(of('project:other'), { hints: [], reason: /none of the configured clusters/ })
})

t.test('the sweep finds what no event told of, and leaves a busy lane alone', async (t) => {
  const compare = (busy: readonly string[]) =>
    quotaRebalance.sweep!.compare(
      { 'busy lanes': busy as never, family: answer(pressed) as never },
      settings() as never
    )
  t.match(compare([]).drifts, [{ lane: 'group:family', eventExists: false, reason: /the sweep found: family/ }])
  t.same(compare(['group:family']).drifts, [])
})

t.test('mistakes in settings, all at once', async (t) => {
  const wrong = settings({
    projects: { prod: { priority: 1, weight: 1 }, qa: { priority: 1, weight: 1 } },
    resources: {
      coers: { capacity: 10, ...marks },
      cores: { capacity: 10, ...marks, low: 5, high: 3, projects: { dev: {} } },
      ram: { capacity: 10, quantum: 1, projects: {} }
    },
    together: [{ cores: 1, disk: 1 }]
  })
  const mistakes = checkQuotaSettings(wrong, ['prod', 'dev', 'infra']).join('\n')
  t.match(mistakes, /there is no cluster 'qa'; clusters are: prod, dev, infra/)
  t.match(mistakes, /there is no resource 'coers'/)
  t.match(mistakes, /low \(5\) is above high \(3\)/)
  t.match(mistakes, /'dev' is not in the group/)
  t.match(mistakes, /ram \(prod\): low and high are missing/)
  t.match(mistakes, /'disk' is not in the group/)
  t.same(checkQuotaSettings(settings(), ['prod', 'dev', 'infra']), [])
})
