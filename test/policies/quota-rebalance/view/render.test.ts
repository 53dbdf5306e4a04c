import fc from 'fast-check'
import t from 'tap'
import { reportOn } from '../../../../src/policies/quota-rebalance/view/about.ts'
import { bar, legend, quotaNotes, quotaRows, readAt } from '../../../../src/policies/quota-rebalance/view/render.ts'
import type {
  GroupReport,
  ProjectReport,
  QuotaReport,
  RequestReport
} from '../../../../src/policies/quota-rebalance/view/report.ts'

const project = (more: Partial<ProjectReport>): ProjectReport => ({
  cluster: 'prod',
  limit: 100,
  used: 50,
  readAt: Date.parse('2026-03-01T12:00:00Z'),
  low: 10,
  high: 30,
  floor: 5,
  ceiling: null,
  state: 'inside',
  growth: null,
  fullInMs: null,
  ...more
})

const group = (more: Partial<GroupReport> = {}): GroupReport => ({
  policy: 'quota-rebalance',
  group: 'family',
  resources: [
    {
      resource: 'cores',
      service: 'nova',
      capacity: 250,
      sum: 200,
      projects: [
        project({ used: 95, state: 'short', fullInMs: 7_200_000 }),
        project({ cluster: 'dev', used: 0, state: 'spare' })
      ]
    }
  ],
  requests: [],
  findings: [],
  decision: null,
  moves: [],
  ...more
})

const of = (...groups: GroupReport[]): QuotaReport => ({ groups })

t.test('a limit as a bar', async (t) => {
  const table = [
    ['half of it is used', { limit: 100, used: 50, low: 10 }, 100, '############..........|.'],
    ['nothing is used', { limit: 100, used: 0, low: 10 }, 100, '......................|.'],
    ['one of many shows', { limit: 1000, used: 1, low: 100 }, 1000, '#.....................|.'],
    ['used beyond the watermark', { limit: 100, used: 95, low: 10 }, 100, '#######################.'],
    ['full', { limit: 100, used: 100, low: 10 }, 100, '########################'],
    ['half as much as another has', { limit: 50, used: 25, low: 10 }, 100, '######....|.            '],
    ['above the limit', { limit: 50, used: 100, low: 10 }, 100, '############!!!!!!!!!!!!'],
    ['a little above the limit', { limit: 50, used: 51, low: 10 }, 100, '############!           '],
    ['one too many of very many', { limit: 999, used: 1000, low: 10 }, 1000, '#######################!'],
    ['a limit of nothing', { limit: 0, used: 0, low: 10 }, 100, '                        '],
    ['no watermark', { limit: 100, used: 0, low: 0 }, 100, '........................'],
    ['no limit', { limit: -1, used: 5, low: 10 }, 100, 'no limit                '],
    ['not read', { limit: null, used: null, low: 10 }, 100, '?                       ']
  ] as const
  for (const [name, one, greatest, shown] of table) t.equal(bar(one, greatest), shown, name)
  for (const sign of ['#', '.', '|', '!']) t.ok(legend.includes(`${sign} `), `the legend says ${sign}`)
})

