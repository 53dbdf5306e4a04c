import t from 'tap'
import {
  afterVote,
  approvalEndOf,
  clustersOf,
  foldInto,
  isLate,
  type LastApproval,
  waitsForApproval
} from '../../src/core/approval-life.ts'
import { aheadMs } from '../../src/core/clock.ts'

const now = Date.UTC(2026, 2, 2, 12)
const step = { type: 'put', risk: 'update', cluster: 'dev', target: 't', scope: 's', input: {} } as const
const last = (more: Partial<LastApproval> = {}): LastApproval => ({
  id: 7,
  state: 'open',
  hash: 'h',
  expires: now + 1000,
  requestedAt: now - 1000,
  answeredAt: null,
  requesters: ['alice'],
  approvers: [],
  plan: [step],
  ...more
})
const asking = { decision: 9, hash: 'h', requesters: ['bob'], fourEyes: true }
const another = { keep: false, why: 'decision 9 came to another plan' }
const own = { keep: false, why: 'bob approved it and asked for it as well: somebody else has to approve' }
const kept = { keep: true, requesters: ['alice', 'bob'] }

t.test('a plan is folded into the approval of this very plan, or a new one is opened', async (t) => {
  for (const [what, approval, folded] of [
    ['none yet', null, another],
    ['open', last(), kept],
    ['granted', last({ state: 'granted' }), kept],
    ['rejected', last({ state: 'rejected' }), kept],
    ['used', last({ state: 'used' }), another],
    ['superseded', last({ state: 'superseded' }), another],
    ['another plan', last({ hash: 'i' }), another],
    ['its time is over', last({ expires: now }), another],
    ['asked for while the clock was ahead', last({ requestedAt: now + aheadMs + 1 }), another],
    ['answered while the clock was ahead', last({ answeredAt: now + aheadMs + 1 }), another],
    ['somebody else approved', last({ approvers: ['carol'] }), kept],
    ['whoever asks now approved', last({ approvers: ['bob'] }), own],
    ['and it was granted by that', last({ state: 'granted', approvers: ['bob'] }), own],
    ['who approved, then it was rejected', last({ state: 'rejected', approvers: ['bob'] }), kept]
  ] as const)
    t.same(foldInto(approval, asking, now), folded, what)
  t.same(foldInto(last({ approvers: ['bob'] }), { ...asking, fourEyes: false }, now), kept, 'without four eyes')
})

t.test('how an approval ends whose place another plan takes', async (t) => {
  const other = { ...step, target: 'u' }
  for (const [what, approval, end] of [
    ['open', last(), { state: 'superseded', reason: 'why\n- put t {}\n+ put u {}' }],
    ['granted', last({ state: 'granted' }), { state: 'superseded', reason: 'why\n- put t {}\n+ put u {}' }],
    ['late', last({ expires: now }), { state: 'expired', reason: 'nobody answered in time' }],
    ['rejected', last({ state: 'rejected' }), null],
    ['used', last({ state: 'used' }), null]
  ] as const)
    t.same(approvalEndOf(approval, [other], 'why', now), end, what)
  t.equal(isLate(last(), now), false)
  t.equal(isLate(last({ answeredAt: now + aheadMs + 1 }), now), true)
})

t.test('what a vote makes of an open approval', async (t) => {
  const vote = { actor: 'alice', reason: null } as const
  for (const [voted, required, after] of [
    [{ ...vote, verdict: 'approve', approving: 1 }, 1, { state: 'granted', reason: 'granted by alice' }],
    [{ ...vote, verdict: 'approve', approving: 1 }, 2, null],
    [{ ...vote, verdict: 'approve', approving: 2 }, 2, { state: 'granted', reason: 'granted by alice' }],
    [{ ...vote, verdict: 'reject', approving: 1 }, 1, { state: 'rejected', reason: 'rejected by alice' }],
    [
      { ...vote, verdict: 'reject', approving: 0, reason: 'not today' },
      2,
      { state: 'rejected', reason: 'rejected by alice: not today' }
    ]
  ] as const)
    t.same(afterVote(voted, required), after)
})

t.test('a plan waits for its approval until it is granted, or asked for anew', async (t) => {
  t.equal(waitsForApproval(last({ state: 'granted' })), null)
  t.match(waitsForApproval(last()), {
    verdict: 'hold',
    rule: 'approval',
    reason: 'waits for approval 7: `reflex approve 7`',
    until: now + 1000
  })
  t.match(waitsForApproval(last({ state: 'rejected' })), { verdict: 'hold', reason: /^approval 7 was rejected; asked/ })
})

t.test('the clusters of a plan, each once', async (t) => {
  const on = (cluster: string | null) => ({ ...step, cluster })
  t.same(clustersOf([on('prod'), on(null), on('dev'), on('prod')]), ['dev', 'prod'])
})
