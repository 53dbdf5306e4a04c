import t from 'tap'
import { isolation } from '../../../src/policies/isolation/policy.ts'
import type { Doubt, KnownBreach, MatrixAnswer, Subject } from '../../../src/policies/isolation/questions/subjects.ts'
import { a, group, matrix, now, settingsOf, written } from './clusters.ts'

const hour = 3_600_000
const at = (ms: number) => new Date(now + ms).toISOString()

type Cluster = Partial<MatrixAnswer['clusters'][number]>
const withClusters = (more: Readonly<Record<string, Cluster>>, rest: Partial<MatrixAnswer> = {}): MatrixAnswer => ({
  ...matrix,
  ...rest,
  clusters: matrix.clusters.map((one) => ({ ...one, ...more[one.name] }))
})
function decide(
  subject: Subject,
  answer: MatrixAnswer,
  more: { settings?: object; known?: readonly KnownBreach[] } = {}
) {
  const lane = { policy: 'isolation', key: `${subject.kind}:${subject.id}`, resources: [] }
  const { known = [], settings = {} } = more
  const {
    outcome,
    atMost,
    findings,
    breaches = []
  } = isolation.decide(lane, { subject, known, matrix: answer } as never, settingsOf(settings))
  const told = breaches.map(({ rule, from, to, state, because, summary, evidence }) => ({
    ...{ rule, from, to, state, because, summary },
    blamed: (evidence as { blamed?: string }).blamed ?? null
  }))
  return { outcome, atMost: atMost ?? null, findings, told }
}
const infras = <S extends Subject>(subject: S): S => ({ ...subject, projectId: 'p-infra' })
const ssh = (createdAt?: string) =>
  infras(
    group({
      ...{ portMin: 5432, portMax: 5432, remotePrefix: '172.20.5.0/24' },
      ...(createdAt !== undefined && { createdAt })
    })
  )
const pods = (times: { createdAt?: string; updatedAt?: string }, ip = '10.244.7.0/24') =>
  infras(a('port', { allowedAddressPairs: [{ ip, mac: null }], ...times }))

t.test('a range that people of another cluster made takes nothing away from anybody', async (t) => {
  const claims = (cidr: string) => withClusters({ dev: { claimed: [{ cidr, networkId: 'n-own', subnetId: 's-own' }] } })
  const rule = decide(ssh(at(hour)), claims('172.20.0.0/16'))
  t.match(rule, {
    outcome: 'skip',
    told: [{ rule: 'security-group-other-cluster', from: 'dev', to: 'infra', blamed: 'dev' }]
  })
  t.match(rule.told[0], { state: 'open', because: /^nothing is done here: dev’s people made that range/ })
  t.match(
    rule.told[0]!.summary,
    /^people of dev made subnet s-own with 172\.20\.0\.0\/16 .*which security group x of infra lets in: tcp 5432/
  )
  const pair = decide(pods({ createdAt: at(hour), updatedAt: at(hour) }), claims('10.244.0.0/16'))
  t.match(pair, {
    outcome: 'skip',
    told: [{ rule: 'port-address-pairs', from: 'dev', to: 'infra', blamed: 'dev', state: 'open' }]
  })
})

t.test('whoever came later did it', async (t) => {
  const since = (cidr: string, time: string | null, swept?: number) =>
    withClusters({
      dev: { ranges: [cidr], since: { [cidr]: time }, swept: swept === undefined ? {} : { [cidr]: swept } }
    })
  const cases: [string, Subject, MatrixAnswer, 'act' | 'skip', string | null][] = [
    ['a rule that came after the range', ssh(at(0)), since('172.20.0.0/16', at(-hour)), 'act', null],
    ['a rule that was there before', ssh(at(-2 * hour)), since('172.20.0.0/16', at(-hour)), 'skip', 'dev'],
    ['both within one second', ssh(at(-hour)), since('172.20.0.0/16', at(-hour)), 'skip', null],
    ['nobody says when the rule came', ssh(), since('172.20.0.0/16', at(-hour)), 'skip', null],
    ['nor when the range did', ssh(at(0)), since('172.20.0.0/16', null), 'skip', null],
    [
      'a port that came after the range',
      pods({ createdAt: at(0), updatedAt: at(0) }),
      since('10.244.0.0/16', at(-hour)),
      'act',
      null
    ],
    [
      'a port that did not change since before it',
      pods({ createdAt: at(-3 * hour), updatedAt: at(-2 * hour) }),
      since('10.244.0.0/16', at(-hour)),
      ...(['skip', 'dev'] as const)
    ],
    [
      'a port that changed since, and nobody looked in between',
      pods({ createdAt: at(-3 * hour), updatedAt: at(0) }),
      since('10.244.0.0/16', at(-hour)),
      ...(['skip', null] as const)
    ],
    [
      'a port that changed after a sweep had found nothing there',
      pods({ createdAt: at(-3 * hour), updatedAt: at(0) }),
      since('10.244.0.0/16', at(-hour), now - hour / 2),
      ...(['act', null] as const)
    ],
    [
      'a port that changed before a sweep saw the range',
      pods({ createdAt: at(-3 * hour), updatedAt: at(-hour / 2) }),
      since('10.244.0.0/16', at(-hour), now),
      ...(['skip', null] as const)
    ]
  ]
  for (const [what, subject, answer, outcome, blamed] of cases) {
    const decision = decide(subject, answer)
    t.match(decision, { outcome, told: [{ blamed }] }, what)
    if (outcome === 'skip' && blamed === null)
      t.match(decision.told[0]!.because, /it cannot be told which was there first/, what)
  }
  for (const doing of ['the others', 'unclear'] as const) {
    const known = [
      { rule: 'port-address-pairs', detail: '10.244.7.0/24', state: 'open', since: now - hour, doing }
    ] as const
    const changed = pods({ createdAt: at(-3 * hour), updatedAt: at(0) })
    const answer = since('10.244.0.0/16', at(-hour), now - hour / 2)
    t.match(
      decide(changed, answer, { known }),
      { outcome: 'skip' },
      `${doing}: it stays so, whatever changes on the port`
    )
  }
})

