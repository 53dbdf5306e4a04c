import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { diagnose } from '../../src/doctor/run.ts'
import { configText } from '../e2e/two-openstacks.ts'
import { found } from './world.ts'

t.test('each instance of a policy is examined in its own OpenStack, and told by its name', async (t) => {
  const sims = { berlin: await startSim({ seed: 1 }), frankfurt: await startSim({ seed: 1 }) }
  t.teardown(() => Promise.all(Object.values(sims).map((sim) => sim.close())))
  const zone = [...sims.frankfurt.state.zones.values()].find(({ name }) => name === 'public.lab.')!
  sims.frankfurt.state.zones.delete(zone.id)
  const clouds = Object.fromEntries(
    Object.entries(sims).flatMap(([openstack, sim]) =>
      Object.entries(sim.clouds.clouds).map(([name, entry]) => [`${openstack}-${name}`, entry])
    )
  )
  const cwd = t.testdir({ 'reflex.yaml': configText(), 'clouds.yaml': JSON.stringify({ clouds }) })
  const names = ['credentials', 'catalogue', 'zones', 'quota', 'quota rights', 'isolation', 'other writers']
  const { at, levels } = found(await diagnose({ env: {}, cwd }, names))
  t.match(at('failure', 'zones'), [
    /^dns-records@frankfurt: zone public.lab.: the project of cloud entry frankfurt-infra/
  ])
  t.equal(levels.failure, 1, 'nothing else is wrong')
  t.equal(at('ok', 'zones', 'dns-records@berlin: zone').length, 2)
  t.equal(at('ok', 'zones', 'dns-records@frankfurt: zone').length, 1)
  t.ok(at('ok', 'quota rights', 'quota-rebalance@berlin: ').length > 0)
  t.ok(at('ok', 'quota rights', 'quota-rebalance@frankfurt: ').length > 0)
  for (const openstack of ['berlin', 'frankfurt']) {
    const seen = at('ok', 'isolation', `isolation@${openstack}: project of`)
    t.equal(seen.length, 3)
    t.ok(seen.every((line) => line.includes(`-${openstack} through cloud entry ${openstack}-admin`)))
  }
})
