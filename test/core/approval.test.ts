import t from 'tap'
import { mayNotApprove, needed } from '../../src/core/approval.ts'

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
