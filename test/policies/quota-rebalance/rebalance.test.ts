import t from 'tap'
import type { Cell, Group } from '../../../src/policies/quota-rebalance/model.ts'
import { rebalance } from '../../../src/policies/quota-rebalance/rebalance.ts'
import { cell, cores, said, sum } from './model.ts'

// Unless a case says otherwise: 10 of 20 used, low watermark 4, high watermark 12, all capacity is in the limits.
const rich = (project: string, more: Partial<Cell> = {}) => cell(project, { limit: 30, ...more })
const short = (project: string, more: Partial<Cell> = {}) => cell(project, { used: 18, ...more })
const asks = (amount: number, since = 1, request = 'r') => [{ request, amount, since }]

const cases: readonly [sentence: string, group: Group, changes: readonly string[], finding?: RegExp][] = [
  ['everybody inside: nothing', cores([cell('a'), rich('b', { high: 20 })], { capacity: 90 }), []],
  ['somebody has too much and nobody is short: nothing', cores([cell('a'), rich('b')]), []],
  ['free capacity and nobody short: nothing', cores([cell('a')], { capacity: 99 }), []],
  ['short and capacity free: to the middle of the watermarks', cores([short('a')], { capacity: 99 }), ['a 20 -> 26']],
  ['not enough for the middle: as far as it goes', cores([short('a')], { capacity: 23 }), ['a 20 -> 23']],
  [
    'free capacity first, then who has too much',
    cores([short('a'), rich('b')], { capacity: 54 }),
    ['b 30 -> 28', 'a 20 -> 26']
  ],
  [
    'down to the high watermark, no further',
    cores([short('a', { used: 30 }), rich('b')]),
    ['b 30 -> 22', 'a 20 -> 28'],
    /a by 6: there is not enough/
  ],
  [
    'down to the floor, no further',
    cores([short('a', { used: 30 }), rich('b', { floor: 27 })]),
    ['b 30 -> 27', 'a 20 -> 23'],
    /a by 11/
  ],
  [
    'the lowest priority gives first',
    cores([short('a'), rich('b', { priority: 1 }), rich('c', { priority: 0 })]),
    ['c 30 -> 24', 'a 20 -> 26']
  ],
  ['of equals, the first by name gives first', cores([short('z'), rich('b'), rich('a')]), ['a 30 -> 24', 'z 20 -> 26']],
  [
    'also the higher one gives to the lower',
    cores([short('a'), rich('b', { priority: 9 })]),
    ['b 30 -> 24', 'a 20 -> 26']
  ],
  [
    'the highest priority receives first',
    cores([short('a'), short('b', { priority: 1 })], { capacity: 43 }),
    ['b 20 -> 22', 'a 20 -> 21'],
    /a by 1/
  ],
  [
    'all come to the low watermark before one comes to the middle',
    cores([short('a'), short('b', { priority: 1 })], { capacity: 45 }),
    ['b 20 -> 23', 'a 20 -> 22']
  ],
  [
    'equals share by weight',
    cores([short('a', { used: 26, weight: 2 }), short('b', { used: 26 })], { capacity: 49 }),
    ['a 20 -> 26', 'b 20 -> 23'],
    /a by 4, b by 7: there is not enough/
  ],
  [
    'a ceiling is not passed',
    cores([short('a', { ceiling: 21 })], { capacity: 99 }),
    ['a 20 -> 21'],
    /a by 1: at the ceiling/
  ],
  ['a floor alone raises nothing', cores([cell('a', { floor: 50 })], { capacity: 99 }), []],
  [
    'a limit below usage is a shortage like another',
    cores([cell('a', { used: 25 })], { capacity: 99 }),
    ['a 20 -> 33']
  ],
  ['whole quanta', cores([short('a', { used: 17 }), rich('b')], { quantum: 5 }), ['b 30 -> 25', 'a 20 -> 25']],
  ['less than a quantum is left stays where it is', cores([short('a')], { capacity: 24, quantum: 5 }), [], /a by 2/],
  [
    'frozen: neither gives',
    cores([short('a'), rich('b', { frozen: 'cool-down until 10:05' })]),
    [],
    /a by 2: there is not enough/
  ],
  [
    'frozen: nor receives',
    cores([short('a', { frozen: 'cool-down until 10:05' })], { capacity: 99 }),
    [],
    /a by 2: left alone: cool-down until 10:05/
  ],
  ['capacity not known: nothing', cores([short('a')], { capacity: null }), [], /cores: its capacity is not known/],
  ['what people got is not taken away', cores([short('a'), rich('b', { kept: 6 })]), ['b 30 -> 28', 'a 20 -> 22']],

  [
    'above the capacity: only shrinks, and only what is too much',
    cores([short('a'), rich('b'), rich('c')], { capacity: 77 }),
    ['b 30 -> 27'],
    /limits together are 80, the capacity is 77: nothing grows. 3 are taken/
  ],
  [
    'above the capacity: the lowest priority shrinks first',
    cores([rich('a', { priority: 1 }), rich('b')], { capacity: 50 }),
    ['b 30 -> 22', 'a 30 -> 28'],
    /it fits then/
  ],
  ['above the capacity, and nobody has too much', cores([cell('a'), cell('b')], { capacity: 30 }), [], /10 stay above/],

  ['a request, out of free capacity', cores([cell('a', { asked: asks(7) })], { capacity: 99 }), ['a 20 -> 27']],
  [
    'a request takes down to the low watermark',
    cores([cell('a', { asked: asks(7) }), cell('b')]),
    ['b 20 -> 14', 'a 20 -> 26'],
    /request r: a waits for 1 cores of 7 cores: there is no free/
  ],
  [
    'a request spares who is inside while another has too much',
    cores([cell('a', { asked: asks(7) }), cell('b'), rich('c', { priority: 9 })]),
    ['c 30 -> 23', 'a 20 -> 27']
  ],
  [
    'a request is served exactly, whatever the quantum',
    cores([cell('a', { asked: asks(3) }), rich('b')], { quantum: 8 }),
    ['b 30 -> 27', 'a 20 -> 23']
  ],
  [
    'the oldest request first',
    cores([cell('a', { asked: asks(5, 2) }), cell('b', { asked: asks(5, 1) })], { capacity: 45 }),
    ['b 20 -> 25'],
    /request r: a waits for 5 cores/
  ],
  [
    'who waits is not taken from for others who ask',
    cores([cell('a', { asked: asks(9, 1) }), rich('b', { asked: asks(9, 2, 's') })]),
    [],
    /request s: b waits for 9/
  ],
  [
    'a request before a shortage',
    cores([cell('a', { asked: asks(5) }), short('b', { priority: 9 })], { capacity: 45 }),
    ['a 20 -> 25'],
    /b by 2/
  ],
  [
    'a request above the ceiling waits',
    cores([cell('a', { asked: asks(5), ceiling: 22 })], { capacity: 99 }),
    ['a 20 -> 22'],
    /waits for 3 cores of 5 cores: more would be above its ceiling/
  ],
  [
    'a request of a frozen project waits',
    cores([cell('a', { asked: asks(5), frozen: 'cool-down' })], { capacity: 99 }),
    [],
    /left alone: cool-down/
  ],

  [
    'what was lent goes back to whom it came from',
    cores([rich('a', { owes: [{ request: 'r', to: { b: 6 } }] }), cell('b')]),
    ['a 30 -> 24', 'b 20 -> 26']
  ],
  [
    'what came from free capacity goes back to it',
    cores([rich('a', { owes: [{ request: 'r', to: { '': 6 } }] })]),
    ['a 30 -> 24']
  ],
  [
    'what is in use stays owed',
    cores([cell('a', { owes: [{ request: 'r', to: { b: 9 } }] }), cell('b')]),
    ['a 20 -> 14', 'b 20 -> 26'],
    /request r: its time is over, a still owes 3 cores of 9 cores to b: not free \(10 cores of 20 used/
  ],
  [
    'the owner is gone: to free capacity',
    cores([rich('a', { owes: [{ request: 'r', to: { gone: 6 } }] })]),
    ['a 30 -> 24']
  ],
  [
    'the owner is at its ceiling: the rest to free capacity',
    cores([rich('a', { owes: [{ request: 'r', to: { b: 6 } }] }), cell('b', { ceiling: 22 })]),
    ['a 30 -> 24', 'b 20 -> 22']
  ],
  [
    'the owner is frozen: stays owed',
    cores([rich('a', { owes: [{ request: 'r', to: { b: 6 } }] }), cell('b', { frozen: 'off' })]),
    [],
    /still owes 6 cores of 6 cores to b: b is left alone: off/
  ],
  [
    'a debtor that is short is filled to its low watermark, so that others do not pay its debt',
    cores([short('a', { owes: [{ request: 'r', to: { b: 6 } }] }), cell('b')], { capacity: 99 }),
    ['a 20 -> 22'],
    /still owes 6 cores of 6 cores to b: not free/
  ],
  [
    'a debtor that is short by less than a quantum stays so: more would have to be given back',
    cores([short('a', { owes: [{ request: 'r', to: { b: 6 } }] }), cell('b')], { capacity: 99, quantum: 5 }),
    [],
    /a by 2: less than one step, and it owes to others/
  ],
  [
    'an extension: what is given back is lent again, so nothing moves',
    cores([
      cell('a', { limit: 20, used: 10, asked: asks(6, 1, 'new'), owes: [{ request: 'old', to: { b: 6 } }] }),
      cell('b', { used: 16 })
    ]),
    []
  ]
]

for (const [sentence, group, changes, finding] of cases)
  t.test(sentence, async (t) => {
    const result = rebalance(group)
    t.strictSame(said(result), changes)
    if (finding === undefined) t.strictSame(result.findings, [])
    else t.match(result.findings.join('\n'), finding)
  })

t.test('an extension is in the books although nothing moves', async (t) => {
  const { entries } = rebalance(cases.at(-1)![1])
  t.strictSame(
    entries.map(({ kind, request, from, to, amount }) => `${kind} ${request}: ${from} to ${to} ${amount}`),
    ['returned old: a to b 6', 'lent new: b to a 6']
  )
})

t.test('every change says its rule, and why with numbers', async (t) => {
  const { changes } = rebalance(cores([short('a'), rich('b')], { capacity: 54 }))
  t.strictSame(changes, [
    {
      resource: 'cores',
      project: 'b',
      from: 30,
      to: 28,
      rule: 'give',
      why: '10 of 30 used, 20 free, above its high watermark 12; gives 2 to a',
      requests: {},
      freedBy: {}
    },
    {
      resource: 'cores',
      project: 'a',
      from: 20,
      to: 26,
      rule: 'receive',
      why: '18 of 20 used, 2 free, below its low watermark 4; gets 6 from free capacity, b',
      requests: {},
      freedBy: { '': 4, b: 2 }
    }
  ])
})

t.test('a change for people names the request; of several rules it is the first', async (t) => {
  const { changes } = rebalance(cores([short('a', { used: 20, asked: asks(2) }), rich('b')], { capacity: 50 }))
  t.strictSame(
    changes.map(({ project, rule, requests, why }) => ({ project, rule, requests, why })),
    [
      {
        project: 'b',
        rule: 'give-asked',
        requests: { r: 2 },
        why: '10 of 30 used, 20 free, above its high watermark 12; gives 2 for request r to a; gives 6 to a'
      },
      {
        project: 'a',
        rule: 'receive-asked',
        requests: { r: 2 },
        why: '20 of 20 used, 0 free, below its low watermark 4; gets 2 for request r from b; gets 6 from b'
      }
    ]
  )
})

const nova = (
  own: (project: string) => Partial<Record<'cores' | 'instances', Partial<Cell>>>,
  capacity: Record<string, number> = {}
): Group => ({
  shared: (['cores', 'instances'] as const).map((resource) => {
    const cells = ['a', 'b'].map((project) => cell(project, own(project)[resource]))
    return { resource, capacity: capacity[resource] ?? sum(cells), quantum: 1, cells }
  }),
  bundles: [{ cores: 4, instances: 1 }]
})

const bundled: readonly [sentence: string, group: Group, changes: readonly string[], finding?: RegExp][] = [
  [
    'short of one resource: whole bundles of both, out of free capacity',
    nova((project) => (project === 'a' ? { cores: { used: 19 } } : {}), { cores: 99, instances: 99 }),
    ['a 20 -> 28', 'instances a 20 -> 22']
  ],
  [
    'only what it is short of counts, not that the other could be fuller',
    nova((project) => (project === 'a' ? { cores: { used: 15, high: 40 }, instances: { used: 18, high: 4 } } : {}), {
      cores: 99,
      instances: 99
    }),
    ['a 20 -> 28', 'instances a 20 -> 22']
  ],
  [
    'no capacity of the other resource: none of either',
    nova((project) => (project === 'a' ? { cores: { used: 19 } } : {}), { cores: 99 }),
    [],
    /cores: short of the low watermark are a by 3/
  ],
  [
    'who gives has too much of both',
    nova((project) => (project === 'a' ? { cores: { used: 19 } } : { cores: { limit: 60 }, instances: { limit: 23 } })),
    ['b 60 -> 56', 'instances b 23 -> 22', 'a 20 -> 24', 'instances a 20 -> 21']
  ],
  [
    'too much of one is nothing to give',
    nova((project) => (project === 'a' ? { cores: { used: 19 } } : { cores: { limit: 60 } })),
    [],
    /a by 3: there is not enough/
  ],
  [
    'frozen in one is frozen in both',
    nova((project) => (project === 'a' ? { cores: { used: 19 }, instances: { frozen: 'cool-down' } } : {}), {
      cores: 99,
      instances: 99
    }),
    [],
    /a by 3: left alone: cool-down/
  ],
  [
    'a request for one resource gets whole bundles',
    nova((project) => (project === 'a' ? { cores: { asked: asks(5) } } : {}), { cores: 99, instances: 99 }),
    ['a 20 -> 28', 'instances a 20 -> 22']
  ],
  [
    'above the capacity of one: both shrink, and nothing grows',
    nova(
      (project) => (project === 'a' ? { cores: { used: 19 } } : { cores: { limit: 60 }, instances: { limit: 40 } }),
      { cores: 77 }
    ),
    ['b 60 -> 56', 'instances b 40 -> 39'],
    /cores: the limits together are 80, the capacity is 77/
  ],
  [
    'what is no whole bundle is given back by hand',
    nova((project) =>
      project === 'b'
        ? {
            cores: { limit: 40, owes: [{ request: 'r', to: { a: 6 } }] },
            instances: { limit: 40, owes: [{ request: 'r', to: { a: 1 } }] }
          }
        : {}
    ),
    ['b 40 -> 36', 'instances b 40 -> 39', 'a 20 -> 24', 'instances a 20 -> 21'],
    /request r: b owes 2 cores that is no whole bundle/
  ]
]

for (const [sentence, group, changes, finding] of bundled)
  t.test(`bundles: ${sentence}`, async (t) => {
    const result = rebalance(group)
    t.strictSame(said(result), changes)
    if (finding !== undefined) t.match(result.findings.join('\n'), finding)
  })

t.test('bundles that cannot be moved are left alone, and a finding says why', async (t) => {
  const { shared } = cores([short('a')], { capacity: 99 })
  for (const [bundles, finding] of [
    [
      [{ cores: 1, ram: 4096 }],
      'cores, ram move together or not at all, and now not: ram is not among what can be shared'
    ],
    [[{ cores: 0.5 }], 'cores move together or not at all, and now not: 0.5 cores is not a whole number from 1 on'],
    [[{ cores: 1 }, { cores: 2 }], 'cores move together or not at all, and now not: cores is in another bundle already']
  ] as const)
    t.strictSame(rebalance({ shared, bundles }).findings, [finding])
})

t.test('of many that are short, a finding names the first, and how many there are', async (t) => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  t.strictSame(rebalance(cores(names.map((name) => short(name)))).findings, [
    'cores: short of the low watermark are a by 2, b by 2, c by 2, d by 2, e by 2 and 2 more: there is not enough free capacity, and nobody else is above its high watermark, its floor and its promises'
  ])
})
