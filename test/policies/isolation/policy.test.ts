import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseConfig } from '../../../src/config/load.ts'
import { showProblem } from '../../../src/config/problems.ts'
import { skip } from '../../../src/core/policy.ts'
import type { Event, EventData } from '../../../src/events/event.ts'
import { actions } from '../../../src/policies/actions.ts'
import { policies } from '../../../src/policies/index.ts'
import { isolation } from '../../../src/policies/isolation/policy.ts'
import type { KnownBreach, MatrixAnswer, Subject } from '../../../src/policies/isolation/questions/subjects.ts'
import type { IsolationSettings } from '../../../src/policies/isolation/settings.ts'
import { a, assignment, group, matrix, now, settingsOf } from './clusters.ts'

const open = { protocol: 'tcp', portMin: 22, portMax: 22, remotePrefix: '0.0.0.0/0' } as const
const settings = settingsOf()
const lane = (key: string) => ({ policy: 'isolation', key, resources: [] })

function decide(
  subject: Subject | null,
  {
    with: configured = settings,
    known = [],
    matrix: answer = matrix
  }: { with?: IsolationSettings; known?: readonly KnownBreach[]; matrix?: MatrixAnswer } = {}
) {
  const key = subject === null ? 'port:gone' : `${subject.kind}:${subject.id}`
  return isolation.decide(lane(key), { subject, known, matrix: answer } as never, configured)
}
const states = (decision: ReturnType<typeof decide>) =>
  decision.breaches?.map(({ rule, state, because }) => `${rule} ${state}: ${because}`)

t.test('a breach is closed at once, by as little as closes it', async (t) => {
  const decision = decide(a('rbac-policy', { id: 'rb', target: 'p-prod' }))
  t.match(decision, {
    outcome: 'act',
    reason:
      /network dev-net of dev is shared with cluster prod \(project p-prod\): closed by rbac-policy-delete rbac-policy\/n-dev\/access_as_shared\/p-prod$/,
    independent: true,
    resources: ['rbac-policy/p-dev/rb'],
    steps: [
      {
        type: 'rbac-policy-delete',
        risk: 'delete',
        cluster: 'dev',
        // Of no population, so that a share of deletes keeps no breach open.
        population: 0,
        target: 'isolation/admin/rbac-policy/n-dev/access_as_shared/p-prod'
      }
    ],
    breaches: [
      {
        rule: 'rbac-shared-network',
        detail: '',
        layer: 'network',
        severity: 'critical',
        resource: 'rbac-policy/p-dev/rb',
        from: 'dev',
        to: 'prod',
        state: 'closing'
      }
    ]
  })
  t.equal(decision.atMost, undefined)
  t.equal(decision.againAt, undefined)
})

t.test('what is in order, and what is gone, has no breaches any more', async (t) => {
  t.strictSame(decide(a('port')), skip('port x keeps to its cluster', { resources: ['port/p-dev/x'], breaches: [] }))
  t.match(decide(null), { outcome: 'skip', reason: 'port gone does not exist any more', breaches: [] })
})

t.test('each breach is closed after the grace of its severity', async (t) => {
  const graced = settingsOf({ grace: { high: '10m' } })
  const known = [{ rule: 'security-group-open', detail: 'r1', state: 'noticed', since: now - 60_000 }] as const
  const first = decide(group(open), { with: graced })
  t.match(states(first), [/^security-group-open noticed: closed at 2026-11-25T12:10:00.000Z unless it is gone by then/])
  t.match(first, { outcome: 'skip', steps: [], againAt: now + 600_000 })
  t.match(decide(group(open), { with: graced, known }), { outcome: 'skip', againAt: now + 540_000 })
  const due = [{ ...known[0], since: now - 600_000 }]
  t.match(decide(group(open), { with: graced, known: due }), {
    outcome: 'act',
    steps: [{ input: { rule: { id: 'r1' } } }]
  })

  const both = decide(group(open, { ...open, portMin: 23, portMax: 23 }), { with: graced, known: due })
  t.strictSame(
    both.breaches?.map(({ detail, state }) => `${detail} ${state}`),
    ['r1 closing', 'r2 noticed'],
    'only what is due'
  )
  t.equal(both.steps.length, 1)
  t.equal(both.againAt, now + 600_000)
})

