import t from 'tap'
import { handsOf, until, type World } from './isolation-hands.ts'
import { wayOf } from './isolation-ways.ts'
import { call, isolationE2e } from './isolation-world.ts'

const broken = async (world: World, rule: string) => wayOf(rule).make(handsOf(world))
const breaches = ({ journal }: World) => journal.breaches({ policy: 'isolation' })
const drift = async ({ journal }: World) => {
  await journal.classifyDrift(Date.now() + 1)
  const { missed, noEventExists, lanesParked } = await journal.counts()
  return { missed, noEventExists, lanesParked }
}

t.jobs = 4

t.test('what was opened while the product was down is closed at its start', { buffered: true }, async (t) => {
  const world = await isolationE2e(t, { deaf: true, stopped: true })
  const all = []
  for (const rule of ['security-group-open', 'rbac-shared-network', 'port-address-pairs', 'person-two-clusters'])
    all.push(await broken(world, rule))
  t.strictSame(await breaches(world), [])
  world.deaf(false)
  world.start({ sweepAtStart: true })
  for (const { open, lane } of all) await until(`the closing of ${lane}`, () => !open())
  await world.over()
  t.equal((await world.journal.breaches({ open: false })).length, all.length)
})

t.test(
  'events that were lost: the sweep finds it, and counts what should have been told',
  { buffered: true },
  async (t) => {
    const world = await isolationE2e(t)
    // The first takes stock, and misses nothing.
    await world.sweep()
    world.deaf(true)
    const lost = await broken(world, 'rbac-shared-network')
    world.deaf(false)
    await world.sweep()
    await world.over()
    t.notOk(lost.open())
    t.match(await drift(world), { missed: 1, noEventExists: 0, lanesParked: 0 })
    const silent = await broken(world, 'system-role')
    await world.sweep()
    await world.settled()
    t.ok(silent.open(), 'admin’s roles wait for people')
    t.match(await drift(world), { missed: 1, noEventExists: 1, lanesParked: 0 })
    const [breach] = await world.journal.breaches({ open: true })
    t.match(breach, { rule: 'system-role', userId: null, requestId: null }, 'nobody said who it was')
  }
)

for (const [service, path] of [
  ['neutron', '/v2.0/ports'],
  ['keystone', '/role_assignments'],
  ['cinder', '/volumes/detail'],
  ['nova', '/servers/detail']
] as const)
  t.test(`a list of ${service} that fails half-way concludes nothing`, { buffered: true }, async (t) => {
    const world = await isolationE2e(t, { settings: { rules: { 'security-group-open': { mode: 'observe' } } } })
    await broken(world, 'security-group-open')
    await world.settled()
    const before = await breaches(world)
    world.deaf(true)
    await broken(world, 'rbac-shared-network')
    // As often as a reader tries.
    for (let n = 0; n < 30; n++) world.sim.faults.add({ service, method: 'GET', path, status: 500 })
    await t.rejects(world.sweep(), /500|fault of the simulation/i)
    await world.settled()
    t.strictSame(await breaches(world), before, 'nothing is over, and nothing is new')
    t.match(await drift(world), { missed: 0 })
    world.sim.faults.clear()
    // Where another read met the failures as well, they were enough for the service to be left alone for a while.
    await until('a whole sweep', () =>
      world.sweep().then(
        () => true,
        (error: Error) => {
          if (!/times in a row/.test(error.message)) throw error
          return false
        }
      )
    )
    await world.over()
    t.equal((await breaches(world)).length, 2, 'a whole one does')
  })

t.test('a service that fails during the remedy is tried again', { buffered: true }, async (t) => {
  const world = await isolationE2e(t)
  world.sim.faults.add({ service: 'neutron', method: 'DELETE', path: '/rbac-policies/', status: 503 })
  world.sim.faults.add({ service: 'neutron', method: 'DELETE', path: '/rbac-policies/', reset: true, when: 'after' })
  const { open, lane } = await broken(world, 'rbac-shared-network')
  await until('the closing', () => !open())
  await world.over()
  const [action] = await world.journal.actions({ lane, limit: 1 })
  t.match(action, { state: 'done' })
  t.ok(action!.attempts.length > 1, 'in more than one attempt')
  t.match(await breaches(world), [{ ended: Number }])
})

t.test('a share that is in use stays open until its user is gone', { buffered: true }, async (t) => {
  const world = await isolationE2e(t)
  const { devUser, prodUser, network, project, share, port, state } = handsOf(world)
  await world.settled()
  world.deaf(true)
  const id = await share(devUser, 'network', network('dev-net'), project('prod'))
  const theirs = await port(prodUser, 'dev-net')
  world.deaf(false)
  await world.sweep()
  const [breach] = (await breaches(world)).filter((one) => one.rule === 'rbac-shared-network')
  t.match(breach, { ended: null })
  t.ok(state.rbacPolicies.has(id), 'Neutron refuses')
  await call(prodUser, 'network', 'DELETE', `/ports/${theirs}`)
  await until('the closing', async () => {
    await world.sweep()
    return !state.rbacPolicies.has(id)
  })
})

/** The remedy has begun and is kept waiting; what happens meanwhile is the test's. */
async function overtaken(world: World, meanwhile: (rule: string) => Promise<unknown>) {
  const { state } = world.sim
  // The action reads the group again right before it acts.
  world.sim.faults.add({ service: 'neutron', method: 'DELETE', path: '/security-group-rules/', hangMs: 400 })
  const { lane } = await broken(world, 'security-group-open')
  const rule = [...state.securityGroupRules.values()].find((one) => one.portMin === 22)!
  await until('the call', () => world.sim.requests.some((one) => one.method === 'DELETE'))
  await meanwhile(rule.id)
  await world.over()
  return (await world.journal.actions({ lane, limit: 5 })).map(({ state, type }) => `${type} ${state}`)
}

t.test('its owner closes it in the meantime: over, and no failure', { buffered: true }, async (t) => {
  const world = await isolationE2e(t)
  const ended = await overtaken(world, (id) => call(world.devUser, 'network', 'DELETE', `/security-group-rules/${id}`))
  t.notMatch(ended.join(), /failed/)
  t.match(await breaches(world), [{ ended: Number }])
  t.match(await drift(world), { lanesParked: 0 })
})

t.test('the whole resource is gone meanwhile: over, and no failure', { buffered: true }, async (t) => {
  const world = await isolationE2e(t)
  const group = () => [...world.sim.state.securityGroups.values()].find((one) => one.name === 'security-group-open')!.id
  const ended = await overtaken(world, () => call(world.devUser, 'network', 'DELETE', `/security-groups/${group()}`))
  t.notMatch(ended.join(), /failed/)
  t.match(await breaches(world), [{ ended: Number }])
  t.match(await drift(world), { lanesParked: 0 })
})

t.test('by whom: the user and the call that the notification names', { buffered: true }, async (t) => {
  const world = await isolationE2e(t)
  const { devUser, user, network, project } = handsOf(world)
  const body = {
    rbac_policy: {
      ...{ object_type: 'network', object_id: network('dev-net'), action: 'access_as_shared' },
      target_tenant: project('prod')
    }
  }
  const { requestId } = await devUser.request('network', 'POST', '/rbac-policies', { body })
  await world.over()
  t.match(await breaches(world), [{ rule: 'rbac-shared-network', userId: user('dev-user'), requestId: requestId! }])
})
