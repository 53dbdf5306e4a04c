import { join } from 'node:path'
import t from 'tap'
import { loadCloud, problemText } from '../../src/clients/openstack/clouds.ts'
import { connectCloud } from '../../src/clients/openstack/http.ts'
import type { Cluster } from '../../src/config/config.ts'
import { buildTools } from '../../src/process/tools.ts'
import { openJournal } from '../../src/store/open.ts'
import { isolationContract } from '../contract/isolation.ts'

const file = join(import.meta.dirname, '../../.lab/clouds.yaml')
const env = { OS_CLIENT_CONFIG_FILE: process.env.OS_CLIENT_CONFIG_FILE ?? file }

function open(name: string) {
  const loaded = loadCloud(name, env)
  if (!loaded.ok) throw new Error(loaded.problems.map(problemText).join('\n'))
  const cloud = connectCloud(loaded.cloud, { timeoutMs: 60_000 })
  t.teardown(() => cloud.close())
  return cloud
}

t.setTimeout(600_000)

const journal = await openJournal({ path: join(t.testdir(), 'journal.db') })
t.teardown(() => journal.close())
const clusters = ['dev', 'prod', 'infra'].map((name) => ({ name, cloud: name }) as unknown as Cluster)
const built = buildTools(clusters, ['admin'], { env, cwd: import.meta.dirname }, journal)
if (!built.ok) throw new Error(built.problems.join('\n'))
t.teardown(() => built.close())

await t.test('the real services keep the contract of isolation', { timeout: 600_000 }, (t) =>
  isolationContract(t, {
    tools: built.tools,
    cloud: 'admin',
    admin: open('admin'),
    devUser: open('dev-user'),
    prodUser: open('prod-user'),
    devUserName: 'dev-user',
    prodUserName: 'prod-user'
  })
)