t.test('what nothing closes is open at once: there is nothing to wait for', async (t) => {
  const decision = decide(a('project', { limits: { cores: -1 } }))
  t.match(states(decision), [/^project-quota-unlimited open: nothing closes it by itself: say which limit it gets/])
  t.equal(decision.againAt, undefined)
})

t.test('an exemption holds for its time, its rule and its resource', async (t) => {
  const exempt = (more: object) =>
    settingsOf({
      exempt: [
        { rule: 'security-group-open', resource: 'x', reason: 'audit', owner: 'carol', until: '2026-11-30', ...more }
      ]
    })
  const held = decide(group(open), { with: exempt({}) })
  t.match(held, { outcome: 'skip', steps: [], againAt: Date.parse('2026-12-01T00:00:00Z') })
  t.match(states(held), [/^security-group-open exempt: carol answers for it until 2026-11-30: audit$/])
  t.match(states(decide(group(open), { with: exempt({ resource: 'r1' }) })), [/exempt/], 'by the id of the rule')
  t.match(states(decide(group(open), { with: exempt({ rule: '*' }) })), [/exempt/], 'from all rules')
  t.match(states(decide(group(open), { with: exempt({ rule: 'port-security-off' }) })), [/closing/], 'another rule')
  t.match(states(decide(group(open), { with: exempt({ resource: 'y' }) })), [/closing/], 'another resource')
  const part = decide(group(open, { ...open, portMin: 23, portMax: 23 }), { with: exempt({ resource: 'r2' }) })
  t.match(states(part), [/closing/, /exempt/], 'only one of two')

  const over = decide(group(open), { with: exempt({ until: '2026-11-25T12:00:00Z' }) })
  t.equal(over.outcome, 'act')
  t.match(over.findings, [
    /^the exemption of x from security-group-open ran out \(until 2026-11-25T12:00:00Z; carol: audit\): renew it/
  ])
  const idle = decide(group(), { with: exempt({ until: '2026-11-24' }) })
  t.match(idle, { outcome: 'skip', findings: [/ran out/], breaches: [] }, 'a finding though nothing breaches')
})

t.test('what may cross is no breach; a condition that fails allows nothing', async (t) => {
  const crossing = (...crossing: object[]) => settingsOf({ crossing })
  const foreign = group({ ...open, remotePrefix: '10.3.0.0/24' })
  const base = { from: 'dev', to: 'infra', reason: 'monitoring scrapes nodes' }
  const cases: readonly [string, object, boolean][] = [
    ['these two', base, true],
    ['the other way round', { ...base, from: 'infra', to: 'dev' }, false],
    ['anything', { ...base, from: '*', to: '*' }, true],
    ['this layer', { ...base, layer: 'network' }, true],
    ['another layer', { ...base, layer: 'storage' }, false],
    ['this rule', { ...base, rule: 'security-group-other-cluster' }, true],
    ['another rule', { ...base, rule: 'port-foreign-network' }, false],
    [
      'a condition that is met',
      { ...base, when: 'evidence.portMin == 22 && resource.name == "x" && to == "infra"' },
      true
    ],
    ['one that is not', { ...base, when: 'evidence.portMin == 9100 || rule == "x"' }, false],
    ['one that fails', { ...base, when: 'evidence.nothing == 1' }, false]
  ]
  for (const [name, one, allowed] of cases) {
    const decision = decide(foreign, { with: crossing(one) })
    t.equal(decision.breaches?.length, allowed ? 0 : 1, name)
    if (allowed) t.match(decision.findings, [/it may, monitoring scrapes nodes \(crossing\)$/], name)
  }
  t.match(decide(foreign, { with: crossing(cases.at(-1)![1]) }).findings, [
    /crossing\[0\] \(monitoring scrapes nodes\): its condition failed \(No such key: nothing\): it allows nothing/
  ])
})

t.test('what is protected is never cut off, and told', async (t) => {
  const node = a('floating-ip', {
    projectId: 'p-prod',
    portId: 'po',
    portProjectId: 'p-prod',
    portDeviceOwner: 'compute:nova',
    serverId: 'srv',
    serverName: 'prod-control-plane-1'
  })
  for (const entry of ['prod/prod-control-plane-*', 'srv', 'prod/203.0.113.7', 'prod/*plane*1', '*']) {
    const decision = decide(node, { with: settingsOf({ protected: [entry] }) })
    t.match(decision, { outcome: 'skip', findings: [/what cuts it off is never done here/] }, entry)
    t.match(states(decision), [/^floating-ip-on-node open: protected/], entry)
  }
  for (const entry of [
    'prod/prod-control-plane',
    'prod/control-plane-*',
    'prod/prod-*-2',
    'prod/prod-control-plane*plane-1'
  ])
    t.equal(decide(node, { with: settingsOf({ protected: [entry] }) }).outcome, 'act', entry)
  t.equal(
    decide(a('rbac-policy', { target: 'p-prod' }), { with: settingsOf({ protected: ['n-dev'] }) }).outcome,
    'act',
    'an unused door of it is shut all the same'
  )
})

