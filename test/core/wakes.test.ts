import t from 'tap'
import { released, triedInVain } from '../../src/core/look-again.ts'
import { whereTold } from '../../src/core/told-before.ts'
import { addWake, toldAgain, unwritable, type Woken, withoutEcho } from '../../src/core/wakes.ts'
import type { Event, GitlabData } from '../../src/events/event.ts'

const wake = (key: string, resources: readonly string[] = []) => ({
  ...{ policy: 'p', key, quietMs: 1, maxMs: 2 },
  resources
})
const event: Event = {
  ...{ id: 'e', source: '/gitlab/x', type: 'push', subject: 'main', time: '2026-03-02T12:00:00Z', project: null },
  ...{ requestId: null, globalRequestId: null, data: { kind: 'none' } }
}

t.test('a batch is folded lane by lane', async (t) => {
  const lanes = new Map<string, Woken>()
  addWake(lanes, wake('a', ['x']), 1)
  addWake(lanes, wake('a', ['x', 'y']), 1)
  addWake(lanes, wake('b'), 2)
  addWake(lanes, wake('a', ['x']), 3)
  t.same(
    [...lanes.values()].map(({ wake: { key }, seqs, resources }) => [key, seqs, [...resources]]),
    [
      [
        'a',
        [1, 3],
        [
          ['x', 3],
          ['y', 1]
        ]
      ],
      ['b', [2], []]
    ]
  )
})

t.test('the lane whose own action caused an event is left out', async (t) => {
  const [a, b] = [wake('a'), wake('b')]
  const echo = { id: 'act-1', policy: 'p', key: 'a' }
  const caused = 'caused by our own action act-1'
  for (const [lanes, by, wakes, note] of [
    [[a, b], undefined, [a, b], null],
    [[], undefined, [], 'of no use'],
    [[a, b], echo, [b], caused],
    [[a], echo, [], caused],
    [[b], echo, [b], null]
  ] as const)
    t.same(withoutEcho({ lanes, note: 'of no use' }, by), { wakes, note })
})

t.test('what was told before is another delivery, or the same one', async (t) => {
  const known = { delivery: { d1: 3 }, happening: { h1: 5 }, movedTo: { c2: 9 } } as Record<
    string,
    Record<string, number>
  >
  const newest = (by: string, value: string) => known[by]?.[value] ?? null
  const gitlab = { kind: 'gitlab', happening: 'h1' } as GitlabData
  const moved = (from: string) => ({ ...gitlab, moved: { from, to: 'c3' } }) as GitlabData
  for (const [what, given, told] of [
    ['no webhook of GitLab', event, null],
    ['about nothing', { ...event, id: 'd1', subject: null, data: gitlab }, null],
    ['the same delivery', { ...event, id: 'd1', data: gitlab }, { seq: 3, delivery: 'same' }],
    ['another delivery', { ...event, data: gitlab }, { seq: 5, delivery: 'another' }],
    ['news', { ...event, data: { ...gitlab, happening: 'h2' } }, null],
    ['nobody knows what happened', { ...event, data: { ...gitlab, happening: null } }, null],
    ['the branch was put back since', { ...event, data: moved('c2') }, null],
    ['it was not', { ...event, data: moved('c1') }, { seq: 5, delivery: 'another' }]
  ] as const)
    t.same(whereTold(given as Event, newest), told, what)
})

t.test('what is kept of an event that is told again, or cannot be written', async (t) => {
  t.match(toldAgain(event, 5), { id: 'e', subject: 'main', reason: /^told again: this happened once and is event 5/ })
  t.match(unwritable(event, new Error('odd')), { id: 'e', reason: /^it could not be written \(odd\): please report/ })
})

t.test('a lane is looked at again by an event of our own', async (t) => {
  const lane = { policy: 'p', key: 'a', quiet: 60, max: 5000 }
  const stale = triedInVain(lane, { why: 'stale', action: 'x', attempt: 2, reason: 'odd' }, 7)
  t.match(stale.event, { id: 'x/stale#2', source: '/stackreflex/act', type: 'stackreflex.stale' })
  t.match(stale.lanes, [{ policy: 'p', key: 'a', quietMs: 1000, maxMs: 5000 }], 'not a hundred times a second')
  const again = triedInVain(lane, { why: 'again', action: 'x', attempt: 2, reason: 'odd' }, 7)
  t.match(again.event, { id: 'x/again#2-7', data: { kind: 'hint', lane: 'a', reason: 'odd' } })
  const freed = released(lane, 'over', 7)
  t.match(freed.event, { id: 'release-p-a-7', source: '/stackreflex/guard', type: 'stackreflex.released' })
  t.match(freed.lanes, [{ quietMs: 0, maxMs: 0 }])
})
