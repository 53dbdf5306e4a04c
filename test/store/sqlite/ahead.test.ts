import { join } from 'node:path'
import t, { type Test } from 'tap'
import { guard } from '../../../src/core/guard.ts'
import { planSteps as acts } from '../../../src/core/policy.ts'
import { personEvent } from '../../../src/people/person-event.ts'
import type { Journal } from '../../../src/store/journal.ts'
import { openSqliteJournal } from '../../../src/store/sqlite/sqlite.ts'
import { event, gone, HOUR, recorded, route, START, step } from '../../contract/journal-facts.ts'

const YEARS = 4 * 365 * 24 * HOUR
const calm = { tier: 'bursty', calendar: { timeZone: 'UTC', windows: [], freezes: [] }, inFlight: 1 } as const
const under = guard(
  {
    clusters: { dev: calm },
    budgets: [{ name: 'few', risk: 'delete', most: 1, windowMs: HOUR }],
    coolDowns: [{ name: 'calm', forMs: HOUR }]
  },
  { p: { mode: 'enforce', clusters: {} } }
)

async function at(t: Test) {
  const clock = { now: START }
  const path = join(t.testdir(), 'journal.db')
  const open = () => openSqliteJournal({ path, now: () => clock.now, exclusive: true })
  let journal = await open()
  t.teardown(() => journal.close())
  let n = 0
  return {
    clock,
    journal: () => journal,
    restart: async () => {
      await journal.close()
      journal = await open()
    },
    /** Wakes a lane and decides to delete there. */
    plan: async (key: string, mode: 'enforce' | 'approve' = 'enforce') => {
      await journal.append({ events: [route(event(`e${n++}`), key)], ignored: [] })
      const claim = await journal.claimLane('w', 60_000)
      if (claim === null) throw new Error(`lane ${key} is not due`)
      const steps = [{ ...step('target', 'delete'), cluster: 'dev' }]
      const more = { actionIds: [`a${n}`], mode, now: clock.now, hash: 'the same plan', approvalMs: HOUR } as const
      return recorded(journal, claim, acts('r', steps), more, under)
    },
    claim: () => journal.claimAction('w', 60_000, under)
  }
}

const deleted = async (journal: Journal, claim: Awaited<ReturnType<Journal['claimAction']>>) => {
  if (claim?.verdict !== 'proceed') throw new Error(JSON.stringify(claim))
  await journal.recordAttempt(claim.action, gone('target'), null)
}

t.test('the clock four years ahead and back: budgets, cool-downs and claims of then hold up nothing now', async (t) => {
  const { clock, journal, plan, claim } = await at(t)
  clock.now = START + YEARS
  await plan('a')
  await deleted(journal(), await claim())
  await plan('b')
  // A step that is under way, and a lane that is being decided, when the clock is set.
  t.match(await claim(), null, 'in 2030 the budget is used')
  await journal().append({ events: [route(event('left'), 'c')], ignored: [] })
  t.ok(await journal().claimLane('w', 60_000))

  clock.now = START
  await journal().clockWentBack()
  const due = [await journal().claimLane('w', 60_000), await journal().claimLane('w', 60_000)]
  t.same(due.map((one) => one?.key).sort(), ['b', 'c'], 'what was held or leased until then is decided again')
  t.match(await plan('d'), { planned: true, verdict: { verdict: 'proceed' } })
  t.match(await claim(), { verdict: 'proceed' }, 'deletes are not refused until 2030')
})

t.test('an approval that was given four years ahead is none', async (t) => {
  const { clock, journal, plan, restart } = await at(t)
  clock.now = START + YEARS
  const first = await plan('a', 'approve')
  const vote = async (id: number) =>
    journal().vote(
      id,
      { actor: 'alice', verdict: 'approve', reason: null },
      { required: 1, expiresMs: HOUR },
      personEvent(
        { now: () => clock.now },
        { name: 'alice', groups: [], local: false },
        { did: 'approve', about: String(id), reason: null }
      )
    )
  t.match(await vote(first!.approval!), { counted: true, approval: { state: 'granted' } })
  clock.now = START
  await restart()
  const again = await plan('a', 'approve')
  t.not(again!.approval, first!.approval, 'people are asked anew')
  t.match(again!.verdict, { verdict: 'hold', rule: 'approval' })
  t.match(await journal().approvals({ id: first!.approval! }), [{ state: 'expired' }])
  // Asked for in the present, answered while the clock was ahead.
  clock.now = START + YEARS
  t.match(await vote(again!.approval!), { counted: false })
})

t.test('what the guard says of a clock in doubt', async (t) => {
  const facts = {
    now: START,
    stops: [],
    pin: null,
    approval: null,
    inFlight: 0,
    changedAt: null,
    usages: [{ used: 0, held: 0, freesAt: null }]
  }
  const wanted = {
    ...step('x', 'delete'),
    cluster: 'dev',
    policy: 'p',
    mode: 'enforce',
    decidedAt: START,
    decision: 1
  } as const
  t.match(under.judge(wanted, { ...facts, clockDoubt: 'it jumped' }), {
    verdict: 'hold',
    rule: 'clock',
    reason: 'it jumped'
  })
  t.match(under.judge({ ...wanted, risk: 'update' }, { ...facts, clockDoubt: 'it jumped', usages: [] }), {
    verdict: 'proceed'
  })
  t.match(under.judge({ ...wanted, decidedAt: START + YEARS }, facts), { verdict: 'again', rule: 'age' })
})
