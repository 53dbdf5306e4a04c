import t, { type Test } from 'tap'
import { type Sim, startSim } from '../../sim/cloud.ts'
import { parseCloud } from '../../src/clients/openstack/clouds.ts'
import { idleContract } from '../contract/idle.ts'
import { loadBalancerContract } from '../contract/load-balancers.ts'
import { openstackContract } from '../contract/openstack.ts'
import { type QuotaWorld, quotasContract } from '../contract/quotas.ts'

const sim = await startSim({ bootMs: 60, dnsMs: 40, seed: 7 })
t.teardown(() => sim.close())

function entry(name: string, of: Sim = sim) {
  const loaded = parseCloud(name, of.clouds.clouds[name], 'sim')
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.cloud
}

await t.test('the simulated cloud keeps the contract', (t) =>
  openstackContract(t, {
    dev: entry('dev'),
    infra: entry('infra'),
    admin: entry('admin'),
    devAppCredential: entry('dev-appcred'),
    imageRef: async () => 'tiny',
    patienceMs: 90_000
  })
)

await t.test('its load balancers keep theirs', (t) =>
  loadBalancerContract(t, { dev: entry('dev'), patienceMs: 90_000 })
)

await t.test('what is idle is told as it is', (t) => idleContract(t, { dev: entry('dev'), patienceMs: 90_000 }))

const quotas = (t: Test, sim: Sim, differs: Partial<QuotaWorld> = {}) =>
  quotasContract(t, {
    dev: entry('dev', sim),
    admin: entry('admin', sim),
    imageRef: async () => 'tiny',
    services: ['nova', 'neutron', 'cinder', 'octavia'],
    belowUsage: { nova: 'refused', cinder: 'refused', neutron: 'accepted', octavia: 'accepted' },
    unifiedLimits: false,
    patienceMs: 90_000,
    ...differs
  })

await t.test('its quotas keep theirs', (t) => quotas(t, sim))

await t.test('so do those of newer releases: limits in Keystone, a Neutron that looks at usage', async (t) => {
  const newer = await startSim({
    ...{ bootMs: 60, dnsMs: 40, seed: 7 },
    releases: { unifiedLimits: true, neutronChecksUsage: true }
  })
  t.teardown(() => newer.close())
  await quotas(t, newer, {
    belowUsage: { nova: 'refused', cinder: 'refused', neutron: 'refused', octavia: 'accepted' },
    unifiedLimits: true
  })
})

t.equal(sim.state.servers.size, 0, 'no server is left behind')
t.equal(sim.state.floatingIps.size, 0, 'no floating IP is left behind')
t.equal(sim.state.loadBalancers.size, 0, 'no load balancer is left behind')
