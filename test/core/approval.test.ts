import t from 'tap'
import type { ActionRequest } from '../../src/core/action.ts'
import { mayNotApprove, needed, planContent } from '../../src/core/approval.ts'

const tiers = { dev: 'bursty', prod: 'change-controlled' } as const
const rules = (bursty: readonly string[], controlled: readonly string[]) => ({
  expiresMs: 1000,
  tiers: {
    bursty: { required: 1, groups: bursty },
    'change-controlled': { required: 2, groups: controlled },
    'always-on': { required: 1, groups: [] }
  }
})
const alice = { name: 'alice', groups: ['sre'], local: false }
const here = { name: 'local:1000', groups: [], local: true }
const asked = (clusters: readonly string[]) => ({ id: 7, requesters: [], clusters })

t.test('a tier that names no group is approved by nobody who is known by name', async (t) => {
  const dev = needed(['dev'], tiers, rules([], []))
  t.match(mayNotApprove(asked(['dev']), alice, dev), /approvals\.tiers\.bursty\.groups in reflex\.yaml names no group/)
  t.equal(mayNotApprove(asked(['dev']), here, dev), null, 'a user of this machine may, as where there are no tokens')
  const both = needed(['dev', 'prod'], tiers, rules(['sre'], []))
  t.match(mayNotApprove(asked(['dev', 'prod']), alice, both), /change-controlled\.groups/)
  t.match(mayNotApprove(asked(['dev', 'prod']), here, both), /change-controlled/)
})

t.test('groups that are named are held to', async (t) => {
  const dev = needed(['dev'], tiers, rules(['sre'], ['cab']))
  t.equal(mayNotApprove(asked(['dev']), alice, dev), null)
  t.match(mayNotApprove(asked(['dev']), here, dev), /in no group: approvals for dev come from sre/)
  const none = needed([], tiers, rules(['sre'], ['sre']))
  t.equal(none.required, 2)
  t.equal(mayNotApprove(asked([]), alice, none), null, 'a tier that no cluster has keeps nobody from it')
  t.match(mayNotApprove(asked([]), alice, needed([], tiers, rules(['sre'], []))), /change-controlled\.groups/)
})

t.test('what a plan does is another plan, in which share of deletes it counts is not', async (t) => {
  const step: ActionRequest = {
    ...{ type: 'recordset-delete', risk: 'delete' as const, cluster: 'prod', scope: 'zone/cloud.lab.' },
    ...{ target: 'recordset/infra/cloud.lab./a.prod.cloud.lab./A', input: { expects: ['10.20.3.66'] } }
  }
  const content = (one: ActionRequest) => planContent('dns-records', 'name:a', { steps: [one], independent: false })
  t.same(content({ ...step, gone: true }), content(step), 'its server went a moment after its port')
  t.notSame(content({ ...step, input: { expects: ['10.20.3.67'] } }), content(step))
  t.notSame(content({ ...step, cluster: 'dev' }), content(step))
})
