import fc from 'fast-check'
import t from 'tap'
import { claimsOf } from '../../../src/policies/dns-records/claims.ts'
import { decideName } from '../../../src/policies/dns-records/name-lane.ts'
import { written } from '../../../src/policies/dns-records/names.ts'
import { decidePtr } from '../../../src/policies/dns-records/ptr-lane.ts'
import type { RecordsetAnswer } from '../../../src/policies/dns-records/questions/recordsets-at.ts'
import type { ResourceAnswer } from '../../../src/policies/dns-records/questions/resource-answer.ts'
import type { RecordLaneState } from '../../../src/policies/dns-records/record-lane-state.ts'
import { differing } from '../../../src/policies/dns-records/resource-lane.ts'
import type { DnsSettings } from '../../../src/policies/dns-records/settings.ts'

const settings: DnsSettings = {
  cloud: 'infra',
  fixed: { zone: 'cloud.lab.', name: '{server}.{project}.{zone}', ptrNetworks: ['*'] },
  reserved: ['taken.dev.cloud.lab.'],
  keepFree: 50,
  optOut: 'stackreflex'
}
const zone = { id: 'z', name: 'cloud.lab.' }
const reverse = { id: 'r', name: '10.in-addr.arpa.' }

interface Given {
  readonly name: string
  readonly project?: string
  readonly created?: string
  readonly projectName?: string
}

/** The n-th server, with the address 10.0.0.n. */
function server(
  n: number,
  { name, project = 'p1', created = `2026-01-0${n}`, projectName = 'dev' }: Given
): ResourceAnswer {
  const resource = `server/${project}/s${n}`
  return {
    resource,
    project,
    status: 'present',
    reason: `server ${name} is ACTIVE`,
    server: { resource, id: `s${n}`, name, status: 'ACTIVE', projectName, cluster: 'dev', optedOut: false, created },
    ports: [{ id: `port${n}`, network: 'n', networkName: 'dev-net', addresses: [`10.0.0.${n}`] }],
    floatingIps: []
  }
}

const stands = (
  name: string,
  records: string[],
  description: string | null = 'stackreflex me',
  type = 'A'
): RecordsetAnswer => ({
  ...{ id: 'x', name, type, ttl: null, records, description, status: 'ACTIVE' }
})
const applied = (name: string, by: Record<string, string[]>, type = 'A', project = 'p1') => ({
  target: `recordset/infra/cloud.lab./${name}/${type}`,
  scope: 'zone/cloud.lab.',
  lane: `name:${name}`,
  value: { kind: 'recordset', zone: 'cloud.lab.', name, type, records: Object.keys(by), by, project }
})
const state = (
  resources: readonly ResourceAnswer[],
  recordsets: readonly RecordsetAnswer[] = [],
  rows: readonly ReturnType<typeof applied>[] = []
): RecordLaneState => ({
  resources,
  at: { zone, recordsets, count: 10, quota: 500 },
  applied: { installId: 'me', rows },
  clusters: { p1: 'dev', p2: 'prod' }
})
const name = 'gitlab-runner-api.dev.cloud.lab.'
const decide = (given: RecordLaneState, of = name) =>
  decideName({ policy: 'dns-records', key: `name:${of}`, resources: [] }, of, given, settings)
const records = (given: RecordLaneState, of = name) =>
  decide(given, of).steps.map(({ input }) => (input as { records?: string[] }).records ?? [])

const one = server(1, { name: 'gitlab_runner-api' })
const other = server(2, { name: 'gitlab-runner_api' })
const meant = server(3, { name: 'gitlab-runner-api' })

t.test('what a name was before it became a label', async (t) => {
  const values = {
    server: 'Web_1',
    loadbalancer: '',
    project: 'dev',
    cluster: 'dev',
    network: 'n',
    address: '',
    zone: 'Lab.'
  }
  t.same(written('{server}.Of.{project}.{zone}', values), {
    text: 'Web_1.of.dev.lab.',
    own: 'Web_1',
    changed: true,
    placeChanged: false
  })
  t.match(written('{server}.{zone}', { ...values, server: 'web-1' }), { changed: false })
  t.match(written('{server}.{project}.{zone}', { ...values, server: 'web', project: 'Dev' }), {
    changed: false,
    placeChanged: true
  })
  t.match(written('{server}.{zone}', { ...values, server: 'x'.repeat(64) }), { changed: true }, 'cut')
})

