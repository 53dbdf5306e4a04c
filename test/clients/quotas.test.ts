import t, { type Test } from 'tap'
import { createOctavia } from '../../src/clients/octavia.ts'
import { OpenStackError } from '../../src/clients/openstack-error.ts'
import { createQuotas } from '../../src/clients/quotas.ts'
import type { QuotaService } from '../../src/core/quota.ts'
import { answer, inTurn, type Replies, strangeCloud } from './strange-cloud.ts'

const cell = (limit: number, in_use = 0, reserved = 0) => ({ limit, in_use, reserved })
const nova = (cores: number, used = 4) => ({
  quota_set: { id: 'p', cores: cell(cores, used), ram: cell(100), instances: cell(10), server_groups: cell(5) }
})
const DETAIL = 'GET /compute/os-quota-sets/p/detail'
const PUT = 'PUT /compute/os-quota-sets/p'
const aliases = (...list: string[]) => ({ extensions: list.map((alias) => ({ alias })) })
const neutron = (limit: number, used = 3) => ({ quota: { port: { limit, used, reserved: 1 } } })
const DETAILS = 'GET /network/quotas/p/details.json'

const compute = { 'GET /identity/services': { services: [{ id: 's1', type: 'compute' }] } }
const registered = (...rows: [string, number, (string | null)?, string?][]) => ({
  'GET /identity/registered_limits': {
    registered_limits: rows.map(([resource_name, default_limit, region_id = 'R1', service_id = 's1'], index) => ({
      ...{ id: `r${index}`, service_id, region_id, resource_name, default_limit }
    }))
  }
})
const own = (...rows: [string, string, number, (string | null)?][]) => ({
  limits: rows.map(([id, resource_name, resource_limit, region_id = 'R1']) => ({
    ...{ id, service_id: 's1', region_id, resource_name, resource_limit, project_id: 'p' }
  }))
})

async function failure(call: Promise<unknown>): Promise<OpenStackError> {
  const outcome = await call.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (error) => error
  )
  if (outcome instanceof OpenStackError) return outcome
  throw outcome
}

/** The quotas of a strange cloud, and the changing calls that it was sent. */
async function strange(t: Test, replies: Replies) {
  const { cloud, sent } = await strangeCloud(t, replies)
  const changes = () => sent.filter(({ what }) => !what.startsWith('GET')).map(({ what, body }) => [what, body])
  return { quotas: createQuotas(cloud), octavia: createOctavia(cloud), cloud, sent, changes }
}

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
      'a limit in words',
      'nova',
      { [DETAIL]: { quota_set: { cores: { ...cell(1), limit: 'x' } } } },
      /cores\.limit is a string/
    ],
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

