import type { Test } from 'tap'
import t from 'tap'
import { createIsolation } from '../../../../src/clients/cloud/isolation.ts'
import { createQuotas } from '../../../../src/clients/cloud/quotas.ts'
import { createNeutron } from '../../../../src/clients/neutron/neutron.ts'
import { createNova } from '../../../../src/clients/nova/nova.ts'
import { createOctavia } from '../../../../src/clients/octavia/octavia.ts'
import { resourceQuery } from '../../../../src/policies/dns-records/questions/resource.ts'
import type { ResourceAnswer } from '../../../../src/policies/dns-records/questions/resource-answer.ts'
import { decideSubject } from '../../../../src/policies/isolation/decide.ts'
import { matrixOf } from '../../../../src/policies/isolation/policy.ts'
import type { IsolationWorldAnswer } from '../../../../src/policies/isolation/questions/subjects.ts'
import { isolationWorldQuestion } from '../../../../src/policies/isolation/questions/world.ts'
import { rules } from '../../../../src/policies/isolation/rules/index.ts'
import type { IsolationSettings } from '../../../../src/policies/isolation/settings.ts'
import { worldOf } from '../../../../src/policies/isolation/world.ts'
import { load } from '../../../../src/policies/questions.ts'
import type { ClusterClients, NetworkName, Tools } from '../../../../src/policies/shared/tools.ts'
import { handsOf, until } from '../../../e2e/isolation-hands.ts'
import { ways } from '../../../e2e/isolation-ways.ts'
import { isolationE2e } from '../../../e2e/isolation-world.ts'
import { leaves, type Path, type Recorded, record, withField } from './empty-answers.ts'

t.setTimeout(180_000)

/** A cloud where much is as it should be, and everything is there of which something could be wrong. */
async function ordinary(hands: ReturnType<typeof handsOf>): Promise<void> {
  const { state, admin, devUser, prodUser, network, make, port, group, letIn, server, volume, image, put } = hands
  const pool = network('public')
  const balancer = await port(devUser, 'dev-net', { device_owner: 'Octavia', device_id: 'lb-1' })
  const floatingIp = (by: typeof admin, port_id: string) =>
    make(by, 'network', '/floatingips', 'floatingip', { floating_network_id: pool, port_id })
  await floatingIp(devUser, balancer)
  const node = await server(prodUser, { networks: [{ uuid: network('prod-net') }] })
  await floatingIp(prodUser, [...state.ports.values()].find((one) => one.deviceId === node)!.id)
  await port(admin, 'dev-net', { device_owner: 'network:dhcp', device_id: 'dhcp-1', port_security_enabled: false })
  await port(devUser, 'dev-net', { allowed_address_pairs: [{ ip_address: '10.10.7.0/24' }] })
  const mine = await group(devUser, 'web')
  await letIn(devUser, mine, 443, { remote_ip_prefix: '0.0.0.0/0' })
  await letIn(devUser, mine, 22, { remote_ip_prefix: '10.10.0.0/24' })
  await letIn(devUser, mine, 5432, { remote_group_id: mine })
  const router = await make(devUser, 'network', '/routers', 'router', { name: 'own' })
  const network_id = await make(devUser, 'network', '/networks', 'network', { name: 'second' })
  const subnet = { network_id, ip_version: 4, cidr: '10.13.0.0/24' }
  const subnet_id = await make(devUser, 'network', '/subnets', 'subnet', subnet)
  await put(devUser, 'network', `/routers/${router}/add_router_interface`, { subnet_id })
  await volume(devUser, 'standard')
  await image(devUser, 'private')
}

/** What isolation would do about all that is there, as sentences; null where something could not be read. */
async function stepsOf(recorded: Recorded, tools: Tools, settings: IsolationSettings) {
  const quotas = createQuotas(recorded.cloud)
  const isolation = createIsolation(recorded.cloud, quotas)
  const query = isolationWorldQuestion({ policy: 'isolation', ...matrixOf(settings) })
  const answer = (await load(query, { ...tools, isolation: async () => isolation }).catch(() => null)) as unknown
  if (answer === null) return null
  const { matrix, subjects } = answer as IsolationWorldAnswer
  const world = worldOf(matrix, settings)
  return subjects.flatMap((subject) => {
    const { outcome, steps } = decideSubject(subject, [], world)
    return outcome === 'act' ? steps.map(({ type, target }) => `${type} ${target}`) : []
  })
}

async function prepared(t: Test, more: object = {}) {
  const world = await isolationE2e(t, { stopped: true, deaf: true, ...more })
  const { settings } = world.parts.policies.find(({ policy }) => policy.name === 'isolation')!
  return { world, hands: handsOf(world), settings: settings as unknown as IsolationSettings }
}

// Where null is the service's own word for "none", "any" or "never", it is no empty field.
const noneInItself =
  /^(port_id|fixed_ip_address|protocol|port_range_m..|remote_.*|expires_at|prior_role|device_(id|owner)|parent_id|vip_(address|port_id))$/