t.test('equal names share a record, also where they were changed', async (t) => {
  t.same(records(state([one, server(2, { name: 'gitlab_runner-api' })])), [['10.0.0.1', '10.0.0.2']])
  t.same(records(state([meant, server(2, { name: 'gitlab-runner-api' })])), [['10.0.0.2', '10.0.0.3']])
  t.same(records(state([one])), [['10.0.0.1']], 'alone a changed name is a name')
})

t.test('names that differ do not: whoever was changed is refused, with the reason', async (t) => {
  const neither = decide(state([one, other]))
  t.match(neither, { outcome: 'skip', steps: [], resources: ['server/p1/s1', 'server/p1/s2'] })
  t.match(
    neither.reason,
    /^name:gitlab-runner-api\.dev\.cloud\.lab\. refused to server\/p1\/s1: its name 'gitlab_runner-api\.dev\.cloud\.lab\.' becomes gitlab-runner-api\.dev\.cloud\.lab\. and meets 'gitlab-runner_api\.dev\.cloud\.lab\.' of server\/p1\/s2; only equal names share a record: rename one of them$/
  )
  t.equal(neither.findings.length, 2, 'each has its reason')
  const [step, ...rest] = records(state([one, other, meant]))
  t.same([step, rest], [['10.0.0.3'], []], 'the name that is meant has it')
  t.match(decide(state([one, other, meant])).findings.slice(1), [
    /refused to server\/p1\/s1/,
    /refused to server\/p1\/s2/
  ])
  t.same(records(state([server(1, { name: 'WEB' }), server(2, { name: 'web' })]), 'web.dev.cloud.lab.'), [['10.0.0.2']])
})

t.test('names that differ only after 63 characters', async (t) => {
  const long = 'a'.repeat(63)
  const cut = [server(1, { name: `${long}-one` }), server(2, { name: `${long}-two` })]
  t.same(records(state(cut), `${long}.dev.cloud.lab.`), [])
  t.same(records(state([...cut, server(3, { name: long })]), `${long}.dev.cloud.lab.`), [['10.0.0.3']])
})

t.test('who was there first', async (t) => {
  const held = (by: Record<string, string[]>) => [[stands(name, Object.keys(by))], [applied(name, by)]] as const
  const first = decide(state([meant, one], ...held({ '10.0.0.3': ['server/p1/s3'] })))
  t.match(first, { outcome: 'skip', steps: [] }, 'the record of the name that is meant stays')
  t.match(first.findings.join('\n'), /refused to server\/p1\/s1/)

  const mine = state([one, other], ...held({ '10.0.0.1': ['server/p1/s1'] }))
  t.match(decide(mine), { outcome: 'skip', steps: [] }, 'a changed one keeps what it has: no neighbour takes it down')
  t.match(decide(mine).findings.join('\n'), /refused to server\/p1\/s2/)
  t.same(
    records(state([one, meant], ...held({ '10.0.0.1': ['server/p1/s1'] }))),
    [['10.0.0.3']],
    'but gives way to the very name'
  )
  const merged = held({ '10.0.0.1': ['server/p1/s1'], '10.0.0.2': ['server/p1/s2'] })
  t.same(records(state([one, other], ...merged)), [['10.0.0.1']], 'what was merged once is the older one’s')
  const gone: ResourceAnswer = { ...one, status: 'gone', reason: '404', server: null, ports: [] }
  t.same(records(state([gone, other], ...held({ '10.0.0.1': ['server/p1/s1'] }))), [['10.0.0.2']])
})

t.test('another project never takes a name, whatever it calls its servers', async (t) => {
  const neighbour = server(3, { name: 'gitlab-runner-api', project: 'p2' })
  const held = [[stands(name, ['10.0.0.1'])], [applied(name, { '10.0.0.1': ['server/p1/s1'] })]] as const
  const decision = decide(state([one, neighbour], ...held))
  t.match(decision, { outcome: 'skip' })
  t.match(decision.findings.join('\n'), /is held by project p1: refused to server\/p2\/s3/)
  t.same(records(state([one, neighbour])), [['10.0.0.3']], 'where nobody has it, the one that is meant')
})

