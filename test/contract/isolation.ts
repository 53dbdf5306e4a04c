import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Method } from '../../src/clients/openstack/answers.ts'
import type { ServiceType } from '../../src/clients/openstack/catalogue.ts'
import type { Cloud } from '../../src/clients/openstack/cloud.ts'
import { loadIsolationMatrix } from '../../src/policies/isolation/questions/matrix.ts'
import type { MatrixParams } from '../../src/policies/isolation/questions/matrix-params.ts'
import { loadIsolationSubject } from '../../src/policies/isolation/questions/subject.ts'
import type { Subject, SubjectKind } from '../../src/policies/isolation/questions/subjects.ts'
import { loadIsolationWorld } from '../../src/policies/isolation/questions/world.ts'
import type { Tools } from '../../src/policies/shared/tools.ts'

/** What the suite needs: questions are asked through the entry `cloud`, things are made by its administrator. */
export interface IsolationWorld {
  readonly tools: Tools
  /** The entry that sees all projects. */
  readonly cloud: string
  readonly admin: Cloud
  /** An ordinary user in the project of the cluster `dev`, and one of `prod`. */
  readonly devUser: Cloud
  readonly prodUser: Cloud
  /** Their names, in the domain of the projects. */
  readonly devUserName: string
  readonly prodUserName: string
}

type Made = Record<string, Record<string, unknown> & { readonly id: string }>

