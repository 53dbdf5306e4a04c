import t, { type Test } from 'tap'
import { type Sim, startSim } from '../../sim/cloud.ts'
import { world } from './world.ts'

const every = 'instances: *m, cores: *m, gigabytes: *m, floatingip: *m, loadbalancer: *m'

const configured = ({ cloud = 'admin', mode = 'observe', resources = every } = {}) => `
clusters: { dev: { cloud: dev, tier: bursty }, prod: { cloud: prod, tier: bursty } }
policies:
  quota-rebalance:
    mode: ${mode}
    settings:
      cloud: ${cloud}
      groups:
        family:
          projects: { dev: {}, prod: {} }
          resources: { ${resources.replace('*m', '&m { capacity: 100, low: 1, high: 2 }')} }
journal: { path: journal.db }
http: { port: 1 }
`

const check = 'quota rights'

async function family(t: Test, given: Parameters<typeof configured>[0] = {}, sim?: Sim) {
  return world(t, { config: configured(given), ...(sim === undefined ? {} : { sim }) })
}

const adminOf = (sim: Sim) => [...sim.state.users.values()].find(({ name }) => name === 'admin')!
const projectOf = (sim: Sim, name: string) => [...sim.state.projects.values()].find((one) => one.name === name)!

t.test('an entry that may do all of it, and does nothing else', async (t) => {
  const w = await family(t)
  const { at, all } = await w.examine()
  t.match(at('ok', check), [
    /^nova quotas through cloud entry admin: read for dev, prod;/,
    /^cinder quotas/,
    /^neutron quotas/,
    /^octavia quotas/,
    /^unified limits through cloud entry admin: none are registered for Nova/
  ])
  t.same(at('warning', 'credentials', 'admin'), [], 'that it is an administrator is what it is for')
  t.equal(at('ok', 'credentials', 'cloud entry admin').length, 1)
  t.ok(all.length > 0)
  const changing = w.sim.requests.filter(({ method, path }) => method !== 'GET' && path !== '/v3/auth/tokens')
  t.same(changing, [], 'only read')
})

t.test('an entry that is no administrator', async (t) => {
  const w = await family(t, { cloud: 'infra' })
  const { at } = await w.examine()
  const failures = at('failure', check)
  for (const service of ['nova', 'cinder', 'neutron'])
    t.ok(
      failures.some(
        (one) => one.startsWith(`${service} quotas`) && /403.* → openstack role add .* infra admin$/.test(one)
      ),
      service
    )
  t.match(
    failures.find((one) => one.startsWith('octavia')),
    / → openstack role add --user <user> --project infra load-balancer_quota_admin, and load-balancer_global_observer to count/
  )
})

t.test('a role that reads, and does not set', async (t) => {
  const w = await family(t, { resources: 'loadbalancer: *m' })
  const { sim } = w
  adminOf(sim).roles.set(projectOf(sim, 'admin').id, ['load-balancer_global_observer', 'reader'])
  t.match((await w.examine()).at('warning', check), [
    /^octavia quotas .*: may be read, but not set .*observer.* → unless .*: .* admin load-balancer_quota_admin,/
  ])
})

t.test('an entry that is a cluster’s as well', async (t) => {
  const w = await family(t, { cloud: 'dev' })
  w.entry('dev', { auth: { username: 'admin', password: 'lab' } })
  t.match((await w.examine()).at('warning', 'credentials', 'cloud entry dev'), [
    /reaches every project → quota-rebalance and isolation need it, nothing else does: name an entry of its own/
  ])
})

t.test('a resource that is not there, and one without a limit', async (t) => {
  const w = await family(t, { resources: 'gigabytes_fsat: *m, gigabytes_standard: *m, floatingip: *m' })
  const { operator } = w.sim
  await operator.setQuota('neutron', 'prod', { floatingip: -1 })
  await operator.setQuota('cinder', 'dev', { gigabytes_standard: -1 })
  const { at } = await w.examine()
  t.match(at('failure', check), [
    /^gigabytes_fsat of dev: there is no such quota; there are .*gigabytes_standard.* → correct the name/,
    /^gigabytes_fsat of prod/
  ])
  t.match(at('warning', check, 'floatingip of prod'), [
    new RegExp(
      `no limit \\(-1\\).* → set one, at least 0: openstack quota set --floating-ips <n> ${projectOf(w.sim, 'prod').id}`
    )
  ])
  t.match(at('warning', check, 'gigabytes_standard of dev'), [/quota set --volume-type standard --gigabytes <n>/])
})

t.test('a service that cannot be read', async (t) => {
  const w = await family(t)
  w.sim.faults.add({ service: 'cinder', status: 503, path: '/os-quota-sets/' })
  const { at } = await w.examine()
  t.match(at('failure', check), [/^cinder quotas through cloud entry admin: .*503.* → mend this first/])
  t.equal(at('ok', check, 'nova').length, 1, 'the others are told all the same')
})

t.test('unified limits: for the system, and with a password', async (t) => {
  const sim = await startSim({ seed: 1, bootMs: 10, dnsMs: 10, releases: { unifiedLimits: true } })
  t.teardown(() => sim.close())
  const w = await family(t, {}, sim)
  await sim.operator.registerLimits()
  t.match((await w.examine()).at('ok', check, 'unified'), [/registered for instances, cores.*may be read/])
  const user = adminOf(sim)
  sim.state.users.set(user.id, { ...user, systemRoles: [] })
  t.match((await w.examine()).at('warning', check, 'unified'), [
    /→ where Nova goes by unified limits .*--system all reader, and a user and password in clouds\.yaml/
  ])
})

t.test('observed or off', async (t) => {
  const w = await family(t, { mode: 'off' })
  t.same((await w.examine()).all.find((one) => one.check === check)?.findings, [])
})
