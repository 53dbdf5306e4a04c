import t from 'tap'
import { Type } from 'typebox'
import { decisionOf, needsOf } from '../../src/core/enabled-policy.ts'
import { planSteps, skip } from '../../src/core/policy.ts'
import { askedOf } from '../../src/core/query.ts'
import { actions } from '../../src/policies/actions.ts'
import { policies, standing } from '../../src/policies/index.ts'
import { byName, load } from '../../src/policies/questions.ts'
import { defineAction } from '../../src/policies/shared/define-action.ts'
import { definePolicy, forEachOpenstack } from '../../src/policies/shared/define-policy.ts'
import { defineQuestion } from '../../src/policies/shared/define-question.ts'
import type { Tools } from '../../src/policies/shared/tools.ts'

interface Lamp {
  readonly on: boolean
}
const lampQuestion = defineQuestion(
  'lamp',
  async ({ id }: { readonly id: string }): Promise<Lamp> => ({ on: id === 'a' })
)
const roomQuestion = defineQuestion('room', async (_: Record<never, never>): Promise<readonly string[]> => ['a', 'b'])
const lampOff = defineAction({
  type: 'lamp-off',
  risk: 'update',
  perform: async ({ id }: { readonly id: string }, { target, scope }) => {
    return { outcome: 'changed', applied: { target, scope, value: null }, note: `lamp ${id} is off` }
  }
})
const lampSet = defineAction({
  type: 'lamp-set',
  perform: async (_: { readonly id: string; readonly on: boolean }) => ({ outcome: 'stale', reason: 'a test' })
})

const lamps = forEachOpenstack('lamps', (name) =>
  definePolicy({
    name,
    kind: 'reconcile',
    settings: Type.Object({ leave: Type.Array(Type.String()) }),
    complete: ({ afterUndoMs }) => ({ patience: afterUndoMs }),
    questions: [lampQuestion, roomQuestion],
    actions: [lampOff],
    inverses: [lampSet],
    lanes: ({ subject }) => (subject === null ? { none: 'no lamp' } : [`lamp:${subject}`]),
    needs: ({ key }) => (key === 'room' ? { room: roomQuestion({}) } : { lamp: lampQuestion({ id: key.slice(5) }) }),
    decide({ key }, { lamp, room }, { leave, patience }) {
      if (room !== undefined) return skip(`${room.length} lamps, ${name}`)
      // @ts-expect-error the answer has the type that its question's load answers with
      const wrong: string = lamp.on
      const id = key.slice(5)
      if (!lamp.on || leave.includes(id)) return skip(`${wrong}: lamp ${id} is left, ${patience}`)
      return planSteps('it burns', [lampOff.request({ cluster: null, target: key, scope: 'lamps', input: { id } })])
    }
  })
)

const settled = { policy: lamps, settings: { leave: ['b'], patience: 7 } }
const lane = (key: string) => ({ policy: 'lamps', key, resources: [] })

t.test(
  'a policy is asked with its own settings and answers, and plans with the risk and type of its action',
  async (t) => {
    t.strictSame(askedOf(needsOf(settled, lane('lamp:a'))), [['lamp', { name: 'lamp', params: { id: 'a' } }]])
    const { steps } = decisionOf(settled, lane('lamp:a'), { lamp: { on: true } })
    // In this order, as journals have it.
    t.equal(
      JSON.stringify(steps),
      '[{"type":"lamp-off","risk":"update","cluster":null,"target":"lamp:a","scope":"lamps","input":{"id":"a"}}]'
    )
    t.equal(decisionOf(settled, lane('lamp:b'), { lamp: { on: true } }).reason, 'true: lamp b is left, 7')
    t.equal(
      decisionOf({ ...settled, policy: lamps.as!('lamps@berlin') }, lane('room'), { room: ['a'] }).reason,
      '1 lamps, lamps@berlin'
    )
  }
)

t.test('what is left out: no waiting, no mistakes, no sweep', async (t) => {
  const { quietMs, maxMs, sweep } = lamps
  t.strictSame(
    { quietMs, maxMs, sweep, mistakes: lamps.check({ leave: [], patience: 1 }, []) },
    { quietMs: 0, maxMs: 0, sweep: null, mistakes: [] }
  )
  t.strictSame(lamps.actions, ['lamp-off'])
  t.strictSame(lamps.performs, [lampOff, lampSet])
})

t.test('an action says what takes it back; whose risk differs says which', async (t) => {
  t.strictSame(lampOff.inverse({ id: 'a' }), { type: 'lamp-off', risk: 'update', input: { id: 'a' } })
  t.strictSame(lampSet.inverse({ id: 'a', on: true }, 'create'), {
    type: 'lamp-set',
    risk: 'create',
    input: { id: 'a', on: true }
  })
  // @ts-expect-error its risk is not always the same, so it has to be said
  lampSet.inverse({ id: 'a', on: true })
  // @ts-expect-error this is not what perform takes
  lampOff.request({ cluster: null, target: 'x', scope: 'y', input: { name: 'a' } })
})

t.test('a question that the policy does not list, and an answer that is not JSON, do not compile', async (t) => {
  const answersMap = async () => new Map<string, string>()
  // @ts-expect-error a Map is not JSON
  const mapQuestion = defineQuestion('map', answersMap)
  t.equal(mapQuestion.question, 'map')
  const policy = definePolicy({
    name: 'p',
    kind: 'reaction',
    settings: Type.Object({}),
    questions: [roomQuestion],
    actions: [],
    lanes: () => [],
    // @ts-expect-error lamp is not listed
    needs: () => ({ lamp: lampQuestion({ id: 'a' }) }),
    decide: () => skip('never')
  })
  t.equal(policy.name, 'p')
})

t.test('the registries are what the policies list, each name once', async (t) => {
  const types = actions.map(({ type }) => type)
  t.strictSame(types.toSorted(), [...new Set(types)].toSorted())
  for (const policy of [...policies, ...standing])
    for (const type of policy.actions) t.ok(types.includes(type), `${policy.name}: ${type}`)
  t.throws(() => byName([roomQuestion, defineQuestion('room', async () => 1)]), /two questions are called 'room'/)
  t.doesNotThrow(() => byName([roomQuestion, roomQuestion]))
  await t.rejects(
    load({ name: 'lamp', params: {} }, {} as Tools),
    /no question is called 'lamp'; questions are: applied, busy-lanes,/
  )
})
