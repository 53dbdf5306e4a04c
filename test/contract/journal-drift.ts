import type { Result } from '../../src/core/action.ts'
import { type Decision, type Drift, type Mode, planSteps, skip } from '../../src/core/policy.ts'
import type { Json } from '../../src/core/query.ts'
import type { Journal } from '../../src/store/journal.ts'
import type { JournalTest } from './journal.ts'
import { changed, decided, event, HOUR, open, route, SECOND, START, step } from './journal-facts.ts'

const none = { missed: 0, noEventExists: 0, explained: 0 }
const scope: Json = { projects: ['dev'], zone: 'example.org.' }
const seen = START + 2 * HOUR
const drift = (eventExists = true): Drift => ({
  lane: 'a',
  reason: 'the sweep found: t1 differs',
  resources: [],
  eventExists,
  subjects: ['s0', 's1']
})

/** What of the drift that sweeps find is the fault of missed notifications. */
export function drifting(test: JournalTest): void {
  const cases: [
    string,
    { after: number | null; decided: boolean; source?: string; eventExists?: boolean },
    Partial<typeof none>
  ][] = [
    ['an event in time explains it', { after: -80 * SECOND, decided: true }, { explained: 1 }],
    ['an event that comes a little later explains it', { after: 20 * SECOND, decided: true }, { explained: 1 }],
    ['an old event explains nothing', { after: -100 * SECOND, decided: true }, { missed: 1 }],
    ['an old event that is not decided yet explains it', { after: -HOUR, decided: false }, { explained: 1 }],
    ['our own hint explains nothing', { after: 0, decided: true, source: '/stackreflex/sweep' }, { missed: 1 }],
    ['without an event it was missed', { after: null, decided: true }, { missed: 1 }],
    ['unless none exists', { after: null, decided: true, eventExists: false }, { noEventExists: 1 }],
    [
      'what no event tells of is not explained by one that comes by chance',
      { after: 20 * SECOND, decided: true, eventExists: false },
      { noEventExists: 1 }
    ]
  ]
  for (const [name, { after, decided: isDecided, source, eventExists }, expected] of cases) {
    test(name, async (t, { journal, clock }) => {
      await journal.recordDrift('p', scope, [])
      const arrive = async () => {
        clock.now = seen + after!
        const one = event('1', { subject: 's1', source: source ?? '/openstack/c/r/nova' })
        await journal.append({ events: [route(one, 'a')], ignored: [] })
        if (isDecided) await decideNext(journal, skip('r'))
      }
      if (after !== null && after <= 0) await arrive()
      clock.now = seen
      await journal.recordDrift('p', scope, [drift(eventExists)])
      await journal.recordDrift('p', scope, [drift(eventExists)])
      if (after !== null && after > 0) await arrive()
      t.same(await journal.classifyDrift(seen), none, 'not yet')
      t.same(await journal.classifyDrift(seen + 1), { ...none, ...expected }, 'once, though it was seen twice')
      t.same(await journal.classifyDrift(seen + 1), none)
      const { missed, noEventExists } = await journal.counts()
      t.match({ ...none, missed, noEventExists, explained: 0 }, { ...none, ...expected, explained: 0 })
    })
  }

  for (const [from, expected] of [
    ['berlin', { explained: 1 }],
    ['frankfurt', { missed: 1 }]
  ] as const)
    test(`an event of ${from} and what an instance for berlin found`, async (t, { journal, clock }) => {
      await journal.recordDrift('p@berlin', scope, [])
      clock.now = seen - 10 * SECOND
      const one = event('1', { subject: 's1', source: `/openstack/${from}/r/nova` })
      await journal.append({ events: [route(one, 'a')], ignored: [] })
      clock.now = seen
      await journal.recordDrift('p@berlin', scope, [drift()])
      t.same(await journal.classifyDrift(seen + 1), { ...none, ...expected })
    })

  test('the event of our own change explains nothing', async (t, { journal, clock }) => {
    clock.now = seen
    await journal.recordDrift('p', scope, [])
    await journal.append({ events: [route(event('1', { subject: 'else' }), 'a')], ignored: [] })
    const claim = await journal.claimLane('w', 30 * SECOND)
    await decided(journal, claim!, planSteps('r', [step('t1')]), { actionIds: ['a1'] })
    const action = await journal.claimAction('w', 30 * SECOND, open)
    if (action?.verdict !== 'proceed') throw new Error('no action is due')
    await journal.recordAttempt(action.action, { ...changed('t1'), requestId: 'req-answered' } as Result, null)
    await journal.recordDrift('p', scope, [drift()])
    const [row] = await journal.actions({ limit: 1 })
    const echoes = [{ globalRequestId: row!.requestId }, { requestId: 'req-answered' }]
    for (const [n, ids] of echoes.entries())
      await journal.append({ events: [route(event(`e${n}`, { subject: 's1', ...ids }), 'b')], ignored: [] })
    t.same(await journal.classifyDrift(clock.now + 1), { ...none, missed: 1 })
  })

  test('the first sweep, and one that compares something else, takes stock', async (t, { journal, clock }) => {
    const scopes: [Json, object][] = [
      [scope, { noEventExists: 1 }],
      [scope, { missed: 1 }],
      [{ zone: 'example.org.', projects: ['dev'] }, { missed: 1 }],
      [{ zone: 'example.com.', projects: ['dev'] }, { noEventExists: 1 }],
      [scope, { noEventExists: 1 }],
      [scope, { missed: 1 }]
    ]
    for (const [compared, expected] of scopes) {
      clock.now += HOUR
      await journal.recordDrift('q', clock.now, [])
      await journal.recordDrift('p', compared, [drift()])
      t.same(await journal.classifyDrift(clock.now + 1), { ...none, ...expected }, JSON.stringify(compared))
    }
  })

  const plans: [string, Decision, Mode, 'carried out' | 'failed' | null, object][] = [
    ['a lane that only watches knows what it wants', planSteps('t1 differs', [step('t1')]), 'observe', null, none],
    ['so does one that is off', skip('p is off on dev, prod: t1 differs'), 'off', null, none],
    ['and one whose step failed', planSteps('t1 differs', [step('t1')]), 'enforce', 'failed', none],
    ['something else may differ unheard', planSteps('t2 differs', [step('t2')]), 'observe', null, { missed: 1 }],
    ['so may what was carried out', planSteps('t1 differs', [step('t1')]), 'enforce', 'carried out', { missed: 1 }],
    ['and what was right', skip('t1 is right'), 'off', null, { missed: 1 }]
  ]
  for (const [name, decision, mode, how, expected] of plans) {
    test(name, async (t, { journal, clock }) => {
      await journal.recordDrift('p', scope, [])
      await journal.append({ events: [route(event('1', { subject: 's1' }), 'a')], ignored: [] })
      await decideNext(journal, decision, mode)
      if (how !== null) {
        const claim = await journal.claimAction('w', 30 * SECOND, open)
        if (claim?.verdict !== 'proceed') throw new Error('no action is due')
        const result =
          how === 'failed' ? ({ outcome: 'failed', reason: 'forbidden', called: true } as const) : changed('t1')
        await journal.recordAttempt(claim.action, result, null)
      }
      clock.now = seen
      await journal.recordDrift('p', scope, [drift()])
      t.same(await journal.classifyDrift(seen + 1), { ...none, ...expected })
    })
  }
}

async function decideNext(journal: Journal, decision: Decision, mode: Mode = 'enforce'): Promise<void> {
  const claim = await journal.claimLane('w', 30 * SECOND)
  if (claim === null) throw new Error('no lane is due')
  const actionIds = mode === 'enforce' ? decision.steps.map((_, n) => `a${n}`) : []
  await decided(journal, claim, decision, { mode, actionIds })
}
