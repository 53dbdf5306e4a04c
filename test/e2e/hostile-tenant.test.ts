import t, { type Test } from 'tap'
import type { Cloud } from '../../src/clients/openstack/cloud.ts'
import { parseCloud } from '../../src/clients/openstack/clouds.ts'
import { connectCloud } from '../../src/clients/openstack/http.ts'
import { handsOf, until } from './isolation-hands.ts'
import { isolationE2e } from './isolation-world.ts'
import { world } from './world.ts'

t.setTimeout(120_000)

type Hands = ReturnType<typeof handsOf>

/** What a member of dev may do to networks. */
const subnetOn = ({ make }: Hands, by: Cloud, network_id: string, cidr: string) =>
  make(by, 'network', '/subnets', 'subnet', { network_id, ip_version: 4, cidr })

async function started(t: Test, settings: object = {}, options: { stopped?: boolean } = {}) {
  const product = await isolationE2e(t, { settings, ...options })
  const hands = handsOf(product)
  const breaches = async () =>
    (await product.journal.breaches({ policy: 'isolation', open: true })).map(
      ({ lane, from, to, state, because, evidence }) => ({
        ...{ lane, from, to, state, because },
        blamed: (evidence as { blamed?: string }).blamed
      })
    )
  return { product, hands, infraUser: product.open('infra-user'), breaches }
}

t.test('a range that a member of dev makes takes nothing away from infra', async (t) => {
  const { product, hands, infraUser, breaches } = await started(t)
  const { state, devUser, make, network } = hands
  const ssh = await hands.group(infraUser, 'ssh')
  const rule = await hands.letIn(infraUser, ssh, 5432, { remote_ip_prefix: '172.20.5.0/24' })
  const pods = [{ ip_address: '10.244.7.0/24' }]
  const port = await hands.port(infraUser, 'infra-net', { allowed_address_pairs: pods })
  await product.sweep()
  t.same(await breaches(), [], 'nothing is wrong before')

  const own = await make(devUser, 'network', '/networks', 'network', { name: 'scratch' })
  await subnetOn(hands, devUser, own, '172.20.0.0/16')
  await subnetOn(hands, devUser, network('dev-net'), '10.244.0.0/16')
  await product.sweep()
  // Something of theirs changes, as it always does.
  await hands.put(infraUser, 'network', `/ports/${port}`, { port: { name: 'node-7' } })
  await product.settled()
  await product.sweep()

  t.ok(state.securityGroupRules.has(rule), 'the rule is there')
  t.match(state.ports.get(port)!.addressPairs, [{ ip_address: '10.244.7.0/24' }], 'so is the pair')
  const told = await breaches()
  t.equal(told.length, 2)
  for (const one of told) {
    t.match(one, { from: 'dev', to: 'infra', state: 'open', blamed: 'dev' }, 'told as dev’s')
    t.match(one.because, /^nothing is done here: dev’s people made that range/)
  }
  t.same(await product.journal.actions({ limit: 5 }), [], 'nothing was changed')

  const after = await hands.group(infraUser, 'careless')
  await hands.letIn(infraUser, after, 5432, { remote_ip_prefix: '10.10.0.0/24' })
  await product.over()
  t.notOk(
    [...state.securityGroupRules.values()].some((one) => one.groupId === after && one.remotePrefix !== null),
    'what infra opens to dev itself is closed'
  )
})

t.test('a network by the name of a shared one switches nothing off', async (t) => {
  for (const when of ['before the first look', 'later']) {
    const shared = { networks: ['transfer'], images: ['admin/tiny'] }
    const { product, hands } = await started(t, { shared }, { stopped: when !== 'later' })
    const { state, admin, devUser, make, group, letIn } = hands
    await make(admin, 'network', '/networks', 'network', { name: 'transfer', shared: true })
    if (when === 'later') await product.sweep()
    const decoy = await make(devUser, 'network', '/networks', 'network', { name: 'transfer' })
    if (when !== 'later') product.start()
    await product.settled()
    const web = await group(devUser, 'web')
    const rule = await letIn(devUser, web, 22, { remote_ip_prefix: '0.0.0.0/0' })
    await product.over()
    await product.sweep()
    t.notOk(state.securityGroupRules.has(rule), `${when}: what is open to the world is closed`)
    const [pin] = await product.journal.namePins('isolation/admin/names/shared.networks/transfer')
    if (when === 'later') t.match(pin, { trouble: null }, 'the name is what it was')
    else
      t.match(pin, {
        id: null,
        trouble: /2 networks are called transfer.*this entry counts for nothing; write <cluster>\/transfer/
      })
    t.not(pin!.id, decoy)
  }
})