t.test('Nova answers 200 and changes nothing: the limits are Keystone’s', async (t) => {
  const ignored = { ...compute, [DETAIL]: nova(20), [PUT]: { quota_set: { cores: 20, ram: 100 } } }
  const made = answer(201, { limits: [] }, { 'x-openstack-request-id': 'req-k' })

  await t.test('a new limit, for the service and region of Nova; then at once', async (t) => {
    const { quotas, changes, sent } = await strange(t, {
      ...ignored,
      ...registered(
        ['class:VCPU', 9, null],
        ['class:VCPU', 20],
        ['class:VCPU', 8, 'R2'],
        ['class:VCPU', 7, 'R1', 's2']
      ),
      'GET /identity/limits': inTurn(own(), own(), own(['l', 'class:VCPU', 30], ['o', 'class:VCPU', 3, 'R2'])),
      'POST /identity/limits': made,
      'PATCH /identity/limits/l': { limit: { resource_limit: 31 } }
    })
    const { after, requestId } = await quotas.write('nova', 'p', { cores: 30 })
    t.match(after, { cores: { limit: 30, used: 4 }, ram: { limit: 100 } })
    t.equal(requestId, 'req-k')
    t.equal(quotas.capabilities().nova.kept, 'keystone')
    const row = { service_id: 's1', region_id: 'R1', project_id: 'p', resource_name: 'class:VCPU', resource_limit: 30 }
    t.same(changes().at(-1), ['POST /identity/limits', { limits: [row] }])
    await quotas.write('nova', 'p', { cores: 31 })
    t.same(changes().at(-1), ['PATCH /identity/limits/l', { limit: { resource_limit: 31 } }])
    t.equal(changes().length, 3, 'Nova is not tried again')
    const tokens = new Set(sent.filter(({ what }) => what.startsWith('GET /identity/limits')).map(({ token }) => token))
    t.same([...tokens], ['system'], 'to a project Keystone shows its own limits only')
  })

  await t.test('a registered limit of all regions, where the region has none', async (t) => {
    const { quotas, changes } = await strange(t, {
      ...ignored,
      ...registered(['class:VCPU', 20, null]),
      'GET /identity/limits': own(),
      'POST /identity/limits': made
    })
    await quotas.write('nova', 'p', { cores: 30 })
    const row = { service_id: 's1', project_id: 'p', resource_name: 'class:VCPU', resource_limit: 30 }
    t.same(changes().at(-1), ['POST /identity/limits', { limits: [row] }])
  })

  await t.test('what is not so after all', async (t) => {
    const table: [string, Replies, object][] = [
      ['no registered limit', registered(), { code: 'not_registered', message: /'class:VCPU' for cores/ }],
      [
        'Nova shows another number',
        registered(['class:VCPU', 5]),
        { code: 'ignored', message: /shows 20 cores where Keystone says 5/ }
      ],
      [
        'part of a list',
        { 'GET /identity/registered_limits': { registered_limits: [], truncated: true } },
        { code: 'malformed', message: /not the whole list/ }
      ]
    ]
    for (const [what, replies, wanted] of table) {
      const { quotas, changes } = await strange(t, { ...ignored, ...replies, 'GET /identity/limits': own() })
      t.match(await failure(quotas.write('nova', 'p', { cores: 30 })), wanted, what)
      t.equal(changes().length, 1, 'nothing is written to Keystone')
      t.equal(quotas.capabilities().nova.kept, null)
    }
  })

  await t.test('somebody else who writes at the same time is no unified limit', async (t) => {
    const { quotas } = await strange(t, {
      [DETAIL]: inTurn(nova(20), nova(25)),
      [PUT]: { quota_set: { cores: 25 } }
    })
    t.match((await quotas.write('nova', 'p', { cores: 30 })).after, { cores: { limit: 25 } })
    t.equal(quotas.capabilities().nova.kept, 'service')
  })

  await t.test('half of it', async (t) => {
    const both = {
      ...ignored,
      ...registered(['class:VCPU', 20], ['class:MEMORY_MB', 100]),
      'GET /identity/limits': own(['c', 'class:VCPU', 20], ['m', 'class:MEMORY_MB', 100])
    }
    const second = await strange(t, {
      ...both,
      'PATCH /identity/limits/c': { limit: { resource_limit: 30 } },
      'PATCH /identity/limits/m': answer(403, { error: { title: 'Forbidden', message: 'the tree is full' } })
    })
    const error = await failure(second.quotas.write('nova', 'p', { cores: 30, ram: 200 }))
    t.match(error, { code: 'Forbidden', unknownOutcome: true, message: /done: cores; then: .*the tree is full/ })

    const zero = {
      ...both,
      'PATCH /identity/limits/c': { limit: { resource_limit: 20 } },
      'DELETE /identity/limits/c': {}
    }
    const anew = await strange(t, { ...zero, 'POST /identity/limits': made })
    await anew.quotas.write('nova', 'p', { cores: 0 })
    t.match(anew.changes().slice(-2), [
      ['DELETE /identity/limits/c'],
      ['POST /identity/limits', { limits: [{ resource_limit: 0 }] }]
    ])
    const lost = await strange(t, { ...zero, 'POST /identity/limits': answer(500) })
    const gone = await failure(lost.quotas.write('nova', 'p', { cores: 0 }))
    t.match(gone, { status: 500, unknownOutcome: true, message: /the old limit of cores was deleted/ })
  })
})

