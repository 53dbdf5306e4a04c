import t from 'tap'
import { isolation } from '../../../src/policies/isolation/policy.ts'
import type { IsolationWorldAnswer, KnownBreach, Subject } from '../../../src/policies/isolation/questions/subjects.ts'
import { a, assignment, group, matrix, now, settingsOf } from './clusters.ts'

const open = { protocol: 'tcp', portMin: 22, portMax: 22, remotePrefix: '0.0.0.0/0' } as const
const settings = settingsOf()
const known = (rule: string, detail = '', state: KnownBreach['state'] = 'open'): KnownBreach => ({
  rule,
  detail,
  state,
  since: now - 60_000
})

function sweep(subjects: readonly Subject[], more: Partial<IsolationWorldAnswer> = {}, configured = settings) {
  const world: IsolationWorldAnswer = { matrix, subjects, known: {}, busy: [], ...more }
  return isolation.sweep!.compare({ world } as never, configured)
}

t.test('nothing is drift where everything is in order', async (t) => {
  t.strictSame(sweep([a('port'), a('port', { id: 'y' }), a('image')]), {
    read: '2 port, 1 image; 0 of them breach',
    drifts: []
  })
})

t.test('what the entry may not read is said', async (t) => {
  const { read } = sweep([a('port')], { unread: ['trusts are not judged: give the entry a password'] })
  t.equal(read, '1 port; 0 of them breach; trusts are not judged: give the entry a password')
})

t.test('a breach that no decision knows is drift, and told by whether an event should have told it', async (t) => {
  const { drifts, read } = sweep([
    group(open),
    a('project', { limits: { cores: -1 } }),
    a('person', { assignments: [assignment({ projectId: null, system: true })] }),
    a('mapping', { fromClaims: true }),
    a('application-credential', { id: 'u-dora/ac', unrestricted: true })
  ])
  t.match(drifts, [
    { lane: 'security-group:x', eventExists: true, subjects: ['x', 'r1'], resources: ['security-group/p-dev/x'] },
    { lane: 'project:p-dev', eventExists: false },
    { lane: 'person:u-dora', eventExists: false },
    { lane: 'mapping:x', eventExists: false },
    { lane: 'application-credential:u-dora/ac', eventExists: true }
  ])
  t.match(drifts[0]!.reason, /^the sweep found: security group x of dev lets the world in.*closed by/)
  t.match(read, /5 of them breach$/)
})

t.test('what the journal knows already is drift only where something is to be done', async (t) => {
  const lane = 'security-group:x'
  const observed = settingsOf({}, { mode: 'observe' })
  const cases: readonly [string, Partial<IsolationWorldAnswer>, typeof settings, boolean, boolean?][] = [
    ['still open, on observe', { known: { [lane]: [known('security-group-open', 'r1')] } }, observed, false],
    ['one more, on observe', { known: { [lane]: [] } }, observed, true, true],
    ['not closed yet', { known: { [lane]: [known('security-group-open', 'r1', 'closing')] } }, settings, true, false],
    [
      'being closed',
      { known: { [lane]: [known('security-group-open', 'r1', 'closing')] }, busy: [lane] },
      settings,
      false
    ],
    ['something new in a lane that waits for approval', { busy: [lane] }, settings, true, true],
    [
      'an exemption ran out, on observe',
      { known: { [lane]: [known('security-group-open', 'r1', 'exempt')] } },
      observed,
      true,
      false
    ],
    [
      'one of two is over, on observe',
      { known: { [lane]: [known('security-group-open', 'r1'), known('security-group-open', 'r9')] } },
      observed,
      true,
      true
    ]
  ]
  for (const [name, more, configured, expected, eventExists] of cases) {
    const { drifts } = sweep([group(open)], more, configured)
    t.equal(drifts.length, expected ? 1 : 0, name)
    if (expected) t.equal(drifts[0]!.eventExists, eventExists, name)
  }
})

t.test('a breach whose resource is in order again, or gone, is drift until a decision says so', async (t) => {
  const { drifts } = sweep([group(), a('person')], {
    known: {
      'security-group:x': [known('security-group-open', 'r1')],
      'port:gone': [known('port-security-off')],
      'person:u-dora': [known('person-two-clusters', 'r-member p-prod group g1')],
      'application-credential:u1/gone': [known('application-credential-no-expiry')],
      'image:over': []
    }
  })
  t.match(drifts, [
    { lane: 'security-group:x', reason: 'the sweep found: over: security-group-open', eventExists: true },
    { lane: 'person:u-dora', eventExists: false },
    {
      lane: 'port:gone',
      reason: /it is not there any more; over: port-security-off/,
      eventExists: true,
      subjects: ['gone']
    },
    { lane: 'application-credential:u1/gone', subjects: ['gone'] }
  ])
  t.equal(drifts.length, 4)
})

t.test('what nothing can be said of is not over', async (t) => {
  const all = {
    'server:dark': [known('server-flavor')],
    'trust:t1': [known('trust-impersonation')],
    'port:gone': [known('port-security-off')]
  }
  t.same(
    sweep([], { known: all, unknown: ['server:dark', 'trust:*'] }).drifts.map(({ lane }) => lane),
    ['port:gone']
  )
})
