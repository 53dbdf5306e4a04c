import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { planSteps } from '../../../../src/core/policy.ts'
import { quotaReport } from '../../../../src/policies/quota-rebalance/view/report.ts'
import { openJournal } from '../../../../src/store/open.ts'
import { event, open, recorded, route, step } from '../../../contract/journal-facts.ts'
import { familySettings } from './family.ts'

const HOUR = 3_600_000
const NOW = Date.parse('2026-03-01T12:00:00Z')
const policy = 'quota-rebalance'
const lane = 'group:family'

const settings = familySettings({
  projects: { prod: { priority: 2, weight: 1 }, dev: { priority: 1, weight: 1 } },
  resources: {
    cores: {
      capacity: 100,
      low: '10%',
      high: 20,
      floor: 4,
      quantum: 1,
      projects: { dev: { low: 2, ceiling: 60 } }
    },
    ram: { capacity: { discover: true, share: 0.5 }, low: '10%', high: '20%', quantum: 1, projects: {} }
  }
})

async function journalOf(t: Test) {
  const clock = { now: NOW }
  const path = join(mkdtempSync(join(tmpdir(), 'reflex-report-')), 'j.db')
  const journal = await openJournal({ path, now: () => clock.now })
  t.teardown(() => journal.close())
  const read = (cluster: string, resource: string, limit: number, used: number) =>
    journal.sample([{ series: `quota/admin/${cluster}/${resource}`, value: [limit, used] }])
  const report = async () =>
    (await quotaReport(journal, [{ policy: 'quota-rebalance', settings }], clock.now)).groups[0]!
  const cell = async (cluster: string, resource: string) => {
    const { resources } = await report()
    return resources.find((one) => one.resource === resource)!.projects.find((one) => one.cluster === cluster)!
  }
  return { clock, journal, read, report, cell }
}

t.test('before anything was read', async (t) => {
  const { report, cell } = await journalOf(t)
  const { resources, requests, findings, decision, moves } = await report()
  t.match(resources, [
    { resource: 'cores', service: 'nova', capacity: 100, sum: null },
    { resource: 'ram', capacity: null, sum: null }
  ])
  t.same({ requests, findings, decision, moves }, { requests: [], findings: [], decision: null, moves: [] })
  t.match(await cell('prod', 'cores'), { state: 'not read', limit: null, used: null, low: 10, high: 20, floor: 4 })
  t.match(await cell('dev', 'cores'), { low: 2, high: 20, ceiling: 60 }, 'what differs for a project')
})

t.test('where each one stands', async (t) => {
  const { read, cell } = await journalOf(t)
  const table = [
    [50, 51, 'over'],
    [50, 50, 'short'],
    [50, 41, 'short'],
    [50, 40, 'inside'],
    [50, 30, 'inside'],
    [50, 29, 'spare'],
    [-1, 29, 'no limit']
  ] as const
  for (const [limit, used, state] of table) {
    await read('prod', 'cores', limit, used)
    t.match(await cell('prod', 'cores'), { limit, used, state, readAt: NOW }, `${used} of ${limit}`)
  }
})

t.test('the pace of late, and when it is full', async (t) => {
  const { clock, read, cell } = await journalOf(t)
  await read('prod', 'cores', 40, 0)
  clock.now += 9 * HOUR
  await read('prod', 'cores', 40, 20)
  clock.now += HOUR
  await read('prod', 'cores', 40, 30)
  t.match(await cell('prod', 'cores'), { growth: 10, fullInMs: HOUR }, 'what was nine hours ago does not count')
  clock.now += 48 * HOUR
  t.match(await cell('prod', 'cores'), { used: 30, readAt: NOW + 10 * HOUR, growth: null }, 'the last reading stays')
})

t.test('all limits together', async (t) => {
  const { read, report } = await journalOf(t)
  await read('prod', 'cores', 40, 1)
  t.equal((await report()).resources[0]!.sum, null, 'one is not read yet')
  await read('dev', 'cores', 70, 1)
  t.equal((await report()).resources[0]!.sum, 110)
  await read('dev', 'cores', -1, 1)
  t.equal((await report()).resources[0]!.sum, null, 'one has no limit')
})

