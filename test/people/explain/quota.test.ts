import t from 'tap'
import { planDiff } from '../../../src/core/approval.ts'
import { stepText } from '../../../src/core/step-text.ts'
import { approvalMessage } from '../../../src/outbound/slack/blocks.ts'
import { actionEntry } from '../../../src/people/explain/render-action.ts'
import { decisionEntry } from '../../../src/people/explain/render-decision.ts'
import { eventEntry, quotaLine } from '../../../src/people/explain/render-event.ts'

const at = '2026-03-01T12:00:00.000Z'
const asked = {
  kind: 'quota-request',
  actor: 'alice',
  policy: 'quota-rebalance',
  lane: 'group:family',
  cluster: 'prod',
  resource: 'cores',
  amount: 16,
  until: Date.parse('2026-03-01T16:00:00Z'),
  reason: 'a launch',
  ends: null
} as const

const step = (to: number) => ({
  type: 'quota-set',
  risk: 'update' as const,
  cluster: 'prod',
  target: 'quota/admin/prod/nova',
  scope: 'quota/admin/family',
  input: {
    ...{ cloud: 'admin', service: 'nova', project: 'prod', projectId: 'p1', direction: 'grow', group: ['p1', 'p2'] },
    ...{ bundles: [], postings: [], after: [] },
    changes: {
      cores: { from: 40, to, leave: 4, capacity: 100 },
      ram: { from: 1024, to: 2048, leave: 0, capacity: 9999 }
    }
  }
})

t.test('who asked for what, and ended it', async (t) => {
  t.equal(quotaLine(asked), 'alice asked for 16 cores for prod until 2026-03-01T16:00:00Z: a launch')
  t.equal(quotaLine({ ...asked, until: null, reason: null }), 'alice asked for 16 cores for prod')
  t.equal(quotaLine({ ...asked, actor: 'bob', ends: 3, reason: null }), 'bob ended request 3 (16 cores for prod)')
  const event = { seq: 12, receivedAt: at, data: asked } as never
  t.same(eventEntry(event, [{ id: 5, events: [12] }] as never), {
    at,
    label: 'person 12',
    lines: ['alice asked for 16 cores for prod until 2026-03-01T16:00:00Z: a launch', 'led to decision 5']
  })
})

t.test('what was moved', async (t) => {
  const attempts = [
    { n: 1, startedAt: at, endedAt: at, outcome: 'changed', note: 'prod: cores 40 → 50', requestId: 'req-1' }
  ]
  const action = {
    ...step(56),
    id: 'a1',
    decision: 5,
    ordinal: 1,
    state: 'done',
    reason: null,
    requestId: 'r1',
    attempts
  }
  const { label, lines } = actionEntry({ ...action, undoes: null, undone: [] } as never, [])
  t.equal(label, 'step 5.2')
  t.equal(lines[0], 'quota-set on quota/admin/prod/nova: prod cores 40 → 56, ram 1024 → 2048')
  t.match(lines[1], /changed, prod: cores 40 → 50 \(answered as req-1\)/, 'and how far it came about')
})

t.test('what would be moved', async (t) => {
  const decision = {
    ...{ id: 5, at, outcome: 'act', reason: 'r', lane: 'group:family', policy: 'quota-rebalance', mode: 'observe' },
    ...{ because: null, events: [12], requesters: ['alice'], known: [], findings: [], plan: [step(56)], actions: [] },
    ...{ verdict: null, approval: null, hints: [] }
  }
  const { lines } = decisionEntry(decision as never, [])
  t.ok(
    lines.includes(
      'would do, were it not for observe: quota-set on quota/admin/prod/nova: prod cores 40 → 56, ram 1024 → 2048'
    ),
    lines.join('\n')
  )
  t.ok(lines.includes('asked for by alice'))
})

t.test('what whoever approves is shown', async (t) => {
  t.equal(stepText(step(56)), 'quota-set quota/admin/prod/nova prod cores 40 → 56, ram 1024 → 2048')
  t.equal(stepText({ ...step(56), type: 'say', input: { say: 'x' } }), 'say quota/admin/prod/nova {"say":"x"}')
  t.same(planDiff([step(56)], [step(60)]), [
    '- quota-set quota/admin/prod/nova prod cores 40 → 56, ram 1024 → 2048',
    '+ quota-set quota/admin/prod/nova prod cores 40 → 60, ram 1024 → 2048'
  ])
  const approval = {
    ...{ id: 1, state: 'open', summary: 's', clusters: ['prod'], plan: [step(56)], requesters: ['alice'], votes: [] },
    ...{ policy: 'quota-rebalance', lane: 'group:family', expires: Date.parse(at), reason: null, usedBy: null }
  }
  const text = JSON.stringify(approvalMessage(approval as never, 0))
  t.match(text, 'quota-set quota/admin/prod/nova on prod prod cores 40 → 56, ram 1024 → 2048')
  t.notMatch(text, 'projectId')
})
