import t from 'tap'
import { createMetrics } from '../../src/metrics.ts'
import { broker, build, status } from './build.ts'

t.test('counted, known to the journal, known of the broker: all in one scrape', async (t) => {
  const metrics = createMetrics()
  metrics.add('events_total', { source: 'nova', kind: 'server' }, 2)
  metrics.add('events_total', { kind: 'server', source: 'nova' })
  metrics.add('actions_total', { type: 'recordset-set', outcome: 'changed' })
  t.equal(metrics.get('events_total', { source: 'nova', kind: 'server' }), 3)
  const app = build(t, { metrics, status: () => status({ brokers: [broker({ silentForMs: 2500, fill: null })] }) })
  await app.inject('/metrics')
  const { body, headers } = await app.inject('/metrics')
  t.match(headers['content-type'], 'text/plain')
  for (const line of [
    'stackreflex_events_total{source="nova",kind="server"} 3',
    'stackreflex_actions_total{type="recordset-set",outcome="changed"} 1',
    'stackreflex_lanes_pending 1',
    'stackreflex_lanes_parked 1',
    'stackreflex_drift_missed_total 1',
    'stackreflex_drift_no_event_exists_total 2',
    'stackreflex_connected{broker="lab/RegionOne"} 1',
    'stackreflex_silence_seconds{broker="lab/RegionOne"} 2.5',
    'stackreflex_build_info{build="b1"} 1'
  ])
    t.ok(body.includes(`${line}\n`), line)
  t.notOk(body.includes('queue_fill_ratio{'), 'what is not known is left out')
})