t.test('the last decision: findings, and what the cloud can bear', async (t) => {
  const { journal, report } = await journalOf(t)
  await journal.append({ events: [route(event('1'), lane, { policy })], ignored: [] })
  const claim = (await journal.claimLane('w', 1000))!
  const decision = planSteps('family: prod cores 40 → 44', [step('t1')], { findings: ['prod is short'] })
  const answers = { group: { query: { name: 'quota-group', params: {} }, answer: { capacity: { ram: 9001 } } } }
  const done = await recorded(journal, claim, decision, { actionIds: ['a1'], answers })
  const { resources, ...found } = await report()
  t.match(found, { findings: ['prod is short'], decision: { id: done!.id, reason: 'family: prod cores 40 → 44' } })
  t.equal(resources[1]!.capacity, 4500, 'a share of it')
  t.match(resources[1]!.projects[0], { low: 450, high: 900 })
})

const changes = (from: number, to: number) => ({ cores: { from, to, leave: 0, capacity: 100 } })

t.test('a move is told as far as it came about', async (t) => {
  const { journal, report } = await journalOf(t)
  await journal.append({ events: [route(event('1'), lane, { policy })], ignored: [] })
  const claim = (await journal.claimLane('w', 1000))!
  const grow = {
    ...step('quota/admin/prod/nova'),
    type: 'quota-set',
    cluster: 'prod',
    input: { changes: changes(40, 50) }
  }
  await recorded(journal, claim, planSteps('more', [grow]), { actionIds: ['a1'] })
  t.match((await report()).moves, [
    { action: 'a1', cluster: 'prod', resource: 'cores', from: 40, to: 50, state: 'ready' }
  ])
  const action = await journal.claimAction('w', 1000, open)
  if (action?.verdict !== 'proceed') throw new Error('no step is due')
  const inverse = { type: 'quota-set', risk: 'update', input: { changes: changes(46, 40) } } as const
  const applied = { target: grow.target, scope: 'zone', value: { kind: 'quota', limits: {}, lent: {} } } as const
  await journal.recordAttempt(action.action, { outcome: 'changed', applied, note: 'said', inverse }, null)
  t.match((await report()).moves, [{ from: 40, to: 46, state: 'done' }], 'only 6 were free by then')
})

t.test('requests: what is there of them', async (t) => {
  const { clock, journal, report } = await journalOf(t)
  const ask = (id: string, until: number | null) => {
    const wish = { lane, cluster: 'prod', resource: 'cores', amount: 16, until, reason: null, ends: null } as const
    const data = { kind: 'quota-request', actor: 'alice', policy, ...wish } as const
    return journal.append({ events: [route(event(id, { data }), lane, { policy })], ignored: [] })
  }
  await ask('1', NOW + HOUR)
  const [claim, grow] = [(await journal.claimLane('w', 1000))!, { ...step('quota/admin/prod/nova'), cluster: 'prod' }]
  await recorded(journal, claim, planSteps('more', [grow]), { actionIds: ['a1'] })
  t.match((await report()).requests, [{ id: 1, amount: 16, got: 0, state: 'open', by: 'alice', until: NOW + HOUR }])
  const action = await journal.claimAction('w', 1000, open)
  if (action?.verdict !== 'proceed') throw new Error('no step is due')
  const lend = (amount: number) => ({
    target: grow.target,
    scope: 'zone',
    value: { kind: 'quota', limits: { cores: 56 }, lent: { 1: { cores: { dev: amount - 4, '': 4 } } } }
  })
  await journal.recordAttempt(action.action, { outcome: 'changed', applied: lend(16), note: 'lent' }, null)
  t.match((await report()).requests, [{ got: 16, state: 'lent' }])
  clock.now = NOW + HOUR
  t.match((await report()).requests, [{ got: 16, state: 'returning' }])
  await ask('2', null)
  t.match((await report()).requests, [{ id: 1 }, { id: 2, got: 0, until: null, state: 'open' }])
})