t.test('nobody has by a name what is another cluster’s', async (t) => {
  const exempt = [{ rule: '*', resource: 'prod/bastion', reason: 'audit', owner: 'carol', until: '2999-12-31' }]
  const { product, hands, breaches } = await started(t, { exempt, shared: { images: ['admin/tiny'] } })
  const { state, devUser, prodUser, group, letIn, call, project } = hands
  const rules = await Promise.all(
    [devUser, prodUser].map(async (by) => letIn(by, await group(by, 'bastion'), 22, { remote_ip_prefix: '0.0.0.0/0' }))
  )
  const format = { disk_format: 'raw', container_format: 'bare' }
  const { id } = await call(prodUser, 'image', 'POST', '/images', { name: 'tiny', visibility: 'shared', ...format })
  await call(prodUser, 'image', 'POST', `/images/${id}/members`, { member: project('dev') })
  await product.over()
  t.same(
    rules.map((one) => state.securityGroupRules.has(one)),
    [false, true],
    'dev’s bastion is no bastion'
  )
  t.match(await breaches(), [{ state: 'exempt' }])
  t.same(
    (await call(prodUser, 'image', 'GET', `/images/${id}/members`)).members,
    [],
    'prod’s image stays prod’s, whatever it is called'
  )
})

t.test('whoever renames their own network keeps no share of it open', async (t) => {
  const { product, hands } = await started(t)
  const { state, devUser, make, put, network, project } = hands
  const object_id = network('dev-net')
  await product.sweep()
  await put(devUser, 'network', `/networks/${object_id}`, { network: { name: 'anything' } })
  await product.settled()
  await product.sweep()
  const share = { object_type: 'network', object_id, action: 'access_as_shared', target_tenant: project('prod') }
  const id = await make(devUser, 'network', '/rbac-policies', 'rbac_policy', share)
  await product.over()
  await product.sweep()
  await product.over()
  t.notOk(state.rbacPolicies.has(id))
})

t.test('a port that names somebody else’s server accuses nobody', async (t) => {
  const { product, hands, breaches } = await started(t)
  const { devUser, prodUser, network, server, port } = hands
  const victim = await server(prodUser, { networks: [{ uuid: network('prod-net') }] })
  for (const device_owner of ['compute:nova', '']) await port(devUser, 'dev-net', { device_id: victim, device_owner })
  await product.settled()
  await product.sweep()
  t.same(await breaches(), [])
})

t.test('nor does it change a server’s names, or keep them from changing', async (t) => {
  const product = await world(t)
  const opened = (name: string) => {
    const loaded = parseCloud(name, product.sim.clouds.clouds[name], 'sim')
    if (!loaded.ok) throw new Error('no such entry')
    const cloud = connectCloud(loaded.cloud)
    t.teardown(() => cloud.close())
    return cloud
  }
  const { state } = product.sim
  const net = (name: string) => [...state.networks.values()].find((one) => one.name === name)!.id
  const make = async (by: Cloud, service: 'compute' | 'network', path: string, key: string, body: object) =>
    ((await by.request(service, 'POST', path, { body: { [key]: body } })).body as Record<string, { id: string }>)[key]!
      .id
  const [dev, prod] = [opened('dev-user'), opened('prod-user')]
  const [image, flavor] = [[...state.images.values()][0]!.id, [...state.flavors.values()][0]!.id]
  const db = { name: 'db', imageRef: image, flavorRef: flavor, networks: [{ uuid: net('prod-net') }] }
  const victim = await make(prod, 'compute', '/servers', 'server', db)
  await until('an active server', () => state.servers.get(victim)?.vmState === 'active')
  await product.settled()
  const name = 'db.prod.cloud.lab. A'
  const before = (await product.records())[name]
  t.equal(before?.length, 1)

  for (const device_owner of ['compute:nova', ''])
    await make(dev, 'network', '/ports', 'port', { network_id: net('dev-net'), device_id: victim, device_owner })
  await product.settled()
  await product.sweep()
  await product.settled()
  t.same((await product.records())[name], before, 'dev’s address is not added')

  const own = { network_id: net('prod-net'), device_id: victim, device_owner: '' }
  const half = await make(prod, 'network', '/ports', 'port', own)
  await prod.request('compute', 'PUT', `/servers/${victim}`, { body: { server: { name: 'store' } } })
  await product.settled()
  await product.sweep()
  await product.settled()
  const records = await product.records()
  t.same(records['store.prod.cloud.lab. A'], before, 'it is renamed all the same')
  t.equal(records[name], undefined)
  t.notMatch(JSON.stringify(records), state.ports.get(half)!.fixedIps[0]!.ip_address)
})
