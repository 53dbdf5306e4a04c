import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Sim, type SimNotification, type SimOptions, startSim } from '../../sim/cloud.ts'
import { createDesignate } from '../../src/clients/designate/client.ts'
import { createNova } from '../../src/clients/nova/nova.ts'
import type { Method } from '../../src/clients/openstack/answers.ts'
import type { ServiceType } from '../../src/clients/openstack/catalogue.ts'
import type { Cloud } from '../../src/clients/openstack/cloud.ts'
import { parseCloud } from '../../src/clients/openstack/clouds.ts'
import { connectCloud } from '../../src/clients/openstack/http.ts'
import { recordedShapes, shapesOf } from './shapes.ts'

interface Message {
  readonly message_id: string
  readonly event_type: string
  readonly publisher_id: string
  readonly payload: Record<string, unknown>
  readonly _unique_id: string
  readonly _context_request_id?: string | null
  readonly _context_global_request_id?: string | null
  readonly _context_user_name?: string | null
}

async function listeningSim(t: Test, options: SimOptions = {}) {
  const heard: SimNotification[] = []
  const sim = await startSim({ bootMs: 20, dnsMs: 20, seed: 3, onNotification: (one) => heard.push(one), ...options })
  t.teardown(() => sim.close())
  const messages = () => heard.map(({ body }) => open(body.toString()))
  const types = (exchange: string) =>
    heard.filter((one) => one.exchange === exchange).map(({ body }) => open(body.toString()).event_type)
  return { sim, heard, messages, types }
}

function open(body: string): Message {
  return JSON.parse(JSON.parse(body)['oslo.message'])
}

function cloud(t: Test, sim: Sim, name: string) {
  const loaded = parseCloud(name, sim.clouds.clouds[name], 'sim')
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const opened = connectCloud(loaded.cloud)
  t.teardown(() => opened.close())
  return opened
}

/** A morning of one server, with everything that we listen to. */
async function morning({ operator }: Sim): Promise<void> {
  const server = await operator.bootServer({ name: 'web' })
  await operator.renameServer(server.id, 'api')
  await operator.stopServer(server.id)
  await operator.startServer(server.id)
  const fip = await operator.createFloatingIp()
  await operator.associate(fip.id, server.portIds[0]!)
  await operator.disassociate(fip.id)
  await operator.associate(fip.id, server.portIds[0]!)
  await operator.attachPort(server.id, 'dev-net2')
  const port = await operator.createPort()
  await operator.deletePort(port.id)
  await operator.createRecordset('cloud.lab.', { name: 'x.cloud.lab.', type: 'A', records: ['10.0.0.1'] })
  await operator.updateRecordset('cloud.lab.', 'x.cloud.lab.', 'A', { records: ['10.0.0.2'] })
  await operator.deleteRecordset('cloud.lab.', 'x.cloud.lab.', 'A')
  await operator.deleteServer(server.id)
  await operator.deleteFloatingIp(fip.id)
  await delay(60)
}

/** What else can be done to a server, and to volumes and load balancers. */
async function afternoon({ operator }: Sim): Promise<void> {
  const server = await operator.bootServer({ name: 'large' })
  await operator.resizeServer(server.id, 'm1.large')
  await operator.shelveServer(server.id)
  await operator.unshelveServer(server.id)
  await operator.deleteServer(server.id)
  const { id } = await operator.createVolume({ size: 2 })
  await operator.extendVolume(id, 3)
  const snapshot = await operator.createSnapshot(id)
  await operator.deleteSnapshot(snapshot.id)
  await operator.deleteVolume(id)
  const balancer = await operator.createLoadBalancer({ name: 'front' })
  await operator.renameLoadBalancer(balancer.id, 'door')
  await operator.deleteLoadBalancer(balancer.id)
}

