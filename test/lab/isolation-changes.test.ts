import { join } from 'node:path'
import t from 'tap'
import { loadCloud, problemText } from '../../src/clients/openstack/clouds.ts'
import { connectCloud } from '../../src/clients/openstack/http.ts'
import { isolationChangesContract } from '../contract/isolation-changes.ts'
import { performingTools } from '../policies/isolation/actions/world.ts'

const file = process.env.OS_CLIENT_CONFIG_FILE ?? join(import.meta.dirname, '../../.lab/clouds.yaml')
const env = { OS_CLIENT_CONFIG_FILE: file }

t.setTimeout(600_000)

await t.test('remedies on the real services', { timeout: 600_000 }, async (t) => {
  const open = (name: string) => {
    const loaded = loadCloud(name, env)
    if (!loaded.ok) throw new Error(loaded.problems.map(problemText).join('\n'))
    const cloud = connectCloud(loaded.cloud, { timeoutMs: 60_000 })
    t.teardown(() => cloud.close())
    return cloud
  }
  const { tools, performing } = performingTools(t, { env, cwd: process.cwd() })
  await isolationChangesContract(t, {
    ...{ tools, performing, cloud: 'admin', patienceMs: 120_000 },
    ...{ admin: open('admin'), devUser: open('dev-user'), prodUser: open('prod-user') }
  })
})
