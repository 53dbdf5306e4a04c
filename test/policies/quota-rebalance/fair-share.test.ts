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
    'a single one goes to the greater weight',
    1,
    [
      [9, 1],
      [9, 3]
    ],
    [0, 1]
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

t.test('of all ways to share, it is the one nearest to the exact shares, the first by name', async (t) => {
  fc.assert(
    fc.property(fc.nat(16), wants, (available, wants) => {
      const exact = exactShares(available, wants)
      const distance = (shares: readonly number[]) =>
        shares.reduce((sum, share, n) => sum + (share - exact[n]!) ** 2, 0)
      const best = allWays(available, wants).reduce((a, b) => (distance(b) < distance(a) - 1e-9 ? b : a))
      deepStrictEqual(fairShare(available, wants), best)
    }),
    { numRuns: 2000 }
  )
  t.pass()
})

t.test('what is shared does not get lost, however large the numbers are', async (t) => {
  const large = fc.array(fc.record({ most: fc.nat(1e9), weight: fc.integer({ min: 1, max: 1000 }) }), { minLength: 1 })
  fc.assert(
    fc.property(fc.nat(2e9), large, (available, wants) => {
      const shares = fairShare(available, wants)
      const total = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0)
      deepStrictEqual(total(shares), Math.min(available, total(wants.map(({ most }) => most))))
      deepStrictEqual(
        wants.filter(({ most }, n) => shares[n]! < 0 || shares[n]! > most),
        []
      )
    })
  )
  t.pass()
})

/** By its definition: whoever wants no more than its part of what is left gets it, again and again. */
function exactShares(available: number, wants: readonly Want[]): readonly number[] {
  const shares: number[] = wants.map(() => 0)
  let left = available
  for (let open = wants.map((_, n) => n); open.length > 0; ) {
    const weights = open.reduce((sum, n) => sum + wants[n]!.weight, 0)
    const part = (n: number) => (left * wants[n]!.weight) / weights
    const full = open.filter((n) => wants[n]!.most <= part(n) + 1e-9)
    if (full.length === 0) {
      for (const n of open) shares[n] = part(n)
      break
    }
    for (const n of full) shares[n] = wants[n]!.most
    left -= full.reduce((sum, n) => sum + wants[n]!.most, 0)
    open = open.filter((n) => !full.includes(n))
  }
  return shares
}

/** All that share as much as there is; what gives most to the first comes first. */
function allWays(available: number, wants: readonly Want[]): readonly (readonly number[])[] {
  const [first, ...rest] = wants
  if (first === undefined) return [[]]
  const others = rest.reduce((sum, { most }) => sum + most, 0)
  const ways: (readonly number[])[] = []
  for (let share = Math.min(first.most, available); share >= 0; share--) {
    const toOthers = available - share
    if (share < first.most && toOthers > others) break
    for (const way of allWays(toOthers, rest)) ways.push([share, ...way])
  }
  return ways
}
