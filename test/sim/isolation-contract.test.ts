import { join } from 'node:path'
import t from 'tap'
import type { Cluster } from '../../src/config/config.ts'
import { buildTools } from '../../src/process/tools.ts'
import { openJournal } from '../../src/store/open.ts'
import { simCloud } from '../clients/sim-cloud.ts'
import { isolationContract } from '../contract/isolation.ts'

await t.test('the simulated cloud keeps the contract of isolation', async (t) => {
  const { sim, open } = await simCloud(t)
  const journal = await openJournal({ path: join(t.testdir(), 'journal.db') })
  t.teardown(() => journal.close())
  const clusters = ['dev', 'prod', 'infra'].map((name) => ({ name, cloud: name }) as unknown as Cluster)
  const built = buildTools(clusters, ['admin'], { entries: sim.clouds.clouds }, journal)
  if (!built.ok) throw new Error(built.problems.join('\n'))
  t.teardown(() => built.close())
  await isolationContract(t, {
    ...{ tools: built.tools, cloud: 'admin', admin: open('admin') },
    ...{ devUser: open('dev-user'), prodUser: open('prod-user'), devUserName: 'dev-user', prodUserName: 'prod-user' }
  })
})

t.test('ports have the port security of their network, unless they say otherwise', async (t) => {
  const { open } = await simCloud(t)
  const dev = open('dev-user')
  const make = async (path: string, body: object) => (await dev.request('network', 'POST', path, { body })).body
  type Port = { port: { port_security_enabled: boolean; security_groups: readonly string[] } }
  const { network } = (await make('/networks', { network: { name: 'lax', port_security_enabled: false } })) as {
    network: { id: string; port_security_enabled: boolean }
  }
  t.equal(network.port_security_enabled, false)
  const port = async (more: object = {}) =>
    ((await make('/ports', { port: { network_id: network.id, ...more } })) as Port).port
  t.match(await port(), { port_security_enabled: false, security_groups: [] })
  const secure = await port({ port_security_enabled: true })
  t.match(secure, { port_security_enabled: true })
  t.equal(secure.security_groups.length, 1, 'and then the default group')
})
