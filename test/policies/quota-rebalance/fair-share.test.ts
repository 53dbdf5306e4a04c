import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { fairShare, type Want } from '../../../src/policies/quota-rebalance/fair-share.ts'

const cases: readonly [string, number, readonly [most: number, weight: number][], readonly number[]][] = [
  [
    'enough for everybody',
    20,
    [
      [5, 1],
      [9, 1]
    ],
    [5, 9]
  ],
  [
    'nothing at all',
    0,
    [
      [5, 1],
      [9, 3]
    ],
    [0, 0]
  ],
  [
    'equal weights share equally',
    10,
    [
      [9, 1],
      [9, 1]
    ],
    [5, 5]
  ],
  [
    'who wants less than its share leaves the rest to the others',
    12,
    [
      [2, 1],
      [9, 1],
      [9, 1]
    ],
    [2, 5, 5]
  ],
  [
    'twice the weight, twice the share',
    9,
    [
      [9, 1],
      [9, 2]
    ],
    [3, 6]
  ],
  [
    'what cannot be divided goes to the first by name',
    11,
    [
      [9, 1],
      [9, 1],
      [9, 1]
    ],
    [4, 4, 3]
  ],
  [
    'a single one goes to the first, whatever the weights',
    1,
    [
      [9, 1],
      [9, 3]
    ],
    [1, 0]
  ],
  [
    'who wants nothing gets nothing',
    4,
    [
      [0, 9],
      [9, 1]
    ],
    [0, 4]
  ]
]
for (const [name, available, wants, shares] of cases)
  t.test(name, async (t) => {
    t.strictSame(
      fairShare(
        available,
        wants.map(([most, weight]) => ({ most, weight }))
      ),
      shares
    )
  })

const wants = fc.array(fc.record({ most: fc.nat(6), weight: fc.integer({ min: 1, max: 4 }) }), {
  minLength: 1,
  maxLength: 4
})

t.test('it is what comes out when whoever has least for its weight gets the next one', async (t) => {
  fc.assert(
    fc.property(fc.nat(24), wants, (available, wants) => {
      const shares = wants.map(() => 0)
      for (let left = available; left > 0; left--) {
        const open = wants.map((_, n) => n).filter((n) => shares[n]! < wants[n]!.most)
        if (open.length === 0) break
        const ratio = (n: number) => shares[n]! / wants[n]!.weight
        shares[open.reduce((best, n) => (ratio(n) < ratio(best) ? n : best))]!++
      }
      deepStrictEqual(fairShare(available, wants), shares)
    }),
    { numRuns: 3000 }
  )
  t.pass()
})

t.test('among all ways to share, none gives those that have least more', async (t) => {
  fc.assert(
    fc.property(fc.nat(10), wants, (available, wants) => {
      const best = allWays(available, wants).reduce((a, b) => (isFairer(ratios(b, wants), ratios(a, wants)) ? b : a))
      deepStrictEqual(ratios(fairShare(available, wants), wants), ratios(best, wants))
    }),
    { numRuns: 300 }
  )
  t.pass()
})

/** What each has for its weight, least first. */
function ratios(shares: readonly number[], wants: readonly Want[]): readonly number[] {
  return shares.map((share, n) => share / wants[n]!.weight).sort((a, b) => a - b)
}

function isFairer(a: readonly number[], b: readonly number[]): boolean {
  const n = a.findIndex((ratio, n) => ratio !== b[n])
  return n >= 0 && a[n]! > b[n]!
}

function allWays(available: number, wants: readonly Want[]): readonly (readonly number[])[] {
  const [first, ...rest] = wants
  if (first === undefined) return [[]]
  return Array.from({ length: Math.min(first.most, available) + 1 }, (_, share) =>
    allWays(available - share, rest).map((others) => [share, ...others])
  ).flat()
}
