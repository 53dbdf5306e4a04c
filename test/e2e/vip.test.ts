import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { reverseName } from '../../src/policies/dns-records/names.ts'
import { dnsRecords } from '../../src/policies/dns-records/policy.ts'
import type { DnsSettings } from '../../src/policies/dns-records/settings.ts'
import { load } from '../../src/policies/questions.ts'
import { world } from './world.ts'

const vip = { zone: 'cloud.lab.', name: '{loadbalancer}.{project}.{zone}', ptrNetworks: ['*'] }
const settings = { vip }

t.test('a load balancer gets A, AAAA and both PTR, is renamed, and they go away with it', async (t) => {
  const w = await world(t, { settings })
  const shop = await w.operator.createLoadBalancer({ name: 'Shop 1' })
  await w.settled()
  const [v4, v6] = shop.addresses as [string, string]
  const records = (name: string) => ({
    [`${name} A`]: [v4],
    [`${name} AAAA`]: [v6],
    [`${reverseName(v4)} PTR`]: [name],
    [`${reverseName(v6)} PTR`]: [name]
  })
  t.same(await w.records(), records('shop-1.dev.cloud.lab.'))

  await w.operator.renameLoadBalancer(shop.id, 'store')
  await w.settled()
  t.same(await w.records(), records('store.dev.cloud.lab.'), 'though the notification tells the old name')

  await w.operator.createListener(shop.id)
  await w.sweep()
  await w.settled()
  t.same(await w.records(), records('store.dev.cloud.lab.'), 'busy with a listener')

  await w.operator.deleteLoadBalancer(shop.id)
  await w.settled()
  t.same(await w.records(), {})
  t.equal((await w.journal.classifyDrift(Date.now() + 120_000)).missed, 0)
})

t.test(
  'one of the OVN provider, which no event tells of, is found by the sweep, and that is nobody’s fault',
  async (t) => {
    const w = await world(t, { settings: { vip: { ...vip, ptrNetworks: [] } } })
    const quiet = await w.operator.createLoadBalancer({ name: 'quiet', provider: 'ovn' })
    const [v4, v6] = quiet.addresses as [string, string]
    await w.settled()
    t.same(await w.records(), {}, 'nobody told')
    const sweep = async () => {
      await w.sweep()
      await w.settled()
      return w.records()
    }
    t.same(await sweep(), { 'quiet.dev.cloud.lab. A': [v4], 'quiet.dev.cloud.lab. AAAA': [v6] })
    await w.operator.renameLoadBalancer(quiet.id, 'still')
    t.same(await sweep(), { 'still.dev.cloud.lab. A': [v4], 'still.dev.cloud.lab. AAAA': [v6] })
    await w.operator.deleteLoadBalancer(quiet.id)
    t.same(await sweep(), {})
    const { missed, noEventExists } = await w.journal.classifyDrift(Date.now() + 120_000)
    t.equal(missed, 0)
    t.ok(noEventExists > 0, `no event exists: ${noEventExists}`)
  }
)

t.test(
  'a floating IP on the VIP has the name of the load balancer, in all the ways that it can come and go',
  async (t) => {
    const w = await world(t, { settings })
    const { operator } = w
    const shop = await operator.createLoadBalancer({ name: 'shop' })
    const web = await operator.bootServer({ name: 'web', project: 'dev' })
    const floats = async () =>
      Object.fromEntries(Object.entries(await w.records()).filter(([name]) => name.includes('public.lab.')))
    const one = await operator.createFloatingIp({ project: 'dev', portId: shop.vipPortId })
    await w.settled()
    t.same(await floats(), { 'shop.dev.public.lab. A': [one.address] })
    t.equal(await w.ptr('dev', one.id), 'shop.dev.public.lab.')

    await operator.renameLoadBalancer(shop.id, 'store')
    await w.settled()
    t.same(await floats(), { 'store.dev.public.lab. A': [one.address] }, 'renamed')
    t.equal(await w.ptr('dev', one.id), 'store.dev.public.lab.')

    await operator.associate(one.id, web.portIds[0]!)
    await w.settled()
    t.same(await floats(), { 'web.dev.public.lab. A': [one.address] }, 'moved to a server')
    await operator.createListener(shop.id)
    await operator.associate(one.id, shop.vipPortId)
    await w.settled()
    t.same(await floats(), { 'store.dev.public.lab. A': [one.address] }, 'and back, while a listener is being made')

    await w.sweep()
    await w.settled()
    t.same(await floats(), { 'store.dev.public.lab. A': [one.address] }, 'the sweep has nothing to add')
    t.equal((await w.journal.classifyDrift(Date.now() + 120_000)).missed, 0)

    await operator.deleteLoadBalancer(shop.id)
    await w.settled()
    t.same(await floats(), {}, 'gone with the load balancer')
    t.equal(await w.ptr('dev', one.id), null)
  }
)

