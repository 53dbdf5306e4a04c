import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Method } from '../../src/clients/openstack/answers.ts'
import type { ServiceType } from '../../src/clients/openstack/catalogue.ts'
import type { Cloud } from '../../src/clients/openstack/cloud.ts'
import type { Inverse, Result } from '../../src/core/action.ts'
import type { Json } from '../../src/core/query.ts'
import type { Tools } from '../../src/policies/shared/tools.ts'
import type { Performing } from '../policies/isolation/actions/performing.ts'

/** What the suite needs: actions work through the entry `cloud`, breaches are made by the projects' own users. */
export interface ChangesWorld {
  readonly tools: Tools
  readonly performing: Performing
  /** The entry that sees and may change all projects. */
  readonly cloud: string
  readonly admin: Cloud
  /** An ordinary user in the project of the cluster `dev`, and one of `prod`. */
  readonly devUser: Cloud
  readonly prodUser: Cloud
  readonly patienceMs: number
}

// biome-ignore lint/suspicious/noExplicitAny: raw answers of five services
type Raw = any

/** Every remedy on the services themselves: it closes, does nothing twice, and its inverse restores. Leaves nothing behind. */
export async function isolationChangesContract(t: Test, world: ChangesWorld): Promise<void> {
  const { tools, cloud, admin, devUser, prodUser, performing } = world
  const tag = `changes-${randomUUID().slice(0, 8)}`
  const [dev, prod] = await Promise.all([devUser.projectId(), prodUser.projectId()])
  const { network, compute, identity, images, storage, has } = await tools.isolation(cloud)
  const doors = await tools.remedies(cloud)
  const cleanup: (() => Promise<unknown>)[] = []
  t.teardown(async () => {
    for (const one of cleanup.reverse()) await one().catch(() => {})
  })

  async function send(by: Cloud, service: ServiceType, method: Method, path: string, body?: unknown): Promise<Raw> {
    const headers =
      service === 'image' && method === 'PATCH'
        ? { 'content-type': 'application/openstack-images-v2.1-json-patch' }
        : undefined
    const options = { ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}) }
    return (await by.request(service, method, path, options)).body
  }

  async function make(by: Cloud, service: ServiceType, path: string, key: string, body: object): Promise<Raw> {
    const answer = await send(by, service, 'POST', path, service === 'image' ? body : { [key]: body })
    const made = service === 'image' ? answer : answer[key]
    cleanup.push(() => admin.request(service, 'DELETE', `${path}/${made.id}`))
    return made
  }

  async function until<Value>(
    what: string,
    ask: () => Promise<Value>,
    good: (value: Value) => boolean
  ): Promise<Value> {
    for (const end = Date.now() + world.patienceMs; ; await delay(100)) {
      const value = await ask()
      if (good(value)) return value
      if (Date.now() > end) throw new Error(`still not ${what}: ${JSON.stringify(value)}`)
    }
  }

  const reason = (result: Result) => ('reason' in result ? result.reason : result.note)

  /**
   * Closes, closes again, takes back, takes back again; `seen` is what is read from the service in between. Answers what
   * it was before, closed, and after the undo.
   */
  async function closes<Value>(t: Test, type: string, input: Json, seen: () => Promise<Value>) {
    const before = await seen()
    const result = await performing.perform(type, input)
    t.equal(result.outcome, 'changed', `${type}: ${reason(result)}`)
    t.match(result, { requestId: /^req-/, applied: { value: null } }, 'the service’s own id of the call')
    const closed = await seen()
    const calls = performing.changes()
    const again = await performing.perform(type, input)
    t.equal(again.outcome, 'unchanged', `twice: ${reason(again)}`)
    t.equal(performing.changes(), calls, 'the second time calls nothing')
    const undone = await performing.undo(result)
    t.equal(undone.outcome, 'changed', `undone: ${reason(undone)}`)
    const after = await seen()
    const { inverse } = result as { inverse?: Inverse }
    const twice = await performing.perform(inverse!.type, inverse!.input)
    t.equal(twice.outcome, 'unchanged', `undone twice: ${reason(twice)}`)
    return { result, before, closed, after, undone }
  }

  const net = await make(devUser, 'network', '/networks', 'network', { name: `${tag}-net` })
  const subnet = await make(devUser, 'network', '/subnets', 'subnet', {
    ...{ network_id: net.id, ip_version: 4, cidr: '10.77.0.0/24', name: tag }
  })
  const group = await make(devUser, 'network', '/security-groups', 'security_group', { name: `${tag}-group` })

  await t.test('an RBAC policy: deleted, refused while it is used, made again', async (t) => {
    const share = { object_type: 'network', object_id: net.id, action: 'access_as_shared', target_tenant: prod }
    const policy = await make(devUser, 'network', '/rbac-policies', 'rbac_policy', share)
    const input = {
      ...{ cloud, id: policy.id, objectType: 'network', objectId: net.id, action: 'access_as_shared' },
      ...{ target: prod, projectId: dev }
    }
    const port = await make(prodUser, 'network', '/ports', 'port', { network_id: net.id })
    const refused = await performing.perform('rbac-policy-delete', input)
    t.equal(refused.outcome, 'failed', 'a share in use is not ended, and not tried for ever')
    t.match(reason(refused), new RegExp(`in use \\(RbacPolicyInUse\\): project ${prod} still has ports`))
    t.ok(await network.getRbacPolicy(policy.id), 'it is still there')
    await send(prodUser, 'network', 'DELETE', `/ports/${port.id}`)

    const other = await performing.perform('rbac-policy-delete', { ...input, target: '*' })
    t.equal(other.outcome, 'stale', reason(other))
    const seen = async () =>
      (await network.listRbacPolicies({ by: { object_id: net.id } })).map(({ id, ...rest }) => rest)
    const { before, closed, after } = await closes(t, 'rbac-policy-delete', input, seen)
    t.same(closed, [])
    t.same(after, before, 'the same share, under a new id')
    for (const { id } of await network.listRbacPolicies({ by: { object_id: net.id } }))
      await send(admin, 'network', 'DELETE', `/rbac-policies/${id}`)
  })

  await t.test('an RBAC policy of a security group that a port has', async (t) => {
    const share = {
      object_type: 'security_group',
      object_id: group.id,
      action: 'access_as_shared',
      target_tenant: prod
    }
    const policy = await make(devUser, 'network', '/rbac-policies', 'rbac_policy', share)
    const theirs = (await send(prodUser, 'network', 'GET', '/networks?name=prod-net')).networks[0]
    const wanted = { network_id: theirs.id, security_groups: [group.id] }
    const port = await make(prodUser, 'network', '/ports', 'port', wanted)
    const input = {
      ...{ cloud, id: policy.id, objectType: 'security_group', objectId: group.id, action: 'access_as_shared' },
      ...{ target: prod, projectId: dev }
    }
    const refused = await performing.perform('rbac-policy-delete', input)
    t.equal(refused.outcome, 'failed')
    t.match(reason(refused), /RbacPolicyInUse\): project .* still has ports with this group/)
    await send(prodUser, 'network', 'DELETE', `/ports/${port.id}`)
    t.equal((await performing.perform('rbac-policy-delete', input)).outcome, 'changed', 'once nobody uses it')
  })

  await t.test('a network that is shared with everybody', async (t) => {
    await send(admin, 'network', 'PUT', `/networks/${net.id}`, { network: { shared: true } })
    const port = await make(prodUser, 'network', '/ports', 'port', { network_id: net.id })
    const refused = await performing.perform('network-unshare', { cloud, id: net.id })
    t.equal(refused.outcome, 'failed', reason(refused))
    t.match(reason(refused), /stays shared: Neutron refuses while other projects have ports/)
    await send(prodUser, 'network', 'DELETE', `/ports/${port.id}`)
    const seen = async () => (await network.getNetwork(net.id))?.shared
    const { before, closed, after } = await closes(t, 'network-unshare', { cloud, id: net.id }, seen)
    t.same([before, closed, after], [true, false, true])
    await send(admin, 'network', 'PUT', `/networks/${net.id}`, { network: { shared: false } })
  })

  await t.test('a router that leads into a second network', async (t) => {
    const router = await make(devUser, 'network', '/routers', 'router', { name: `${tag}-router` })
    const wanted = { network_id: net.id, fixed_ips: [{ subnet_id: subnet.id, ip_address: '10.77.0.9' }] }
    const port = await make(devUser, 'network', '/ports', 'port', wanted)
    await send(devUser, 'network', 'PUT', `/routers/${router.id}/add_router_interface`, { port_id: port.id })
    const input = { cloud, routerId: router.id, portId: port.id, subnetId: subnet.id }
    const seen = async () =>
      (await network.listPorts({ by: { device_id: router.id } })).map(({ addresses, subnetIds, projectId }) => ({
        ...{ addresses, subnetIds, projectId }
      }))
    const { before, closed, after, undone } = await closes(t, 'router-interface-remove', input, seen)
    t.same(before, [{ addresses: ['10.77.0.9'], subnetIds: [subnet.id], projectId: dev }])
    t.same(closed, [])
    t.same(after, before, 'at the same address, of the same project')
    t.equal((await performing.undo(undone)).outcome, 'changed', 'and off again')
  })

  await t.test('a port without port security, and with address pairs', async (t) => {
    const port = await make(devUser, 'network', '/ports', 'port', { network_id: net.id, security_groups: [group.id] })
    const settings = async () => {
      const { portSecurityEnabled, allowedAddressPairs, securityGroups } = (await network.getPort(port.id))!
      return { portSecurityEnabled, pairs: allowedAddressPairs.map(({ ip }) => ip), securityGroups }
    }
    const pairs = [{ ip: '0.0.0.0/0', mac: null }]
    await send(devUser, 'network', 'PUT', `/ports/${port.id}`, {
      port: { allowed_address_pairs: [{ ip_address: '0.0.0.0/0' }] }
    })
    const set = { allowedAddressPairs: [] }
    const input = { cloud, id: port.id, set, expects: { allowedAddressPairs: pairs } }
    const first = await closes(t, 'port-update', input, settings)
    t.same(first.closed.pairs, [])
    t.same(first.after, first.before, 'the pairs are back')

    await send(devUser, 'network', 'PUT', `/ports/${port.id}`, {
      port: { port_security_enabled: false, security_groups: [], allowed_address_pairs: [] }
    })
    const on = { portSecurityEnabled: true, securityGroups: [group.id] }
    const off = { portSecurityEnabled: false, securityGroups: [] }
    const second = await closes(t, 'port-update', { cloud, id: port.id, set: on, expects: off }, settings)
    t.same(second.closed, { portSecurityEnabled: true, pairs: [], securityGroups: [group.id] })
    t.same(second.after, second.before, 'and off again, though groups stood in the way')

    const expects = { portSecurityEnabled: true }
    const stale = await performing.perform('port-update', { cloud, id: port.id, set: { securityGroups: [] }, expects })
    t.equal(stale.outcome, 'unchanged', 'without groups it is already')
    const other = await performing.perform('port-update', {
      cloud,
      id: port.id,
      set: { ...on, allowedAddressPairs: pairs },
      expects
    })
    t.equal(other.outcome, 'stale', reason(other))
  })

  await t.test('a rule that is open to the world', async (t) => {
    const wanted = { security_group_id: group.id, direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp' }
    const range = { port_range_min: 22, port_range_max: 22, remote_ip_prefix: '0.0.0.0/0', description: tag }
    const { id } = await make(devUser, 'network', '/security-group-rules', 'security_group_rule', {
      ...wanted,
      ...range
    })
    const rules = async () => (await network.getSecurityGroup(group.id))!.rules
    const rule = (await rules()).find((one) => one.id === id)!
    const input = { cloud, rule: { ...rule }, securityGroupId: group.id, projectId: dev }
    const seen = async () => (await rules()).map(({ id, createdAt, ...rest }) => JSON.stringify(rest)).sort()
    const { before, closed, after } = await closes(t, 'security-group-rule-delete', input, seen)
    t.equal(closed.length, before.length - 1, 'the others stay')
    t.same(after, before, 'the very rule, under a new id')
    const other = (await rules()).find((one) => one.remotePrefix === '0.0.0.0/0')!
    const wrong = { ...input, rule: { ...rule, id: other.id, portMin: 80 } }
    t.equal(
      (await performing.perform('security-group-rule-delete', wrong)).outcome,
      'stale',
      'another rule is left alone'
    )
  })

  const flavors = (await send(devUser, 'compute', 'GET', '/flavors')).flavors as Raw[]
  const flavorRef = flavors.find((one) => one.name === 'm1.tiny').id
  const imageRef = (await send(devUser, 'image', 'GET', '/images?name=tiny')).images[0].id
  const netNamed = async (name: string) =>
    (await send(devUser, 'network', 'GET', `/networks?name=${name}`)).networks[0].id as string
  const [devNet, devNet2] = [await netNamed('dev-net'), await netNamed('dev-net2')]
  const booted = (
    await send(devUser, 'compute', 'POST', '/servers', {
      server: { name: tag, flavorRef, imageRef, networks: [{ uuid: devNet }, { uuid: devNet2 }] }
    })
  ).server
  const serverId = booted.id as string
  cleanup.push(async () => {
    await admin.request('compute', 'DELETE', `/servers/${serverId}`)
    await until(
      'gone',
      () => compute.getServer(serverId),
      (one) => one === null
    )
  })
  await until(
    'ACTIVE',
    () => compute.getServer(serverId),
    (one) => one?.status === 'ACTIVE'
  )
  const portsOf = async () => {
    const ports = await network.listPorts({ by: { device_id: serverId } })
    return ports
      .map(({ networkId, addresses, mac, securityGroups, allowedAddressPairs, projectId }) => ({
        ...{ networkId, addresses: [...addresses].sort(), mac, securityGroups, pairs: allowedAddressPairs, projectId }
      }))
      .sort((one, other) => (one.networkId < other.networkId ? -1 : 1))
  }

  await t.test('a floating IP on a node', async (t) => {
    const [port] = await network.listPorts({ by: { device_id: serverId, network_id: devNet } })
    const outside = await netNamed('public')
    const wanted = { floating_network_id: outside, port_id: port!.id }
    const made = await make(devUser, 'network', '/floatingips', 'floatingip', wanted)
    const seen = async () => {
      const one = await network.getFloatingIp(made.id)
      return { portId: one?.portId, fixed: one?.fixedAddress, address: one?.address }
    }
    const input = { cloud, id: made.id, portId: port!.id }
    const { before, closed, after } = await closes(t, 'floating-ip-disassociate', input, seen)
    t.match(closed, { portId: null, address: before.address }, 'its project keeps it')
    t.same(after, before)
    const other = await performing.perform('floating-ip-disassociate', { ...input, portId: randomUUID() })
    t.equal(other.outcome, 'stale', reason(other))
    await send(devUser, 'network', 'DELETE', `/floatingips/${made.id}`)
  })

  await t.test('a server on a network where it must not be', async (t) => {
    const [port] = await network.listPorts({ by: { device_id: serverId, network_id: devNet2 } })
    const input = { cloud, serverId, portId: port!.id, networkId: devNet2, projectId: dev }
    const other = await performing.perform('server-interface-detach', { ...input, serverId: randomUUID() })
    t.equal(other.outcome, 'stale', reason(other))
    const { before, closed, after } = await closes(t, 'server-interface-detach', input, portsOf)
    t.same(
      closed,
      before.filter((one) => one.networkId !== devNet2)
    )
    t.same(after, before, 'the same MAC, addresses and groups')
  })

  await t.test('a server in quarantine, and out of it', async (t) => {
    const [port] = await network.listPorts({ by: { device_id: serverId, network_id: devNet } })
    await send(devUser, 'network', 'PUT', `/ports/${port!.id}`, {
      port: { allowed_address_pairs: [{ ip_address: '10.99.0.0/16' }] }
    })
    const seen = async () => {
      const { status, locked } = (await doors.compute.getHold(serverId))!
      return { ports: await portsOf(), status, locked }
    }
    const before = await seen()
    const input = { cloud, serverId, projectId: dev }
    const target = `server/${serverId}`
    const first = await performing.attempt('server-quarantine', input, target)
    t.match(first, { outcome: 'retry', called: false, afterMs: 0 }, 'it is written down before anything is changed')
    t.same(await seen(), before)
    const result = await performing.perform('server-quarantine', input, target)
    t.equal(result.outcome, 'changed', reason(result))
    t.match(result, { requestId: /^req-/, inverse: { type: 'server-release' } })
    const closed = await seen()
    t.match(closed, { status: 'SHUTOFF', locked: true })
    const groups = new Set(closed.ports.flatMap((one) => one.securityGroups))
    t.equal(groups.size, 1, 'one group on all ports')
    const quarantine = (await network.getSecurityGroup([...groups][0]!))!
    t.match(quarantine, { name: 'stackreflex-quarantine', projectId: dev, rules: [] })
    t.ok(
      closed.ports.every((one) => one.pairs.length === 0),
      'no address pairs'
    )
    t.equal(
      await send(devUser, 'compute', 'POST', `/servers/${serverId}/action`, { 'os-start': null }).catch(
        (error) => error.status
      ),
      409,
      'its owner cannot start it'
    )

    const calls = performing.changes()
    const again = await performing.perform('server-quarantine', input, target)
    t.equal(again.outcome, 'unchanged', reason(again))
    t.equal(performing.changes(), calls)
    const undone = await performing.undo(result, target)
    t.equal(undone.outcome, 'changed', reason(undone))
    t.same(await seen(), before, 'groups, pairs, lock and power as they were')
    t.notOk(performing.held.has(target), 'nothing is held any more')
    t.equal(await network.getSecurityGroup(quarantine.id), null, 'the group went with the last server in it')
    t.equal((await performing.undo(result, target)).outcome, 'unchanged', 'released twice')
  })

  await t.test('an image that is shared with another project, or with everybody', async (t) => {
    const format = { disk_format: 'raw', container_format: 'bare' }
    const image = await make(devUser, 'image', '/images', '', { name: tag, visibility: 'shared', ...format })
    await send(devUser, 'image', 'POST', `/images/${image.id}/members`, { member: prod })
    await send(prodUser, 'image', 'PUT', `/images/${image.id}/members/${prod}`, { status: 'accepted' })
    const members = () => images.listMembers(image.id)
    const input = { cloud, imageId: image.id, projectId: prod }
    const first = await closes(t, 'image-member-remove', input, members)
    t.same(first.closed, [])
    t.same(first.after, [{ projectId: prod, status: 'accepted' }], 'accepted as it was')

    await send(devUser, 'image', 'PATCH', `/images/${image.id}`, [
      { op: 'replace', path: '/visibility', value: 'community' }
    ])
    const gone = await performing.perform('image-member-add', { ...input, status: 'accepted' })
    t.equal(gone.outcome, 'failed', reason(gone))
    const seen = async () => (await images.getImage(image.id))?.visibility
    const set = { cloud, imageId: image.id, to: 'private', expects: 'community' }
    const second = await closes(t, 'image-visibility-set', set, seen)
    t.same([second.before, second.closed, second.after], ['community', 'private', 'community'])
    const other = await performing.perform('image-visibility-set', { ...set, expects: 'public' })
    t.equal(other.outcome, 'stale', reason(other))
  })

  await t.test('roles: direct, of a group, inherited, on a domain, on the system', async (t) => {
    const user = await make(admin, 'identity', '/users', 'user', { name: `${tag}-user`, password: tag })
    const people = await make(admin, 'identity', '/groups', 'group', { name: `${tag}-group` })
    const roles = (await identity.listRoles()) as readonly { id: string; name: string }[]
    const roleId = roles.find((one) => one.name === 'reader')!.id
    const cases: [string, Record<string, Json>][] = [
      ['direct', { userId: user.id, projectId: dev }],
      ['of a group', { groupId: people.id, projectId: dev }],
      ['inherited', { userId: user.id, projectId: dev, inherited: true }],
      ['inherited from the domain', { groupId: people.id, domainId: 'default', inherited: true }],
      ['on the domain', { userId: user.id, domainId: 'default' }],
      ['on the system', { userId: user.id, system: true }]
    ]
    for (const [name, grant] of cases) {
      const input = { cloud, roleId, ...grant }
      t.equal((await performing.perform('role-grant', input)).outcome, 'changed', `${name}: given`)
      const seen = () => doors.identity.granted(input as never)
      const { before, closed, after } = await closes(t, 'role-revoke', input, seen)
      t.same([before, closed, after], [true, false, true], name)
      await performing.perform('role-revoke', input)
    }

    const member = { cloud, groupId: people.id, userId: user.id }
    t.equal((await performing.perform('group-member-add', member)).outcome, 'changed')
    const seen = async () => (await identity.listMembers(people.id)).map(({ id }) => id)
    const { before, closed, after } = await closes(t, 'group-member-remove', member, seen)
    t.same([before, closed, after], [[user.id], [], [user.id]])
    const gone = await performing.perform('group-member-add', { ...member, userId: 'ffffffffffffffffffffffffffffffff' })
    t.equal(gone.outcome, 'failed', reason(gone))
  })

  await t.test('an application credential and a trust: deleted by an administrator, for good', async (t) => {
    const userId = (await identity.listUsers({ name: userOf(devUser) }))[0]!.id
    const trustee = (await identity.listUsers({ name: userOf(prodUser) }))[0]!.id
    const path = `/users/${userId}/application_credentials`
    const credential = await make(devUser, 'identity', path, 'application_credential', {
      name: tag,
      unrestricted: true
    })
    const input = { cloud, userId, id: credential.id }
    const deleted = await performing.perform('application-credential-delete', input)
    t.equal(deleted.outcome, 'changed', reason(deleted))
    t.notOk('inverse' in deleted, 'nothing takes it back')
    t.notOk((await identity.listApplicationCredentials(userId))?.some(({ id }) => id === credential.id))
    t.equal((await performing.perform('application-credential-delete', input)).outcome, 'unchanged')

    const role = { name: 'member' }
    const trust = await make(devUser, 'identity', '/OS-TRUST/trusts', 'trust', {
      ...{ trustor_user_id: userId, trustee_user_id: trustee, project_id: dev, impersonation: true, roles: [role] }
    })
    const gone = await performing.perform('trust-delete', { cloud, id: trust.id })
    t.equal(gone.outcome, 'changed', reason(gone))
    t.notOk('inverse' in gone)
    t.equal(await identity.getTrust(trust.id), null)
    t.equal((await performing.perform('trust-delete', { cloud, id: trust.id })).outcome, 'unchanged')
  })

  await t.test('what an entry may not do is told, and nothing is tried for ever', async (t) => {
    const share = { cloud: 'dev', id: net.id }
    const refused = await performing.perform('network-share', share)
    t.equal(refused.outcome, 'failed', reason(refused))
    t.match(reason(refused), /answered 403.*give the user of cloud entry 'dev' the role/)
  })

  if (!(await has('block-storage'))) {
    t.comment('this cloud has no volumes')
    return
  }
  await t.test('a volume that went to another cluster, and back', async (t) => {
    const made = await make(devUser, 'block-storage', '/volumes', 'volume', { name: tag, size: 1 })
    await until(
      'available',
      () => storage.getVolume(made.id),
      (one) => one?.status === 'available'
    )
    const seen = async () => (await storage.getVolume(made.id))?.projectId
    const input = { volumeId: made.id, fromCluster: 'dev', toCluster: 'prod' }
    // An offer that nobody accepted must not stand in the way.
    await send(devUser, 'block-storage', 'POST', '/os-volume-transfer', { transfer: { volume_id: made.id, name: tag } })
    const { before, closed, after, result } = await closes(t, 'volume-transfer', input, seen)
    t.same([before, closed, after], [dev, prod, dev])
    t.notMatch(JSON.stringify(result), /auth_?key|"key"/i, 'no key is told')
    const unknown = await performing.perform('volume-transfer', { ...input, toCluster: 'nowhere' })
    t.match(unknown, { outcome: 'failed', reason: /no cluster 'nowhere'; clusters are/ })
    const foreign = await performing.perform('volume-transfer', { ...input, volumeId: randomUUID() })
    t.equal(foreign.outcome, 'stale', reason(foreign))
  })

  await t.test('access of a project to a private volume type', async (t) => {
    const wanted = { name: `${tag}-type`, 'os-volume-type-access:is_public': false }
    const type = await make(admin, 'block-storage', '/types', 'volume_type', wanted)
    const input = { cloud, typeId: type.id, projectId: prod }
    t.equal((await performing.perform('volume-type-access-add', input)).outcome, 'changed')
    const seen = () => storage.typeAccess(type.id)
    const { before, closed, after } = await closes(t, 'volume-type-access-remove', input, seen)
    t.same([before, closed, after], [[prod], [], [prod]])
    await performing.perform('volume-type-access-remove', input)
  })

  await t.test('a limit of a project', async (t) => {
    const { quotas } = await tools.isolation(cloud)
    for (const [service, resource] of [
      ['nova', 'cores'],
      ['neutron', 'rbac_policy'],
      ['cinder', 'volumes']
    ] as const) {
      const cell = (await quotas.read(service, prod))[resource]
      if (cell === undefined) {
        t.comment(`${service} does not tell ${resource}`)
        continue
      }
      const input = { cloud, service, projectId: prod, resource, to: cell.limit + 7, expects: cell.limit }
      const seen = async () => (await quotas.read(service, prod))[resource]?.limit
      const { closed, after } = await closes(t, 'quota-set-limit', input, seen)
      t.same([closed, after], [cell.limit + 7, cell.limit], `${service} ${resource}`)
    }
    const stale = { cloud, service: 'nova', projectId: prod, resource: 'cores', to: 3, expects: 2 }
    t.equal((await performing.perform('quota-set-limit', stale)).outcome, 'stale')
  })
}

function userOf({ entry }: Cloud): string {
  if (entry.auth.type === 'password' && 'name' in entry.auth.user) return entry.auth.user.name
  throw new Error(`entry ${entry.name} does not sign in by name and password`)
}
