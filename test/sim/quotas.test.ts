import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { SimOptions } from '../../sim/cloud.ts'
import type { ServiceType } from '../../src/clients/openstack/catalogue.ts'
import { OpenStackError } from '../../src/clients/openstack/openstack-error.ts'
import { simCloud } from '../clients/sim-cloud.ts'

/** A cloud, its calls as `dev-user` and as administrator, and what is refused. */
async function bench(t: Test, options: SimOptions = {}) {
  const { sim, open } = await simCloud(t, options)
  const admin = open('admin')
  const dev = open('dev-user')
  const id = await dev.projectId()
  const as =
    (cloud: typeof dev) =>
    async (service: ServiceType, method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) =>
      (await cloud.request(service, method, path, body ? { body } : {})).body as Record<string, Record<string, unknown>>
  const refusal = async (call: Promise<unknown>) => {
    try {
      await call
    } catch (error) {
      if (error instanceof OpenStackError)
        return [error.status, error.code, error.message.replace(/^.* answered \d+: /, '').replace(/ \(req-.*/, '')]
      throw error
    }
    throw new Error('not refused')
  }
  return { sim, id, asAdmin: as(admin), asDev: as(dev), refusal, open }
}

t.test('servers count from the request to the deletion, shelved or not, by their flavor', async (t) => {
  const { sim } = await bench(t)
  const { operator } = sim
  const used = () => {
    const { instances, cores, ram } = operator.quota('nova', 'dev')
    return [instances!.used, cores!.used, ram!.used]
  }
  const server = await operator.bootServer({ name: 'web', flavor: 'm1.small' })
  t.same(used(), [1, 1, 512])
  await operator.resizeServer(server.id, 'm1.large')
  t.same(used(), [1, 4, 4096])
  await operator.shelveServer(server.id)
  t.same(used(), [1, 4, 4096])
  await operator.unshelveServer(server.id)
  await operator.deleteServer(server.id)
  t.same(used(), [0, 0, 0])
})

t.test('Nova refuses what does not fit, and a limit below usage unless forced', async (t) => {
  const { sim, id, asAdmin, asDev, refusal } = await bench(t)
  const path = `/os-quota-sets/${id}`
  await sim.operator.bootServer({ name: 'web', flavor: 'm1.large' })
  await sim.operator.setQuota('nova', 'dev', { cores: 4, ram: 4096 })
  const over = 'Quota exceeded for cores, ram: Requested 1, 64, but already used 4, 4096 of 4, 4096 cores, ram'
  await t.rejects(sim.operator.bootServer({ name: 'more' }), { message: new RegExp(`403 .*${over}`) })
  const small = [...sim.state.servers.keys()][0]!
  await sim.operator.setQuota('nova', 'dev', { cores: -1, ram: -1, instances: 1 })
  await t.rejects(sim.operator.bootServer({ name: 'more' }), { message: /Quota exceeded for instances: Requested 1/ })
  await sim.operator.resizeServer(small, 'm1.small')

  const below = 'Quota limit 0 for instances must be greater than or equal to already used and reserved 1.'
  const put = (quota_set: object) => asAdmin('compute', 'PUT', path, { quota_set })
  t.same(await refusal(put({ cores: 9, instances: 0 })), [400, 'badRequest', below])
  t.equal(sim.operator.quota('nova', 'dev').cores?.limit, -1, 'all or nothing')
  t.match(await put({ instances: 0, force: true }), { quota_set: { instances: 0 } })
  t.match(await refusal(put({ colour: 1 })), [400, 'badRequest', /'colour' was unexpected/])
  t.match(await refusal(asDev('compute', 'PUT', path, { quota_set: { cores: 1 } })), [
    403,
    'forbidden',
    /:update to be/
  ])
  const other = `/os-quota-sets/${[...sim.state.projects.values()].find(({ name }) => name === 'prod')!.id}`
  t.match(await refusal(asDev('compute', 'GET', other)), [403, 'forbidden', /:show to be performed/])
  await asAdmin('compute', 'DELETE', path)
  t.match(
    (await asDev('compute', 'GET', path)).quota_set,
    { id, instances: 10, cores: 20, fixed_ips: -1 },
    'the defaults'
  )
  t.match((await asDev('compute', 'GET', '/limits')).limits, { absolute: { maxTotalCores: 20, totalCoresUsed: 1 } })
})

t.test('Neutron refuses one more of whatever it counts', async (t) => {
  const { sim, id, asAdmin, asDev, refusal } = await bench(t)
  const { network, subnet, port } = sim.operator.quota('neutron', 'dev')
  t.match([network, subnet, port], [{ used: 2 }, { used: 3 }, { used: 3 }], 'routers have a port in each subnet')
  const [net] = [...sim.state.networks.values()].filter(({ projectId }) => projectId === id)
  const outside = [...sim.state.networks.values()].find(({ external }) => external)!.id
  const { security_group } = (await asDev('network', 'POST', '/security-groups', {
    security_group: { name: 'g' }
  })) as { security_group: { id: string } }
  const wanted: [string, string, object][] = [
    ['network', '/networks', { network: { name: 'n' } }],
    ['subnet', '/subnets', { subnet: { network_id: net!.id, ip_version: 4, cidr: '10.99.0.0/24' } }],
    ['port', '/ports', { port: { network_id: net!.id } }],
    ['router', '/routers', { router: { name: 'r' } }],
    ['floatingip', '/floatingips', { floatingip: { floating_network_id: outside } }],
    ['security_group', '/security-groups', { security_group: { name: 'h' } }],
    ['security_group_rule', '/security-group-rules', { security_group_rule: { security_group_id: security_group.id } }]
  ]
  for (const [key, path, body] of wanted) {
    const { used, limit } = sim.operator.quota('neutron', 'dev')[key]!
    await sim.operator.setQuota('neutron', 'dev', { [key]: used })
    const message = `Quota exceeded for resources: ['${key}'].`
    t.same(await refusal(asDev('network', 'POST', path, body)), [409, 'OverQuota', message], key)
    await sim.operator.setQuota('neutron', 'dev', { [key]: limit })
    await asDev('network', 'POST', path, body)
    t.equal(sim.operator.quota('neutron', 'dev')[key]?.used, used + 1, `${key} counts`)
  }
  const rules = sim.operator.quota('neutron', 'dev').security_group_rule!.used
  t.equal(rules, 4 + 2 + 2 + 1, 'four of the default group, two with each other one, and ours')
  await sim.operator.setQuota('neutron', 'dev', { port: 5 })
  await t.rejects(
    sim.operator.bootServer({ name: 'web' }).then(() => sim.operator.bootServer({ name: 'web' })),
    {
      message: /403 .*Maximum number of ports exceeded/
    }
  )
  await asAdmin('network', 'DELETE', `/quotas/${id}`)
  t.match((await asDev('network', 'GET', `/quotas/${id}`)).quota, { port: 500, router: 10 }, 'the defaults')
  t.match(await refusal(asAdmin('network', 'DELETE', `/quotas/${id}`)), [404, 'TenantQuotaNotFound'])
})

t.test('a limit below usage: Neutron of Zed looks when asked, later ones unless forced', async (t) => {
  const message = 'Quota limit 2 for port must be greater than or equal to already used 3'
  for (const neutronChecksUsage of [false, true]) {
    const { sim, id, asAdmin, asDev, refusal } = await bench(t, { releases: { neutronChecksUsage } })
    const put = (quota: object) => asAdmin('network', 'PUT', `/quotas/${id}`, { quota })
    const refused = [400, 'HTTPBadRequest', message]
    if (neutronChecksUsage) {
      t.same(await refusal(put({ port: 2 })), refused)
      await put({ port: -1 })
      await put({ port: 2, force: true })
    } else {
      t.same(await refusal(put({ port: 2, check_limit: true })), refused)
      t.match(
        await refusal(put({ port: -1, check_limit: true })),
        [400, 'HTTPBadRequest', /limit -1 for port/],
        'as a number'
      )
      await put({ port: 2 })
    }
    t.match(sim.operator.quota('neutron', 'dev').port, { limit: 2, used: 3 })
    const own = (await asDev('network', 'GET', `/quotas/${id}/details.json`)).quota
    t.same(own?.port, { limit: 2, used: 3, reserved: 0 })
    const other = `/quotas/${await sim.state.projects.keys().next().value}`
    t.match(await refusal(asDev('network', 'GET', `${other}/details.json`)), [403, 'AdminRequired'])
    t.match(await refusal(asDev('network', 'PUT', other, { quota: { port: 1 } })), [403, 'PolicyNotAuthorized'])
  }
})

t.test('with unified limits Nova takes Keystone at its word', async (t) => {
  const { sim, id, asAdmin } = await bench(t, { releases: { unifiedLimits: true } })
  await t.rejects(
    sim.operator.bootServer({ name: 'web' }),
    { message: /403 .*class:VCPU is over limit of 0/ },
    'none registered'
  )
  await sim.operator.registerLimits({ dev: { cores: 3 } })
  await sim.operator.bootServer({ name: 'web' })
  const path = `/os-quota-sets/${id}`
  const before = (await asAdmin('compute', 'GET', `${path}/detail`)).quota_set
  t.match(before, { cores: { limit: 3, in_use: 1 }, instances: { limit: 10, in_use: 1 } })
  const put = await asAdmin('compute', 'PUT', path, { quota_set: { cores: 0, instances: 0 } })
  t.match(put.quota_set, { cores: 3, instances: 10 }, '200, and nothing happened')
  t.same((await asAdmin('compute', 'GET', `${path}/detail`)).quota_set, before)
})

t.test('capacity: of hosts, of pools and of the external network', async (t) => {
  const { sim, asAdmin, asDev, refusal } = await bench(t)
  const { resource_providers } = (await asAdmin('placement', 'GET', '/resource_providers')) as unknown as {
    resource_providers: { uuid: string; name: string }[]
  }
  t.same(
    resource_providers.map(({ name }) => name),
    ['fake1', 'fake2']
  )
  const { inventories } = await asAdmin(
    'placement',
    'GET',
    `/resource_providers/${resource_providers[0]!.uuid}/inventories`
  )
  t.match(inventories, { VCPU: { total: 1000, allocation_ratio: 4, reserved: 0 }, MEMORY_MB: { reserved: 512 } })
  t.match(await refusal(asDev('placement', 'GET', '/resource_providers')), [403])

  const taken = async () => {
    const { network_ip_availabilities } = (await asAdmin(
      'network',
      'GET',
      '/network-ip-availabilities'
    )) as unknown as {
      network_ip_availabilities: { network_name: string; total_ips: number; used_ips: number }[]
    }
    return network_ip_availabilities.find(({ network_name }) => network_name === 'public')
  }
  t.match(await taken(), { total_ips: 253, used_ips: 3 }, 'three routers are there')
  await sim.operator.createFloatingIp()
  t.match(await taken(), { used_ips: 4 })
  t.same(await asDev('network', 'GET', '/network-ip-availabilities'), { network_ip_availabilities: [] })

  await sim.operator.createVolume({ size: 7 })
  const { pools } = (await asAdmin('block-storage', 'GET', '/scheduler-stats/get_pools?detail=true')) as unknown as {
    pools: { name: string; capabilities: object }[]
  }
  t.match(pools, [{ name: 'lab@disk#disk', capabilities: { total_capacity_gb: 10_000, allocated_capacity_gb: 7 } }])
})

t.test('a refused request and a changed limit are told to nobody', async (t) => {
  const heard: string[] = []
  const { sim } = await bench(t, { onNotification: ({ exchange }) => heard.push(exchange) })
  await sim.operator.setQuota('nova', 'dev', { instances: 0 })
  await sim.operator.setQuota('cinder', 'dev', { volumes: 0 })
  await sim.operator.setQuota('octavia', 'dev', { loadbalancer: 0 })
  await t.rejects(sim.operator.bootServer({ name: 'web' }))
  await t.rejects(sim.operator.createVolume({}))
  await t.rejects(sim.operator.createLoadBalancer({ name: 'front' }))
  await delay(20)
  t.same(heard, [])
})
