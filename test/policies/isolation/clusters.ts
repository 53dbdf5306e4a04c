import { parseConfig } from '../../../src/config/load.ts'
import { showProblem } from '../../../src/config/problems.ts'
import { enabledPolicies } from '../../../src/policies/enabled.ts'
import { policies } from '../../../src/policies/index.ts'
import type {
  Assignment,
  MatrixAnswer,
  SecurityGroupRule,
  Subject,
  SubjectKind
} from '../../../src/policies/isolation/questions/subjects.ts'
import type { IsolationSettings } from '../../../src/policies/isolation/settings.ts'

/** Three clusters of a hospital's platform: what each may have, as somebody would write it. */
export const written = {
  cloud: 'admin',
  clusters: {
    dev: { volumeTypes: ['dev-ssd'], admins: ['dora'], publicPorts: ['443/tcp', '80/tcp'], keys: ['dev-key'] },
    prod: {
      volumeTypes: ['prod-ssd'],
      admins: ['petra'],
      flavors: ['m1.large', 'm1.xlarge'],
      images: ['ubuntu-24.04'],
      keys: ['prod-key'],
      publicPorts: ['443/tcp', 'icmp'],
      floatingPools: ['public'],
      behindLoadBalancer: true,
      encrypted: true,
      quota: { cores: 200, loadbalancer: 10 }
    },
    infra: { admins: ['ines'], publicPorts: ['22/tcp', '443/tcp', '8000-8999/tcp'] }
  },
  shared: { networks: ['transfer'], volumeTypes: ['standard'], images: ['debian-12'] },
  operators: ['root']
}

const reflex = {
  clusters: {
    dev: { cloud: 'dev', tier: 'bursty' },
    prod: { cloud: 'prod', tier: 'change-controlled' },
    infra: { cloud: 'infra', tier: 'always-on' }
  }
}

/** The settings as the policy gets them: checked, with all defaults. Throws every mistake at once. */
export function settingsOf(
  more: object = {},
  modes: { readonly mode?: string; readonly clusters?: object } = {}
): IsolationSettings {
  const entry = { mode: 'enforce', ...modes, settings: { ...written, ...more } }
  const text = JSON.stringify({ ...reflex, policies: { isolation: entry } })
  const result = parseConfig(text, 'reflex.yaml', {}, policies)
  if (!result.ok) throw new Error(result.problems.map(showProblem).join('\n'))
  return enabledPolicies(result.config)[0]!.settings as unknown as IsolationSettings
}

export const now = Date.parse('2026-11-25T12:00:00Z')

/** What the services say of them. Dev and infra have the same private range, as happens. */
export const matrix: MatrixAnswer = {
  clusters: [
    {
      name: 'dev',
      projectId: 'p-dev',
      projectName: 'dev',
      domainId: 'd1',
      networkIds: ['n-dev'],
      ranges: ['10.1.0.0/16', 'fd00:1::/64', '192.168.0.0/24'],
      volumeTypes: [{ id: 't-dev', name: 'dev-ssd' }],
      admins: ['u-dora']
    },
    {
      name: 'prod',
      projectId: 'p-prod',
      projectName: 'prod',
      domainId: 'd1',
      networkIds: ['n-prod'],
      ranges: ['10.2.0.0/16', 'fd00:2::/64'],
      volumeTypes: [{ id: 't-prod', name: 'prod-ssd' }],
      admins: ['u-petra']
    },
    {
      name: 'infra',
      projectId: 'p-infra',
      projectName: 'infra',
      domainId: 'd1',
      networkIds: ['n-infra'],
      ranges: ['10.3.0.0/16', '192.168.0.0/24'],
      volumeTypes: [],
      admins: ['u-ines']
    }
  ],
  shared: {
    networkIds: ['n-transfer'],
    volumeTypes: [{ id: 't-std', name: 'standard' }],
    imageIds: ['i-debian']
  },
  operators: ['u-root'],
  unresolved: [],
  now
}

export const groupRule = (more: Partial<SecurityGroupRule> = {}): SecurityGroupRule => ({
  id: 'r1',
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: 'tcp',
  portMin: 22,
  portMax: 22,
  remotePrefix: null,
  remoteGroupId: null,
  remoteGroupProjectId: null,
  remoteAddressGroupId: null,
  remoteAddresses: [],
  description: '',
  ...more
})

