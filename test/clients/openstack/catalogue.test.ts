import t from 'tap'
import {
  type Endpoint,
  endpointUrl,
  regionOf,
  type ServiceType,
  undecidedRegion
} from '../../../src/clients/openstack/catalogue.ts'
import type { CloudEntry } from '../../../src/clients/openstack/cloud-entry.ts'

const entry: CloudEntry = {
  name: 'dev',
  authUrl: 'http://k',
  auth: { type: 'applicationCredential', credential: { id: 'x' }, secret: 's' },
  regionName: 'R1',
  interface: 'public',
  cacert: null,
  verify: true,
  endpointOverrides: {}
}

t.test('whatever form a catalogue gives a URL in, ours has the version that we speak', async (t) => {
  const cases: [ServiceType, string, string][] = [
    ['compute', 'http://n:8774/v2.1', 'http://n:8774/v2.1'],
    ['compute', 'http://n:8774/v2.1/', 'http://n:8774/v2.1'],
    ['compute', 'http://n:8774/v2.1/p1', 'http://n:8774/v2.1'],
    ['compute', 'http://n:8774/v2/p1', 'http://n:8774/v2.1'],
    ['compute', 'https://cloud/compute', 'https://cloud/compute/v2.1'],
    ['network', 'http://q:9696', 'http://q:9696/v2.0'],
    ['network', 'http://q:9696/v2.0', 'http://q:9696/v2.0'],
    ['dns', 'http://d:9001/', 'http://d:9001/v2'],
    ['dns', 'http://d:9001/v2', 'http://d:9001/v2'],
    ['identity', 'http://k:5000/v3/', 'http://k:5000/v3'],
    ['block-storage', 'http://c:8776/v3/p1', 'http://c:8776/v3/p1'],
    ['block-storage', 'http://c:8776/v3/AUTH_p1', 'http://c:8776/v3/p1'],
    ['load-balancer', 'http://o:9876', 'http://o:9876/v2'],
    ['placement', 'http://p:8778/', 'http://p:8778'],
    ['placement', 'https://cloud/placement', 'https://cloud/placement']
  ]
  for (const [service, url, wanted] of cases) {
    const catalogue = [{ service, interface: 'public', region: 'R1', url }]
    t.equal(endpointUrl(entry, catalogue, service, 'p1'), wanted, `${service} ${url}`)
  }
})

t.test('which endpoint', async (t) => {
  const endpoint = (service: string, face: string, region: string, url: string): Endpoint => ({
    service,
    interface: face,
    region,
    url
  })
  const catalogue = [
    endpoint('compute', 'public', 'R2', 'http://r2'),
    endpoint('compute', 'internal', 'R1', 'http://inside'),
    endpoint('compute', 'public', 'R1', ''),
    endpoint('compute', 'public', 'R1', 'http://r1'),
    endpoint('volumev3', 'public', 'R1', 'http://alias')
  ]
  const found = (change: Partial<CloudEntry>, service: ServiceType = 'compute') =>
    endpointUrl({ ...entry, ...change }, catalogue, service, 'p')
  t.equal(found({}), 'http://r1/v2.1', 'an empty URL is none')
  t.equal(found({ regionName: 'R2' }), 'http://r2/v2.1')
  t.equal(found({ regionName: null }), 'http://r2/v2.1', 'without a region the first')
  t.equal(found({ interface: 'internal' }), 'http://inside/v2.1')
  t.equal(found({ interface: 'admin' }), null)
  t.equal(found({ regionName: 'R3' }), null)
  t.equal(found({}, 'dns'), null)
  t.equal(found({}, 'block-storage'), 'http://alias/v3/p', 'an older name of the service')
  t.equal(found({ endpointOverrides: { compute: 'http://mine' } }), 'http://mine/v2.1')
})

t.test('several regions and none named is no region', async (t) => {
  const at = (service: string, region: string | null, face = 'public', url = 'http://x'): Endpoint => ({
    ...{ service, interface: face, region, url }
  })
  const unnamed = { ...entry, regionName: null }
  const both = [at('compute', 'b'), at('network', 'a'), at('identity', 'main')]
  t.match(undecidedRegion(unnamed, both), /2 regions \(a, b\) and the entry 'dev' names none: set region_name/)
  t.equal(undecidedRegion({ ...entry, regionName: 'a' }, both), null)
  const one: readonly [string, readonly Endpoint[]][] = [
    ['Keystone has a region of its own', [at('compute', 'a'), at('network', 'a'), at('identity', 'main')]],
    ['the other one is of another interface', [at('compute', 'a'), at('compute', 'b', 'internal')]],
    ['an empty URL is none', [at('compute', 'a'), at('network', 'b', 'public', '')]],
    ['of a service that we never call', [at('compute', 'a'), at('object-store', 'b')]],
    ['an endpoint of no region', [at('compute', 'a'), at('network', null)]]
  ]
  for (const [what, catalogue] of one) {
    t.equal(undecidedRegion(unnamed, catalogue), null, what)
    t.equal(regionOf(unnamed, catalogue), 'a', what)
  }
  const overridden = { ...unnamed, endpointOverrides: { compute: 'http://mine' } }
  t.equal(undecidedRegion(overridden, both), null, 'its URL is said by hand')
})
