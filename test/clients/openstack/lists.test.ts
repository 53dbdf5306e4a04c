import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createDesignate } from '../../../src/clients/designate/client.ts'
import { createNeutron } from '../../../src/clients/neutron/neutron.ts'
import { createNova } from '../../../src/clients/nova/nova.ts'
import { simCloud } from '../sim-cloud.ts'

t.test('a list is all of it, or an error', async (t) => {
  const { sim, open, asked } = await simCloud(t)
  for (const name of ['a', 'b', 'c']) await sim.operator.bootServer({ name })
  const nova = createNova(open('dev'))
  const names = async () => (await nova.listServers({ pageSize: 1 })).map(({ name }) => name).sort()
  t.same(await names(), ['a', 'b', 'c'])
  t.equal(asked('nova', 'GET'), 4, 'the last page is full, so there is one more')

  sim.faults.add({ service: 'nova', path: 'marker=', status: 401 })
  t.same(await names(), ['a', 'b', 'c'], 'a token that ends on the way is renewed')
  t.equal(asked('keystone', 'POST'), 2)

  sim.faults.add({ service: 'nova', path: 'marker=', skip: 1, status: 500 })
  await t.rejects(names(), { status: 500, code: 'computeFault', retryable: true }, 'a page that fails')
  sim.faults.add({ service: 'nova', path: 'marker=', html: true })
  await t.rejects(names(), { name: 'OpenStackError', status: 502, retryable: true }, 'a proxy in the middle')
  sim.faults.add({ service: 'nova', path: 'marker=', truncate: true, when: 'after', times: 2 })
  await t.rejects(names(), { name: 'OpenStackError', retryable: true }, 'a page that ends in the middle')
  sim.faults.add({ service: 'nova', path: 'marker=', status: 503, retryAfter: 0 })
  t.same(await names(), ['a', 'b', 'c'], 'a page that is late')
})

t.test('a server is gone only when Nova says so', async (t) => {
  const { sim, open } = await simCloud(t)
  const cloud = open('dev')
  const nova = createNova(cloud)
  const id = randomUUID()
  t.equal(await nova.getServer(id), null)
  sim.faults.add({ service: 'nova', html: true, status: 404 })
  await t.rejects(nova.getServer(id), { status: 404, code: 'http_404' }, 'a 404 of a proxy')
  sim.faults.add({ service: 'nova', status: 404 })
  await t.rejects(nova.getServer(id), { status: 404, code: 'itemNotFound' }, 'a 404 that does not name the server')
  sim.faults.add({ service: 'nova', status: 500 })
  await t.rejects(nova.getServer(id), { code: 'computeFault', status: 500, retryable: true })
  const { id: known } = await sim.operator.bootServer({ name: 'known' })
  t.match(await nova.getServer(known), { id: known, name: 'known', status: 'ACTIVE' })
})

t.test('a port, a floating IP, a record set is gone only when its service says so', async (t) => {
  const { sim, open } = await simCloud(t)
  const neutron = createNeutron(open('dev'))
  sim.faults.add({ service: 'neutron', html: true, status: 404, times: 2 })
  await t.rejects(neutron.getPort(randomUUID()), { code: 'http_404' })
  await t.rejects(neutron.getFloatingIp(randomUUID()), { code: 'http_404' })
  sim.faults.add({ service: 'neutron', status: 404 })
  await t.rejects(neutron.getPort(randomUUID()), { code: 'HTTPNotFound' })
  t.equal(await neutron.getPort(randomUUID()), null)

  const designate = createDesignate(open('infra'))
  const [zone] = await designate.listZones({ name: 'cloud.lab.' })
  t.equal(await designate.getRecordset(zone!.id, randomUUID()), null)
  sim.faults.add({ service: 'designate', html: true, status: 404 })
  await t.rejects(designate.getRecordset(zone!.id, randomUUID()), { code: 'http_404' })
  const [soa] = await designate.listRecordsets(zone!.id)
  await t.rejects(designate.getRecordset(randomUUID(), soa!.id), { code: 'zone_not_found' })
})

t.test('servers of a cell that is down are UNKNOWN, not absent', async (t) => {
  const { sim, open } = await simCloud(t)
  const { id } = await sim.operator.bootServer({ name: 'web', metadata: { role: 'web' } })
  const nova = createNova(open('dev'))
  sim.setCellDown(true)
  const unknown = { id, name: null, status: 'UNKNOWN', updated: null, metadata: {}, addresses: [] }
  t.match(await nova.listServers(), [unknown])
  t.match(await nova.getServer(id), unknown)
  sim.setCellDown(false)
  t.match(await nova.getServer(id), { name: 'web', status: 'ACTIVE', metadata: { role: 'web' } })
})

