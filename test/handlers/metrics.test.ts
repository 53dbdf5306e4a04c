import t from 'tap'
import { createMetrics } from '../../src/base/metrics.ts'
import type { QuotaSettings } from '../../src/policies/quota-rebalance/settings.ts'
import { row } from '../policies/isolation/view/breaches.ts'
import { journalAt } from '../slack/office.ts'
import { broker, build, doors, status } from './build.ts'
import { booted, journalOf, lane } from './story.ts'

t.test('counted, known to the journal, known of the broker: all in one scrape', async (t) => {
  const metrics = createMetrics()
  metrics.add('deliveries_total', { sender: 'gitlab', status: '200' }, 2)
  metrics.add('deliveries_total', { status: '200', sender: 'gitlab' })
  metrics.add('actions_total', { type: 'recordset-set', outcome: 'changed' })
  t.equal(metrics.get('deliveries_total', { sender: 'gitlab', status: '200' }), 3)
  const app = build(t, { metrics, status: () => status({ brokers: [broker({ silentForMs: 2500, fill: null })] }) })
  await app.inject('/metrics')
  const { body, headers } = await app.inject('/metrics')
  t.match(headers['content-type'], 'text/plain')
  for (const line of [
    'stackreflex_deliveries_total{sender="gitlab",status="200"} 3',
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

const one = { capacity: 100, low: 4, high: 12, quantum: 1, projects: {} }
const quotas: QuotaSettings = {
  cloud: 'admin',
  ...{ respect: '1h', coolDown: '10m', warn: '24h', over: '6h' },
  groups: {
    family: {
      projects: { prod: { priority: 2, weight: 1 }, dev: { priority: 1, weight: 1 } },
      resources: { cores: one, floatingip: one },
      together: []
    }
  }
}

t.test('shared quotas, as of the last reading', async (t) => {
  const { journal } = await journalAt(t)
  const clock = { ms: 0, shared: quotas as QuotaSettings | null }
  const app = build(t, {
    journal,
    doors: () => ({
      ...doors(journal),
      quotas: clock.shared === null ? [] : [{ policy: 'quota-rebalance', settings: clock.shared }],
      now: () => Date.now() + clock.ms
    })
  })
  const lines = async () =>
    (await app.inject('/metrics')).body.split('\n').filter((line) => /^stackreflex_quota/.test(line))
  t.same(await lines(), [], 'nothing was read yet')
  await journal.sample([
    { series: 'quota/admin/prod/cores', value: [40, 39] },
    { series: 'quota/admin/dev/cores', value: [-1, 7] },
    { series: 'quota/other/dev/cores', value: [1, 1] }
  ])
  t.same(await lines(), [
    'stackreflex_quota_limit{group="family",cluster="prod",resource="cores"} 40',
    'stackreflex_quota_used{group="family",cluster="prod",resource="cores"} 39',
    'stackreflex_quota_used{group="family",cluster="dev",resource="cores"} 7'
  ])
  clock.ms = 48 * 3_600_000
  t.equal((await lines()).length, 3, 'the last reading stays')
  clock.shared = null
  t.same(await lines(), [], 'and goes with the configuration')
})

t.test('when a quota is full at the pace of late', async (t) => {
  const HOUR = 3_600_000
  const now = Date.now()
  const rows = [
    { series: 'quota/admin/prod/cores', at: now - HOUR, until: now - HOUR, value: [40, 10] },
    { series: 'quota/admin/prod/cores', at: now, until: now, value: [40, 20] }
  ]
  const { journal } = await journalAt(t)
  const app = build(t, {
    journal,
    doors: () => ({
      ...doors({ ...journal, samples: async () => rows }),
      quotas: [{ policy: 'quota-rebalance', settings: quotas }],
      now: () => now
    })
  })
  const { body } = await app.inject('/metrics')
  t.match(body, 'stackreflex_quota_full_seconds{group="family",cluster="prod",resource="cores"} 7200\n')
})

t.test('a dead stage is named, also while the journal cannot be read; one that was taken down goes', async (t) => {
  const decide = { stage: 'decide', beatAt: 1_000_000, failures: 3, dead: 'failed 3 times in a row', odd: null }
  const act = { stage: 'act', beatAt: null, failures: 0, dead: null, odd: null }
  let stages = [decide, act]
  const journal = { ...journalOf(booted), counts: () => Promise.reject(new Error('disk I/O error')) }
  const app = build(t, { journal, status: () => status({ stages }) })
  const { statusCode, body } = await app.inject('/metrics')
  t.equal(statusCode, 200)
  for (const line of [
    'stackreflex_stage_failing{stage="decide"} 1',
    'stackreflex_stage_failing{stage="act"} 0',
    'stackreflex_stage_failures{stage="decide"} 3',
    'stackreflex_stage_beat_timestamp_seconds{stage="decide"} 1000',
    'stackreflex_journal_readable 0'
  ])
    t.ok(body.includes(`${line}\n`), line)
  stages = [act]
  t.notMatch((await app.inject('/metrics')).body, 'stage="decide"')
})
