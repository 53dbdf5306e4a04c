import t from 'tap'
import type { QuotaService } from '../../../src/core/quota.ts'
import { answer, failure, inTurn, type Replies, strange } from '../strange-cloud.ts'

const cell = (limit: number, in_use = 0, reserved = 0) => ({ limit, in_use, reserved })
const nova = (cores: number, used = 4) => ({
  quota_set: { id: 'p', cores: cell(cores, used), ram: cell(100), instances: cell(10), server_groups: cell(5) }
})
const DETAIL = 'GET /compute/os-quota-sets/p/detail'
const PUT = 'PUT /compute/os-quota-sets/p'
const aliases = (...list: string[]) => ({ extensions: list.map((alias) => ({ alias })) })
const neutron = (limit: number, used = 3) => ({ quota: { port: { limit, used, reserved: 1 } } })
const DETAILS = 'GET /network/quotas/p/details.json'

t.test('answers that are not what a service promises are errors that name the place', async (t) => {
  const lists = Object.fromEntries(
    ['loadbalancers', 'listeners', 'pools', 'healthmonitors'].map((key) => [
      `GET /load-balancer/lbaas/${key}`,
      { [key]: [] }
    ])
  )
  const quota = { loadbalancer: 1, listener: 1, pool: 1, member: 1, healthmonitor: 1 }
  const LB = 'GET /load-balancer/lbaas/quotas/p'
  const cases: [string, QuotaService, Replies, RegExp][] = [
    ['no quota set', 'nova', { [DETAIL]: {} }, /the answer\.quota_set is missing/],
    ['plain numbers', 'nova', { [DETAIL]: { quota_set: { cores: 4 } } }, /quota_set\.cores is a number, not an object/],
    [
      'no reservations',
      'cinder',
      { 'GET /block-storage/os-quota-sets/p': { quota_set: { volumes: { limit: 1, in_use: 0 } } } },
      /volumes\.reserved is missing/
    ],
    ['nothing of usage', 'neutron', { 'GET /network/extensions': aliases('quotas') }, /no extension quota_details/],
    [
      'usage without numbers',
      'neutron',
      { 'GET /network/extensions': aliases('quota_details'), [DETAILS]: { quota: { port: { limit: 1 } } } },
      /quota\.port\.used is missing/
    ],
    [
      'no member',
      'octavia',
      { ...lists, [LB]: { quota: { ...quota, member: undefined } } },
      /quota\.member is missing/
    ],
    [
      'no default',
      'octavia',
      { ...lists, [LB]: { quota: { ...quota, pool: null } }, [`${LB}/default`]: { quota: { ...quota, pool: null } } },
      /pool is null/
    ],
    [
      'a pool that does not tell its members',
      'octavia',
      { ...lists, [LB]: { quota }, 'GET /load-balancer/lbaas/pools': { pools: [{ id: 'x' }] } },
      /pools\[0\]\.members is missing/
    ],
    [
      'a list that fails',
      'octavia',
      { ...lists, [LB]: { quota }, 'GET /load-balancer/lbaas/listeners': answer(500) },
      /500/
    ]
  ]
  for (const [what, service, replies, reason] of cases) {
    const { quotas } = await strange(t, replies)
    t.match((await failure(quotas.read(service, 'p'))).message, reason, what)
  }
})

