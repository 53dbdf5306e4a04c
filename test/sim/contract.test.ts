import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { parseCloud } from '../../src/clients/clouds.ts'
import { loadBalancerContract } from '../contract/load-balancers.ts'
import { openstackContract } from '../contract/openstack.ts'

const sim = await startSim({ bootMs: 60, dnsMs: 40, seed: 7 })
t.teardown(() => sim.close())

function entry(name: string) {
  const loaded = parseCloud(name, sim.clouds.clouds[name], 'sim')
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
    patienceMs: 10_000
  })
)

await t.test('its load balancers keep theirs', (t) =>
  loadBalancerContract(t, { dev: entry('dev'), patienceMs: 10_000 })
)

t.equal(sim.state.servers.size, 0, 'no server is left behind')
t.equal(sim.state.floatingIps.size, 0, 'no floating IP is left behind')
t.equal(sim.state.loadBalancers.size, 0, 'no load balancer is left behind')
