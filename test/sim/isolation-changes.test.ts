import t from 'tap'
import type { State } from '../../sim/state.ts'
import { isolationChangesContract } from '../contract/isolation-changes.ts'
import { requestId } from '../policies/isolation/actions/performing.ts'
import { isolationWorld } from '../policies/isolation/actions/world.ts'

let state: State | undefined
await t.test('remedies on the simulated cloud', async (t) => {
  const { sim, open, tools, performing } = await isolationWorld(t, { bootMs: 60 })
  state = sim.state
  await isolationChangesContract(t, {
    ...{ tools, performing, cloud: 'admin', patienceMs: 90_000 },
    ...{ admin: open('admin'), devUser: open('dev-user'), prodUser: open('prod-user') }
  })
  const sent = sim.requests.filter((one) => one.globalRequestId === requestId && one.method !== 'GET')
  t.ok(sent.length > 20, `${sent.length} changing calls were made`)
  t.equal(performing.changes(), sent.length, 'and each of them was looked at')
})

t.equal(state?.servers.size, 0, 'no server is left behind')
t.equal(state?.rbacPolicies.size, 0, 'no share is left behind')
t.equal(state?.volumes.size, 0, 'no volume is left behind')
