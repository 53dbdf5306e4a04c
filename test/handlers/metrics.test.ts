import t from 'tap'
import { createMetrics } from '../../src/metrics.ts'
import { row } from '../isolation/breaches.ts'
import { broker, build, status } from './build.ts'
import { booted, journalOf, lane } from './story.ts'

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

t.test('breaches by rule, severity and state; one that is over goes', async (t) => {
  const exempt = row(3, { state: 'exempt', rule: 'security-group-open', severity: 'critical' })
  let found = [row(1), row(2), exempt, row(4, { state: 'closing' })]
  const held = [lane(row(4).lane, { policy: 'isolation', held: 'stop' })]
  const journal = { ...journalOf(booted), breaches: async () => found, lanes: async () => held }
  const app = build(t, { journal })
  const scrape = async () =>
    (await app.inject('/metrics')).body.split('\n').filter((line) => line.startsWith('stackreflex_breaches'))
  t.strictSame((await scrape()).sort(), [
    'stackreflex_breaches{rule="rbac-shared-network",severity="high",state="held"} 1',
    'stackreflex_breaches{rule="rbac-shared-network",severity="high",state="open"} 2',
    'stackreflex_breaches{rule="security-group-open",severity="critical",state="exempt"} 1'
  ])
  found = [exempt]
  t.strictSame(await scrape(), [
    'stackreflex_breaches{rule="security-group-open",severity="critical",state="exempt"} 1'
  ])
})