t.test('what the configuration says is a cluster’s counts before everything', async (t) => {
  const { clusters } = (await import('./clusters.ts')).written
  const settings = { clusters: { ...clusters, dev: { ...clusters.dev, ranges: ['172.20.0.0/16'] } } }
  t.match(decide(ssh(), matrix, { settings }), { outcome: 'act', told: [{ from: 'infra', to: 'dev' }] })
})

t.test('nobody makes a range of others their own', async (t) => {
  const rule = group({ ...{ portMin: 5432, portMax: 5432, remotePrefix: '10.2.0.0/16' }, createdAt: at(0) })
  const claims = withClusters({ dev: { claimed: [{ cidr: '10.2.0.0/16', networkId: 'n', subnetId: 's' }] } })
  t.match(decide(rule, claims), {
    outcome: 'skip',
    told: [{ from: 'dev', to: 'prod', state: 'open', because: /people of dev made networks/ }]
  })
})

t.test('nor by a network that they made for it, after the others had theirs', async (t) => {
  const answer = (createdAt: string | null, since: string | null) =>
    withClusters({
      dev: {
        claimed: [{ cidr: '10.2.0.0/16', ...(createdAt !== null && { createdAt }), networkId: 'n', subnetId: 's' }]
      },
      prod: { ranges: ['10.2.0.0/16'], since: { '10.2.0.0/16': since } }
    })
  const rule = group({ ...{ portMin: 5432, portMax: 5432, remotePrefix: '10.2.0.0/16' }, createdAt: at(0) })
  const allowedAddressPairs = [{ ip: '10.2.0.0/16', mac: null }]
  const pair = a('port', { allowedAddressPairs, createdAt: at(0), updatedAt: at(0) })
  const settings = { clusters: { ...written.clusters, dev: { ...written.clusters.dev, networks: ['dev-nodes'] } } }
  for (const subject of [rule, pair]) {
    t.match(decide(subject, answer(at(-hour), at(-2 * hour)), { settings }), {
      outcome: 'act',
      told: [{ state: 'closing' }]
    })
    for (const [mine, theirs] of [
      [at(-3 * hour), at(-2 * hour)],
      [null, at(-2 * hour)],
      [at(-hour), null]
    ] as const)
      t.match(decide(subject, answer(mine, theirs), { settings }), { outcome: 'skip', told: [{ state: 'open' }] })
    t.match(
      decide(subject, answer(at(-hour), at(-2 * hour))),
      { outcome: 'skip', told: [{ because: /people of dev made networks/ }] },
      'all that it owns may be its own where the configuration names no networks'
    )
  }
})

t.test('a network that its owner made external is told, and nothing is cut off there', async (t) => {
  const there = { networkId: 'n-else', networkProjectId: 'p-else', networkExternal: true }
  t.match(decide(a('port', there), matrix), { told: [] }, 'an administrator’s')
  t.match(decide(a('port', { ...there, networkExternalByOwner: true }), matrix), {
    outcome: 'skip',
    told: [{ rule: 'port-foreign-network', state: 'open', because: /is external, which its owner can make it/ }]
  })
})

t.test('what an address group of others says is told, and not closed here', async (t) => {
  const by = (project: string) =>
    infras(
      group({
        ...{ portMin: 22, portMax: 23, remoteAddressGroupId: 'ag', remoteAddresses: ['0.0.0.0/0'] },
        remoteAddressGroupProjectId: project
      })
    )
  t.match(decide(by('p-infra'), matrix), { outcome: 'act', told: [{ rule: 'security-group-open' }] })
  t.match(decide(by('p-dev'), matrix), {
    outcome: 'skip',
    told: [{ because: /address group ag of project p-dev says whom it lets in/ }]
  })
})

