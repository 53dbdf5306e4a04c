import t from 'tap'
import type { Json } from '../../../src/core/query.ts'
import type { Event } from '../../../src/events/event.ts'
import { claimsOf } from '../../../src/policies/dns-records/claims.ts'
import { dnsRecords } from '../../../src/policies/dns-records/policy.ts'
import type { LoadBalancerAnswer, ResourceAnswer } from '../../../src/policies/dns-records/questions/resource-answer.ts'
import type { WorldAnswer } from '../../../src/policies/dns-records/questions/world.ts'
import { checkDnsSettings, type DnsSettings } from '../../../src/policies/dns-records/settings.ts'

const base: DnsSettings = { cloud: 'infra', reserved: [], keepFree: 50, optOut: 'stackreflex' }
const vip = { zone: 'cloud.lab.', name: '{loadbalancer}.{project}.{zone}', ptrNetworks: ['dev-net'] }
const floating = { zone: 'public.lab.', name: '{server}.{project}.{zone}', ptr: true }
const withoutVip: DnsSettings = { ...base, floating }
const settings: DnsSettings = { ...withoutVip, vip }
const shop = 'loadbalancer/p1/shop'
const name = 'shop.dev.cloud.lab.'

/** A load balancer on 10.0.0.9 (and fd00::9), with a floating IP where asked for. */
const answer = (more: Partial<LoadBalancerAnswer> = {}, rest: Partial<ResourceAnswer> = {}): ResourceAnswer => ({
  resource: shop,
  project: 'p1',
  status: 'present',
  reason: 'load balancer shop is ACTIVE',
  server: null,
  loadBalancer: {
    resource: shop,
    id: 'shop',
    name: 'shop',
    status: 'ACTIVE',
    projectName: 'dev',
    cluster: 'dev',
    optedOut: false,
    created: '2026-01-02T00:00:00Z',
    notifies: true,
    ...more
  },
  ports: [{ id: 'vip', network: 'n', networkName: 'dev-net', addresses: ['10.0.0.9', 'FD00::9'] }],
  floatingIps: [],
  ...rest
})
const nothing = (status: 'gone' | 'unknown', reason: string): ResourceAnswer => {
  const { loadBalancer, ...rest } = answer()
  return { ...rest, status, reason, ports: [] }
}
const float = { resource: 'floatingip/p1/f', id: 'f', address: '203.0.113.5', port: 'vip' }
/** A server of the same name in another project, older by a day. */
const web: ResourceAnswer = {
  ...nothing('gone', 'server shop is ACTIVE'),
  resource: 'server/p2/web',
  project: 'p2',
  status: 'present',
  server: {
    resource: 'server/p2/web',
    id: 'web',
    name: 'shop',
    status: 'ACTIVE',
    projectName: 'dev',
    cluster: 'other',
    optedOut: false,
    created: '2026-01-01T00:00:00Z'
  },
  ports: [{ id: 'w', network: 'n', networkName: 'dev-net', addresses: ['10.0.0.1'] }]
}

const lines = (one: ResourceAnswer, own: DnsSettings = settings) =>
  claimsOf(one, own).claims.map(
    ({ lane, type, record, keepOnly }) => `${lane} ${type} ${record}${keepOnly ? ' kept' : ''}`
  )

const own = [
  `name:${name} A 10.0.0.9`,
  `ptr:10.0.0.9 PTR ${name}`,
  `name:${name} AAAA fd00::9`,
  `ptr:fd00::9 PTR ${name}`
]
const kept = own.map((line) => `${line} kept`)

const cases: [string, ResourceAnswer, readonly string[], RegExp?][] = [
  ['its VIP, and what else is on that port', answer(), own],
  ['while a listener changes: the address stands', answer({ status: 'PENDING_UPDATE' }), own],
  ['not ready yet', answer({ status: 'PENDING_CREATE' }), kept, /shop is PENDING_CREATE: keeps what it has/],
  ['on its way out', answer({ status: 'PENDING_DELETE' }), kept, /PENDING_DELETE: keeps/],
  ['failed', answer({ status: 'ERROR' }), kept, /ERROR: keeps/],
  ['deleted', answer({ status: 'DELETED' }), [], /shop is DELETED: no records in this status/],
  ['opted out', answer({ optedOut: true }), [], /load balancer shop opted out by its tag stackreflex=off/],
  ['without a name', answer({ name: '' }), [], /loadbalancer '' has no letter or digit/],
  ['gone', nothing('gone', 'it does not exist (404)'), [], /404/],
  [
    'with a floating IP',
    answer({}, { floatingIps: [float] }),
    [...own, 'name:shop.dev.public.lab. A 203.0.113.5', 'ptr:203.0.113.5 PTR shop.dev.public.lab.']
  ]
]
for (const [what, given, expected, note] of cases)
  t.test(`a load balancer: ${what}`, async (t) => {
    t.same(lines(given), expected)
    if (note !== undefined) t.match(claimsOf(given, settings).notes.join('\n'), note)
  })