t.test('a matrix with names that were not found cuts nothing off', async (t) => {
  const half = { ...matrix, unresolved: ['shared.networks: there is no network transfr'] }
  t.match(decide(group(open), { matrix: half }), {
    outcome: 'skip',
    findings: [
      /nothing is cut off while the matrix has names that were not found \(shared.networks: there is no network transfr\)/
    ]
  })
  t.equal(decide(a('rbac-policy', { target: 'p-prod' }), { matrix: half }).outcome, 'act')
})

t.test(
  'the mode of a plan: of the rule, of the cluster, and approval for what cuts where changes are controlled',
  async (t) => {
    const prodGroup: Subject = { ...group(open), projectId: 'p-prod' }
    const share = a('rbac-policy', { objectId: 'n-prod', objectProjectId: 'p-prod', target: 'p-dev' })
    const rule = (mode: string) => settingsOf({ rules: { 'security-group-open': { mode } } })
    const cases: readonly [string, Subject, IsolationSettings, string | undefined][] = [
      ['cuts on a bursty cluster', group(open), settings, undefined],
      ['cuts on a change-controlled cluster', prodGroup, settings, 'approve'],
      ['cuts there, and the configuration says so', prodGroup, rule('enforce'), undefined],
      ['an unused door on a change-controlled cluster', share, settings, undefined],
      ['a rule that asks people', group(open), rule('approve'), 'approve'],
      ['a cluster that asks people', group(open), settingsOf({}, { clusters: { dev: 'approve' } }), 'approve'],
      ['a cluster that is watched', group(open), settingsOf({}, { clusters: { dev: 'observe' } }), 'observe']
    ]
    for (const [name, subject, configured, atMost] of cases) {
      const decision = decide(subject, { with: configured })
      t.equal(decision.outcome, 'act', name)
      t.equal(decision.atMost, atMost, name)
    }
    t.match(states(decide(group(open), { with: settingsOf({}, { clusters: { dev: 'observe' } }) })), [
      /^security-group-open open: isolation is on observe here; it would be closed by security-group-rule-delete/
    ])
    const offHere = decide(group(open), { with: settingsOf({}, { clusters: { dev: 'off' } }) })
    t.match(offHere, { outcome: 'skip', findings: [/isolation is off on dev: nothing is done/] })
  }
)

t.test('what no cluster bears alone goes by the mode of the policy', async (t) => {
  const person = a('person', { assignments: [assignment({ projectId: null, system: true })] })
  t.match(states(decide(person, { with: settingsOf({}, { mode: 'observe', clusters: { dev: 'enforce' } }) })), [
    /^system-role open: isolation is on observe here/
  ])
  t.match(states(decide(person)), [/^system-role closing/])
})

t.test('a rule on observe tells and does nothing, one that is off tells nothing', async (t) => {
  const told = decide(group(open), { with: settingsOf({ rules: { 'security-group-open': { mode: 'observe' } } }) })
  t.match(told, { outcome: 'skip', steps: [] })
  t.match(states(told), [/^security-group-open open: security-group-open is on observe/])
  const off = decide(group(open), { with: settingsOf({ rules: { 'security-group-open': { mode: 'off' } } }) })
  t.strictSame(off.breaches, [])
  const worse = decide(group(open), {
    with: settingsOf({ rules: { 'security-group-open': { severity: 'critical' } } })
  })
  t.equal(worse.breaches?.[0]?.severity, 'critical')
  const turnedOn = settingsOf({ rules: { 'volume-multiattach': { mode: 'enforce' } }, grace: { low: '0s' } })
  t.match(states(decide(a('volume', { multiattach: true }), { with: turnedOn })), [
    /^volume-multiattach open: nothing closes it by itself: a volume stays multiattach/
  ])
})

