import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import type { Actor } from '../../src/core/approval.ts'
import { explain } from '../../src/people/explain/chain.ts'
import { explainRange } from '../../src/people/explain/range.ts'
import { renderExplanation } from '../../src/people/explain/render.ts'
import { renderRange } from '../../src/people/explain/render-range.ts'
import type { OperationsContext } from '../../src/people/on-journal/context.ts'
import { releaseQuota, requestQuota } from '../../src/people/request-quota.ts'
import { resume, stop } from '../../src/people/stops.ts'
import { vote } from '../../src/people/vote.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { quotaReport } from '../../src/policies/quota-rebalance/view/report.ts'
import { familySettings } from '../policies/quota-rebalance/view/family.ts'
import { world } from './world.ts'

const calendar = {
  timeZone: 'UTC',
  windows: [{ name: 'all-day', policies: null, risks: null, times: 'always' }],
  freezes: []
} as const
const clusters = {
  dev: { tier: 'bursty', calendar: { ...calendar, windows: [] }, inFlight: null },
  prod: { tier: 'change-controlled', calendar, inFlight: null },
  infra: { tier: 'always-on', calendar: { ...calendar, windows: [] }, inFlight: null }
} as const

// Cool-downs and respect are as long as by default.
const settings = familySettings({
  resources: { floatingip: { capacity: 12, low: 1, high: 3, quantum: 1, projects: {} } }
})

const lent = 600_000

const person = (name: string): Actor => ({ name, groups: ['sre'], local: false })
const [alice, bob] = [person('alice'), person('bob')]