t.test('whatever the numbers, it is as wide, and tells more from less', async (t) => {
  const amount = fc.integer({ min: 0, max: 1_000_000 })
  const always = fc.property(amount, amount, amount, amount, (limit, used, low, more) => {
    const greatest = Math.max(1, limit, used)
    const shown = bar({ limit, used, low }, greatest)
    const count = (text: string, sign: string) => text.split(sign).length - 1
    if (shown.length !== 24 || !/^#*[.|]*!* *$/.test(shown)) return false
    if (used > limit !== shown.includes('!')) return false
    const fuller = bar({ limit, used: Math.min(limit, used + more), low }, greatest)
    return used > limit || count(fuller, '#') >= count(shown, '#')
  })
  t.doesNotThrow(() => fc.assert(always))
})

t.test('the table', async (t) => {
  const text = (report: QuotaReport, about: string | null) =>
    quotaRows(report, about).map((row) => row.join(' ').trim())
  t.same(text(of(group()), null), [
    'RESOURCE CLUSTER  USED LIMIT FREE LOW-HIGH FLOOR FULL IN',
    'cores prod #######################.   95   100    5 10-30     5 2 h SHORT',
    'dev ......................|.    0   100  100 10-30     5  can give',
    'all of 250: 50 to give   95   200'
  ])
  t.same(text(of(group()), 'dev'), [
    'RESOURCE CLUSTER  USED LIMIT FREE LOW-HIGH FLOOR FULL IN',
    'cores dev ......................|.    0   100  100 10-30     5  can give'
  ])
  t.match(text(of(group(), group({ group: 'other' })), null)[4], /^other\/cores prod/)
})

t.test('what all limits come to, of the capacity', async (t) => {
  const [cores] = group().resources
  const all = (more: object) => quotaRows(of(group({ resources: [{ ...cores!, ...more }] })), null).at(-1)
  t.match(all({ capacity: 200 }), ['', 'all', 'of 200: all is given', '  95', '  200'])
  t.match(all({ capacity: 150 }), ['', 'all', 'of 150: 50 TOO MANY'])
  t.match(all({ capacity: null }), ['', 'all', 'capacity not known'])
  t.match(all({ sum: null }), ['', 'all', 'of 250', '  95', '    -'])
})

t.test('what cannot be moved is loud', async (t) => {
  const last = (more: Partial<ProjectReport>) => {
    const [cores] = group().resources
    return quotaRows(of(group({ resources: [{ ...cores!, projects: [project(more)] }] })), 'prod').at(-1)
  }
  t.match(last({ limit: -1, state: 'no limit' })?.join(' '), /no limit.* none .* NO LIMIT: nothing of it is moved/)
  t.match(last({ used: 120, state: 'over' })?.join(' '), /!.* 120 +100 +-20 .* OVER ITS LIMIT/)
  t.match(last({ limit: null, used: null, readAt: null, state: 'not read' })?.join(' '), /\? .* - .* not read yet/)
})

const request = (more: Partial<RequestReport>): RequestReport => ({
  id: 3,
  cluster: 'prod',
  resource: 'cores',
  amount: 16,
  got: 16,
  until: null,
  by: 'alice',
  at: 0,
  state: 'lent',
  ...more
})

t.test('requests, findings and moves are lines', async (t) => {
  const until = Date.parse('2026-03-01T16:00:00Z')
  const move = {
    decision: 1,
    action: 'a1',
    cluster: 'prod',
    resource: 'cores',
    from: 84,
    to: 100,
    state: 'done',
    at: until
  }
  const report = of(
    group({
      requests: [
        request({}),
        request({ id: 4, until, got: 4, state: 'open' }),
        request({ id: 5, until, got: 2, state: 'returning' }),
        request({ id: 6, until, got: 0, state: 'over' })
      ],
      findings: ['prod cores: full soon', 'prod cores: full soon'],
      moves: [move, { ...move, action: 'a2', cluster: 'dev' }, { ...move, action: 'a3', resource: 'ram' }]
    })
  )
  t.same(quotaNotes(report, null, 2), [
    'request 3 by alice: prod cores +16, lasting: all of it is there',
    'request 4 by alice: prod cores +16, until 2026-03-01T16:00Z: 4 of it is there, the rest is not there yet',
    'request 5 by alice: prod cores +16, until 2026-03-01T16:00Z: over; 2 of it is not given back yet: what is in use goes back when it is free',
    'prod cores: full soon',
    '2026-03-01T16:00Z prod cores 84 → 100 (done): reflex explain a1',
    '2026-03-01T16:00Z dev cores 84 → 100 (done): reflex explain a2'
  ])
  t.same(quotaNotes(report, 'dev', 9), [
    'prod cores: full soon',
    '2026-03-01T16:00Z dev cores 84 → 100 (done): reflex explain a2'
  ])
  t.same(
    reportOn(report, 'dev').groups.map(({ resources, requests, moves }) => [
      resources[0]!.projects.map(({ cluster }) => cluster),
      requests,
      moves.map(({ action }) => action)
    ]),
    [[['dev'], [], ['a2']]]
  )
  t.same(reportOn(report, 'nobody'), { groups: [] })
})

t.test('as of when: the oldest reading', async (t) => {
  const [cores] = group().resources
  const read = (...times: (number | null)[]) =>
    readAt(of(group({ resources: [{ ...cores!, projects: times.map((one) => project({ readAt: one })) }] })))
  t.equal(read(30, 20), 20)
  t.equal(read(30, null), 30)
  t.equal(read(null), null)
})