t.test('a template that runs two names together makes them no equals', async (t) => {
  const own = { ...settings, fixed: { ...settings.fixed!, name: '{server}-{network}.{zone}' } }
  const on = (n: number, named: string, networkName: string): ResourceAnswer => {
    const made = server(n, { name: named })
    return { ...made, ports: made.ports.map((port) => ({ ...port, networkName })) }
  }
  const both = state([on(1, 'a', 'b-c'), on(2, 'a-b', 'c')])
  const decision = decideName(
    { policy: 'dns-records', key: 'name:a-b-c.cloud.lab.', resources: [] },
    'a-b-c.cloud.lab.',
    both,
    own
  )
  t.match(decision, {
    outcome: 'skip',
    reason: /refused to server\/p1\/s1: .* meets 'a-b-c\.cloud\.lab\.' of server\/p1\/s2/
  })
})

t.test('whatever the order and the names: no record holds addresses of two names', async (t) => {
  const names = ['a_b', 'a-b', 'A-B', 'a+b', 'a--b', 'a_b']
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1 }),
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 6, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 2 }),
      (order, named, before) => {
        const all = order.map((n) => server(n, { name: names[named[n - 1]!]! }))
        const by = Object.fromEntries(before.map((n) => [`10.0.0.${n}`, [`server/p1/s${n}`]]))
        const rows = before.length === 0 ? [] : [applied('a-b.dev.cloud.lab.', by)]
        const there = before.length === 0 ? [] : [stands('a-b.dev.cloud.lab.', Object.keys(by))]
        const read = [...all]
        for (const n of before.filter((one) => !order.includes(one)))
          read.push({ ...server(n, { name: 'gone' }), status: 'gone', server: null, ports: [] })
        const given = (resources: readonly ResourceAnswer[]) =>
          decide(state(resources, there, rows), 'a-b.dev.cloud.lab.')
        const decision = given(read)
        const turned = given([...read].reverse())
        if (JSON.stringify([decision.steps, decision.reason]) !== JSON.stringify([turned.steps, turned.reason]))
          return false
        const [set] = decision.steps
        const holds = (set?.input as { records?: string[] } | undefined)?.records ?? []
        const whose = new Set(
          all.filter((one) => holds.includes(one.ports[0]!.addresses[0]!)).map((one) => one.server!.name)
        )
        return whose.size <= 1
      }
    ),
    { numRuns: 2000 }
  )
  t.pass('2,000 worlds')
})

t.test('a lane that refused somebody hears when the other one goes', async (t) => {
  const about = [{ key: `name:${name}`, busy: false, applied: [] }]
  t.match(differing('server/p1/s2', 'gone', [], about), [{ lane: `name:${name}`, resources: ['server/p1/s2'] }])
})

t.test('a PTR comes after its name', async (t) => {
  const { claims } = claimsOf(meant, settings)
  const lanes = (about: Parameters<typeof differing>[3]) =>
    differing('server/p1/s3', 'is ACTIVE', claims, about).map((hint) => hint.lane)
  t.same(lanes([]), [`name:${name}`], 'whose lane has it looked at')
  t.match(decide(state([meant])).hints, [{ lane: 'ptr:10.0.0.3', resources: ['server/p1/s3'] }])
  const rows = [applied(name, { '10.0.0.3': ['server/p1/s3'] })]
  t.same(
    lanes([{ key: `name:${name}`, busy: false, applied: rows }]),
    ['ptr:10.0.0.3'],
    'and at once where the name has it'
  )
  t.same(decide(state([meant], [stands(name, ['10.0.0.3'])], rows)).hints, [], 'in order: nothing to look at')
})

const ptrName = '3.0.0.10.in-addr.arpa.'
const ptr = (forward: RecordLaneState | undefined, written = false) =>
  decidePtr(
    { policy: 'dns-records', key: 'ptr:10.0.0.3', resources: [] },
    '10.0.0.3',
    {
      ...state(
        [meant],
        written ? [stands(ptrName, [name], 'stackreflex me', 'PTR')] : [],
        written ? [applied(ptrName, { [name]: ['server/p1/s3'] }, 'PTR')] : []
      ),
      at: {
        ...{ zone: reverse, count: 1, quota: 500 },
        recordsets: written ? [stands(ptrName, [name], 'stackreflex me', 'PTR')] : []
      },
      ptrs: [],
      names: new Map(forward === undefined ? [] : [[name, forward]])
    },
    settings
  )