t.test('Octavia: old spelling, defaults, and what is counted page by page', async (t) => {
  const page = (key: string, ids: string[], more: object = {}) => ({ [key]: ids.map((id) => ({ id, ...more })) })
  const next = (key: string) => ({ [`${key}_links`]: [{ rel: 'next', href: 'http://elsewhere' }] })
  const at = (key: string, marker = '') => `GET /load-balancer/lbaas/${key}?project_id=p&limit=1000${marker}`
  const old = { load_balancer: 7, listener: null, pool: -1, member: 9, health_monitor: null }
  const { quotas, sent } = await strange(t, {
    'GET /load-balancer/lbaas/quotas/p': { quota: old },
    'GET /load-balancer/lbaas/quotas/p/default': { quota: { ...old, listener: 50, health_monitor: 3 } },
    [at('loadbalancers')]: { ...page('loadbalancers', ['a', 'b']), ...next('loadbalancers') },
    [at('loadbalancers', '&marker=b')]: page('loadbalancers', ['b', 'c']),
    [at('listeners')]: page('listeners', []),
    [at('pools')]: { ...page('pools', ['x'], { members: [{ id: 1 }, { id: 2 }] }), ...next('pools') },
    [at('pools', '&marker=x')]: page('pools', ['y'], { members: [{ id: 3 }] }),
    [at('healthmonitors')]: page('healthmonitors', ['h'])
  })
  t.same(await quotas.read('octavia', 'p'), {
    loadbalancer: { limit: 7, used: 3 },
    listener: { limit: 50, used: 0 },
    pool: { limit: -1, used: 2 },
    member: { limit: 9, used: 3 },
    healthmonitor: { limit: 3, used: 1 }
  })
  t.equal(sent.length, 8, 'nothing is asked twice')
})

t.test('a load balancer is gone only when Octavia says so', async (t) => {
  const path = 'GET /load-balancer/lbaas/loadbalancers/l'
  const own404 = answer(404, { faultcode: 'Client', faultstring: 'Load Balancer l not found.', debuginfo: null })
  const one = { id: 'l', project_id: 'p', provisioning_status: 'PENDING_CREATE', operating_status: 'OFFLINE' }
  const { octavia } = await strange(t, {
    [path]: inTurn(own404, answer(404, { code: 404, title: 'Not Found' }), {
      loadbalancer: { ...one, vip_address: null }
    })
  })
  t.equal(await octavia.getLoadBalancer('l'), null)
  t.match(await failure(octavia.getLoadBalancer('l')), { status: 404, code: 'http_404' })
  t.match(await octavia.getLoadBalancer('l'), { name: '', vipAddress: null, provisioningStatus: 'PENDING_CREATE' })
})

t.test('only what changes is sent, never with force, and check_limit where Neutron knows it', async (t) => {
  const table: [string[], Record<string, number>, unknown][] = [
    [['quota_details'], { port: 9 }, { port: 9 }],
    [['quota_details', 'quota-check-limit'], { port: 9 }, { port: 9, check_limit: true }],
    [['quota_details', 'quota-check-limit'], { port: -1 }, { port: -1 }]
  ]
  for (const [list, limits, quota] of table) {
    const { quotas, changes } = await strange(t, {
      'GET /network/extensions': aliases(...list),
      [DETAILS]: inTurn(neutron(50), neutron(limits.port as number)),
      'PUT /network/quotas/p': {}
    })
    t.match((await quotas.write('neutron', 'p', limits)).after, { port: { limit: limits.port, used: 4 } })
    t.same(changes(), [['PUT /network/quotas/p', { quota }]])
  }
  const { quotas, changes } = await strange(t, {
    [DETAIL]: inTurn(nova(20), nova(21)),
    [PUT]: answer(200, { quota_set: { cores: 21 } }, { 'x-openstack-request-id': 'req-1' })
  })
  t.equal((await quotas.write('nova', 'p', { cores: 21, ram: 100 })).requestId, 'req-1')
  t.same(changes(), [[PUT, { quota_set: { cores: 21 } }]])
  t.match(await failure(quotas.write('nova', 'p', { gpus: 1 })), {
    code: 'no_such_quota',
    message: /it has cores, ram/
  })
})

t.test('limits that cannot be read back may well be set', async (t) => {
  const { quotas } = await strange(t, {
    [DETAIL]: inTurn(nova(20), answer(500, { computeFault: { message: 'no' } })),
    [PUT]: { quota_set: { cores: 21 } }
  })
  const error = await failure(quotas.write('nova', 'p', { cores: 21 }))
  t.match(error, { status: 500, unknownOutcome: true, message: /the limits were sent, but then: .* no/ })
})

