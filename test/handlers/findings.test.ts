import t from 'tap'
import { breached } from '../policies/isolation/view/breached.ts'
import { breach } from '../policies/isolation/view/breaches.ts'
import { idle } from '../policies/server-hygiene/idle.ts'
import { journalAt } from '../slack/office.ts'
import { build } from './build.ts'

t.test('findings of every policy, or of one, with what is over; and in the gauge', async (t) => {
  const { journal } = await journalAt(t)
  const app = build(t, { journal })
  const get = async (query = '') => {
    const { statusCode, body } = await app.inject(`/api/v1/findings${query}`)
    return { statusCode, body: JSON.parse(body) }
  }
  t.strictSame(await get(), { statusCode: 200, body: { findings: [], history: [] } })
  await breached(journal, 'network:n1', [breach({ severity: 'critical' })])
  await idle(journal, 'f1')
  await idle(journal, 'f2')
  await idle(journal, 'f2', { over: true })
  const { body } = await get()
  t.match(body.findings, [
    { policy: 'isolation', rule: 'rbac-shared-network' },
    { policy: 'server-hygiene', rule: 'floating-ip-unattached', severity: 'medium', state: 'open', layer: 'network' }
  ])
  t.match(body.history, [{ policy: 'server-hygiene', state: 'fixed', lane: 'floatingip/p-dev/f2' }])
  const one = (await get('?policy=server-hygiene&history=0')).body
  t.equal(one.findings.length, 1)
  t.strictSame(one.history, [])
  t.match(
    (await app.inject('/metrics')).body,
    /breaches\{rule="floating-ip-unattached",severity="medium",state="open"\} 1/
  )
  for (const query of ['?history=1000', '?history=x', '?polcy=isolation'])
    t.equal((await get(query)).statusCode, 400, query)
})
