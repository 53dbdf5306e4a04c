import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createLog } from '../../src/base/log.ts'
import { guard } from '../../src/core/guard.ts'
import { planSteps } from '../../src/core/policy.ts'
import { personEvent } from '../../src/people/person-event.ts'
import { keepStops } from '../../src/process/standing-stops.ts'
import type { Journal } from '../../src/store/journal.ts'
import { openJournal } from '../../src/store/open.ts'
import { event, recorded, route, START, step } from '../contract/journal-facts.ts'

const calm = { tier: 'bursty', calendar: { timeZone: 'UTC', windows: [], freezes: [] }, inFlight: null } as const
const under = guard(
  { clusters: { dev: calm, prod: calm }, budgets: [], coolDowns: [] },
  { p: { mode: 'enforce', clusters: {} } }
)
const stop = { cluster: 'dev', by: 'alice', reason: 'odd' }
const said = personEvent(
  { now: () => START },
  { name: 'alice', groups: [], local: false },
  { did: 'stop', about: 'dev', reason: 'odd' }
)

async function kept(t: Test, broken: (store: Journal) => Partial<Journal>, patienceMs = 60_000) {
  const store = await openJournal({ path: join(t.testdir(), 'journal.db'), now: () => START })
  const standing = keepStops(
    { ...store, ...broken(store) },
    {
      log: createLog({ level: 'silent' }),
      now: () => START,
      changed: () => {},
      clockDoubt: () => null,
      patienceMs,
      retryMs: 5
    }
  )
  t.teardown(async () => {
    standing.close()
    await store.close()
  })
  const { journal } = standing
  let n = 0
  const plan = async (cluster: string) => {
    await journal.append({ events: [route(event(`${cluster}${n++}`), `${cluster}${n}`)], ignored: [] })
    const claim = await journal.claimLane('w', 60_000)
    return recorded(journal, claim!, planSteps('r', [{ ...step(`t-${n}`), cluster }]), { actionIds: [`a${n}`] }, under)
  }
  return { standing, journal, store, plan }
}

t.test('a stop whose write hangs is in force for what is under way, claimed and decided', async (t) => {
  const { journal, plan } = await kept(t, () => ({ stop: () => new Promise<number>(() => {}) }), 20)
  await plan('dev')
  const claim = await journal.claimAction('w', 60_000, under)
  if (claim?.verdict !== 'proceed') throw new Error('no step is due')
  await plan('prod')
  const id = await journal.stop(stop, said)
  t.match(await journal.stops(), [{ id, cluster: 'dev', memory: /not written yet/ }])
  t.match((await journal.mayCall(claim.action))?.stops, [{ by: 'alice' }], 'the next call of what is under way')
  t.match((await plan('dev'))?.verdict, {
    verdict: 'hold',
    rule: 'stop',
    reason: /dev was stopped by alice.*not written yet/
  })
  t.match(await journal.claimAction('w', 60_000, under), { verdict: 'proceed' }, 'prod goes on')
  t.equal(await journal.stop(stop, said), id, 'the same words are the same stop')
})

t.test('a stop whose write fails is written when it can be, under a number of the journal', async (t) => {
  let broken = true
  const { journal, standing, store } = await kept(t, (store) => ({
    stop: (...args) => (broken ? Promise.reject(new Error('the disk is full')) : store.stop(...args))
  }))
  const id = await journal.stop(stop, said)
  t.match(standing.unwritten(), [{ id, memory: /the disk is full/ }])
  t.same(await store.stops(), [])
  broken = false
  while (standing.unwritten().length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const [written, ...more] = await journal.stops()
  t.match(written, { cluster: 'dev', by: 'alice' })
  t.notOk('memory' in written!)
  t.same(more, [])
  t.equal(await journal.resume(id, said), 0, 'the number that was told means it still')
  t.same(await journal.stops(), [])
})

t.test('what is put in force for a moment ends with the words themselves', async (t) => {
  const { journal, standing } = await kept(t, () => ({}))
  standing.atOnce(stop)
  t.match(await journal.stops(), [{ cluster: 'dev', memory: /about to be written/ }])
  await journal.stop(stop, said)
  t.equal((await journal.stops()).length, 1, 'one stop')
  t.notOk('memory' in (await journal.stops())[0]!)
})

t.test("the product's own stop holds everything until it is let go", async (t) => {
  const { journal, standing, plan } = await kept(t, () => ({}))
  standing.hold('the journal is not the one', 'say so')
  t.match((await plan('dev'))?.verdict, { verdict: 'hold', rule: 'stop' })
  t.match((await journal.lanes({ held: true })).length, 1)
  await standing.letGo()
  t.same(await journal.stops(), [])
  t.same(await journal.lanes({ held: true }), [], 'and what it held is decided again')
})