t.test('a name that means nothing certain switches off nothing but itself', async (t) => {
  const doubt = (kind: Doubt['kind'], ids: readonly string[] | null): Doubt => ({
    ...{ kind, ids },
    why: 'shared.networks: 2 networks are called transfer'
  })
  const world = (...doubts: Doubt[]) => withClusters({}, { doubts })
  const onNetwork = (networkId: string) =>
    a('port', { networkId, networkProjectId: 'p-x', deviceProjectId: 'p-dev', deviceOwner: 'compute:nova' })
  const open = group({ portMin: 22, portMax: 22, remotePrefix: '0.0.0.0/0' })
  for (const ids of [['n-a', 'n-b'], null]) {
    const answer = world(doubt('network', ids))
    t.match(decide(open, answer), { outcome: 'act' }, 'a port that is open to the world is shut')
    t.match(decide(onNetwork('n-a'), answer), { outcome: 'skip', findings: [/2 networks are called transfer/, /./] })
    t.match(decide(a('image', { visibility: 'public' }), answer), { outcome: 'act' })
  }
  t.match(
    decide(onNetwork('n-c'), world(doubt('network', ['n-a', 'n-b']))),
    { outcome: 'act' },
    'another network is sure'
  )
  const admin = a('person', {
    id: 'u-eve',
    assignments: [{ ...a('person').assignments[0]!, role: 'admin', roleId: 'r-admin' }]
  })
  t.match(decide(admin, world(doubt('user', ['u-eve']))), {
    outcome: 'skip',
    told: [{ rule: 'admin-granted', state: 'open' }]
  })
  t.match(decide(admin, world(doubt('user', ['u-other']))), { outcome: 'act' })
})

t.test('a name is its cluster’s: nobody has an exemption or protection by calling theirs so', async (t) => {
  const open = { portMin: 22, portMax: 22, remotePrefix: '0.0.0.0/0' }
  const bastion = (projectId: string) => ({ ...group(open), name: 'bastion', projectId })
  const exempt = (resource: string) => ({
    exempt: [{ rule: '*', resource, reason: 'audit', owner: 'carol', until: '2999-12-31' }]
  })
  const bound = exempt('prod/bastion')
  t.match(decide(bastion('p-prod'), matrix, { settings: bound }), { outcome: 'skip', told: [{ state: 'exempt' }] })
  t.match(decide(bastion('p-dev'), matrix, { settings: bound }), {
    outcome: 'act',
    atMost: null,
    told: [{ state: 'closing' }]
  })
  for (const project of ['p-prod', 'p-dev'])
    for (const settings of [exempt('bastion'), { protected: ['bast*'] }])
      t.match(
        decide(bastion(project), matrix, { settings }),
        {
          outcome: 'act',
          atMost: 'approve',
          told: [{ state: 'closing', because: /people have to approve it, as 'bast.*' of .* is a bare name/ }]
        },
        `a bare name decides nothing by itself in ${project}`
      )
  const uuid = '6f1a2f5e-9f0e-4a1a-8c6b-3b2a2f5e9f0e'
  const named = { ...bastion('p-dev'), name: uuid }
  t.match(
    decide(named, matrix, { settings: exempt(uuid) }),
    { outcome: 'act', atMost: 'approve' },
    'a name that looks like an id'
  )
})

t.test('a port says itself whose server it is on: that protects it only where it is true', async (t) => {
  const settings = { protected: ['srv-prod'] }
  const port = (deviceProjectId: string | null) =>
    a('port', { portSecurityEnabled: false, deviceId: 'srv-prod', deviceProjectId, deviceName: null })
  t.match(decide(port('p-dev'), matrix, { settings }), { outcome: 'skip', told: [{ because: /^protected/ }] })
  t.match(decide(port(null), matrix, { settings }), { outcome: 'act' })
})

t.test('pools and images are what was found, not what is called so', async (t) => {
  const answer = withClusters({ prod: { poolIds: ['n-public'], imageIds: ['i-ubuntu'] } })
  const address = (networkId: string) =>
    a('floating-ip', { projectId: 'p-prod', portProjectId: 'p-prod', networkId, networkName: 'public' })
  t.match(decide(address('n-public'), answer), { outcome: 'skip', told: [] })
  t.match(decide(address('n-decoy'), answer), { outcome: 'act', told: [{ rule: 'floating-ip-pool' }] })
  const node = (imageId: string) =>
    a('server', { projectId: 'p-prod', imageId, imageName: 'ubuntu-24.04', imageOwner: 'p-evil' })
  t.match(decide(node('i-ubuntu'), answer).told, [])
  t.match(decide(node('i-decoy'), answer).told, [{ rule: 'server-image' }])
})