t.test('a tag opts out, and a load balancer shares a name with a server of its project only', async (t) => {
  const w = await world(t, {
    settings: {
      fixed: { zone: 'cloud.lab.', name: '{server}.{zone}', ptrNetworks: [] },
      vip: { ...vip, name: '{loadbalancer}.{zone}', ptrNetworks: [] }
    }
  })
  const { operator } = w
  await operator.createLoadBalancer({ name: 'hidden', tags: ['blue', 'stackreflex=off'] })
  const web = await operator.bootServer({ name: 'web', project: 'dev' })
  await w.settled()
  const same = await operator.createLoadBalancer({ name: 'web', project: 'dev' })
  await operator.createLoadBalancer({ name: 'web', project: 'prod' })
  await w.settled()
  const v4 = [...web.addresses, ...same.addresses].filter((one) => !one.includes(':')).sort()
  const records = await w.records()
  t.same(records['web.cloud.lab. A'], v4)
  t.notOk(Object.keys(records).some((name) => name.startsWith('hidden.')))
  const [decision] = await w.journal.decisions({ limit: 1, lane: 'name:web.cloud.lab.' })
  t.match(decision!.findings.join('\n'), /refused to loadbalancer\/.* names merge within one project only/)
})

t.test('while Octavia does not answer nothing is concluded, and nothing is lost', async (t) => {
  const w = await world(t, { settings })
  const shop = await w.operator.createLoadBalancer({ name: 'shop' })
  await w.settled()
  const before = await w.records()
  for (const how of [{ status: 503 }, { html: true, status: 404 }])
    w.sim.faults.add({ service: 'octavia', method: 'GET', times: 2, ...how })
  await w.operator.renameLoadBalancer(shop.id, 'shop')
  await w.settled()
  t.same(await w.records(), before)
})

t.test('without vip Octavia is not asked at all', async (t) => {
  const w = await world(t)
  const shop = await w.operator.createLoadBalancer({ name: 'shop' })
  const one = await w.operator.createFloatingIp({ project: 'dev', portId: shop.vipPortId })
  await w.settled()
  await w.sweep()
  await w.settled()
  t.same(await w.records(), {})
  t.match(await w.reason(`floatingip/${w.sim.state.floatingIps.get(one.id)!.projectId}/${one.id}`), /not of a server/)
  t.same(
    w.sim.requests.filter(({ service }) => service === 'octavia'),
    []
  )
})

t.test('with vip on a cloud that has no Octavia, the sweep fails and says why', async (t) => {
  const sim = await startSim({ seed: 1, bootMs: 100, dnsMs: 60 })
  t.teardown(() => sim.close())
  sim.state.absent.add('load-balancer')
  const w = await world(t, { sim, settings })
  await w.operator.bootServer({ name: 'web', project: 'dev' })
  await w.settled()
  t.ok((await w.records())['web.dev.cloud.lab. A'], 'servers have their names all the same')
  const everything = dnsRecords.sweep!.needs(w.parts.policies[0]!.settings as unknown as DnsSettings).world!
  await t.rejects(load(everything, w.parts.tools), {
    message:
      /^settings\.vip of dns-records asks for the load balancers of cluster \w+, and there is no Octavia: .*; leave vip out/
  })
})