export const assignment = (more: Partial<Assignment> = {}): Assignment => ({
  role: 'member',
  roleId: 'r-member',
  projectId: 'p-dev',
  domainId: null,
  system: false,
  groupId: null,
  groupName: null,
  inheritedFrom: null,
  ...more
})

const bare = { id: 'x', name: 'x', projectId: 'p-dev' }

/** One well-behaved resource of dev of each kind. */
const usual: { readonly [K in SubjectKind]: Extract<Subject, { kind: K }> } = {
  'rbac-policy': {
    ...bare,
    kind: 'rbac-policy',
    objectType: 'network',
    objectId: 'n-dev',
    objectName: 'dev-net',
    objectProjectId: 'p-dev',
    action: 'access_as_shared',
    target: 'p-dev'
  },
  network: {
    ...bare,
    kind: 'network',
    id: 'n-dev',
    shared: false,
    external: false,
    portSecurityEnabled: true,
    cidrs: ['10.1.0.0/16']
  },
  router: {
    ...bare,
    kind: 'router',
    externalNetworkId: 'n-public',
    interfaces: [
      { portId: 'rp1', networkId: 'n-dev', networkProjectId: 'p-dev', subnetIds: ['s-dev'], addresses: ['10.1.0.1'] }
    ]
  },
  port: {
    ...bare,
    kind: 'port',
    networkId: 'n-dev',
    networkProjectId: 'p-dev',
    networkExternal: false,
    deviceId: 'srv-1',
    deviceOwner: 'compute:nova',
    deviceProjectId: 'p-dev',
    deviceName: 'dev-node-1',
    addresses: ['10.1.0.7'],
    mac: 'fa:16:3e:00:00:01',
    portSecurityEnabled: true,
    allowedAddressPairs: [],
    securityGroups: ['sg-1']
  },
  'security-group': { ...bare, kind: 'security-group', rules: [], tags: [] },
  'floating-ip': {
    ...bare,
    kind: 'floating-ip',
    address: '203.0.113.7',
    networkId: 'n-public',
    networkName: 'public',
    portId: 'lb-port',
    fixedAddress: '10.1.0.9',
    portDeviceOwner: 'Octavia',
    portProjectId: 'p-dev',
    serverId: null,
    serverName: null
  },
  server: {
    ...bare,
    kind: 'server',
    userId: 'u-dora',
    status: 'ACTIVE',
    locked: false,
    flavor: 'm1.large',
    imageId: 'i-debian',
    imageName: 'debian-12',
    imageOwner: 'p-images',
    keyName: null,
    metadata: {},
    ports: []
  },
  volume: {
    ...bare,
    kind: 'volume',
    status: 'available',
    typeName: 'dev-ssd',
    encrypted: true,
    multiattach: false,
    attachedTo: [],
    homeProjectId: null
  },
  'volume-type': {
    ...bare,
    kind: 'volume-type',
    id: 't-dev',
    projectId: '',
    public: false,
    encrypted: true,
    multiattach: false,
    access: ['p-dev']
  },
  image: { ...bare, kind: 'image', visibility: 'private', members: [], snapshot: false },
  project: { ...bare, kind: 'project', id: 'p-dev', limits: { cores: 20, ram: 51_200 } },
  person: {
    ...bare,
    kind: 'person',
    id: 'u-dora',
    name: 'dora',
    projectId: '',
    domainId: 'd1',
    federated: false,
    enabled: true,
    assignments: [assignment()]
  },
  group: { ...bare, kind: 'group', projectId: '', domainId: 'd1', members: [] },
  'application-credential': {
    ...bare,
    kind: 'application-credential',
    id: 'u-dora/x',
    userId: 'u-dora',
    userName: 'dora',
    unrestricted: false,
    expiresAt: '2027-01-01T00:00:00Z',
    roles: ['member']
  },
  trust: {
    ...bare,
    kind: 'trust',
    trustorId: 'u-dora',
    trusteeId: 'u-bot',
    impersonation: false,
    expiresAt: null,
    roles: ['member']
  },
  mapping: { ...bare, kind: 'mapping', projectId: '', gives: [], fromClaims: false }
}

/** A well-behaved resource of dev, but for what `more` says. */
export const a = <K extends SubjectKind>(
  kind: K,
  more: Partial<Extract<Subject, { kind: K }>> = {}
): Extract<Subject, { kind: K }> => ({ ...usual[kind], ...more })

export const group = (...rules: readonly Partial<SecurityGroupRule>[]) =>
  a('security-group', { rules: rules.map((rule, n) => groupRule({ id: `r${n + 1}`, ...rule })) })