t.test('an answer that is not the service’s', async (t) => {
  const { open, sim } = await simCloud(t)
  const { createServer } = await import('node:http')
  let body: unknown
  const server = createServer(
    (_, response) => void response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const strange = open('dev', {}, { endpointOverrides: { compute: url, network: url, dns: url } })
  const [nova, neutron, designate] = [createNova(strange), createNeutron(strange), createDesignate(strange)]
  const server0 = {
    id: 'x',
    status: 'ACTIVE',
    tenant_id: 'p',
    created: 'c',
    updated: 'u',
    name: 'n',
    metadata: {},
    addresses: {}
  }

  const cases: [string, unknown, () => Promise<unknown>, RegExp][] = [
    ['no body', null, () => nova.listServers(), /the answer is null, not an object/],
    ['a list', [], () => nova.listServers(), /the answer is a list, not an object/],
    ['no servers', {}, () => nova.listServers(), /the answer\.servers is missing, not a list/],
    [
      'a server without name',
      { servers: [server0, { ...server0, name: undefined }] },
      () => nova.listServers(),
      /servers\[1\]\.name is missing/
    ],
    [
      'addresses of a wrong kind',
      { server: { ...server0, addresses: 'none' } },
      () => nova.getServer('x'),
      /server\.addresses is a string/
    ],
    [
      'an address without addr',
      { server: { ...server0, addresses: { net: [{}] } } },
      () => nova.getServer('x'),
      /addresses\.net\[0\]\.addr is missing/
    ],
    [
      'a next page but nothing in this one',
      { servers: [], servers_links: [{ rel: 'next' }] },
      () => nova.listServers(),
      /nothing to continue from/
    ],
    [
      'the same page for ever',
      { servers: [server0], servers_links: [{ rel: 'next' }] },
      () => nova.listServers(),
      /nothing to continue from/
    ],
    [
      'a port without addresses',
      { port: { id: 'x', network_id: 'n', status: 'UP' } },
      () => neutron.getPort('x'),
      /port\.fixed_ips is missing/
    ],
    ['a floating IP that is null', { floatingip: null }, () => neutron.getFloatingIp('x'), /floatingip is null/],
    [
      'a zone with a text as TTL',
      { zones: [{ id: 'z', name: 'z.', status: 'ACTIVE', action: 'NONE', ttl: 'x' }] },
      () => designate.listZones(),
      /zones\[0\]\.ttl is a string, not a number/
    ],
    [
      'counts that are not there',
      { recordsets: [], metadata: {} },
      () => designate.countRecordsets('z'),
      /metadata\.total_count is missing/
    ]
  ]
  for (const [name, answer, ask, message] of cases) {
    body = answer
    await t.rejects(
      ask(),
      { name: 'OpenStackError', code: 'malformed', retryable: true, unknownOutcome: false, message },
      name
    )
  }
  body = { id: 'only this' }
  const create = designate.createRecordset('z', { name: 'a.', type: 'A', records: [] })
  await t.rejects(
    create,
    { code: 'malformed', unknownOutcome: true },
    'a change whose answer is not to be read may have happened'
  )
  t.equal(sim.requests.filter(({ service }) => service !== 'keystone').length, 0)
})

t.test('a record set whose answer was lost is found by reading again', async (t) => {
  const { sim, open } = await simCloud(t)
  const designate = createDesignate(open('infra'))
  const [zone] = await designate.listZones({ name: 'cloud.lab.' })
  const wanted = { name: 'web.cloud.lab.', type: 'A', records: ['10.10.0.5'], description: 'mark' }
  sim.faults.add({ service: 'designate', method: 'POST', reset: true, when: 'after' })
  await t.rejects(designate.createRecordset(zone!.id, wanted), { code: 'reset', unknownOutcome: true })
  t.match(await designate.listRecordsets(zone!.id, { description: 'mark' }), [
    { name: 'web.cloud.lab.', records: ['10.10.0.5'] }
  ])
  sim.faults.add({ service: 'designate', method: 'POST', reset: true })
  await t.rejects(designate.createRecordset(zone!.id, { ...wanted, name: 'b.cloud.lab.' }), {
    code: 'reset',
    unknownOutcome: true
  })
  t.same(await designate.listRecordsets(zone!.id, { name: 'b.cloud.lab.' }), [], 'or not found')
})

t.test('quota of a zone', async (t) => {
  const { sim, open, entry } = await simCloud(t)
  const designate = createDesignate(open('infra'))
  const [zone] = await designate.listZones({ name: 'cloud.lab.' })
  sim.state.quotas.set(zone!.projectId, {
    zones: 10,
    zone_recordsets: 3,
    zone_records: 500,
    recordset_records: 20,
    api_export_size: 1000
  })
  t.match(await designate.quota(), { recordsetsPerZone: 3 })
  t.equal(await designate.countRecordsets(zone!.id), 2, 'SOA and NS are counted')
  await designate.createRecordset(zone!.id, { name: 'a.cloud.lab.', type: 'A', records: ['10.0.0.1'] })
  const full = designate.createRecordset(zone!.id, { name: 'b.cloud.lab.', type: 'A', records: ['10.0.0.1'] })
  await t.rejects(full, {
    status: 413,
    code: 'over_quota',
    retryable: false,
    message: /Quota exceeded for zone_recordsets/
  })
  sim.faults.add({ service: 'designate', path: '/quotas/', status: 403 })
  t.equal(await designate.quota(), null, 'where the policy does not let us')
  t.equal(entry('infra').regionName, 'RegionOne')
})
