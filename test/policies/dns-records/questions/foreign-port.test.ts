import t from 'tap'
import type { Port } from '../../../../src/clients/neutron/neutron.ts'
import type { Server } from '../../../../src/clients/nova/nova.ts'
import { claimsOf } from '../../../../src/policies/dns-records/claims.ts'
import { describeServer } from '../../../../src/policies/dns-records/questions/resource.ts'
import type { DnsSettings } from '../../../../src/policies/dns-records/settings.ts'
import type { ClusterClients } from '../../../../src/policies/shared/tools.ts'

const cluster = { name: 'prod', projectId: 'p-prod', projectName: 'prod' } as ClusterClients
const settings: DnsSettings = {
  ...{ cloud: 'infra', reserved: [], keepFree: 50, optOut: 'stackreflex' },
  fixed: { zone: 'cloud.lab.', name: '{server}.{project}.{zone}', ptrNetworks: ['n1'] },
  floating: { zone: 'pub.lab.', name: '{server}.{project}.{zone}', ptr: true }
}
const server: Server = {
  ...{ id: 's1', name: 'db', status: 'ACTIVE', projectId: 'p-prod', metadata: {}, addresses: [] },
  ...{ created: '2026-01-01T00:00:00Z', updated: '2026-01-01T00:00:00Z' }
}
const port = (id: string, more: Partial<Port> = {}): Port => ({
  ...{
    id,
    projectId: 'p-prod',
    networkId: 'n1',
    deviceId: 's1',
    deviceOwner: 'compute:nova',
    name: '',
    status: 'ACTIVE'
  },
  ...{ addresses: [`10.0.0.${id.slice(1)}`] },
  ...more
})
const describe = (...more: readonly Port[]) => {
  const ports = [port('p1'), ...more]
  return describeServer({
    cluster,
    others: ['dev', 'prod'],
    names: new Map([['n1', { name: 'net', owner: 'prod' }]]),
    server,
    ports,
    floatingIps: [],
    optOut: 'stackreflex'
  })
}
const told = (...more: readonly Port[]) => {
  const answer = describe(...more)
  const { claims, notes } = claimsOf(answer, settings)
  const names = claims.filter(({ type }) => type === 'A')
  return { status: answer.status, names: names.map((one) => `${one.record}${one.keepOnly ? ' kept' : ''}`), notes }
}

t.test('a port of another project is nobody’s but its own, whatever it says of its device', async (t) => {
  const plain = { status: 'present', names: ['10.0.0.1'], notes: [] }
  const foreign = { projectId: 'p-dev' }
  t.same(told(port('p2', foreign)), plain, 'its address is not the server’s')
  t.same(told(port('p2', { ...foreign, deviceOwner: null })), plain, 'half of it said freezes nothing')
  t.same(told(port('p2', { ...foreign, deviceId: null })), plain, 'the other half neither')
  for (const owner of ['network:dhcp', 'network:router_interface', 'Octavia'])
    t.same(told(port('p2', { projectId: null, deviceOwner: owner })), plain, `${owner} is no server’s port`)
})

t.test('a port of its own project of which half is said keeps its address from change, and no other', async (t) => {
  const halves = { owner: port('p2', { deviceOwner: null }), device: port('p2', { deviceId: null }) }
  for (const [what, half] of Object.entries(halves)) {
    const { status, names, notes } = told(half)
    t.same({ status, names }, { status: 'present', names: ['10.0.0.1', '10.0.0.2 kept'] }, what)
    t.match(notes, [
      /^10\.0\.0\.2: Neutron does not say device_(id|owner) of port p2: keeps what it has, gets nothing new$/
    ])
  }
})

t.test('a port whose project is not said is unknown: it gets nothing and loses nothing', async (t) => {
  const { names, notes } = told(port('p2', { projectId: null }))
  t.same(names, ['10.0.0.1', '10.0.0.2 kept'])
  t.match(notes, [/does not say which project port p2 belongs to/])
})
