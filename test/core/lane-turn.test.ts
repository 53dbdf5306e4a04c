import t from 'tap'
import { setAside, turnAfterWake, turnOf } from '../../src/core/lane-turn.ts'

const now = 100_000

t.test('when a lane’s turn is', async (t) => {
  const calm = { quiet: 60, max: 1000 }
  t.same(turnOf(null, calm, now), { since: null, due: null })
  t.same(turnOf({ first: now, newest: now }, calm, now), { since: now, due: now + 60 })
  t.same(turnOf({ first: now - 990, newest: now }, calm, now), { since: now - 990, due: now + 10 }, 'at the latest')
  const ahead = { first: now + 5000, newest: now + 9000 }
  t.same(turnOf(ahead, calm, now), { since: now, due: now + 60 }, 'written by a clock that was ahead')
})

t.test('when it is once events have come for it', async (t) => {
  const wake = { quietMs: 60, maxMs: 1000 }
  for (const [what, lane, turn] of [
    ['new', null, { since: now, due: now + 60, retry: 0 }],
    ['all is decided', { since: null, retry: 0, parked: null }, { since: now, due: now + 60, retry: 0 }],
    ['some wait', { since: now - 990, retry: 0, parked: null }, { since: now - 990, due: now + 10, retry: 0 }],
    [
      'not before its retry',
      { since: now - 10, retry: now + 5000, parked: null },
      { since: now - 10, due: now + 5000, retry: now + 5000 }
    ],
    ['parked', { since: now - 10, retry: now + 5000, parked: 'a bug' }, { since: now - 10, due: now + 60, retry: 0 }]
  ] as const)
    t.same(turnAfterWake(lane, wake, now), turn, what)
  t.same(turnAfterWake(null, { quietMs: 60, maxMs: 20 }, now), { since: now, due: now + 20, retry: 0 })
})

t.test('what setting a lane aside makes of it', async (t) => {
  const claim = { throughSeq: 5, count: 2 }
  t.same(setAside({ last: 5, seen: 5 }, claim, 'a bug'), { reason: 'a bug', parked: 'a bug', decided: null })
  t.same(setAside({ last: 6, seen: 5 }, claim, 'a bug'), { reason: 'a bug', parked: null, decided: null })
  t.same(setAside({ last: 5, seen: 5 }, { ...claim, unreadable: 'event 4' }, 'a\u0000bug'), {
    reason: 'a bug',
    parked: 'a bug',
    decided: claim
  })
})
