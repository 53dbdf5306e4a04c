import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { createDesignate } from '../../src/clients/designate/client.ts'
import type { Recordset, Zone } from '../../src/clients/designate/designate.ts'
import { createNeutron } from '../../src/clients/neutron/neutron.ts'
import { createNova, type Server } from '../../src/clients/nova/nova.ts'
import type { Cloud } from '../../src/clients/openstack/cloud.ts'
import type { CloudEntry } from '../../src/clients/openstack/cloud-entry.ts'
import { connectCloud } from '../../src/clients/openstack/http.ts'
import { OpenStackError } from '../../src/clients/openstack/openstack-error.ts'

/** What the suite needs of a cloud: entries of one user (`reflex`) in two projects, and of an administrator. */
export interface OpenStackWorld {
  readonly dev: CloudEntry
  readonly infra: CloudEntry
  readonly admin: CloudEntry
  /** Signs in as reflex in dev as well. */
  readonly devAppCredential: CloudEntry
  /** Id of an image and of a flavor that dev may boot. */
  readonly imageRef: (dev: Cloud) => Promise<string>
  /** Longest time for a server to boot or a record to become ACTIVE, in milliseconds. */
  readonly patienceMs: number
}

/** What we rely on in OpenStack, for the real services and for the simulated ones. Leaves nothing behind. */
export async function openstackContract(t: Test, world: OpenStackWorld): Promise<void> {
  const tag = `contract-${randomUUID().slice(0, 8)}`
  const open = (entry: CloudEntry) => {
    const cloud = connectCloud(entry, { timeoutMs: 60_000 })
    t.teardown(() => cloud.close())
    return cloud
  }
  const dev = open(world.dev)
  const infra = open(world.infra)
  const admin = open(world.admin)
  const nova = createNova(dev)
  const neutron = createNeutron(dev)
  const designate = createDesignate(infra)
  const devDns = createDesignate(dev)

  async function until<Value>(
    what: string,
    ask: () => Promise<Value>,
    good: (value: Value) => boolean
  ): Promise<Value> {
    const end = Date.now() + world.patienceMs
    for (;;) {
      const value = await ask()
      if (good(value)) return value
      if (Date.now() > end) throw new Error(`still not ${what}: ${JSON.stringify(value)}`)
      await delay(100)
    }
  }

  /** The OpenStackError of a call that must fail; a call that succeeds fails the test. */
  async function refusal(call: Promise<unknown>): Promise<OpenStackError> {
    let answer: unknown
    try {
      answer = await call
    } catch (error) {
      if (error instanceof OpenStackError) return error
      throw error
    }
    throw new Error(`expected a refusal, got ${JSON.stringify(answer)}`)
  }

  async function networkId(name: string): Promise<string> {
    const found = (await neutron.listNetworks()).find((network) => network.name === name)
    if (!found) throw new Error(`no network ${name}`)
    return found.id
  }

  async function boot(name: string, metadata: Record<string, string> = {}): Promise<string> {
    const flavors = (await dev.request('compute', 'GET', '/flavors')).body as {
      flavors: { id: string; name: string }[]
    }
    const flavorRef = flavors.flavors.find((flavor) => flavor.name === 'm1.tiny')?.id
    const networks = [{ uuid: await networkId('dev-net') }]
    const body = { server: { name, metadata, imageRef: await world.imageRef(dev), flavorRef, networks } }
    const answer = await dev.request('compute', 'POST', '/servers', { body })
    const { id } = (answer.body as { server: { id: string } }).server
    t.teardown(() => dev.request('compute', 'DELETE', `/servers/${id}`).catch(() => {}))
    return id
  }

  const active = (id: string) =>
    until(
      'ACTIVE',
      () => nova.getServer(id),
      (server) => server?.status === 'ACTIVE' && server.addresses.length > 0
    ) as Promise<Server>

  async function floatingIp(portId?: string): Promise<string> {
    const floatingip = { floating_network_id: await networkId('public'), ...(portId ? { port_id: portId } : {}) }
    const answer = await dev.request('network', 'POST', '/floatingips', { body: { floatingip } })
    const { id } = (answer.body as { floatingip: { id: string } }).floatingip
    t.teardown(() => dev.request('network', 'DELETE', `/floatingips/${id}`).catch(() => {}))
    return id
  }
  const setPort = (id: string, port_id: string | null) =>
    dev.request('network', 'PUT', `/floatingips/${id}`, { body: { floatingip: { port_id } } })

  await t.test('Keystone: token, catalogue, refusal', async (t) => {
    t.match(await dev.projectId(), /^[0-9a-f]{32}$/, 'the token has a project')
    t.ok((await dev.roles()).includes('member'), 'reflex is a member')
    t.equal(await dev.region(), 'RegionOne')
    const byCredential = open(world.devAppCredential)
    t.equal(await byCredential.projectId(), await dev.projectId(), 'an application credential fixes the project')
    const regionless = open({ ...world.dev, regionName: null })
    t.equal(await regionless.region(), 'RegionOne', 'without a region the catalogue says it')
    const elsewhere = open({ ...world.dev, regionName: 'Elsewhere' })
    t.equal((await refusal(elsewhere.request('compute', 'GET', '/servers'))).code, 'no_endpoint')
    const stranger = open({
      ...world.dev,
      auth: { ...world.dev.auth, type: 'password', password: 'wrong' } as CloudEntry['auth']
    })
    const error = await refusal(stranger.projectId())
    t.match(error, { code: 'authentication', status: 401, service: 'identity', retryable: false })
  })

  await t.test('a token that a service refuses is replaced once', async (t) => {
    const error = await refusal(
      dev.request('network', 'GET', '/ports', { headers: { 'x-auth-token': 'gAAAAAinvalid' } })
    )
    t.match(error, { status: 401, retryable: false, unknownOutcome: false }, 'a bad token is a 401')
    const spoilt = await spoilingProxy(t, dev)
    const cloud = open({ ...world.dev, endpointOverrides: { compute: spoilt.url } })
    t.ok(Array.isArray(await createNova(cloud).listServers()), 'the second token is used')
    t.equal(spoilt.calls(), 2)
  })

  await t.test('every answer carries the request id of the service', async (t) => {
    const form = /^req-[0-9a-f-]{36}$/
    t.match((await dev.request('compute', 'GET', '/servers')).requestId, form)
    t.match((await dev.request('network', 'GET', '/networks')).requestId, form)
    t.match((await infra.request('dns', 'GET', '/zones')).requestId, form)
    const mine = `req-${randomUUID()}`
    t.not(
      (await dev.request('compute', 'GET', '/servers', { requestId: mine })).requestId,
      mine,
      'ours is the global one'
    )
    t.match((await refusal(dev.request('compute', 'GET', `/servers/${randomUUID()}`))).requestId, form, 'an error too')
  })

  await t.test('Nova: what is not there, what is not allowed', async (t) => {
    t.equal(await nova.getServer(randomUUID()), null)
    const path = await refusal(dev.request('compute', 'GET', '/no-such-thing'))
    t.match(path, { status: 404, retryable: false })
    t.notMatch(path.message, 'could not be found. Instance', 'a path that does not exist names no server')
    const old = await refusal(dev.request('compute', 'GET', '/servers', { microversion: '2.999' }))
    t.match(old, { status: 406, retryable: false })
    t.match(await refusal(nova.listServers({ allProjects: true })), {
      status: 403,
      code: 'forbidden',
      retryable: false
    })
    t.ok(Array.isArray(await createNova(admin).listServers({ allProjects: true })))
  })

  await t.test('Neutron: what is not there', async (t) => {
    t.equal(await neutron.getPort(randomUUID()), null)
    t.equal(await neutron.getFloatingIp(randomUUID()), null)
    t.same(await neutron.listPorts({ ids: [] }), [], 'no ids, no ports')
    t.same(
      await neutron.listPorts({ ids: Array.from({ length: 230 }, () => randomUUID()) }),
      [],
      'more ids than a URL holds'
    )
    t.same(await neutron.listPorts({ deviceId: randomUUID() }), [])
    const names = (await neutron.listNetworks({ pageSize: 1 })).map(({ name }) => name)
    t.ok(
      ['dev-net', 'dev-net2', 'public'].every((name) => names.includes(name)),
      'pages of one, all networks'
    )
    t.notOk(names.includes('prod-net'), "another project's is not to be seen")
  })

  await t.test('ports: bulk create, filters, pages, delete', async (t) => {
    const network_id = await networkId('dev-net2')
    const device_id = randomUUID()
    const ports = [1, 2, 3].map((n) => ({ network_id, name: `${tag}-${n}`, device_id }))
    const answer = await dev.request('network', 'POST', '/ports', { body: { ports } })
    const made = (answer.body as { ports: { id: string }[] }).ports.map(({ id }) => id)
    t.teardown(() => Promise.all(made.map((id) => dev.request('network', 'DELETE', `/ports/${id}`).catch(() => {}))))
    t.equal(made.length, 3)
    const listed = await neutron.listPorts({ deviceId: device_id, pageSize: 1 })
    t.same(listed.map(({ id }) => id).sort(), [...made].sort(), 'pages of one')
    t.match(listed[0], {
      networkId: network_id,
      deviceId: device_id,
      deviceOwner: null,
      status: 'DOWN',
      projectId: await dev.projectId()
    })
    t.match(listed[0]!.addresses[0], /^10\.11\.\d+\.\d+$/)
    t.same((await neutron.listPorts({ ids: made.slice(0, 2) })).length, 2)
    t.same(
      await neutron.getPort(made[0]!),
      listed.find(({ id }) => id === made[0]),
      'one is as it is in the list'
    )
    await dev.request('network', 'DELETE', `/ports/${made[0]}`)
    t.equal(await neutron.getPort(made[0]!), null)
  })

  await t.test('servers and floating IPs from birth to death', async (t) => {
    const [first, second] = await Promise.all([boot(`${tag}-a`, { role: 'web' }), boot(`${tag}-b`)])
    const server = await active(first)
    await active(second)
    t.match(server, {
      id: first,
      name: `${tag}-a`,
      status: 'ACTIVE',
      projectId: await dev.projectId(),
      metadata: { role: 'web' }
    })
    t.match(server.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    t.ok(server.addresses.every(({ network, kind }) => network === 'dev-net' && kind === 'fixed'))
    t.same([...new Set(server.addresses.map(({ version }) => version))].sort(), [4, 6], 'one address of each family')

    const all = await nova.listServers({ pageSize: 1 })
    t.ok(
      [first, second].every((id) => all.some((one) => one.id === id)),
      'pages of one hold both'
    )
    t.same(
      all.find(({ id }) => id === first),
      server,
      'one is as it is in the list'
    )

    const ports = await neutron.listPorts({ deviceId: first })
    t.equal(ports.length, 1)
    const port = ports[0]!
    t.match(port, { deviceId: first, deviceOwner: 'compute:nova', projectId: await dev.projectId() })
    t.same([...port.addresses].sort(), server.addresses.map(({ address }) => address).sort(), 'Neutron and Nova agree')
    const fixed = port.addresses.find((address) => !address.includes(':'))!

    await dev.request('compute', 'PUT', `/servers/${first}`, { body: { server: { name: `${tag}-renamed` } } })
    t.equal((await nova.getServer(first))?.name, `${tag}-renamed`)

    await dev.request('compute', 'POST', `/servers/${first}/action`, { body: { 'os-stop': null } })
    await until(
      'SHUTOFF',
      () => nova.getServer(first),
      (one) => one?.status === 'SHUTOFF'
    )
    const again = await refusal(
      dev.request('compute', 'POST', `/servers/${first}/action`, { body: { 'os-stop': null } })
    )
    t.match(again, { status: 409, code: 'conflictingRequest', retryable: false }, 'stopping twice is a conflict')

    const fip = await floatingIp()
    t.match(await neutron.getFloatingIp(fip), {
      id: fip,
      portId: null,
      fixedAddress: null,
      projectId: await dev.projectId(),
      dnsName: null
    })
    await setPort(fip, port.id)
    const associated = await until(
      'ACTIVE',
      () => neutron.getFloatingIp(fip),
      (one) => one?.status === 'ACTIVE'
    )
    t.match(associated, { portId: port.id, fixedAddress: fixed })
    t.match(associated!.address, /^203\.0\.113\.\d+$/)
    t.same(
      await neutron.listFloatingIps({ portIds: [port.id, randomUUID()] }),
      [associated],
      'one is as it is in the list'
    )
    t.ok(
      (await neutron.listFloatingIps({ projectId: await dev.projectId(), pageSize: 1 })).some(({ id }) => id === fip)
    )
    t.same(await neutron.listFloatingIps({ portIds: [] }), [])

    const beside = await refusal(floatingIp(port.id))
    t.match(beside, { status: 409, code: 'FloatingIPPortAlreadyAssociated' }, 'one floating IP for one fixed address')
    await setPort(fip, null)
    t.match(await neutron.getFloatingIp(fip), { portId: null, fixedAddress: null })
    const born = await floatingIp(port.id)
    t.match(await neutron.getFloatingIp(born), { portId: port.id, fixedAddress: fixed }, 'created with its port')
    t.match(await refusal(floatingIp(randomUUID())), { status: 404, code: 'PortNotFound' })
    t.match(
      await refusal(
        floatingIp((await neutron.listPorts({ deviceId: second }))[0]!.id).then(() => setPort(fip, randomUUID()))
      ),
      {
        status: 404,
        code: 'PortNotFound'
      }
    )

    await dev.request('compute', 'DELETE', `/servers/${first}`)
    await until(
      'gone',
      () => nova.getServer(first),
      (one) => one === null
    )
    t.same(await neutron.listPorts({ deviceId: first }), [], 'its port is gone with it')
    t.equal(await neutron.getPort(port.id), null)
    t.match(await neutron.getFloatingIp(born), { portId: null, fixedAddress: null }, 'its floating IP lost it silently')
    t.match(await refusal(dev.request('compute', 'DELETE', `/servers/${first}`)), { status: 404, code: 'itemNotFound' })

    await dev.request('network', 'DELETE', `/floatingips/${born}`)
    t.equal(await neutron.getFloatingIp(born), null)
    await dev.request('compute', 'DELETE', `/servers/${second}`)
    await until(
      'gone',
      () => nova.getServer(second),
      (one) => one === null
    )
  })

  const settled = (zone: Zone, id: string) =>
    until(
      'ACTIVE',
      () => designate.getRecordset(zone.id, id),
      (one) => one?.status === 'ACTIVE' && one.action === 'NONE'
    ) as Promise<Recordset>

  await t.test('zones and record sets', async (t) => {
    const zones = await designate.listZones({ pageSize: 2 })
    const names = zones.map(({ name }) => name)
    for (const name of ['cloud.lab.', 'public.lab.', '10.in-addr.arpa.', '0.1.0.0.0.0.d.f.ip6.arpa.'])
      t.ok(names.includes(name), name)
    t.same(await designate.listZones({ name: 'no-such-zone.lab.' }), [])
    t.same(
      (await designate.listZones({ name: 'cloud.lab.' })).map(({ name }) => name),
      ['cloud.lab.']
    )
    t.match(zones[0], { status: 'ACTIVE', type: 'PRIMARY', projectId: await infra.projectId() })
    t.same(await devDns.listZones({ name: 'cloud.lab.' }), [], "another project's is not to be seen")

    const made = await infra.request('dns', 'POST', '/zones', {
      body: { name: `${tag}.lab.`, email: 'hostmaster@cloud.lab' }
    })
    const zone = { id: (made.body as { id: string }).id } as Zone
    t.teardown(() => infra.request('dns', 'DELETE', `/zones/${zone.id}`).catch(() => {}))
    t.match(
      await refusal(
        infra.request('dns', 'POST', '/zones', { body: { name: `${tag}.lab.`, email: 'hostmaster@cloud.lab' } })
      ),
      { status: 409, code: 'duplicate_zone' }
    )
    await until(
      'ACTIVE',
      () => designate.listZones({ name: `${tag}.lab.` }),
      ([one]) => one?.status === 'ACTIVE'
    )
    const own = await designate.listRecordsets(zone.id)
    t.same(own.map(({ type }) => type).sort(), ['NS', 'SOA'], 'a zone begins with two record sets')
    t.equal(await designate.countRecordsets(zone.id), 2)
    t.match(await refusal(designate.getRecordset(zone.id, 'no-uuid')), { status: 400, code: 'invalid_uuid' })

    const name = `web.${tag}.lab.`
    const call = { requestId: `req-${randomUUID()}` }
    const { value: web, requestId } = await designate.createRecordset(
      zone.id,
      { name, type: 'A', records: ['10.0.0.2', '10.0.0.1'], ttl: 60, description: `owner=${tag}` },
      call
    )
    t.match(requestId, /^req-/)
    t.match(web, {
      zoneId: zone.id,
      name,
      type: 'A',
      ttl: 60,
      status: 'PENDING',
      action: 'CREATE',
      description: `owner=${tag}`,
      version: 1
    })
    t.same([...web.records].sort(), ['10.0.0.1', '10.0.0.2'])
    t.match(await settled(zone, web.id), { ttl: 60, version: 1, updatedAt: null }, 'becoming ACTIVE is no new version')

    await t.test('refusals', async (t) => {
      const refused = (
        wanted: Partial<{ name: string; type: string; records: string[]; description: string; ttl: number }>
      ) =>
        refusal(
          designate.createRecordset(zone.id, { name: `other.${tag}.lab.`, type: 'A', records: ['10.0.0.9'], ...wanted })
        )
      t.match(await refused({ name }), { status: 409, code: 'duplicate_recordset', retryable: false })
      t.match(
        await refused({ name: `WEB.${tag}.lab.` }),
        { status: 409, code: 'duplicate_recordset' },
        'capitals make no other name'
      )
      t.match(
        await refused({ name: name.toUpperCase() }),
        { status: 400, code: 'invalid_recordset_location' },
        'but the zone is compared exactly'
      )
      t.match(await refused({ name, type: 'CNAME', records: ['x.lab.'] }), {
        status: 400,
        code: 'invalid_recordset_location'
      })
      t.match(await refused({ name: `${tag}.lab.`, type: 'CNAME', records: ['x.lab.'] }), {
        status: 400,
        code: 'invalid_recordset_location'
      })
      t.match(await refused({ name: 'elsewhere.example.' }), { status: 400, code: 'invalid_recordset_location' })
      t.match(await refused({ records: ['not-an-address'] }), { status: 400, code: 'invalid_object' })
      t.match(
        await refused({ description: 'x'.repeat(161) }),
        { status: 400, code: 'invalid_object' },
        'descriptions have 160 characters'
      )
      t.match(await refused({ name: `no-dot.${tag}.lab` }), { status: 400, code: 'invalid_object' })
      t.match(await refused({ type: 'SOA', records: ['a. b. 1 2 3 4 5'] }), { status: 400 })
      const many = Array.from({ length: 21 }, (_, n) => `10.0.1.${n}`)
      t.match(await refused({ records: many }), { status: 413, code: 'over_quota', retryable: false })
      t.match(await refusal(designate.updateRecordset(zone.id, randomUUID(), { records: [] })), {
        status: 404,
        code: 'recordset_not_found'
      })
      t.match(
        await refusal(designate.getRecordset(randomUUID(), web.id)),
        { status: 404, code: 'zone_not_found' },
        'an unknown zone proves nothing'
      )
      t.equal(await devDns.getRecordset(zone.id, web.id), null, "another project's looks like one that is gone")
      t.equal(await designate.getRecordset(zone.id, randomUUID()), null)
      t.match(
        await refused({ type: 'TXT', records: ['two words'] }),
        { status: 400, code: 'invalid_object' },
        'quotes are ours to write'
      )
      const ns = own.find(({ type }) => type === 'NS')!
      t.match(await refusal(designate.updateRecordset(zone.id, ns.id, { records: ['ns.example.'] })), {
        status: 400,
        code: 'bad_request'
      })
    })

    await t.test('PUT replaces the whole set and leaves out what it does not name', async (t) => {
      const { value } = await designate.updateRecordset(zone.id, web.id, { records: ['10.0.0.3'] })
      t.match(value, {
        id: web.id,
        records: ['10.0.0.3'],
        ttl: 60,
        description: `owner=${tag}`,
        status: 'PENDING',
        action: 'UPDATE'
      })
      t.ok(value.version > web.version)
      const after = await settled(zone, web.id)
      t.match(after, { records: ['10.0.0.3'], description: `owner=${tag}` })
      const { value: described } = await designate.updateRecordset(zone.id, web.id, { description: null, ttl: null })
      t.match(described, { records: ['10.0.0.3'], ttl: null, description: null })
      await designate.updateRecordset(zone.id, web.id, { description: `owner=${tag}` })
      t.match(await settled(zone, web.id), { records: ['10.0.0.3'], description: `owner=${tag}` })
      const { value: empty } = await designate.updateRecordset(zone.id, web.id, { records: [] })
      t.match(empty, { status: 'ACTIVE', action: 'NONE' }, 'a set without records exists, and waits for nothing')
      t.same(empty.records, [])
    })

    await t.test('filters and pages', async (t) => {
      for (const n of [1, 2, 3]) {
        await designate.createRecordset(zone.id, {
          name: `n${n}.${tag}.lab.`,
          type: 'TXT',
          records: [`"${n}"`],
          description: `Note ${n}`
        })
      }
      const named = (list: Recordset[]) => list.map((one) => one.name.split('.')[0]).sort()
      t.same(
        named(await designate.listRecordsets(zone.id, { description: `owner=${tag}` })),
        ['web'],
        'by exact description'
      )
      t.same(named(await designate.listRecordsets(zone.id, { description: 'owner=*' })), ['web'], 'by its beginning')
      t.same(named(await designate.listRecordsets(zone.id, { description: 'Note*' })), ['n1', 'n2', 'n3'])
      t.same(named(await designate.listRecordsets(zone.id, { type: 'TXT', name: 'n*' })), ['n1', 'n2', 'n3'])
      t.same(await designate.listRecordsets(zone.id, { name: 'nobody.lab.' }), [])
      const whole = await designate.listRecordsets(zone.id)
      t.equal(whole.length, 6)
      for (const pageSize of [1, 2, 3, 6]) {
        const paged = await designate.listRecordsets(zone.id, { pageSize })
        t.same(
          paged.map(({ id }) => id),
          whole.map(({ id }) => id),
          `pages of ${pageSize}`
        )
      }
      t.equal(await designate.countRecordsets(zone.id), 6)
      const hidden = await infra.request('dns', 'GET', `/zones/${zone.id}/recordsets`, {
        headers: { 'openstack-dns-hide-counts': 'true' }
      })
      t.notOk(Object.hasOwn((hidden.body as { metadata: object }).metadata, 'total_count'), 'counts can be hidden')
      t.match(
        await refusal(infra.request('dns', 'GET', `/zones/${zone.id}/recordsets`, { query: { colour: 'red' } })),
        { status: 400 }
      )
    })

    await t.test('a deleted record set is gone at once, and its name is free', async (t) => {
      const { value } = await designate.deleteRecordset(zone.id, web.id)
      t.match(value, { id: web.id, status: 'ACTIVE', action: 'NONE' }, 'without records there was nothing to take away')
      t.equal(await designate.getRecordset(zone.id, web.id), null)
      t.match(await refusal(designate.deleteRecordset(zone.id, web.id)), { status: 404, code: 'recordset_not_found' })
      const { value: alias } = await designate.createRecordset(zone.id, {
        name,
        type: 'CNAME',
        records: [`n1.${tag}.lab.`]
      })
      t.match(await refusal(designate.createRecordset(zone.id, { name, type: 'A', records: ['10.0.0.1'] })), {
        status: 400,
        code: 'invalid_recordset_location'
      })
      const { value: mixed } = await designate.createRecordset(zone.id, {
        name: `MiXed.${tag}.lab.`,
        type: 'A',
        records: ['10.0.0.1']
      })
      t.equal(mixed.name, `MiXed.${tag}.lab.`, 'names keep their case')
      t.equal(
        (await designate.listRecordsets(zone.id, { name: `mixed.${tag}.lab.` })).length,
        1,
        'and are found without it'
      )
      t.match(await settled(zone, alias.id), { type: 'CNAME', records: [`n1.${tag}.lab.`] })
      const { value: gone } = await designate.deleteRecordset(zone.id, alias.id)
      t.match(gone, { id: alias.id, status: 'PENDING', action: 'DELETE' })
      t.equal(await designate.getRecordset(zone.id, alias.id), null)
    })

    t.match(await designate.quota(), { recordsetsPerZone: 500, recordsPerZone: 500, recordsPerRecordset: 20 })
  })

  await t.test('PTR records of floating IPs', async (t) => {
    const fip = await floatingIp()
    const { address } = (await neutron.getFloatingIp(fip))!
    const name = `${address.split('.').reverse().join('.')}.in-addr.arpa.`
    t.match(await devDns.getFloatingIpPtr(fip), {
      id: `RegionOne:${fip}`,
      fipId: fip,
      address,
      ptrdname: null,
      status: 'INACTIVE'
    })
    t.match(await refusal(devDns.setFloatingIpPtr(fip, null)), { status: 404, code: 'not_found' }, 'nothing to unset')

    const set = await devDns.setFloatingIpPtr(fip, {
      ptrdname: `${tag}.cloud.lab.`,
      description: `owner=${tag}`,
      ttl: 120
    })
    t.match(set.value, {
      fipId: fip,
      ptrdname: `${tag}.cloud.lab.`,
      description: `owner=${tag}`,
      ttl: 120,
      status: 'PENDING'
    })
    const active = await until(
      'ACTIVE',
      () => devDns.getFloatingIpPtr(fip),
      (one) => one?.status === 'ACTIVE'
    )
    t.match(active, { ptrdname: `${tag}.cloud.lab.`, description: `owner=${tag}`, address, action: 'NONE' })
    t.match(
      (await devDns.listFloatingIpPtrs()).find(({ fipId }) => fipId === fip),
      { ptrdname: `${tag}.cloud.lab.` }
    )
    const moved = await devDns.setFloatingIpPtr(fip, { ptrdname: `${tag}-2.cloud.lab.` })
    t.match(moved.value, { ptrdname: `${tag}-2.cloud.lab.`, description: null }, 'setting again replaces all of it')

    t.equal(await designate.getFloatingIpPtr(fip), null, 'a floating IP of another project has none')
    t.match(await refusal(designate.setFloatingIpPtr(fip, { ptrdname: 'x.cloud.lab.' })), {
      status: 404,
      code: 'not_found'
    })

    const everywhere = async () => {
      const answer = await admin.request('dns', 'GET', '/recordsets', {
        query: { name },
        headers: { 'x-auth-all-projects': 'true' }
      })
      return (answer.body as { recordsets: { records: string[] }[] }).recordsets.map(({ records }) => records[0])
    }
    t.same(await everywhere(), [`${tag}-2.cloud.lab.`])
    await dev.request('network', 'DELETE', `/floatingips/${fip}`)
    t.equal(await devDns.getFloatingIpPtr(fip), null)
    t.same(await everywhere(), [`${tag}-2.cloud.lab.`], 'the record outlives the floating IP')
    t.equal((await devDns.setFloatingIpPtr(fip, null)).value, null)
    t.same(await everywhere(), [], 'and can still be unset by the id of the one that is gone')
  })
}

/** Passes calls on to Nova; the first one with a token that nobody knows. */
async function spoilingProxy(t: Test, cloud: Cloud): Promise<{ url: string; calls: () => number }> {
  let calls = 0
  const server = createServer(async (request, response) => {
    calls += 1
    const spoil = calls === 1 ? { headers: { 'x-auth-token': 'gAAAAAinvalid' } } : {}
    const url = new URL(request.url ?? '/', 'http://proxy')
    const answer = await cloud
      .request('compute', 'GET', url.pathname.replace('/v2.1', ''), {
        query: Object.fromEntries(url.searchParams),
        ...spoil
      })
      .catch((error: OpenStackError) => ({ status: error.status ?? 500, body: { error: { message: error.message } } }))
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls: () => calls }
}
