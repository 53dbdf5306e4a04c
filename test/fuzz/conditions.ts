import fc from 'fast-check'
import { condition, conditionMistake, namesRead } from '../../src/core/condition.ts'
import type { Event } from '../../src/events/event.ts'
import { odd } from './spoil.ts'
import { holds, type Target } from './target.ts'

type Input = { readonly text: string; readonly name: unknown }

const text = fc.oneof(
  fc.constantFrom('event.name', 'event.type', 'event.subject', 'event["state"]', 'event.none', 'event.oldName', '""'),
  fc.string({ maxLength: 10 }).map((said) => JSON.stringify(said))
)
const number = fc.oneof(
  text.map((one) => `size(${one})`),
  fc.constantFrom('0', '1', '-9223372036854775808', '9223372036854775807', '1.5e300', '1u', 'int("x")')
)
const pattern = fc.constantFrom(
  '"^a"',
  '"(a+)+$"',
  '"["',
  '"(?=a)"',
  '"\\\\d{1,1000}"',
  'event.name',
  '"^([0-9]+[.]?)+$"'
)

/** Conditions of the right types for the most part, and among them texts that are none. */
const { yes } = fc.letrec<{ yes: string }>((tie) => ({
  yes: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(text, fc.constantFrom('==', '!=', '<', '>='), text).map(([a, op, b]) => `${a} ${op} ${b}`),
    fc.tuple(number, fc.constantFrom('==', '<', '>'), number).map(([a, op, b]) => `${a} ${op} ${b}`),
    fc.tuple(text, pattern).map(([a, b]) => `${a}.matches(${b})`),
    fc.tuple(text, fc.constantFrom('startsWith', 'contains', 'endsWith'), text).map(([a, f, b]) => `${a}.${f}(${b})`),
    fc
      .tuple(text, fc.constantFrom('all', 'exists', 'exists_one'), text)
      .map(([a, f, b]) => `[${a}].${f}(x, x == ${b})`),
    fc.tuple(text, text).map(([a, b]) => `${a} in [${b}, ${a}]`),
    fc.constantFrom(
      'true',
      '"name" in event',
      'has(event.name)',
      'event',
      'null',
      'event.addresses.exists(a, a == "x")'
    ),
    fc.tuple(number, fc.constantFrom('/', '%', '*', '+'), number).map(([a, op, b]) => `${a} ${op} ${b} == 0`),
    fc.tuple(tie('yes'), fc.constantFrom('&&', '||', '=='), tie('yes')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
    tie('yes').map((a) => `!(${a})`),
    fc.tuple(tie('yes'), tie('yes')).map(([a, b]) => `(${a} ? ${b} : false)`),
    fc.string({ maxLength: 20 })
  )
}))

const event = ({ name }: Input): Event =>
  ({
    id: 'm1/compute.instance.update#0',
    source: '/openstack/lab/RegionOne/nova',
    type: 'compute.instance.update',
    subject: 's1',
    time: '2026-11-30T03:00:00.000000Z',
    project: null,
    requestId: null,
    globalRequestId: null,
    data: { kind: 'server', name, oldName: null, state: 'active', addresses: [] }
  }) as Event

/** A condition in CEL → a mistake, or an answer on whatever an event may carry. */
export const conditions: Target<Input> = {
  name: 'CEL',
  share: 5,
  inputs: fc.record({ text: yes, name: odd }),
  check(input) {
    const mistake = conditionMistake(input.text)
    if (mistake !== null) {
      holds(mistake !== '' && !mistake.includes('\n'), 'a mistake is one line')
      return 'mistake'
    }
    namesRead(input.text)
    const answer = condition(input.text)(event(input))
    if ('failed' in answer) {
      holds(answer.failed !== '', 'it failed without a reason')
      return 'failed'
    }
    holds(typeof answer.met === 'boolean', 'neither met nor unmet')
    return answer.met ? 'met' : 'not met'
  }
}
