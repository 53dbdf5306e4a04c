import t from 'tap'
import { claimsOf } from '../../../src/policies/dns-records/claims.ts'
import { type Called, networksCalled } from '../../../src/policies/dns-records/questions/networks-called.ts'
import type { ResourceAnswer } from '../../../src/policies/dns-records/questions/resource-answer.ts'
import {
  bareNetworkNames,
  barePtrNetworks,
  checkDnsSettings,
  type DnsSettings
} from '../../../src/policies/dns-records/settings.ts'
import type { ClusterClients, NetworkName, Tools } from '../../../src/policies/shared/tools.ts'
import type { NamePin } from '../../../src/store/policy-rows.ts'

const settings = (...ptrNetworks: string[]): DnsSettings => ({
  ...{ cloud: 'infra', reserved: [], keepFree: 50, optOut: 'stackreflex' },
  fixed: { zone: 'cloud.lab.', name: '{server}.{project}.{zone}', ptrNetworks }
})
const id = '6f1a2f5e-9f0e-4a1a-8c6b-3b2a2f5e9f0e'
const server = (
  owner: string,
  network: string,
  networkName: string,
  called?: Record<string, Called>
): ResourceAnswer => ({
  ...{ resource: `server/p-${owner}/s1`, project: `p-${owner}`, status: 'present', reason: 'server web is ACTIVE' },
  server: {
    ...{
      resource: `server/p-${owner}/s1`,
      id: 's1',
      name: 'web',
      status: 'ACTIVE',
      projectName: owner,
      cluster: owner
    },
    ...{ optedOut: false, created: '2026-01-01' }
  },
  ports: [{ id: 'p', network, networkName, networkOwner: owner, addresses: ['10.9.9.9'] }],
  floatingIps: [],
  ...(called !== undefined && { networksCalled: called })
})
const withoutFixed = ({ fixed: _, ...rest }: DnsSettings): DnsSettings => rest
const ptr = (answer: ResourceAnswer, ...networks: string[]) => {
  const { claims, notes } = claimsOf(answer, settings(...networks))
  const found = claims.filter(({ type }) => type === 'PTR')
  return { ptr: found.length === 0 ? 'none' : found[0]!.keepOnly ? 'what stands' : 'yes', notes: notes.join('\n') }
}

t.test('a PTR is for the network of whom the configuration says', async (t) => {
  const prods = server('prod', 'n1', 'prod-net')
  const decoy = (name: string, called?: Record<string, Called>) => server('dev', 'n2', name, called)
  t.equal(ptr(prods, 'prod/prod-net').ptr, 'yes')
  t.equal(ptr(server('prod', id, 'x'), id).ptr, 'yes')
  t.equal(ptr(decoy('anything'), '*').ptr, 'yes')
  t.equal(ptr(decoy('prod-net'), 'prod/prod-net').ptr, 'none', 'a network of dev by the same name')
  t.equal(ptr(decoy('prod/prod-net'), 'prod/prod-net').ptr, 'none', 'one that is called so, prefix and all')
  t.equal(ptr(decoy(id), id).ptr, 'none', 'one that is called by the id of another')
  t.match(ptr(decoy('prod-net', { 'prod-net': { id: 'n1' } }), 'prod-net'), {
    ptr: 'none',
    notes: /called prod-net as well/
  })
  t.equal(ptr(server('prod', 'n1', 'prod-net', { 'prod-net': { id: 'n1' } }), 'prod-net').ptr, 'yes')
  const unclear = { 'prod-net': { none: '2 networks are called prod-net' } }
  t.match(ptr(decoy('prod-net', unclear), 'prod-net'), { ptr: 'what stands', notes: /2 networks are called/ })
})

