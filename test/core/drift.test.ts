import t from 'tap'
import { classOf, explainedWithin, type LastDecision, wantsToAct } from '../../src/core/drift.ts'

const decided = (more: Partial<LastDecision> = {}): LastDecision => ({
  mode: 'enforce',
  outcome: 'act',
  reason: 'a name is missing',
  steps: 1,
  done: 0,
  ...more
})

t.test('what wants to act already', async (t) => {
  for (const [what, last, wants] of [
    ['was never decided', null, false],
    ['observed: no step was made', decided({ mode: 'observe', steps: 0 }), true],
    ['refused or failed', decided(), true],
    ['in part', decided({ steps: 2, done: 1 }), true],
    ['done', decided({ done: 1 }), false],
    ['skipped', decided({ outcome: 'skip', steps: 0 }), false],
    [
      'off on a cluster',
      decided({ mode: 'off', outcome: 'skip', steps: 0, reason: 'dns is off on dev: a name is missing' }),
      true
    ],
    ['another reason', decided({ reason: 'a name is wrong' }), false]
  ] as const)
    t.equal(wantsToAct(last, 'web-1: a name is missing'), wants, what)
})

t.test('classes of drift', async (t) => {
  t.equal(
    classOf(false, () => true),
    'no_event_exists'
  )
  t.equal(
    classOf(true, () => true),
    'explained'
  )
  t.equal(
    classOf(true, () => false),
    'missed'
  )
  t.same(explainedWithin(100_000), { from: 10_000, to: 130_000 })
})