/** Everything of a project's own network, made and taken away. */
async function networking(sim: Sim, cloud: Cloud): Promise<void> {
  const ask = async (method: string, path: string, body?: object) =>
    (await cloud.request('network', method as 'POST', path, body ? { body } : {})).body as Record<
      string,
      { id: string }
    >
  const idOf = (answer: Record<string, { id: string }>) => Object.values(answer)[0]!.id
  const network = idOf(await ask('POST', '/networks', { network: { name: 'n' } }))
  await ask('PUT', `/networks/${network}`, { network: { description: 'ours' } })
  const wanted = { network_id: network, ip_version: 4, cidr: '10.99.0.0/24', name: 's' }
  const subnet = idOf(await ask('POST', '/subnets', { subnet: wanted }))
  await ask('PUT', `/subnets/${subnet}`, { subnet: { dns_nameservers: ['10.99.0.2'] } })
  const router = idOf(await ask('POST', '/routers', { router: { name: 'r' } }))
  await ask('PUT', `/routers/${router}/add_router_interface`, { subnet_id: subnet })
  const outside = [...sim.state.networks.values()].find(({ external }) => external)!.id
  await ask('PUT', `/routers/${router}`, { router: { external_gateway_info: { network_id: outside } } })
  await ask('PUT', `/routers/${router}/remove_router_interface`, { subnet_id: subnet })
  await ask('DELETE', `/routers/${router}`)
  await ask('DELETE', `/subnets/${subnet}`)
  await ask('DELETE', `/networks/${network}`)
  const group = idOf(await ask('POST', '/security-groups', { security_group: { name: 'g' } }))
  await ask('PUT', `/security-groups/${group}`, { security_group: { description: 'open' } })
  const open = {
    ...{ security_group_id: group, direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp' },
    ...{ port_range_min: 22, port_range_max: 22, remote_ip_prefix: '0.0.0.0/0' }
  }
  const rule = idOf(await ask('POST', '/security-group-rules', { security_group_rule: open }))
  await ask('DELETE', `/security-group-rules/${rule}`)
  await ask('DELETE', `/security-groups/${group}`)
}

/** What opens and closes doors between projects: shares, images, people and what they delegate. */
async function sharing(sim: Sim, admin: Cloud, dev: Cloud): Promise<void> {
  const ask = async (by: Cloud, service: ServiceType, method: Method, path: string, body?: object, type?: string) =>
    (
      await by.request(service, method, path, {
        ...(body ? { body } : {}),
        ...(type ? { headers: { 'content-type': type } } : {})
      })
    ).body as Record<string, { id: string }>
  const prod = [...sim.state.projects.values()].find(({ name }) => name === 'prod')!.id
  const network = (await ask(dev, 'network', 'POST', '/networks', { network: { name: 'n' } })).network!
  const share = { object_type: 'network', object_id: network.id, action: 'access_as_shared', target_tenant: prod }
  const policy = (await ask(dev, 'network', 'POST', '/rbac-policies', { rbac_policy: share })).rbac_policy as {
    id: string
  }
  await ask(dev, 'network', 'DELETE', `/rbac-policies/${policy.id}`)

  // What openstacksdk, which made the recorded ones, writes beside.
  const sdk = Object.fromEntries(['md5', 'sha256', 'object'].map((key) => [`owner_specified.openstack.${key}`, '']))
  const image = ((await ask(dev, 'image', 'POST', '/images', { name: 'i', ...sdk })) as unknown as { id: string }).id
  const patch = [{ op: 'replace', path: '/name', value: 'j' }]
  await ask(dev, 'image', 'PATCH', `/images/${image}`, patch, 'application/openstack-images-v2.1-json-patch')
  await ask(dev, 'image', 'POST', `/images/${image}/members`, { member: prod })
  await ask(admin, 'image', 'PUT', `/images/${image}/members/${prod}`, { status: 'accepted' })
  await ask(dev, 'image', 'DELETE', `/images/${image}/members/${prod}`)
  await ask(dev, 'image', 'DELETE', `/images/${image}`)

  const user = (await ask(admin, 'identity', 'POST', '/users', { user: { name: 'u', password: 'p' } })).user as {
    id: string
  }
  const group = (await ask(admin, 'identity', 'POST', '/groups', { group: { name: 'g' } })).group!
  const role = [...sim.state.roles.values()].find(({ name }) => name === 'reader')!.id
  for (const path of [
    `/groups/${group.id}/users/${user.id}`,
    `/projects/${prod}/users/${user.id}/roles/${role}`,
    `/projects/${prod}/groups/${group.id}/roles/${role}`
  ])
    for (const method of ['PUT', 'DELETE'] as const) await ask(admin, 'identity', method, path)
  await ask(admin, 'identity', 'DELETE', `/groups/${group.id}`)
  await ask(admin, 'identity', 'DELETE', `/users/${user.id}`)
  const me = [...sim.state.users.values()].find(({ name }) => name === 'reflex')!.id
  const path = `/users/${me}/application_credentials`
  const made = await ask(dev, 'identity', 'POST', path, { application_credential: { name: 'c' } })
  await ask(dev, 'identity', 'DELETE', `${path}/${made.application_credential!.id}`)
}

/** What a Neutron with the service plugin `port_forwarding` adds to every floating IP; the recordings are of one without. */
const addedSince = new Set(['.payload.floatingip.port_forwardings'])

t.test('each notification has the form of the recorded ones', async (t) => {
  const known = recordedShapes()
  const { sim, heard } = await listeningSim(t)
  await morning(sim)
  await afternoon(sim)
  await networking(sim, cloud(t, sim, 'dev'))
  await sharing(sim, cloud(t, sim, 'admin'), cloud(t, sim, 'dev'))
  const mine = shapesOf(heard)
  t.ok(mine.size > 90, `${mine.size} kinds`)
  for (const [key, found] of mine) {
    const recorded = known.get(key)
    if (!recorded) {
      t.fail(`${key} was never recorded`)
      continue
    }
    t.same(
      [...found].filter((path) => !recorded.any.has(path) && !addedSince.has(path)),
      [],
      `${key}: nothing that the real one has not`
    )
    // The scheduler's is kept short: nobody reads more of it than its token.
    if (key.includes('scheduler.')) continue
    t.same(
      [...recorded.always].filter((path) => !found.has(path)),
      [],
      `${key}: all that the real one always has`
    )
  }
})

t.test('a server from boot to death, in the order of the real services', async (t) => {
  const { sim, types, messages } = await listeningSim(t)
  const server = await sim.operator.bootServer({ name: 'web' })
  const legacy = (list: string[]) => list.filter((type) => type.startsWith('compute.') || type.startsWith('scheduler.'))
  t.same(legacy(types('nova')), [
    ...[
      'scheduler.select_destinations.start',
      'scheduler.select_destinations.end',
      'compute.instance.update',
      'compute.instance.update'
    ],
    ...[
      'compute.instance.create.start',
      'compute.instance.update',
      'compute.instance.update',
      'compute.instance.update',
      'compute.instance.create.end'
    ]
  ])
  t.same(types('neutron'), ['port.create.start', 'port.create.end', 'port.update.start', 'port.update.end'])
  const end = messages().find(({ event_type }) => event_type === 'compute.instance.create.end')!
  t.same(
    (end.payload.fixed_ips as { address: string }[]).map(({ address }) => address),
    server.addresses
  )
  t.match(end, {
    publisher_id: /^compute\.fake/,
    _context_user_name: 'dev-user',
    payload: { instance_id: server.id, state: 'active', display_name: 'web' }
  })

  const before = { nova: types('nova').length, neutron: types('neutron').length }
  await sim.operator.deleteServer(server.id)
  t.same(legacy(types('nova').slice(before.nova)), [
    ...['compute.instance.update', 'compute.instance.delete.start', 'compute.instance.shutdown.start'],
    ...['compute.instance.shutdown.end', 'compute.instance.update', 'compute.instance.delete.end']
  ])
  t.same(types('neutron').slice(before.neutron), ['port.delete.start', 'port.delete.end'])
})

t.test('deleting a server disassociates its floating IP without a word', async (t) => {
  const { sim, types } = await listeningSim(t)
  const server = await sim.operator.bootServer({ name: 'web' })
  const { id } = await sim.operator.createFloatingIp({ portId: server.portIds[0]! })
  t.same(
    types('neutron').slice(-2),
    ['floatingip.create.start', 'floatingip.create.end'],
    'created with its port: no update'
  )
  const before = types('neutron').length
  await sim.operator.deleteServer(server.id)
  t.equal(sim.state.floatingIps.get(id)?.portId, null)
  t.notOk(
    types('neutron')
      .slice(before)
      .some((type) => type.startsWith('floatingip.'))
  )
})

t.test('whose call it was', async (t) => {
  const { sim, messages } = await listeningSim(t)
  const requestId = 'req-0e0f5fcb-2d2e-4a3b-9c56-0d7bd1a0c001'
  const designate = createDesignate(cloud(t, sim, 'infra'))
  const [zone] = await designate.listZones({ name: 'cloud.lab.' })
  const made = await designate.createRecordset(
    zone!.id,
    { name: 'a.cloud.lab.', type: 'A', records: ['10.0.0.1'] },
    { requestId }
  )
  await delay(60)
  t.same(
    messages().map(({ event_type, _context_request_id, _context_global_request_id }) => [
      event_type,
      _context_request_id,
      _context_global_request_id
    ]),
    ['dns.recordset.create', 'dns.domain.update', 'dns.zone.update'].map((type) => [type, made.requestId, null]),
    'Designate keeps its own id of the call, to the end, and drops ours'
  )
  const { id } = await sim.operator.bootServer({ name: 'web' })
  const before = messages().length
  const dev = cloud(t, sim, 'dev')
  const stopped = await dev.request('compute', 'POST', `/servers/${id}/action`, {
    body: { 'os-stop': null },
    requestId
  })
  while ((await createNova(dev).getServer(id))?.status !== 'SHUTOFF') await delay(5)
  const after = messages().slice(before)
  t.ok(after.length >= 8)
  t.ok(
    after.every((one) => one._context_global_request_id === requestId && one._context_request_id === stopped.requestId),
    'Nova keeps both'
  )
})

t.test('a bus that loses, doubles and shuffles', async (t) => {
  const { sim, heard, messages } = await listeningSim(t)
  sim.bus.drop = 1
  await sim.operator.createFloatingIp()
  t.equal(heard.length, 0, 'lost')
  sim.bus.drop = 0
  sim.bus.duplicate = 1
  await sim.operator.createFloatingIp()
  t.equal(heard.length, 4, 'twice each')
  const [first, again] = messages()
  t.equal(first!.message_id, again!.message_id)
  t.not(first!._unique_id, again!._unique_id)
  sim.bus.duplicate = 0
  sim.bus.reorder = 1
  await sim.operator.createFloatingIp()
  t.same(
    messages()
      .slice(4)
      .map(({ event_type }) => event_type),
    ['floatingip.create.end', 'floatingip.create.start'],
    'the wrong way round'
  )
  sim.bus.reorder = 0
  sim.bus.silent = true
  await sim.operator.createFloatingIp()
  t.equal(heard.length, 6, 'silent')
})

t.test('a live token is inside, as in the real ones', async (t) => {
  const { sim, heard } = await listeningSim(t)
  await sim.operator.bootServer({ name: 'web' })
  const leaking = heard.filter(({ body }) => [...sim.state.tokens.keys()].some((token) => body.includes(token)))
  t.ok(leaking.length > 0 && leaking.every(({ body }) => open(body.toString()).event_type.startsWith('scheduler.')))
})
