import t from 'tap'
import { cancelledBy, endOfPlan, firstState, type StepState } from '../../src/core/plan.ts'

t.test('the first step is ready and the others wait, or all are ready where they are independent', async (t) => {
  t.same(
    [0, 1, 2].map((ordinal) => [firstState(ordinal, false), firstState(ordinal, true)]),
    [
      ['ready', 'ready'],
      ['waiting', 'ready'],
      ['waiting', 'ready']
    ]
  )
})

const steps = (...states: readonly StepState[]) =>
  states.map((state) => ({ state, reason: state === 'done' ? null : `is ${state}` }))

t.test('a plan ends once none of its steps is left', async (t) => {
  const end = (waiting: string | null, parked: string | null, carriedOut = false) => ({ carriedOut, waiting, parked })
  for (const [states, pending, ended] of [
    [['done', 'ready'], 0, null],
    [['done', 'waiting'], 0, null],
    [['claimed', 'failed'], 0, null],
    [['done', 'done'], 0, end(null, null, true)],
    [['done', 'done'], 3, end(null, null, true)],
    [['done', 'stale', 'cancelled'], 0, end(null, null)],
    [['failed', 'cancelled'], 0, end(null, 'is failed')],
    [['failed', 'cancelled'], 1, end(null, null)],
    [['refused', 'cancelled'], 0, end('is refused', null)],
    [['done', 'refused', 'failed'], 0, end('is refused', 'is failed')],
    [['interrupted', 'interrupted'], 0, end(null, null)]
  ] as const)
    t.same(endOfPlan(steps(...states), pending), ended, `${states}, ${pending} pending`)
})

t.test('why the steps behind one are cancelled', async (t) => {
  t.equal(cancelledBy(1, 'failed', 'it is broken'), 'step 2 is failed: it is broken')
})
