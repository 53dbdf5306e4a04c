import t from 'tap'
import { answer, failure, inTurn, type Replies, strange } from '../strange-cloud.ts'

const cell = (limit: number, in_use = 0, reserved = 0) => ({ limit, in_use, reserved })
const nova = (cores: number, used = 4) => ({
  quota_set: { id: 'p', cores: cell(cores, used), ram: cell(100), instances: cell(10), server_groups: cell(5) }
})
const DETAIL = 'GET /compute/os-quota-sets/p/detail'
const PUT = 'PUT /compute/os-quota-sets/p'

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
