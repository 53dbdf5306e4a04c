import fc from 'fast-check'
import t from 'tap'
import { growthPerHour, lastRun, type Sample } from '../../src/core/trend.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** `[minute, value]`, or `[from, until, value]` in minutes. */
const readings = (...all: (readonly [number, number] | readonly [number, number, number])[]): Sample[] =>
  all.map((one) => {
    const [at, until, value] = one.length === 3 ? one : [one[0], one[0], one[1]]
    return { at: at * MINUTE, until: until * MINUTE, value }
  })

t.test('since when the last value is there, and what was before it', async (t) => {
  const table = [
    ['nothing was read', readings(), { since: null, before: null }],
    ['it was never another one', readings([0, 30, 7], [40, 50, 7]), { since: null, before: null }],
    ['one change', readings([0, 30, 7], [40, 50, 9]), { since: 40 * MINUTE, before: 7 }],
    ['read several times since', readings([0, 7], [5, 9], [6, 9], [7, 9]), { since: 5 * MINUTE, before: 7 }],
    ['back to what it was', readings([0, 7], [5, 9], [8, 7]), { since: 8 * MINUTE, before: 9 }]
  ] as const
  for (const [name, given, found] of table) t.same(lastRun(given), found, name)
})

t.test('what it grows by in an hour', async (t) => {
  const table = [
    ['nothing was read', readings(), null],
    ['one moment is no trend', readings([0, 7]), null],
    ['ten minutes are none either', readings([0, 7], [10, 900]), null],
    ['a quarter of an hour is', readings([0, 10], [15, 20]), 40],
    ['it stays', readings([0, 120, 7]), 0],
    ['it falls', readings([0, 100], [60, 90]), -10],
    ['a straight line', readings([0, 1], [30, 2], [60, 3], [120, 5]), 2]
  ] as const
  for (const [name, given, found] of table) t.equal(growthPerHour(given), found, name)
})

t.test('a value that stayed counts at both of its ends', async (t) => {
  const late = growthPerHour(readings([0, 10], [60, 20]))!
  const stayed = growthPerHour(readings([0, 50, 10], [60, 60, 20]))!
  t.equal(late, 10)
  t.ok(stayed > 0 && stayed < late, `${stayed}: most of the time nothing happened`)
})

const rising = fc
  .array(fc.record({ wait: fc.integer({ min: 1, max: 120 }), up: fc.integer({ min: 0, max: 1000 }) }), {
    minLength: 2,
    maxLength: 30
  })
  .map((steps) => {
    let [at, value] = [0, 0]
    return steps.map(({ wait, up }) => {
      at += wait * MINUTE
      value += up
      return { at, until: at, value }
    })
  })

t.test('whatever is read: a line is found exactly, and what never falls has no negative pace', async (t) => {
  const line = fc.property(rising, fc.integer({ min: -500, max: 500 }), fc.integer(), (given, pace, base) => {
    const on = given.map((one) => ({ ...one, value: base + (pace * one.at) / HOUR }))
    const found = growthPerHour(on)
    return found === null || Math.abs(found - pace) < 1e-3
  })
  t.doesNotThrow(() => fc.assert(line))
  const upward = fc.property(rising, (given) => (growthPerHour(given) ?? 0) >= -1e-9)
  t.doesNotThrow(() => fc.assert(upward))
})

t.test('whatever is read: the last run is the tail of equal values', async (t) => {
  const values = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 20 })
  const tail = fc.property(values, (all) => {
    const given = all.map((value, n) => ({ at: n, until: n, value }))
    const { since, before } = lastRun(given)
    if (since === null) return new Set(all).size <= 1 && before === null
    return all.slice(since).every((one) => one === all.at(-1)) && all[since - 1] === before && before !== all.at(-1)
  })
  t.doesNotThrow(() => fc.assert(tail))
})
