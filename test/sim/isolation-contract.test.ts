import { join } from 'node:path'
import t from 'tap'
import type { Cluster } from '../../src/config.ts'
import { openSqliteJournal } from '../../src/store/sqlite.ts'
import { buildTools } from '../../src/tools.ts'
import { simCloud } from '../clients/sim-cloud.ts'
import { isolationContract } from '../contract/isolation.ts'

await t.test('the simulated cloud keeps the contract of isolation', async (t) => {
  const { sim, open } = await simCloud(t)
  const journal = await openSqliteJournal({ path: join(t.testdir(), 'journal.db') })
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
