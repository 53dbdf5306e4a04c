import t from 'tap'
import type { Actor } from '../../src/core/approval.ts'
import { requestUndo } from '../../src/people/undo.ts'
import { vote } from '../../src/people/vote.ts'
import { call, contextOf, isolationE2e, type Raw } from './isolation-world.ts'

type World = Awaited<ReturnType<typeof isolationE2e>>

const alice: Actor = { name: 'alice', groups: ['sre'], local: false }

async function networkNamed({ admin }: World, name: string): Promise<Raw> {
  return (await call(admin, 'network', 'GET', `/networks?name=${name}`)).networks[0]
}

async function roleOf({ admin }: World, user: string, role: string) {
  const users = (await call(admin, 'identity', 'GET', `/users?name=${user}`)).users
  const roles = (await call(admin, 'identity', 'GET', `/roles?name=${role}`)).roles
  return { userId: users[0].id as string, roleId: roles[0].id as string }
}

async function openRule(world: World, port = 22): Promise<{ group: string; rule: string }> {
  const made = await call(world.devUser, 'network', 'POST', '/security-groups', { security_group: { name: 'web' } })
  const group = made.security_group.id
  return { group, rule: await addRule(world, group, port) }
}

async function addRule({ devUser }: World, group: string, port: number): Promise<string> {
  const rule = { security_group_id: group, direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp' }
  const ports = { port_range_min: port, port_range_max: port, remote_ip_prefix: '0.0.0.0/0' }
  const made = await call(devUser, 'network', 'POST', '/security-group-rules', {
    security_group_rule: { ...rule, ...ports }
  })
  return made.security_group_rule.id
}

const rulesOf = async ({ devUser }: World, group: string): Promise<string[]> =>
  (await call(devUser, 'network', 'GET', `/security-groups/${group}`)).security_group.security_group_rules.map(
    (one: Raw) => one.id
  )

/** What somebody does, and what the service must say once it is closed. */
const breaking: readonly {
  readonly rule: string
  /** Only a sweep finds it. */
  readonly silent?: true
  make(world: World): Promise<() => Promise<boolean>>
}[] = [
  {
    rule: 'rbac-shared-network',
    async make(world) {
      const object_id = (await networkNamed(world, 'dev-net')).id
      const target_tenant = await world.prodUser.projectId()
      const share = { object_type: 'network', object_id, action: 'access_as_shared', target_tenant }
      await call(world.devUser, 'network', 'POST', '/rbac-policies', { rbac_policy: share })
      return async () => (await call(world.admin, 'network', 'GET', '/rbac-policies')).rbac_policies.length === 0
    }
  },
  {
    rule: 'network-shared',
    async make(world) {
      const { id } = await networkNamed(world, 'dev-net')
      await call(world.admin, 'network', 'PUT', `/networks/${id}`, { network: { shared: true } })
      return async () => (await call(world.admin, 'network', 'GET', `/networks/${id}`)).network.shared === false
    }
  },
  {
    rule: 'port-address-pairs',
    async make(world) {
      const { id } = await networkNamed(world, 'dev-net')
      const pairs = [{ ip_address: '0.0.0.0/0' }, { ip_address: '10.10.5.5' }]
      const port = { network_id: id, allowed_address_pairs: pairs }
      const made = (await call(world.devUser, 'network', 'POST', '/ports', { port })).port
      return async () => {
        const now = (await call(world.devUser, 'network', 'GET', `/ports/${made.id}`)).port
        return now.allowed_address_pairs.map((one: Raw) => one.ip_address).join() === '10.10.5.5'
      }
    }
  },
  {
    rule: 'port-security-off',
    async make(world) {
      const { id } = await networkNamed(world, 'dev-net')
      const port = { network_id: id, port_security_enabled: false, security_groups: [] }
      const made = (await call(world.devUser, 'network', 'POST', '/ports', { port })).port
      return async () =>
        (await call(world.devUser, 'network', 'GET', `/ports/${made.id}`)).port.port_security_enabled === true
    }
  },
  {
    rule: 'security-group-open',
    async make(world) {
      const { group, rule } = await openRule(world)
      return async () => !(await rulesOf(world, group)).includes(rule)
    }
  },
  {
    rule: 'person-two-clusters',
    async make(world) {
      const { userId, roleId } = await roleOf(world, 'prod-user', 'member')
      const path = `/projects/${await world.devUser.projectId()}/users/${userId}/roles/${roleId}`
      await call(world.admin, 'identity', 'PUT', path)
      return () =>
        call(world.admin, 'identity', 'HEAD', path).then(
          () => false,
          () => true
        )
    }
  },
  {
    rule: 'image-visible',
    async make(world) {
      const image = { name: 'i', visibility: 'community', disk_format: 'raw', container_format: 'bare' }
      const { id } = await call(world.devUser, 'image', 'POST', '/images', image)
      return async () => (await call(world.devUser, 'image', 'GET', `/images/${id}`)).visibility === 'private'
    }
  },
  {
    rule: 'project-quota-unlimited',
    silent: true,
    async make(world) {
      const path = `/os-quota-sets/${await world.devUser.projectId()}`
      await call(world.admin, 'compute', 'PUT', path, { quota_set: { cores: -1 } })
      return async () => (await call(world.admin, 'compute', 'GET', path)).quota_set.cores === 50
    }
  }
]

t.test('what people open is closed, read back, and told with who did it', async (t) => {
  const world = await isolationE2e(t)
  for (const { rule, silent, make } of breaking) {
    const closed = await make(world)
    const answered = Date.now()
    await world.settled()
    if (silent) await world.sweep()
    t.ok(await closed(), `${rule}: closed, says the service`)
    await world.over()
    const [breach, ...others] = (await world.journal.breaches({ policy: 'isolation', open: false })).filter(
      (one) => one.rule === rule
    )
    t.strictSame(others, [], `${rule}: one breach`)
    t.match(breach, { rule, ended: Number })
    // Glance does not say.
    if (!silent && rule !== 'image-visible') t.match(breach, { requestId: /^req-/ }, `${rule}: by which call`)
    const [action] = await world.journal.actions({ limit: 1 })
    t.comment(`${rule}: ${action!.type} ended ${action!.finishedAt! - answered} ms after the answer`)
  }
  await world.journal.classifyDrift(Date.now() + 1)
  t.match(await world.journal.counts(), { missed: 0, noEventExists: 1, lanesParked: 0 })
})

t.test('what was opened while nobody listened is found by the sweep', async (t) => {
  const world = await isolationE2e(t)
  world.deaf(true)
  const { group, rule } = await openRule(world)
  await world.settled()
  t.ok((await rulesOf(world, group)).includes(rule))
  await world.sweep()
  t.notOk((await rulesOf(world, group)).includes(rule))
})

t.test('on observe everything is told and nothing is touched', async (t) => {
  const world = await isolationE2e(t, { mode: 'observe' })
  const { group, rule } = await openRule(world)
  await world.settled()
  await world.sweep()
  t.ok((await rulesOf(world, group)).includes(rule))
  t.match(await world.journal.breaches({ open: true }), [{ rule: 'security-group-open', state: 'open', from: 'dev' }])
  t.strictSame(await world.journal.actions({ limit: 1 }), [])
})

t.test('what is exempt stays, with who answers for it', async (t) => {
  const exempt = [{ rule: '*', resource: 'dev/web', reason: 'audit', owner: 'carol', until: '2999-12-31' }]
  const world = await isolationE2e(t, { settings: { exempt } })
  const { group, rule } = await openRule(world)
  await world.settled()
  t.ok((await rulesOf(world, group)).includes(rule))
  t.match(await world.journal.breaches({ open: true }), [{ state: 'exempt', because: /^carol answers for it/ }])
})

t.test('what cuts access to a change-controlled cluster waits for a person, and is then done', async (t) => {
  const world = await isolationE2e(t)
  const { userId, roleId } = await roleOf(world, 'dev-user', 'member')
  const path = `/projects/${await world.prodUser.projectId()}/users/${userId}/roles/${roleId}`
  await call(world.admin, 'identity', 'PUT', path)
  await world.settled()
  const [approval] = await world.journal.approvals({ limit: 1 })
  t.match(approval, { state: 'open' })
  await call(world.admin, 'identity', 'HEAD', path)
  t.match(await vote(contextOf(world), alice, approval!.id, 'approve', 'not hers'), { ok: true })
  await world.over()
  await t.rejects(call(world.admin, 'identity', 'HEAD', path))
})

t.test('an undo opens it again, and it is left alone', async (t) => {
  const world = await isolationE2e(t)
  const { group } = await openRule(world)
  await world.over()
  const before = await rulesOf(world, group)
  const [closed] = await world.journal.actions({ limit: 1 })
  t.match(await requestUndo(contextOf(world), alice, closed!.id, 'it is meant'), { ok: true })
  await world.settled()
  t.equal((await rulesOf(world, group)).length, before.length + 1)
  const other = await addRule(world, group, 23)
  await world.settled()
  t.notOk((await rulesOf(world, group)).includes(other), 'another one beside it is closed')
  t.equal((await rulesOf(world, group)).length, before.length + 1)
})

t.test('a storm of 100 rules, five of them open: the five are closed, the others not touched', async (t) => {
  const world = await isolationE2e(t)
  const groups = await Promise.all([...Array(5).keys()].map(() => openRule(world)))
  const meant: string[] = []
  for (const [n, { group }] of [...Array(19).keys()].flatMap((n) => groups.map((one) => [n, one] as const)))
    meant.push(await addPrivate(world, group, 1000 + n))
  await world.over()
  const left = (await Promise.all(groups.map(({ group }) => rulesOf(world, group)))).flat()
  for (const { rule } of groups) t.notOk(left.includes(rule), 'an open one is gone')
  t.strictSame(
    meant.filter((one) => !left.includes(one)),
    [],
    'those that are meant are all there'
  )
  t.equal((await world.journal.actions({ limit: 100 })).length, 5)
})

async function addPrivate({ devUser }: World, group: string, port: number): Promise<string> {
  const rule = { security_group_id: group, direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp' }
  const ports = { port_range_min: port, port_range_max: port, remote_ip_prefix: '10.10.0.0/16' }
  const made = await call(devUser, 'network', 'POST', '/security-group-rules', {
    security_group_rule: { ...rule, ...ports }
  })
  return made.security_group_rule.id
}