t.test('what may be done freely does not wait for what needs approval', async (t) => {
  const dora = a('person', {
    assignments: [
      assignment({ projectId: 'p-prod' }),
      assignment({ projectId: 'p-infra' }),
      assignment({ projectId: 'p-dev', role: 'admin', roleId: 'r-admin' })
    ]
  })
  const decision = decide(dora)
  t.strictSame(
    decision.steps.map((step) => `${step.type} ${step.cluster}`),
    ['role-revoke infra']
  )
  t.equal(decision.atMost, undefined)
  t.equal(decision.againAt, now + 5000)
  t.match(states(decision), [
    /^admin-granted open: closed by .*, once what needs no approval is done$/,
    /^person-two-clusters closing/,
    /^person-two-clusters open: closed by .*, once what needs no approval is done$/
  ])
  const after = decide(a('person', { assignments: [dora.assignments[0]!, dora.assignments[2]!] }))
  t.strictSame(
    after.steps.map((step) => `${step.type} ${step.cluster}`),
    ['role-revoke dev', 'role-revoke prod']
  )
  t.equal(after.atMost, 'approve')
})

t.test('two rules that ask for one step get it once', async (t) => {
  const decision = decide({ ...group(open), name: 'default' }, { with: settingsOf({ grace: { medium: '0s' } }) })
  t.strictSame(
    decision.breaches?.map(({ rule, state }) => `${rule} ${state}`),
    ['default-group-changed closing', 'security-group-open closing']
  )
  t.equal(decision.steps.length, 1)
})

t.test('nobody loses admin while no operators are listed', async (t) => {
  const alone = { ...matrix, operators: [] }
  const dora = a('person', { assignments: [assignment({ role: 'admin' })] })
  t.match(decide(dora, { matrix: alone, with: settingsOf({ operators: [] }) }), {
    outcome: 'skip',
    findings: [/no operators are listed, so that everybody would lose it/]
  })
})

t.test('a group’s lane looks at its members', async (t) => {
  const decision = isolation.decide(
    lane('group:g1'),
    { subject: a('group', { id: 'g1', name: 'devs', members: ['u2', 'u1'] }) } as never,
    settings
  )
  t.match(decision, { outcome: 'skip', reason: 'group devs has 2 members: a look at each', breaches: [] })
  t.strictSame(
    decision.hints.map(({ lane, resources }) => [lane, resources]),
    [
      ['person:u1', ['person/-/u1']],
      ['person:u2', ['person/-/u2']]
    ]
  )
})

t.test('there is an action for everything that it asks for', async (t) => {
  const known = actions.map((one) => one.type)
  t.strictSame(
    isolation.actions.filter((type) => !known.includes(type)),
    []
  )
})

t.test('what a lane asks', async (t) => {
  t.strictSame(Object.keys(isolation.needs(lane('group:g1'), settings)), ['subject'])
  const needs = isolation.needs(lane('application-credential:u1/ac'), settings)
  t.strictSame(needs.subject, {
    name: 'isolation-subject',
    params: { cloud: 'admin', kind: 'application-credential', id: 'u1/ac' }
  })
  t.strictSame(needs.known, {
    name: 'isolation-known',
    params: { policy: 'isolation', lane: 'application-credential:u1/ac' }
  })
  t.match(needs.matrix, {
    name: 'isolation-matrix',
    params: {
      cloud: 'admin',
      clusters: { dev: { networks: null, volumeTypes: ['dev-ssd'], admins: ['dora'] } },
      shared: { networks: ['transfer'], volumeTypes: ['standard'], images: ['debian-12'] },
      operators: ['root']
    }
  })
})