t.test('networks and ptrNetworks choose as they do for servers', async (t) => {
  const elsewhere = { ...settings, vip: { ...vip, networks: ['other-net'] } }
  t.same(lines(answer(), elsewhere), [])
  t.match(claimsOf(answer(), elsewhere).notes, ['network dev-net is not listed in vip.networks'])
  t.same(lines(answer(), { ...settings, vip: { ...vip, ptrNetworks: [] } }), [own[0], own[2]])
  t.same(lines(answer(), withoutVip), [], 'without vip')
  t.same(lines(web), [], 'servers have no names of vip')
})

t.test('settings: vip alone is enough, and has a placeholder of its own', async (t) => {
  const only = { ...base, vip }
  t.same(checkDnsSettings(only), [])
  t.match(checkDnsSettings(base), [/none of `fixed`, `floating` and `vip` is set/])
  t.match(checkDnsSettings({ ...only, vip: { ...vip, name: '{server}.{zone}' } }), [
    /^vip\.name: unknown placeholder \{server\}; placeholders are \{loadbalancer\}/,
    /^vip\.name: needs \{loadbalancer\} or \{address\}/
  ])
})

t.test('an event of Octavia wakes the load balancer, where vip is set', async (t) => {
  const data = { kind: 'loadbalancer', name: 'shop', address: null, portId: null, networkId: null } as const
  const event = { type: 'octavia.loadbalancer.update.end', subject: 'shop', project: 'p1', data } as Event
  t.same(dnsRecords.lanes(event, settings), [shop])
  t.match(dnsRecords.lanes(event, withoutVip), { none: /settings\.vip is not set/ })
  t.match(dnsRecords.lanes({ ...event, project: null }, settings), { none: /names no load balancer and project/ })
})

t.test('Octavia is asked about a floating IP only where vip is set', async (t) => {
  const query = (own: DnsSettings) =>
    dnsRecords.needs({ policy: 'dns-records', key: 'floatingip/p1/f', resources: [] }, own).resource
  t.same(query(settings), {
    name: 'resource',
    params: { resource: 'floatingip/p1/f', optOut: 'stackreflex', vips: true, bare: ['dev-net'] }
  })
  t.same(query(withoutVip)?.params, { resource: 'floatingip/p1/f', optOut: 'stackreflex' })
  t.same((dnsRecords.sweep!.needs(withoutVip).world!.params as { vips?: true }).vips, undefined)
})

const applied = (by: readonly string[], project = 'p1', records = ['10.0.0.9']) => ({
  target: `recordset/infra/cloud.lab./${name}/A`,
  scope: 'zone/cloud.lab.',
  lane: `name:${name}`,
  value: {
    ...{ kind: 'recordset', zone: 'cloud.lab.', name, type: 'A', records, project },
    by: Object.fromEntries(records.map((record) => [record, by]))
  }
})
const there = (records = ['10.0.0.9']) => ({
  ...{ id: 'r', name, type: 'A', ttl: null, records },
  ...{ description: 'stackreflex me', status: 'ACTIVE' }
})
const at = { zone: { id: 'z', name: 'cloud.lab.' }, count: 10, quota: 500 }
const one = answer({}, { ports: [{ ...answer().ports[0]!, addresses: ['10.0.0.9'] }] })

/** What the lane of the name decides about these resources, with the record there or not. */
function decided(resources: readonly ResourceAnswer[], held?: ReturnType<typeof applied>, own = settings) {
  const answers: Record<string, Json> = {
    at: { ...at, recordsets: held === undefined ? [] : [there()] },
    applied: { installId: 'me', rows: held === undefined ? [] : [held] } as unknown as Json,
    clusters: { p1: 'dev', p2: 'other' }
  }
  for (const answer of resources) answers[answer.resource] = answer as unknown as Json
  const lane = { policy: 'dns-records', key: `name:${name}`, resources: Object.keys(answers).slice(3) }
  return dnsRecords.decide(lane, answers as never, own)
}

