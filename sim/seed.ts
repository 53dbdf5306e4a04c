import { randomUUID } from 'node:crypto'
import { addZone } from './designate/records.ts'
import { roleId } from './keystone/grants.ts'
import { newNetwork, newSubnet } from './neutron/networks.ts'
import { connect, gatewayIn, newRouter } from './neutron/routers.ts'
import { setLimits } from './quota/limits.ts'
import { DEFAULT_IMAGE, hexId, type Project, type State, seconds } from './state.ts'

/** Projects of the simulated cloud; the user `reflex` is a member of all of them. */
export const PROJECTS = ['dev', 'prod', 'infra'] as const

const NETWORKS = [
  ['dev-net', 'dev', '10.10.0.0/16', 'fd00:10:10::/64'],
  ['dev-net2', 'dev', '10.11.0.0/16', null],
  ['prod-net', 'prod', '10.20.0.0/16', 'fd00:10:20::/64'],
  ['infra-net', 'infra', '10.30.0.0/16', 'fd00:10:30::/64']
] as const

const ROLES = ['admin', 'member', 'reader', 'service', 'load-balancer_admin', 'load-balancer_member']

// The first is what Cinder makes by itself.
const PUBLIC_TYPES = ['__DEFAULT__', 'standard', 'encrypted'] as const

const FLAVORS = [
  ['m1.tiny', 1, 64, 1],
  ['m1.small', 1, 512, 2],
  ['m1.large', 4, 4096, 20]
] as const

/** What each project may have, as in the lab; of volume types only its own private one. */
const QUOTAS = {
  nova: { instances: 100, cores: 200, ram: 204_800, key_pairs: 200, server_groups: 50 },
  neutron: { router: 50, floatingip: 100, security_group: 100, security_group_rule: 1000 },
  cinder: {
    ...{ volumes: 100, snapshots: 100, gigabytes: 3000, per_volume_gigabytes: 1000 },
    ...{ gigabytes_standard: 1000, gigabytes_encrypted: 1000 }
  },
  octavia: { loadbalancer: 20, listener: 50, pool: 50, member: 200, healthmonitor: 50 }
}

// The last one is fd00:10::/32.
const ZONES = ['cloud.lab.', 'public.lab.', '10.in-addr.arpa.', '0.1.0.0.0.0.d.f.ip6.arpa.'] as const

/** Fills an empty cloud with what a small company has: three projects, their networks, and the zones of `infra`. */
export function seedCloud(state: State): void {
  const project = (name: string): Project => {
    const made = { id: hexId(), name }
    state.projects.set(made.id, made)
    return made
  }
  const user = (name: string, roles: [Project, string[]][], systemRoles: string[] = []) => {
    const made = {
      id: hexId(),
      name,
      password: 'lab',
      roles: new Map(roles.map(([{ id }, names]) => [id, names])),
      systemRoles
    }
    state.users.set(made.id, made)
    return made
  }

  for (const name of ROLES) roleId(state, name)
  const admin = project('admin')
  const byName = new Map(PROJECTS.map((name) => [name as string, project(name)]))
  user(
    'admin',
    [admin, ...byName.values()].map((one) => [one, ['admin', 'member', 'reader', 'load-balancer_admin']]),
    ['admin']
  )
  for (const service of ['nova', 'octavia']) user(service, [[admin, ['admin', 'service']]])
  const reflex = user(
    'reflex',
    [...byName.values()].map((one) => [one, ['member', 'reader', 'load-balancer_member']])
  )
  for (const [name, one] of byName) user(`${name}-user`, [[one, ['member', 'reader', 'load-balancer_member']]])
  const dev = byName.get('dev')!
  const credential = { id: hexId(), name: 'reflex-dev', secret: 'lab-secret', userId: reflex.id, projectId: dev.id }
  state.applicationCredentials.set(credential.id, credential)

  const network = (name: string, projectId: string, external: boolean, ...cidrs: (string | null)[]) => {
    const made = newNetwork(name, projectId, external)
    state.networks.set(made.id, made)
    return cidrs.flatMap((cidr) => {
      if (cidr === null) return []
      const fresh = newSubnet(`${name}-v${cidr.includes(':') ? 6 : 4}`, made.id, projectId, cidr)
      // They were there long before anything that is made on them.
      const subnet = { ...fresh, createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z' }
      state.subnets.set(subnet.id, subnet)
      return [subnet]
    })
  }
  for (const [name, vcpus, ram, disk] of FLAVORS) {
    const id = randomUUID()
    state.flavors.set(id, { id, name, vcpus, ram, disk })
  }
  // Its id is that of servers that say nothing else.
  const image = { id: DEFAULT_IMAGE, name: 'tiny', projectId: admin.id, visibility: 'public', properties: {} } as const
  state.images.set(image.id, { ...image, createdAt: seconds(), updatedAt: seconds(), members: new Map() })
  const privates = PROJECTS.map((name) => [`${name}-disk`, name] as const)
  for (const [name, owner] of [...PUBLIC_TYPES.map((name) => [name, null] as const), ...privates]) {
    const projects = new Set(owner === null ? [] : [byName.get(owner)!.id])
    const extraSpecs: Record<string, string> = owner === null ? {} : { volume_backend_name: 'disk' }
    const type = { id: randomUUID(), name, description: null, public: owner === null, projects, extraSpecs }
    state.volumeTypes.set(type.id, name === 'encrypted' ? { ...type, encryptionId: randomUUID() } : type)
  }
  for (const [project, { id }] of byName) {
    for (const [service, limits] of Object.entries(QUOTAS))
      setLimits(state.limits[service as keyof typeof QUOTAS], id, limits)
    const own = privates.map(([type, owner]) => [`gigabytes_${type}`, owner === project ? 1000 : 0])
    setLimits(state.limits.cinder, id, Object.fromEntries(own))
  }
  const [outside] = network('public', admin.id, true, '203.0.113.0/24')
  for (const [name, { id }] of byName) {
    const router = newRouter(`${name}-router`, id)
    router.gateway = gatewayIn(state, outside!.networkId)
    state.routers.set(router.id, router)
    for (const [net, owner, v4, v6] of NETWORKS)
      if (owner === name) for (const subnet of network(net, id, false, v4, v6)) connect(state, router, subnet)
  }

  for (const name of ZONES) addZone(state, byName.get('infra')!.id, name, 'hostmaster@cloud.lab', 'ACTIVE')
}