/** What the questions of isolation rely on, for the real services and for the simulated ones. Leaves nothing behind. */
export async function isolationContract(t: Test, world: IsolationWorld): Promise<void> {
  const { tools, cloud, admin, devUser, prodUser } = world
  const tag = `isolation-${randomUUID().slice(0, 8)}`
  const [dev, prod] = await Promise.all([devUser.projectId(), prodUser.projectId()])
  const { network, compute, identity, images, storage, has } = await tools.isolation(cloud)
  const params: MatrixParams = {
    cloud,
    clusters: {
      dev: { networks: null, volumeTypes: [], admins: [world.devUserName] },
      prod: { networks: null, volumeTypes: [], admins: ['nobody-of-that-name'] }
    },
    shared: { networks: ['public'], volumeTypes: [], images: ['tiny'] },
    operators: ['admin@Default']
  }
  const subject = (kind: SubjectKind, id: string) => loadIsolationSubject({ cloud, kind, id }, tools)
  const undo: (() => Promise<unknown>)[] = []
  t.teardown(async () => {
    for (const one of undo.reverse()) await one().catch(() => {})
  })

  async function send(by: Cloud, service: ServiceType, method: Method, path: string, body?: unknown) {
    return (await by.request(service, method, path, body === undefined ? {} : { body })).body as Made
  }

  /** Makes something whose address is `<path>/<id>`, and unmakes it at the end. */
  async function make(by: Cloud, service: ServiceType, path: string, key: string, body: object) {
    const made = (await send(by, service, 'POST', path, { [key]: body }))[key]!
    undo.push(() => by.request(service, 'DELETE', `${path}/${made.id}`))
    return made
  }

  const net = await make(admin, 'network', '/networks', 'network', { name: `${tag}-net`, project_id: dev })
  const subnet = await make(admin, 'network', '/subnets', 'subnet', {
    network_id: net.id,
    project_id: dev,
    ip_version: 4,
    cidr: '10.99.7.0/24'
  })
  const share = { object_type: 'network', object_id: net.id, action: 'access_as_shared', target_tenant: prod }
  const policy = await make(devUser, 'network', '/rbac-policies', 'rbac_policy', share)
  const router = await make(admin, 'network', '/routers', 'router', { name: `${tag}-router`, project_id: prod })
  const face = { subnet_id: subnet.id }
  const added = (await send(
    admin,
    'network',
    'PUT',
    `/routers/${router.id}/add_router_interface`,
    face
  )) as unknown as {
    port_id: string
  }
  undo.push(() => admin.request('network', 'PUT', `/routers/${router.id}/remove_router_interface`, { body: face }))
  const foreign = await make(prodUser, 'network', '/security-groups', 'security_group', { name: `${tag}-prod` })
  const group = await make(devUser, 'network', '/security-groups', 'security_group', { name: `${tag}-dev` })
  // Neutron lets an ordinary user name another project's group only where that is shared with them.
  const rule = await make(admin, 'network', '/security-group-rules', 'security_group_rule', {
    ...{ security_group_id: group.id, direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp' },
    ...{ port_range_min: 22, port_range_max: 23, remote_group_id: foreign.id }
  })
  const port = await make(prodUser, 'network', '/ports', 'port', {
    ...{ network_id: net.id, name: `${tag}-port`, security_groups: [foreign.id] }
  })
  // An ordinary user may not set pairs on a network that is only shared with them.
  const pairs = { port: { allowed_address_pairs: [{ ip_address: '0.0.0.0/0' }] } }
  await send(admin, 'network', 'PUT', `/ports/${port.id}`, pairs)

  await t.test('networks and what others have on them', async (t) => {
    t.match(await subject('network', net.id), { projectId: dev, shared: false, cidrs: ['10.99.7.0/24'] })
    t.match(await subject('rbac-policy', policy.id), {
      ...{ projectId: dev, objectType: 'network', objectId: net.id, action: 'access_as_shared', target: prod },
      ...{ objectName: `${tag}-net`, objectProjectId: dev }
    })
    t.match(await subject('router', router.id), {
      projectId: prod,
      externalNetworkId: null,
      interfaces: [{ portId: added.port_id, networkId: net.id, networkProjectId: dev, addresses: ['10.99.7.1'] }]
    })
    t.match(await subject('port', port.id), {
      ...{ projectId: prod, networkId: net.id, networkProjectId: dev, deviceProjectId: null, deviceOwner: '' },
      allowedAddressPairs: [{ ip: '0.0.0.0/0' }],
      securityGroups: [foreign.id]
    })
    const found = (await subject('security-group', group.id)) as Extract<Subject, { kind: 'security-group' }>
    t.match(
      found.rules.find((one) => one.id === rule.id),
      { protocol: 'tcp', portMin: 22, portMax: 23, remoteGroupId: foreign.id, remoteGroupProjectId: prod }
    )
  })

  await t.test('a list of ids is asked for in parts, and in pages', async (t) => {
    const ids = [net.id, ...Array.from({ length: 150 }, () => randomUUID())]
    t.same(
      (await network.listNetworks({ by: { id: ids } })).map((one) => one.id),
      [net.id]
    )
    t.same(await network.listNetworks({ by: { id: [] } }), [], 'no ids are nothing, and not everything')
    const paged = await network.listPorts({ by: { project_id: [dev, prod] }, pageSize: 1 })
    const whole = await network.listPorts({ by: { project_id: [dev, prod] } })
    t.same(paged.map((one) => one.id).sort(), whole.map((one) => one.id).sort())
    t.ok(whole.some((one) => one.id === port.id))
  })

  const image = await send(devUser, 'image', 'POST', '/images', {
    ...{ name: `${tag}-image`, disk_format: 'raw', container_format: 'bare', visibility: 'shared' },
    ...{ image_type: 'snapshot', os_hidden: true }
  } as object)
  const imageId = (image as unknown as { id: string }).id
  undo.push(() => devUser.request('image', 'DELETE', `/images/${imageId}`))
  await send(devUser, 'image', 'POST', `/images/${imageId}/members`, { member: prod })

  await t.test('an image is found though it is hidden, with those whom it is shared with', async (t) => {
    const expected = {
      projectId: dev,
      visibility: 'shared',
      members: [{ projectId: prod, status: 'pending' }],
      snapshot: true
    }
    t.match(await subject('image', imageId), expected)
    t.ok((await images.listImages(dev, { pageSize: 1 })).some((one) => one.id === imageId))
    const [tiny] = await images.findImages('tiny')
    t.same(await images.listMembers(tiny!.id), [], 'one that is not shared has none')
  })

  const userId = async (name: string) => (await identity.listUsers({ name }))[0]!.id
  const [devUserId, prodUserId] = [await userId(world.devUserName), await userId(world.prodUserName)]
  const roles = new Map((await identity.listRoles()).map((role) => [role.name, role.id]))
  const people = await make(admin, 'identity', '/groups', 'group', { name: `${tag}-group`, domain_id: 'default' })
  await send(admin, 'identity', 'PUT', `/groups/${people.id}/users/${devUserId}`)
  await send(admin, 'identity', 'PUT', `/projects/${prod}/groups/${people.id}/roles/${roles.get('member')}`)
  const inherit = `/OS-INHERIT/domains/default/groups/${people.id}/roles/${roles.get('reader')}/inherited_to_projects`
  await send(admin, 'identity', 'PUT', inherit)
  await send(admin, 'identity', 'PUT', `/system/groups/${people.id}/roles/${roles.get('reader')}`)
  const credentialsOf = `/users/${devUserId}/application_credentials`
  const credential = await make(devUser, 'identity', credentialsOf, 'application_credential', {
    ...{ name: tag, unrestricted: true, roles: [{ name: 'member' }] }
  })
  // Keystone keeps deleted trusts: the same one again is a conflict.
  const expiresAt = new Date(Date.UTC(2099, 0, 1) + Math.floor(Math.random() * 1e9) * 1000).toISOString()
  const trust = await make(devUser, 'identity', '/OS-TRUST/trusts', 'trust', {
    ...{ trustor_user_id: devUserId, trustee_user_id: prodUserId, project_id: dev },
    ...{ impersonation: true, roles: [{ name: 'member' }], expires_at: expiresAt.replace('Z', '000Z') }
  })

  await t.test('a person has roles directly, by group, inherited, and in the system', async (t) => {
    const person = (await subject('person', devUserId)) as Extract<Subject, { kind: 'person' }>
    t.match(person, { federated: false, enabled: true })
    const had = person.assignments.map(({ role, projectId, system, groupName, inheritedFrom }) => ({
      ...{ role, projectId, system, groupName },
      from: inheritedFrom?.kind ?? null
    }))
    const groupName = `${tag}-group`
    for (const expected of [
      { role: 'member', projectId: dev, system: false, groupName: null, from: null },
      { role: 'member', projectId: prod, system: false, groupName, from: null },
      { role: 'reader', projectId: prod, system: false, groupName, from: 'domain' },
      { role: 'reader', projectId: dev, system: false, groupName, from: 'domain' },
      { role: 'reader', projectId: null, system: true, groupName, from: null }
    ])
      t.ok(
        had.some((one) => JSON.stringify(one) === JSON.stringify(expected)),
        JSON.stringify(expected)
      )
    const member = person.assignments.find((one) => one.role === 'member')
    t.same(member?.implies, ['reader'], 'what comes along is said with what was given')
    t.match(await subject('group', people.id), { members: [devUserId], domainId: 'default' })
  })

  await t.test('credentials and trusts of others', async (t) => {
    t.match(await subject('application-credential', `${devUserId}/${credential.id}`), {
      ...{
        id: `${devUserId}/${credential.id}`,
        projectId: dev,
        unrestricted: true,
        expiresAt: null,
        roles: ['member']
      },
      userName: world.devUserName
    })
    t.match(await subject('trust', trust.id), {
      ...{ projectId: dev, trustorId: devUserId, impersonation: true, roles: ['member'] },
      expiresAt
    })
  })

  const [devNet] = await network.listNetworks({ by: { name: 'dev-net', project_id: dev } })
  const [pool] = await network.listNetworks({ by: { name: 'public' } })
  const { flavors } = (await devUser.request('compute', 'GET', '/flavors')).body as {
    flavors: { id: string; name: string }[]
  }
  const flavorRef = flavors.find((one) => one.name === 'm1.tiny')?.id
  const [tiny] = await images.findImages('tiny')
  const server = await make(devUser, 'compute', '/servers', 'server', {
    ...{
      name: `${tag}-server`,
      flavorRef,
      imageRef: tiny!.id,
      networks: [{ uuid: devNet!.id }],
      metadata: { role: 'node' }
    }
  })
  const nic = await until(async () => (await network.listPorts({ by: { device_id: server.id } }))[0])
  const floating = { floating_network_id: pool!.id, port_id: nic.id }
  const floatingIp = await make(devUser, 'network', '/floatingips', 'floatingip', floating)

  await t.test('a server, its port, and the floating IP on it', async (t) => {
    t.match(await subject('server', server.id), {
      ...{ projectId: dev, userId: devUserId, flavor: 'm1.tiny', imageId: tiny!.id, imageName: 'tiny', keyName: null },
      ...{ imageOwner: tiny!.projectId, locked: false, metadata: { role: 'node' } },
      ports: [{ id: nic.id, networkId: devNet!.id, networkProjectId: dev }]
    })
    t.match(await subject('port', nic.id), {
      ...{ deviceId: server.id, deviceOwner: 'compute:nova', deviceProjectId: dev, deviceName: `${tag}-server` },
      ...{ networkExternal: false, portSecurityEnabled: true }
    })
    t.match(await subject('floating-ip', floatingIp.id), {
      ...{ projectId: dev, networkId: pool!.id, networkName: 'public', portId: nic.id, portProjectId: dev },
      ...{ serverId: server.id, serverName: `${tag}-server`, fixedAddress: nic.addresses[0] }
    })
  })

  const theirs = await make(admin, 'network', '/security-groups', 'security_group', { name: `${tag}-theirs` })
  await make(admin, 'network', '/rbac-policies', 'rbac_policy', {
    ...{ object_type: 'security_group', object_id: theirs.id, action: 'access_as_shared', target_tenant: dev }
  })
  const guarded = await make(devUser, 'network', '/ports', 'port', {
    ...{ name: `${tag}-guarded`, network_id: devNet!.id, security_groups: [theirs.id] }
  })
  const inside = await network.getPort(guarded.id)
  const outward = await make(admin, 'network', '/floatingips', 'floatingip', { floating_network_id: pool!.id })
  const forwardings = `/floatingips/${outward.id}/port_forwardings`
  const forwarding = await make(admin, 'network', forwardings, 'port_forwarding', {
    ...{ protocol: 'tcp', external_port: 2222, internal_port: 22, internal_port_id: guarded.id },
    internal_ip_address: inside!.addresses.find((one) => !one.includes(':'))
  })

  await t.test('a group of others on a port, and an address of others that forwards to it', async (t) => {
    const adminProject = await admin.projectId()
    t.match(await subject('port', guarded.id), {
      ...{ projectId: dev, securityGroups: [theirs.id] },
      groupsOfOthers: [{ id: theirs.id, name: `${tag}-theirs`, projectId: adminProject }]
    })
    t.match(await subject('floating-ip', outward.id), {
      ...{ projectId: adminProject, portId: null, portProjectId: null, fixedAddress: null },
      forwardings: [
        {
          ...{ id: forwarding.id, protocol: 'tcp', externalPort: 2222, internalPort: 22 },
          ...{ portId: guarded.id, portProjectId: dev, serverId: null }
        }
      ]
    })
    const both = admin.request('network', 'PUT', `/floatingips/${outward.id}`, {
      body: { floatingip: { port_id: nic.id } }
    })
    // An address has forwardings or a port, never both.
    await t.rejects(both, { name: 'OpenStackError', status: 409 })
  })

  await t.test('the matrix: what names stand for, and what nobody has', async (t) => {
    const matrix = await loadIsolationMatrix(params, tools, 0)
    const [first, second] = matrix.clusters
    t.match(first, { name: 'dev', projectId: dev, domainId: 'default', admins: [devUserId] })
    t.ok(first!.networkIds.includes(net.id), 'without names all that the project owns')
    t.notOk(first!.ranges.includes('10.99.7.0/24'), 'whose ranges count for nothing: its people make them')
    t.ok(first!.claimed!.some(({ cidr, networkId }) => cidr === '10.99.7.0/24' && networkId === net.id))
    t.same(second!.admins, [])
    t.notOk(second!.networkIds.includes(net.id))
    t.same(matrix.unresolved, [])
    t.match(matrix.doubts, [
      { kind: 'user', ids: null, why: /^clusters.prod.admins: no user is called nobody-of-that-name:/ }
    ])
    t.equal(matrix.shared.networkIds.length, 1)
    t.equal(matrix.shared.imageIds.length, 1)
    t.equal(matrix.operators.length, 1)
  })

  await t.test('the sweep and the lanes see the very same', async (t) => {
    const answer = await loadIsolationWorld({ policy: 'isolation', ...params }, tools)
    const seen = new Map(answer.subjects.map((one) => [`${one.kind} ${one.id}`, one]))
    t.equal(seen.size, answer.subjects.length, 'each once')
    const made: [SubjectKind, string][] = [
      ['network', net.id],
      ['rbac-policy', policy.id],
      ['router', router.id],
      ['port', port.id],
      ['port', added.port_id],
      ['security-group', group.id],
      ['security-group', foreign.id],
      ['image', imageId],
      ['person', devUserId],
      ['application-credential', `${devUserId}/${credential.id}`],
      ['trust', trust.id],
      ['project', dev],
      ['server', server.id],
      ['floating-ip', floatingIp.id],
      ['port', guarded.id],
      ['floating-ip', outward.id]
    ]
    for (const [kind, id] of made) t.ok(seen.has(`${kind} ${id}`), `${kind} is there`)
    for (const one of answer.subjects) t.same(await subject(one.kind, one.id), one, `${one.kind} ${one.name}`)
    const owners = new Set(answer.subjects.flatMap((one) => (one.kind === 'network' ? one.projectId : [])))
    t.same([...owners].sort(), [dev, prod].sort(), 'networks of others are not read')
  })

  await t.test('only a 404 for the very id is "gone"', async (t) => {
    const uuid = randomUUID()
    const hex = uuid.replaceAll('-', '')
    const kinds: [SubjectKind, string][] = [
      ...(
        ['network', 'rbac-policy', 'router', 'port', 'security-group', 'floating-ip', 'server', 'image'] as const
      ).map((kind): [SubjectKind, string] => [kind, uuid]),
      ...(['person', 'group', 'project', 'trust', 'mapping'] as const).map((kind): [SubjectKind, string] => [
        kind,
        hex
      ]),
      ['application-credential', `${hex}/${hex}`],
      ['application-credential', `${devUserId}/${hex}`]
    ]
    if (await has('block-storage')) kinds.push(['volume', uuid], ['volume-type', uuid])
    for (const [kind, id] of kinds) t.equal(await subject(kind, id), null, kind)
    t.equal(await compute.getServer(uuid), null)
  })

  if (await has('block-storage')) {
    const type = await make(admin, 'block-storage', '/types', 'volume_type', {
      ...{ name: tag, 'os-volume-type-access:is_public': false, extra_specs: { multiattach: '<is> True' } }
    })
    await send(admin, 'block-storage', 'POST', `/types/${type.id}/action`, { addProjectAccess: { project: prod } })
    // Undone after the volume's delete, and before its type's.
    let volumeId = ''
    undo.push(() => gone(() => storage.getVolume(volumeId)))
    const volume = await make(prodUser, 'block-storage', '/volumes', 'volume', { size: 1, name: tag, volume_type: tag })
    volumeId = volume.id
    await t.test('a volume and its type', async (t) => {
      t.match(await subject('volume-type', type.id), {
        ...{ name: tag, public: false, encrypted: false, multiattach: true, access: [prod] }
      })
      t.match(await subject('volume', volume.id), { projectId: prod, typeName: tag, encrypted: false })
      t.ok((await storage.listVolumes(prod)).some((one) => one.id === volume.id))
      t.ok(
        (await storage.listTypes({ pageSize: 1 })).some((one) => one.id === type.id),
        'private ones are listed'
      )
      const answer = await loadIsolationWorld({ policy: 'isolation', ...params }, tools)
      const names = answer.subjects.flatMap((one) =>
        one.kind === 'volume' || one.kind === 'volume-type' ? one.name : []
      )
      t.same(names.filter((name) => name === tag).length, 2)
    })
  }
}

/** What a service makes by itself a little later. */
async function until<Value>(read: () => Promise<Value | undefined>): Promise<Value> {
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((done) => setTimeout(done, 200))) {
    const found = await read()
    if (found !== undefined) return found
  }
  throw new Error('it did not come within a minute')
}

/** A type can be deleted only when its last volume is gone. */
async function gone(read: () => Promise<unknown>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((done) => setTimeout(done, 200)))
    if ((await read()) === null) return
}