t.test('the record goes only when Octavia itself says that the load balancer is gone', async (t) => {
  t.match(decided([nothing('gone', 'it does not exist (404)')], applied([shop])), {
    outcome: 'act',
    reason: /no load balancer or floating IP stands behind \[10\.0\.0\.9\]/,
    steps: [{ type: 'recordset-delete', cluster: 'dev' }]
  })
  t.match(decided([nothing('unknown', 'it is not known')], applied([shop])), {
    outcome: 'skip',
    reason: /nothing is removed/
  })
  for (const status of ['PENDING_CREATE', 'PENDING_UPDATE', 'PENDING_DELETE', 'ERROR'])
    t.match(
      decided([{ ...one, loadBalancer: { ...one.loadBalancer!, status } }], applied([shop])),
      { outcome: 'skip', reason: /is in order/ },
      status
    )
  t.match(decided([one]), { outcome: 'act', steps: [{ type: 'recordset-set', input: { records: ['10.0.0.9'] } }] })
  const creating = { ...one, loadBalancer: { ...one.loadBalancer!, status: 'PENDING_CREATE' } }
  t.match(decided([creating]), { outcome: 'skip' }, 'nothing new while it is being made')
})

t.test('a server and a load balancer of one name are as two servers', async (t) => {
  const both: DnsSettings = {
    ...settings,
    fixed: { zone: 'cloud.lab.', name: '{server}.{project}.{zone}', ptrNetworks: [] }
  }
  const oldest = decided([one, web], undefined, both)
  t.match(oldest.steps, [{ input: { records: ['10.0.0.1'], project: 'p2' } }], 'of two projects the older gets it')
  t.match(oldest.findings.join('\n'), /held by project p2: refused to loadbalancer\/p1\/shop of project p1/)
  t.match(
    decided([one, web], applied([shop]), both),
    { outcome: 'skip', reason: /is in order/ },
    'who holds it keeps it'
  )
  const mine = {
    ...web,
    project: 'p1',
    resource: 'server/p1/web',
    server: { ...web.server!, resource: 'server/p1/web' }
  }
  t.match(
    decided([one, mine], undefined, both).steps,
    [{ input: { records: ['10.0.0.1', '10.0.0.9'] } }],
    'within one: both'
  )
})

const world = (resources: readonly ResourceAnswer[], more: Partial<WorldAnswer> = {}): WorldAnswer => ({
  projects: ['p1'],
  resources,
  zones: [{ id: 'z', name: 'cloud.lab.', count: 10 }],
  recordsets: [],
  ptrs: [],
  quota: 500,
  installId: 'me',
  applied: [],
  busy: [],
  ...more
})
const swept = (given: WorldAnswer, own = settings) => dnsRecords.sweep!.compare({ world: given }, own)
const held = { applied: [applied([shop])], recordsets: [there()] }

const sweeps: [string, WorldAnswer, { lane: string; eventExists: boolean } | null][] = [
  ['a new one whose event was missed', world([one]), { lane: `name:${name}`, eventExists: true }],
  [
    'one of the OVN provider, which has no events',
    world([{ ...one, loadBalancer: { ...one.loadBalancer!, notifies: false } }]),
    { lane: `name:${name}`, eventExists: false }
  ],
  ['one that is in order', world([one], held), null],
  [
    'one that is gone: nobody knows its provider any more',
    world([], held),
    { lane: `name:${name}`, eventExists: false }
  ],
  ['one of another project is never concluded from', world([], { ...held, projects: ['p2'] }), null],
  ['one whose lane is at work', world([one], { busy: [shop] }), null]
]
const noPtr: DnsSettings = { ...base, vip: { ...vip, ptrNetworks: [] } }
for (const [what, given, expected] of sweeps)
  t.test(`the sweep: ${what}`, async (t) => {
    const { drifts } = swept(given, noPtr)
    t.equal(drifts.length, expected === null ? 0 : 1)
    if (expected !== null) t.match(drifts[0], { ...expected, subjects: ['shop'] })
  })

t.test('the sweep counts load balancers where it reads them', async (t) => {
  t.match(swept(world([one, web]), noPtr).read, /^1 servers, 1 load balancers, 0 recordsets/)
  t.match(swept(world([web]), base).read, /^1 servers, 0 recordsets/)
})