/** Three projects with four floating IPs each; prod is change-controlled. */
async function family(t: Parameters<typeof world>[0], more: Parameters<typeof world>[1] = {}) {
  const sim = await startSim({ seed: 1, bootMs: 40, dnsMs: 40 })
  t.teardown(() => sim.close())
  let ahead = 0
  const now = () => Date.now() + ahead
  const w = await world(t, { policy: 'quota-rebalance', settings, sim, rules: { clusters }, now, ...more })
  const { quotas } = await w.parts.tools.cloud('admin')
  const ids = Object.fromEntries([...sim.state.projects.values()].map(({ name, id }) => [name, id]))
  for (const project of ['dev', 'prod', 'infra']) await quotas.write('neutron', ids[project]!, { floatingip: 4 })
  const rule = { required: 1, groups: ['sre'] }
  const context: OperationsContext = {
    journal: w.journal,
    tiers: { dev: 'bursty', prod: 'change-controlled', infra: 'always-on' },
    approvals: { expiresMs: 3_600_000, tiers: { bursty: rule, 'change-controlled': rule, 'always-on': rule } },
    operate: ['sre'],
    quotas: [{ policy: 'quota-rebalance', settings }],
    now,
    async receive(batch) {
      const received = await receive(w.parts, batch)
      w.wake()
      return received
    }
  }
  return {
    ...w,
    context,
    ask: (amount: number, forMs: number | null) =>
      requestQuota(context, [{ policy: 'quota-rebalance', settings }], alice, {
        cluster: 'prod',
        resource: 'floatingip',
        amount,
        forMs,
        reason: 'a launch'
      }),
    /** dev, prod, infra. */
    limits: async () =>
      Promise.all(
        ['dev', 'prod', 'infra'].map(async (one) => (await quotas.read('neutron', ids[one]!)).floatingip!.limit)
      ),
    decision: async () => (await w.journal.decisions({ limit: 1, lane: 'group:family' }))[0]!,
    request: async () =>
      (await quotaReport(w.journal, [{ policy: 'quota-rebalance', settings }], now())).groups[0]!.requests[0]!,
    /** So much later: what was lent for less is over. */
    later: (ms: number) => {
      ahead += ms
      w.wake()
    },
    /** Until something is so; a lane that waits for a time is not pending. */
    async until(what: string, holds: () => Promise<boolean>) {
      for (let tries = 0; !(await holds()); tries++) {
        if (tries > 400) throw new Error(`never: ${what}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }
}

t.test('whoever asked is not the one who approves', async (t) => {
  const w = await family(t, { mode: 'approve' })
  t.match(await w.ask(2, null), { ok: true, request: 1, lane: 'group:family' })
  await w.settled()
  t.same(await w.limits(), [4, 4, 4], 'nothing is moved before somebody approves')
  const [open] = await w.journal.approvals({ state: 'open' })
  t.match(open, { id: 1, requesters: ['alice'], clusters: ['dev', 'infra', 'prod'] })
  t.match(await w.decision(), { verdict: { verdict: 'hold', rule: 'approval', reason: /waits for approval 1/ } })

  const refused = await vote(w.context, alice, open!.id, 'approve', null)
  t.match(refused, {
    ok: false,
    why: 'refused',
    reason: /alice asked for this, and dev, infra, prod is change-controlled/
  })
  w.wake()
  await w.settled()
  t.same(await w.limits(), [4, 4, 4])

  t.match(await vote(w.context, bob, open!.id, 'approve', 'as agreed'), { ok: true, missing: 0 })
  w.wake()
  await w.settled()
  t.same(await w.limits(), [3, 6, 3], 'dev and infra shrank for prod')
  t.match(await w.request(), { id: 1, got: 2, state: 'lent', by: 'alice' })

  const all = renderRange(await explainRange(w.journal, { since: 0, until: null, policy: null }))
  t.match(all, /person \d+ +alice asked for 2 floatingip for prod: a launch/)
  t.match(all, /person \d+ +bob said approve 1: as agreed/)
  const [moved] = await w.journal.actions({ limit: 1, lane: 'group:family' })
  const told = renderExplanation(await explain(w.journal, moved!.id), 200)
  t.match(told, /quota-set on quota\/admin\/prod\/neutron: prod floatingip 4 → 6/)
  t.match(told, /changed, prod: floatingip 4 → 6/)
})

t.test('nor once nobody answered in time, nor of what they want taken back', async (t) => {
  const w = await family(t, { mode: 'approve' })
  await w.ask(2, null)
  await w.settled()
  w.later(3_600_001)
  w.wake()
  await w.settled()
  const [second] = await w.journal.approvals({ state: 'open' })
  t.match(second, { id: 2, requesters: ['alice'] })
  t.match(await vote(w.context, alice, 2, 'approve', null), { ok: false, why: 'refused' })
  t.match(await vote(w.context, bob, 2, 'approve', null), { ok: true })
  w.wake()
  await w.settled()
  t.same(await w.limits(), [3, 6, 3])

  t.match(await releaseQuota(w.context, w.context.quotas!, bob, 1, null), { ok: true })
  w.wake()
  await w.settled()
  w.later(3_600_001)
  w.wake()
  await w.settled()
  const asked = await w.journal.approvals({ state: 'open' })
  t.equal(asked.length, 1)
  for (const open of asked) {
    t.ok(open.requesters.includes('bob'), 'whoever ends it has asked, as whoever it was for')
    t.match(await vote(w.context, bob, open.id, 'approve', null), { ok: false, why: 'refused' })
  }
})

t.test('a rejected request moves nothing, and stays so for the same plan', async (t) => {
  const w = await family(t, { mode: 'approve' })
  await w.ask(2, null)
  await w.settled()
  t.match(await vote(w.context, bob, 1, 'reject', 'not today'), { ok: true })
  w.wake()
  await w.settled()
  t.same(await w.limits(), [4, 4, 4])
  await w.sweep()
  await w.settled()
  t.same(await w.journal.approvals({ state: 'open' }), [], 'nobody is asked again')
  t.match(await w.decision(), { verdict: { rule: 'approval', reason: /was rejected/ } })
  t.match(await w.request(), { got: 0, state: 'open' })
})

t.test('at its end what is free goes back, by itself; what is in use goes when it is free', async (t) => {
  const w = await family(t)
  const fips = []
  for (let n = 0; n < 2; n++) fips.push(await w.operator.createFloatingIp({ project: 'prod' }))
  await w.settled()
  await w.ask(2, lent)
  await w.settled()
  t.same(await w.limits(), [3, 6, 3])
  for (let n = 0; n < 2; n++) fips.push(await w.operator.createFloatingIp({ project: 'prod' }))
  await w.settled()
  w.later(lent)
  await w.until('one of two is back', async () => (await w.limits())[1] === 5)
  await w.settled()
  t.same(await w.limits(), [4, 5, 3], 'four in use, one to its low watermark: one of two is free')
  t.match(await w.request(), { got: 1, state: 'returning' })
  t.match((await w.decision()).findings.join('\n'), /request 1: its time is over, prod still owes 1 floatingip of /)

  await w.operator.deleteFloatingIp(fips.pop()!.id)
  await w.until('all of it is back', async () => (await w.limits())[1] === 4)
  await w.settled()
  t.same(await w.limits(), [4, 4, 4], 'everybody has what was theirs')
  t.match(await w.request(), { got: 0, state: 'over' })
  const actions = await w.journal.actions({ limit: 50, lane: 'group:family' })
  t.ok(actions.every(({ state }) => state === 'done'))
})

t.test('while changes are stopped nothing goes back; then it does', async (t) => {
  const w = await family(t)
  await w.ask(2, lent)
  await w.settled()
  t.same(await w.limits(), [3, 6, 3])
  t.match(await stop(w.context, bob, 'prod', 'odd'), { ok: true })
  w.later(lent)
  await w.until('its end is decided on', async () => (await w.decision()).verdict?.verdict === 'hold')
  t.match(await w.decision(), { outcome: 'act', verdict: { rule: 'stop', reason: /bob/ } })
  t.same(await w.limits(), [3, 6, 3])
  t.match(await resume(w.context, bob, { cluster: 'prod' }, null), { ok: true, lanes: 1 })
  w.wake()
  await w.until('it is back', async () => (await w.limits())[1] === 4)
  await w.settled()
  t.same(await w.limits(), [4, 4, 4])
})