t.test('what a service does below usage is learned from what it does', async (t) => {
  const neutronOf = (put: unknown, ...details: unknown[]) => ({
    'GET /network/extensions': aliases('quota_details'),
    [DETAILS]: inTurn(...details),
    'PUT /network/quotas/p': put
  })
  const refused = answer(400, { NeutronError: { type: 'HTTPBadRequest', message: 'must be …' } })
  const table: [string, unknown, unknown[], number, boolean | null][] = [
    ['it accepts', {}, [neutron(50), neutron(2)], 2, false],
    ['it refuses', refused, [neutron(50)], 2, true],
    ['it refuses for another reason', refused, [neutron(50)], 40, null],
    ['it is not below', {}, [neutron(50), neutron(40)], 40, null],
    ['usage went away meanwhile', {}, [neutron(50), neutron(2, 0)], 2, null],
    ['a failure says nothing', answer(500), [neutron(50)], 2, null]
  ]
  for (const [what, put, details, port, wanted] of table) {
    const { quotas } = await strange(t, neutronOf(put, ...details))
    await quotas.write('neutron', 'p', { port }).catch(() => {})
    t.equal(quotas.capabilities().neutron.refusesBelowUsage, wanted, what)
  }
})

t.test('volume types by id, private ones as well', async (t) => {
  const at = (marker = '') => `GET /block-storage/types?is_public=None&limit=1000${marker}`
  const { quotas } = await strange(t, {
    [at()]: { volume_types: [{ id: 'a', name: 'fast' }], volume_type_links: [{ rel: 'next', href: 'x' }] },
    [at('&marker=a')]: { volume_types: [{ id: 'b', name: 'slow' }] }
  })
  t.same(
    [...(await quotas.volumeTypes())],
    [
      ['a', 'fast'],
      ['b', 'slow']
    ]
  )
})

t.test('a 413 is worth another try only where the service says when', async (t) => {
  for (const [after, retryable] of [
    ['0', false],
    ['5', true],
    [undefined, false]
  ] as const) {
    const over = answer(
      413,
      { overLimit: { code: 413, message: 'x' } },
      after === undefined ? {} : { 'retry-after': after }
    )
    const { cloud } = await strange(t, { 'POST /block-storage/volumes': over })
    const call = cloud.request('block-storage', 'POST', '/volumes', { body: {} })
    t.match(await failure(call), { status: 413, code: 'overLimit', retryable }, `Retry-After: ${after}`)
  }
})

t.test('what cannot be is unknown, of that resource alone, and is never set', async (t) => {
  const absurd: readonly [object, RegExp][] = [
    [cell(20, -15), /^in_use is -15$/],
    [cell(20, 1, -3), /^reserved is -3$/],
    [cell(-2), /^limit is -2$/],
    [cell(1.5), /^limit is 1.5$/],
    [cell(20, 1e300), /^in_use is 1e\+300$/],
    [{ ...cell(20), in_use: '5' }, /^in_use is "5"$/],
    [{ ...cell(20), limit: '', reserved: null }, /^limit is "", reserved is null$/],
    [{ ...cell(20), limit: 'NaN' }, /^limit is "NaN"$/]
  ]
  for (const [cores, sentence] of absurd) {
    const { quotas, sent } = await strange(t, { [DETAIL]: { quota_set: { id: 'p', cores, ram: cell(100, 1) } } })
    const { cells, unknown } = await quotas.told('nova', 'p')
    t.same(cells, { ram: { limit: 100, used: 1 } })
    t.match(unknown, { cores: sentence })
    t.same(await quotas.read('nova', 'p'), cells)
    const refused = await failure(quotas.write('nova', 'p', { cores: 30 }))
    t.match(refused, { code: 'nonsense', retryable: false, message: /nova says of cores that .*nothing is set/ })
    t.notOk(sent.some(({ what }) => what.startsWith('PUT')))
  }
  const neutron = await strange(t, {
    'GET /network/extensions': aliases('quota_details'),
    [DETAILS]: { quota: { port: { limit: 5, used: -1, reserved: 0 }, network: { limit: 5, used: 1, reserved: 0 } } }
  })
  t.match(await neutron.quotas.told('neutron', 'p'), {
    cells: { network: { used: 1 } },
    unknown: { port: 'used is -1' }
  })
})