t.test('which event wakes which lane', async (t) => {
  const event = (type: string, subject: string | null, data: EventData = { kind: 'none' }): Event => ({
    id: 'e',
    source: '/openstack/lab/R1/x',
    type,
    subject,
    time: '2026-11-25T12:00:00Z',
    project: null,
    requestId: null,
    globalRequestId: null,
    data
  })
  const cases: readonly [string, string][] = [
    ['rbac_policy.create.end', 'rbac-policy:s'],
    ['network.update.end', 'network:s'],
    ['router.interface.create', 'router:s'],
    ['port.delete.end', 'port:s'],
    ['security_group.update.end', 'security-group:s'],
    ['floatingip.update.end', 'floating-ip:s'],
    ['compute.instance.create.end', 'server:s'],
    ['instance.rebuild.end', 'server:s'],
    ['volume.transfer.accept.end', 'volume:s'],
    ['volume_type_project.access.add', 'volume-type:s'],
    ['volume_type.update', 'volume-type:s'],
    ['image.member.create', 'image:s'],
    ['image.update', 'image:s'],
    ['identity.project.created', 'project:s'],
    ['identity.group.updated', 'group:s'],
    ['identity.user.updated', 'person:s'],
    ['identity.OS-TRUST:trust.created', 'trust:s']
  ]
  for (const [type, expected] of cases) t.strictSame(isolation.lanes(event(type, 's'), settings), [expected], type)
  const part = (of: 'security-group' | 'person' | 'group' | 'application-credential', id: string) =>
    isolation.lanes(event('any', 's', { kind: 'part', of, id }), settings)
  t.strictSame(part('security-group', 'sg'), ['security-group:sg'])
  t.strictSame(part('application-credential', 'u1/ac'), ['application-credential:u1/ac'])
  t.strictSame(
    isolation.lanes(event('rbac_policy.create.end', 's', { kind: 'part', of: 'network', id: 'n' }), settings),
    ['network:n', 'rbac-policy:s'],
    'a share with everybody is the network’s'
  )
  t.strictSame(isolation.lanes(event('compute.instance.update', 's'), settings), {
    none: 'changes nothing that keeps clusters apart'
  })
  t.strictSame(isolation.lanes(event('network.update.end', null), settings), {
    none: 'the notification names no network'
  })
})

t.test('mistakes that a schema cannot see', async (t) => {
  const check = (more: object) => {
    try {
      settingsOf(more)
      return []
    } catch (error) {
      return (error as Error).message.split('\n').map((line) => line.replace(/^.*?settings: /, ''))
    }
  }
  const { clusters } = (await import('./clusters.ts')).written
  t.match(
    check({
      clusters: {
        dev: { ...clusters.dev, publicPorts: ['443'], networks: ['net'], ranges: ['10.1.0.0/33'], quota: { corez: 1 } },
        prod: { networks: ['net'], volumeTypes: ['dev-ssd'] },
        stage: {}
      },
      crossing: [
        { from: 'dev', to: 'mars', reason: 'x' },
        { from: 'dev', to: 'prod', rule: 'nope', when: 'size(evidence)', reason: 'x' }
      ],
      exempt: [{ rule: 'nope', resource: 'x', reason: 'x', owner: 'x', until: '2026-13-45' }],
      rules: { nope: { mode: 'off' } }
    }),
    [
      /clusters.stage: no cluster has this name; clusters are: dev, prod, infra/,
      /clusters.dev.publicPorts: '443' is none; write 443\/tcp/,
      /clusters.dev.ranges: '10.1.0.0\/33' is none; write 10.1.0.0\/16/,
      /clusters.dev.networks: 'net' is prod's as well; list it in shared.networks instead/,
      /clusters.dev.volumeTypes: 'dev-ssd' is prod's as well/,
      /clusters.dev.quota: no service has a quota on 'corez'/,
      /crossing\[0\].to: 'mars' is none of dev, prod, stage, outside, \*/,
      /crossing\[1\].rule: there is no rule 'nope'; rules are: rbac-shared-network/,
      /crossing\[1\].when: it cannot be read: it is of type int: a condition is true or false/,
      /exempt\[0\].rule: there is no rule 'nope'/,
      /exempt\[0\].until: no calendar has 2026-13-45/,
      /rules.nope: there is no rule 'nope'/
    ]
  )
  const until = (day: string) =>
    check({ exempt: [{ rule: '*', resource: 'dev/x', reason: 'x', owner: 'x', until: day }] })
  t.match(until('2027-02-31'), [/exempt\[0\].until: no calendar has 2027-02-31/], 'not taken for the third of March')
  t.strictSame(until('2028-02-29'), [])
  t.match(check({ clusters: { dev: {} } }), [/clusters: has 1, and there is nothing to keep apart below two/])
  t.strictSame(check({}), [])
})

t.test('the example of the page is right', async (t) => {
  const page = readFileSync(new URL('../../../docs/policies/isolation.md', import.meta.url), 'utf8')
  const text = /```yaml\n(.*?)```/s.exec(page)![1]!
  const result = parseConfig(text, 'isolation.md', {}, policies)
  t.strictSame(result.ok ? [] : result.problems.map(showProblem), [])
})
