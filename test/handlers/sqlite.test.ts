import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Event } from '../../src/events/event.ts'
import { explain } from '../../src/people/explain/chain.ts'
import { renderExplanation } from '../../src/people/explain/render.ts'
import { openJournal } from '../../src/store/open.ts'
import { build } from './build.ts'

const hostile = '<img src=x onerror=alert(1)>\u001b[31m'
const server: Event = {
  id: 'm1/compute.instance.create.end#0',
  source: '/openstack/lab/RegionOne/nova',
  type: 'compute.instance.create.end',
  subject: 'server-1',
  time: '2026-11-23T03:00:00.000Z',
  project: 'p1',
  requestId: 'req-boot',
  globalRequestId: null,
  data: { kind: 'server', name: hostile, oldName: null, state: 'active', addresses: [] }
}

t.test('the HTTP side on a real journal', async (t) => {
  const journal = await openJournal({ path: join(mkdtempSync(join(tmpdir(), 'reflex-api-')), 'j.db') })
  t.teardown(() => journal.close())
  const wake = {
    policy: 'dns-records',
    key: 'name:web-1.lab.',
    quietMs: 0,
    maxMs: 0,
    resources: ['server/p1/server-1']
  }
  await journal.append({ events: [{ event: server, lanes: [wake], note: null }], ignored: [] })
  const app = build(t, { journal, now: Date.now })

  const { items } = (await app.inject('/api/v1/events?resource=server-1&since=1h')).json()
  t.match(items, [{ seq: 1, type: 'compute.instance.create.end', data: { name: hostile } }])
  t.match((await app.inject('/readyz')).json(), { ready: true })
  t.match((await app.inject('/metrics')).body, 'stackreflex_lanes_pending 1\n')

  const undecided = renderExplanation(await explain(journal, 'web-1.lab'))
  t.match(undecided, 'name:web-1.lab. (dns-records): 1 event waits')
  t.match(renderExplanation(await explain(journal, 'm1')), 'not decided yet')

  const claim = await journal.claimLane('test', 10_000)
  await journal.parkLane(claim!, 'TypeError: no such field', 'b1')
  t.match(await explain(journal, 'server-1'), {
    found: true,
    decisions: [{ outcome: 'failed', reason: 'TypeError: no such field' }]
  })
  t.match(renderExplanation(await explain(journal, 'web-1.lab')), 'FAILED, LANE PARKED: TypeError: no such field')
  t.match((await app.inject('/readyz')).json(), {
    ready: true,
    checks: [{ name: 'journal' }, { name: 'parked lanes', level: 'warning' }]
  })
})