t.test('forward and reverse agree, or neither is ours', async (t) => {
  const ours = [applied(name, { '10.0.0.3': ['server/p1/s3'] })]
  t.match(ptr(state([meant])).steps, [{ type: 'recordset-set' }], 'the name will be ours')
  t.match(
    ptr(state([meant], [stands(name, ['10.0.0.3'])], ours)).steps,
    [{ type: 'recordset-set' }],
    'the name is ours'
  )
  const person = state([meant], [stands(name, ['192.0.2.1'], null)])
  t.match(ptr(person), {
    outcome: 'skip',
    reason: /no PTR is wanted/,
    findings: [/./, /is not ours to point to: .* no mark of ours/]
  })
  t.match(ptr(person, true).steps, [{ type: 'recordset-delete' }], 'what pointed there goes')
  t.match(ptr(person, true).reason, /is not ours to point to: .* no mark of ours/)
  const edited = state([meant], [stands(name, ['192.0.2.1'])], ours)
  t.match(ptr(edited, true), { steps: [{ type: 'recordset-delete' }], reason: /was edited by somebody else/ })
  t.match(decide(edited).hints, [{ lane: 'ptr:10.0.0.3' }], 'and the name’s lane has it looked at')
  const twins = state(
    [meant, server(4, { name: 'gitlab-runner-api', project: 'p2' })],
    [stands(name, ['10.0.0.4'])],
    [applied(name, { '10.0.0.4': ['server/p2/s4'] }, 'A', 'p2')]
  )
  t.match(ptr(twins), { outcome: 'skip', findings: [/./, /refused to server\/p1\/s3 of project p1/] })
})

t.test('what cannot be told takes nothing away and adds nothing', async (t) => {
  const unread = state([{ ...meant }], [stands(name, ['10.0.0.9'])], [applied(name, { '10.0.0.9': ['server/p1/s9'] })])
  const noZone = { ...state([meant]), at: { zone: null, recordsets: [], count: 0, quota: null } }
  for (const forward of [unread, noZone]) {
    t.match(ptr(forward), { outcome: 'skip', steps: [] })
    t.match(ptr(forward, true), { outcome: 'skip', steps: [], reason: /is in order/ })
  }
  const unknown = ptr(undefined)
  t.match(unknown, { outcome: 'skip', hints: [{ lane: `name:${name}`, resources: ['server/p1/s3'] }] })
})

t.test('a name that its lane is just writing is ours before the journal says so', async (t) => {
  const arriving = { ...state([meant], [stands(name, ['10.0.0.3'])]), moving: true }
  t.match(ptr(arriving).steps, [{ type: 'recordset-set' }])
  t.match(ptr({ ...arriving, moving: false }), { steps: [] }, 'else it is what a lost journal wrote')
})

t.test('whoever cannot be read for a while takes nobody’s place and loses none, whatever came first', async (t) => {
  const exact = server(1, { name: 'gitlab-runner-api' })
  const became = server(2, { name: 'GitLab Runner API' })
  const dark = (one: ResourceAnswer): ResourceAnswer => ({
    ...{ resource: one.resource, project: one.project, status: 'unknown', passing: true },
    ...{ reason: `${one.resource} is UNKNOWN: Nova cannot reach its cell`, server: null, ports: [], floatingIps: [] }
  })
  const lane = (resources: readonly ResourceAnswer[]) => ({
    ...{ policy: 'dns-records', key: `name:${name}` },
    resources: resources.map((one) => one.resource)
  })
  const decide = (resources: readonly ResourceAnswer[], ...rest: readonly never[]) =>
    decideName(lane(resources), name, state(resources, ...rest), settings)
  for (const known of [[exact, became] as const, [became, exact] as const]) {
    const [here, away] = known
    for (const resources of [
      [here, dark(away)],
      [dark(away), here]
    ]) {
      const decision = decide(resources)
      t.equal(decision.outcome, 'skip', `${here.resource} does not get it while ${away.resource} is unknown`)
      t.match(decision.findings.join('\n'), /waits for server\/p1\/s\d: .* is UNKNOWN.*may want it as well/)
    }
  }
  const rows = [applied(name, { '10.0.0.2': ['server/p1/s2'] })]
  const standing = state([dark(exact), became], [stands(name, ['10.0.0.2'])], rows)
  t.match(
    decideName(lane([exact, became]), name, standing, settings),
    { outcome: 'skip', steps: [] },
    'who has it keeps it'
  )
})