t.test('a floating IP has a name where its external network is no cluster’s own, or is listed', async (t) => {
  const from = (name: string, owner: string | null, networks?: string[]) => {
    const pool = { network: 'n-ext', name, owner, clusters: owner === 'dev' || owner === 'prod' }
    const one = { resource: 'floatingip/p-dev/f1', id: 'f1', address: '203.0.113.78', port: 'p', pool }
    const floating = { zone: 'pub.lab.', name: '{server}.{project}.{zone}', ptr: true, ...(networks && { networks }) }
    const answer = { ...server('dev', 'n2', 'dev-net'), floatingIps: [one] }
    const { claims, notes } = claimsOf(answer, withoutFixed({ ...settings(), floating }))
    return { got: claims.map(({ type, keepOnly }) => `${type}${keepOnly ? ' that stands' : ''}`), notes: notes.join() }
  }
  t.same(from('public', 'p-admin'), { got: ['A', 'PTR'], notes: '' })
  t.match(from('public', 'dev'), { got: [], notes: /is dev’s own: list dev\/public in floating\.networks/ })
  t.match(from('public', null), { got: ['A that stands', 'PTR that stands'], notes: /whose external network/ })
  t.same(from('pool', 'prod', ['prod/pool']).got, ['A', 'PTR'])
  t.match(from('pool', 'dev', ['prod/pool']), { got: [], notes: /dev\/pool is not listed/ })
  t.match(from('prod/pool', 'p-else', ['prod/pool']), { got: [], notes: /is not listed/ })
  t.same(from('pool', 'p-else', ['*']).got, ['A', 'PTR'])
  t.match(
    checkDnsSettings({
      ...settings(),
      floating: { zone: 'pub.lab.', name: '{server}.{zone}', networks: ['public'], ptr: true }
    }),
    [/floating\.networks: 'public' is a bare name/]
  )
})

t.test('bare names are asked for and warned about', async (t) => {
  const some = settings('*', id, 'prod/prod-net', 'app-net')
  t.same(barePtrNetworks(some), ['app-net'])
  t.match(bareNetworkNames(some), [{ path: ['fixed', 'ptrNetworks', 3], allowed: /^<cluster>\/app-net/ }])
})

t.test('what a bare name means is looked up once', async (t) => {
  const networks: Record<string, Record<string, NetworkName>> = {
    prod: { n1: { name: 'prod-net', owner: 'prod' } },
    dev: { n3: { name: 'dev-net', owner: 'dev' } }
  }
  let pins: NamePin[] = []
  let answers = true
  const tools = {
    clusters: async () => Object.keys(networks).map((name) => ({ name })) as ClusterClients[],
    networkNames: async ({ name }: { name: string }) => {
      if (!answers) throw new Error('no answer')
      return new Map(Object.entries(networks[name]!))
    },
    journal: {
      namePins: async () => pins,
      pinNames: async (_: string, told: readonly Omit<NamePin, 'at'>[]) => {
        pins = told.map((one) => ({ ...one, at: 1 }))
        return pins
      }
    }
  } as unknown as Tools
  answers = false
  t.match(await networksCalled(['prod-net'], tools), { 'prod-net': { none: /cannot be told.*no answer/ } })
  answers = true
  t.same(await networksCalled(['prod-net'], tools), { 'prod-net': { id: 'n1' } })
  networks.dev!.n2 = { name: 'prod-net', owner: 'dev' }
  t.same(await networksCalled(['prod-net'], tools), { 'prod-net': { id: 'n1' } }, 'whoever calls theirs so later')
  t.match(pins, [{ key: 'dns-records/networks/prod-net', id: 'n1', trouble: null }])
  pins = []
  const twice = await networksCalled(['prod-net', 'nowhere'], tools)
  t.match(twice, {
    'prod-net': { none: /2 networks are called prod-net \(n1, n2\)/ },
    nowhere: { none: /no network is called nowhere/ }
  })
  t.match(pins, [{ trouble: /this entry counts for nothing/ }, { trouble: /no network/ }])
  t.same(await networksCalled([], tools), {})
})
