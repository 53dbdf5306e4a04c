import t from 'tap'
import type { Verdict } from '../../src/core/guard.ts'
import { afterDecision, heldUp, holdOf, soonMs, verdictOnPlan } from '../../src/core/hold.ts'

const now = Date.UTC(2026, 2, 2, 12)
const proceed: Verdict = { verdict: 'proceed' }
const again = { verdict: 'again', rule: 'age', reason: 'old' } as const
const hold = { verdict: 'hold', rule: 'stop', reason: 'stopped', until: null } as const
const soon = { verdict: 'defer', rule: 'in-flight', reason: 'busy', until: now + soonMs } as const
const late = { verdict: 'defer', rule: 'freeze', reason: 'frozen', until: now + soonMs + 1 } as const
const refuse = { verdict: 'refuse', rule: 'budget', reason: 'too many' } as const

t.test('what of a verdict holds the whole lane', async (t) => {
  for (const [verdict, held] of [
    [proceed, false],
    [again, false],
    [hold, true],
    [soon, false],
    [late, true],
    [refuse, false]
  ] as const)
    t.equal(holdOf(verdict, now) !== null, held, JSON.stringify(verdict))
})

t.test(
  'the verdict on a plan: in order the first that holds, of independent steps the first that does not',
  async (t) => {
    for (const [verdicts, inOrder, independent] of [
      [[proceed], proceed, proceed],
      [[proceed, hold], hold, proceed],
      [[soon, hold], hold, soon],
      [[refuse, proceed], refuse, refuse],
      [[hold, late], hold, hold],
      [[late, refuse], late, refuse]
    ] as const) {
      t.equal(verdictOnPlan(verdicts, false, now), inOrder)
      t.equal(verdictOnPlan(verdicts, true, now), independent)
    }
  }
)

t.test('what a verdict that is no yes does to the step, its plan and its lane', async (t) => {
  for (const [verdict, does] of [
    [again, { step: 'gives-way', hold: null, reason: 'old' }],
    [hold, { step: 'gives-way', hold, reason: 'stopped' }],
    [soon, { step: 'waits', until: soon.until, reason: 'busy' }],
    [late, { step: 'gives-way', hold: late, reason: 'frozen' }],
    [refuse, { step: 'ends', reason: 'too many' }]
  ] as const)
    t.same(heldUp(verdict, now), does)
})

t.test('what becomes of a decided plan', async (t) => {
  t.same(afterDecision(0, null, now), { planned: false, hold: null }, 'nothing to do')
  t.match(afterDecision(2, null, now), { planned: false, hold: { rule: 'observe', until: now + 3_600_000 } })
  for (const verdict of [proceed, again, soon, refuse])
    t.same(afterDecision(2, verdict, now), { planned: true, hold: null }, verdict.verdict)
  for (const verdict of [hold, late]) t.same(afterDecision(2, verdict, now), { planned: false, hold: verdict })
})
