import type { Test } from 'tap'
import t from 'tap'
import { decideSubject } from '../../../src/policies/isolation/decide.ts'
import type { Subject } from '../../../src/policies/isolation/questions/subjects.ts'
import { worldOf } from '../../../src/policies/isolation/world.ts'
import { a, group, matrix, settingsOf } from './clusters.ts'

const settings = settingsOf()
const world = worldOf(matrix, settings)
const decided = (subject: Subject, in_ = world) => decideSubject(subject, [], in_)

/** Told as open, with the reason, and nothing is done. */
function told(t: Test, subject: Subject, rule: string, because: RegExp, to?: string) {
  const { outcome, breaches } = decided(subject)
  t.equal(outcome, 'skip', rule)
  t.match(breaches, [{ rule, state: 'open', because, ...(to === undefined ? {} : { to }) }], rule)
}
t.test('a port whose project is not said is nobody’s and anybody’s: its floating IP is told, and stays', async (t) => {
  const floatingIp = a('floating-ip', { portProjectId: null, portDeviceOwner: 'Octavia' })
  told(
    t,
    floatingIp,
    'floating-ip-across',
    /nothing is done, because .* which project that is: empty is unknown/,
    'unknown'
  )
  // As a journal of before had it.
  told(t, { ...floatingIp, portProjectId: '' }, 'floating-ip-across', /empty is unknown/, 'unknown')
  const other = decided(a('floating-ip', { portProjectId: 'p-prod', portDeviceOwner: 'Octavia' }))
  t.match(other.steps, [{ type: 'floating-ip-disassociate' }], 'another cluster’s is cut off as before')
  const nodes = a('floating-ip', { projectId: 'p-prod', portProjectId: null, portDeviceOwner: 'compute:nova' })
  t.equal(decided(nodes).outcome, 'skip', 'nor because of the cluster that pays for the address')
})

t.test('what one field would have to say is asked of that field', async (t) => {
  const port = { networkId: 'n-else', networkProjectId: null }
  told(t, a('port', port), 'port-foreign-network', /which project that is/, 'unknown')
  told(
    t,
    a('port', { portSecurityEnabled: false, deviceOwner: '', unsaid: ['device_owner'] }),
    'port-security-off',
    /does not say device_owner/
  )
  const interfaces = [
    { portId: 'i', networkId: 'n-else', networkProjectId: null, subnetIds: ['s'], addresses: ['10.9.0.1'] }
  ]
  told(t, a('router', { interfaces }), 'router-two-clusters', /which project/, 'unknown')
  const policy = { objectId: 'n-dev', objectProjectId: 'p-dev' }
  told(
    t,
    a('rbac-policy', { ...policy, target: '', unsaid: ['target_project'] }),
    'rbac-shared-network',
    /does not say target_project/
  )
  told(
    t,
    { ...group({ remoteGroupId: null }), unsaid: ['remote_group_id of rule r1'] },
    'security-group-open',
    /remote_group_id of rule r1/
  )
  told(
    t,
    a('application-credential', { expiresAt: null, unsaid: ['expires_at'] }),
    'application-credential-no-expiry',
    /does not say expires_at/
  )
  told(
    t,
    a('floating-ip', { projectId: 'p-prod', portProjectId: 'p-prod', networkName: '', networkId: 'n-x' }),
    'floating-ip-pool',
    /no name to compare/
  )
  told(
    t,
    a('server', { projectId: 'p-prod', imageId: 'i-x', imageName: '', imageOwner: 'p-else' }),
    'server-image',
    /no name to compare/
  )
  told(
    t,
    a('server', { projectId: 'p-prod', imageId: 'i-x', imageName: 'x', imageOwner: null }),
    'server-image',
    /whose image/
  )
  const gone = decided(
    a('server', { projectId: 'p-prod', flavor: 'm1.large', imageId: 'i-x', imageName: null, imageOwner: null })
  )
  t.match(gone.steps, [{ type: 'server-quarantine' }], 'an image that is gone is no empty answer')
})

t.test('while it is not known what may be shared, nothing is done at all', async (t) => {
  const unsaid = ['shared.networks: no network is called transfer']
  const blind = worldOf(
    { ...matrix, shared: { ...matrix.shared, networkIds: [] }, unresolved: unsaid, unsaid },
    settings
  )
  const share = a('rbac-policy', { objectId: 'n-transfer', objectProjectId: 'p-infra', target: 'p-dev' })
  t.equal(decided(share).outcome, 'skip', 'it may be shared')
  const { outcome, breaches } = decided(share, blind)
  t.equal(outcome, 'skip')
  t.match(breaches, [{ state: 'open', because: /not known what may be shared .*no network is called transfer/ }])
})

t.test('a cluster without a project has nothing', async (t) => {
  const [dev, ...others] = matrix.clusters
  const nameless = worldOf({ ...matrix, clusters: [{ ...dev!, projectId: '' }, ...others] }, settings)
  t.equal(nameless.clusterOf(''), null)
  t.equal(nameless.clusterOf(null), null)
  t.equal(nameless.holderOf(''), 'unknown')
})