/** Blanks each field of each answer in turn, and says which steps come of it that were not there. */
async function blanked(t: Test, { world, settings }: Awaited<ReturnType<typeof prepared>>, only = '') {
  const recorded = record(world.open('admin'))
  const { tools } = world.parts
  const before = await stepsOf(recorded, tools, settings)
  t.not(before, null, 'all is read')
  const asked = [...recorded.answers].filter(([key]) => key.startsWith(only))
  const told = { before: before!, tried: 0, read: 0, new: [] as string[] }
  const look = async (key: string, body: unknown, path: Path, value: '' | null) => {
    recorded.replace(key, withField(body, path, value))
    const after = await stepsOf(recorded, tools, settings)
    told.tried++
    if (after === null) return
    told.read++
    for (const step of after.filter((one) => !before!.includes(one)))
      told.new.push(`${key} ${path.join('.')} ${JSON.stringify(value)}: ${step}`)
  }
  // Of what is alike in one list (ids, addresses), the first says it for all.
  const alike = new Map<string, number>()
  for (const [key, { answer, looked }] of asked)
    for (const path of leaves(answer.body).filter((one) => looked.has(one.join(' ')))) {
      const { body } = answer
      const is = String(path.reduce<unknown>((at, step) => (at as Record<string | number, unknown>)[step], body))
      const what = `${key
        .split(/[ ?]/, 2)
        .join(' ')
        .replace(
          /[0-9a-f-]{32,36}/g,
          '*'
        )} ${path.join(' ').replace(/\d+/g, '*')} ${is.replace(/[0-9a-f-]{32,36}|\d+/g, '*')}`
      alike.set(what, (alike.get(what) ?? 0) + 1)
      if (alike.get(what)! > 1) continue
      await look(key, body, path, '')
      if (!noneInItself.test(String(path.at(-1)))) await look(key, body, path, null)
    }
  return told
}

const more = {
  settings: { shared: { networks: ['public'], volumeTypes: ['standard', '__DEFAULT__'], images: ['tiny'] } },
  apart: {
    dev: { floatingPools: ['public'], flavors: ['m1.tiny'], images: ['tiny'] },
    prod: { images: ['other'], floatingPools: ['public'] }
  }
}

t.test('an empty field of any answer is never a reason to do something', { timeout: 180_000 }, async (t) => {
  const all = await prepared(t, more)
  await ordinary(all.hands)
  const told = await blanked(t, all)
  t.comment(`${told.tried} fields, ${told.read} of them read, ${told.before.length} steps before`)
  t.ok(told.tried > 300 && told.read > 60)
  t.strictSame(told.new, [])
})

t.test('nor where much is wrong already', { timeout: 180_000 }, async (t) => {
  const all = await prepared(t, more)
  const network = rules.filter(({ layer }) => layer === 'network').map(({ name }) => name)
  for (const way of ways) if (network.includes(way.rule)) await way.make(all.hands)
  const told = await blanked(t, all, 'network ')
  t.comment(`${told.tried} fields, ${told.read} of them read, ${told.before.length} steps before`)
  t.ok(told.before.length > 10 && told.read > 60)
  t.strictSame(told.new, [])
})

t.test('no address of a server, a floating IP or a load balancer is gone because a field is empty', async (t) => {
  const { world, hands } = await prepared(t)
  const { state, devUser, network, subnet, server, make } = hands
  const node = await server(devUser, { networks: [{ uuid: network('dev-net') }] })
  const pool = { floating_network_id: network('public') }
  const port = [...state.ports.values()].find((one) => one.deviceId === node)!
  const floatingIp = await make(devUser, 'network', '/floatingips', 'floatingip', { ...pool, port_id: port.id })
  const vip = { name: 'web', vip_subnet_id: subnet('dev-net') }
  const balancer = await make(devUser, 'load-balancer', '/lbaas/loadbalancers', 'loadbalancer', vip)
  await until('a VIP', () => [...state.ports.values()].some((one) => one.deviceOwner === 'Octavia'))
  const vipPort = [...state.ports.values()].find((one) => one.deviceOwner === 'Octavia')!.id
  await make(devUser, 'network', '/floatingips', 'floatingip', { ...pool, port_id: vipPort })

  const recorded = record(world.open('dev'))
  const { cloud } = recorded
  const [one] = await world.parts.tools.clusters()
  const cluster: ClusterClients = {
    ...one!,
    nova: createNova(cloud),
    neutron: createNeutron(cloud),
    octavia: createOctavia(cloud)
  }
  const tools = {
    ...world.parts.tools,
    clusterOf: async () => cluster,
    networkNames: async () => new Map<string, NetworkName>()
  }
  const addresses = async () => {
    const answers: string[] = []
    for (const resource of [`server/p/${node}`, `floatingip/p/${floatingIp}`, `loadbalancer/p/${balancer}`]) {
      const query = resourceQuery(resource, 'stackreflex', true)
      const found = (await load(query, tools).catch(() => null)) as unknown as ResourceAnswer | null
      // What could not be read, or is unknown, takes nothing away.
      if (found === null || found.status === 'unknown') answers.push(`${resource} *`)
      else
        for (const ip of [
          ...found.ports.flatMap((port) => port.addresses),
          ...found.floatingIps.map((ip) => ip.address)
        ])
          answers.push(`${resource} ${ip}`)
    }
    return answers
  }
  const before = await addresses()
  t.ok(before.length >= 6, before.join(', '))
  const lost: string[] = []
  let tried = 0
  for (const [key, { answer, looked }] of [...recorded.answers])
    for (const path of leaves(answer.body).filter((one) => looked.has(one.join(' ')))) {
      for (const value of noneInItself.test(String(path.at(-1))) ? [''] : ['', null]) {
        recorded.replace(key, withField(answer.body, path, value))
        const after = await addresses()
        tried++
        const is = (wanted: string) =>
          after.includes(wanted) || after.includes(`${wanted.slice(0, wanted.indexOf(' '))} *`)
        for (const gone of before.filter((wanted) => !is(wanted)))
          lost.push(`${key} ${path.join('.')} ${JSON.stringify(value)}: ${gone}`)
      }
    }
  t.ok(tried > 50, `${tried} fields`)
  t.strictSame(lost, [])
})