t.test('what the cloud can bear', async (t) => {
  const pool = (capabilities: object) => ({ capabilities })
  const types = {
    'GET /block-storage/types': {
      volume_types: [
        { id: 'a', name: 'fast', extra_specs: { volume_backend_name: 'ceph', pool_name: 'nvme' } },
        { id: 'b', name: 'any', extra_specs: {} },
        { id: 'c', name: 'plain' }
      ]
    }
  }
  const pools = (...list: object[]) => ({ ...types, 'GET /block-storage/scheduler-stats/get_pools': { pools: list } })
  const thick = pool({ total_capacity_gb: 101, reserved_percentage: 10 })
  const thin = { thin_provisioning_support: 'True', total_capacity_gb: '100.5', max_over_subscription_ratio: '20.0' }
  const named = (pool_name: string, total_capacity_gb: number) =>
    pool({ volume_backend_name: 'ceph', pool_name, total_capacity_gb })
  const inventory = (total: number, reserved: number, allocation_ratio: number) => ({
    total,
    reserved,
    allocation_ratio
  })
  const placement = (...inventories: object[]) =>
    Object.fromEntries([
      [
        'GET /placement/resource_providers',
        { resource_providers: inventories.map((_, index) => ({ uuid: `u${index}` })) }
      ],
      ...inventories.map((one, index) => [
        `GET /placement/resource_providers/u${index}/inventories`,
        { inventories: one }
      ])
    ])
  const subnet = (ip_version: number, total_ips: number, used_ips: number) => ({ ip_version, total_ips, used_ips })
  const external = {
    'GET /network/extensions': aliases('network-ip-availability'),
    'GET /network/networks?router:external=true&limit=1000': { networks: [{ id: 'ext' }] },
    'GET /network/floatingips': {
      floatingips: ['f', 'g'].map((id) => ({ id, floating_ip_address: 'x', project_id: 'p', status: 'DOWN' }))
    },
    'GET /network/network-ip-availabilities': {
      network_ip_availabilities: [
        { network_id: 'ext', subnet_ip_availability: [subnet(4, 253, 5), subnet(6, 2 ** 64, 1)] },
        { network_id: 'private', subnet_ip_availability: [subnet(4, 1000, 0)] }
      ]
    }
  }
  const table: [string, string, Replies, number | null][] = [
    ['gigabytes', 'thick: without what is reserved', pools(thick), 91],
    ['gigabytes', 'thin: times the ratio, in numbers or texts', pools(pool(thin)), 2010],
    ['gigabytes', 'all pools', pools(thick, pool(thin)), 2101],
    ['gigabytes', 'one is infinite', pools(thick, pool({ total_capacity_gb: 'infinite' })), null],
    ['gigabytes', 'one is unknown', pools(thick, pool({ total_capacity_gb: 'unknown' })), null],
    ['gigabytes', 'a ratio that is no number', pools(pool({ ...thin, max_over_subscription_ratio: 'auto' })), null],
    ['gigabytes', 'a scheduler that knows no pool yet', pools(), null],
    ['gigabytes_fast', 'the pools of a type', pools(named('nvme', 7), named('disk', 100), thick), 7],
    ['gigabytes_any', 'a type of any pool', pools(thick), null],
    ['gigabytes_plain', 'a type whose specs are not shown', pools(thick), null],
    ['gigabytes_gone', 'a type that is not there', pools(thick), null],
    ['cores', 'dedicated ones as well', placement({ VCPU: inventory(10, 1, 16), PCPU: inventory(4, 0, 1) }), 148],
    [
      'cores',
      'of all providers, each rounded down',
      placement({ VCPU: inventory(3, 0, 1.5) }, { VCPU: inventory(3, 0, 1.5) }, {}),
      8
    ],
    ['ram', 'no host', placement({ VCPU: inventory(1, 0, 1) }), null],
    ['floatingip', 'IPv4 of external networks, without the ports of routers', external, 250],
    ['floatingip', 'a Neutron that does not tell', { 'GET /network/extensions': aliases() }, null],
    ['instances', 'nobody counts them', {}, null],
    ['volumes', 'nor these', {}, null],
    ['loadbalancer', 'nor these', {}, null]
  ]
  for (const [resource, what, replies, wanted] of table) {
    const { quotas } = await strange(t, replies)
    t.equal(await quotas.capacity(resource), wanted, `${resource}: ${what}`)
  }
  const broken = await strange(t, {
    ...placement({}),
    'GET /placement/resource_providers/u0/inventories': answer(404)
  })
  t.equal(
    (await failure(broken.quotas.capacity('cores'))).status,
    404,
    'a host that cannot be read is an error, not nothing'
  )
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
