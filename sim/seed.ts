import { addZone } from './designate.ts'
import { newNetwork, newSubnet } from './neutron-networks.ts'
import { connect, gatewayIn, newRouter } from './neutron-routers.ts'
import { hexId, type Project, type State } from './state.ts'

/** Projects of the simulated cloud; the user `reflex` is a member of all of them. */
export const PROJECTS = ['dev', 'prod', 'infra'] as const

const NETWORKS = [
  ['dev-net', 'dev', '10.10.0.0/16', 'fd00:10:10::/64'],
  ['dev-net2', 'dev', '10.11.0.0/16', null],
  ['prod-net', 'prod', '10.20.0.0/16', 'fd00:10:20::/64'],
  ['infra-net', 'infra', '10.30.0.0/16', 'fd00:10:30::/64']
] as const

// The last one is fd00:10::/32.
const ZONES = ['cloud.lab.', 'public.lab.', '10.in-addr.arpa.', '0.1.0.0.0.0.d.f.ip6.arpa.'] as const

/** Fills an empty cloud with what a small company has: three projects, their networks, and the zones of `infra`. */
export function seedCloud(state: State): void {
  const project = (name: string): Project => {
    const made = { id: hexId(), name }
    state.projects.set(made.id, made)
    return made
  }
  const user = (name: string, roles: [Project, string[]][]) => {
    const made = { id: hexId(), name, password: 'lab', roles: new Map(roles.map(([{ id }, names]) => [id, names])) }
    state.users.set(made.id, made)
    return made
  }

  const admin = project('admin')
  const byName = new Map(PROJECTS.map((name) => [name as string, project(name)]))
  user(
    'admin',
    [admin, ...byName.values()].map((one) => [one, ['admin', 'member', 'reader']])
  )
  user('nova', [[admin, ['admin', 'service']]])
  const reflex = user(
    'reflex',
    [...byName.values()].map((one) => [one, ['member', 'reader']])
  )
  for (const [name, one] of byName) user(`${name}-user`, [[one, ['member', 'reader']]])
  const dev = byName.get('dev')!
  const credential = { id: hexId(), name: 'reflex-dev', secret: 'lab-secret', userId: reflex.id, projectId: dev.id }
  state.applicationCredentials.set(credential.id, credential)

  const network = (name: string, projectId: string, external: boolean, ...cidrs: (string | null)[]) => {
    const made = newNetwork(name, projectId, external)
    state.networks.set(made.id, made)
    return cidrs.flatMap((cidr) => {
      if (cidr === null) return []
      const subnet = newSubnet(`${name}-v${cidr.includes(':') ? 6 : 4}`, made.id, projectId, cidr)
      state.subnets.set(subnet.id, subnet)
      return [subnet]
    })
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
