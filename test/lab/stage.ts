import { breachName as prefix } from './clean.ts'
import { type User, user } from './user.ts'

export const admin = user('admin')
export const [dev, prod, infra] = ['dev-user', 'prod-user', 'infra-user'].map(user) as [User, User, User]

/** What is there before anything is broken, and breaks nothing: ids by name. */
export interface Stage {
  readonly projects: Readonly<Record<'dev' | 'prod' | 'infra', string>>
  readonly people: Readonly<Record<(typeof people)[number], string>>
  readonly roles: Readonly<Record<string, string>>
  readonly crew: string
  readonly types: Readonly<Record<keyof typeof types, string>>
  readonly image: string
  /** An external network that dev may have no address from; dev's network `net` has a router to it. */
  readonly pool: string
  readonly net: string
  readonly infraNet: string
  readonly infraSubnet: string
}

const people = ['ada', 'bea', 'cleo', 'dan'] as const
/** Whose it is (null: everybody's), and what else. */
const types = {
  own: { of: 'dev', specs: {} },
  open: { of: 'dev', specs: {} },
  luks: { of: 'infra', specs: {} },
  other: { of: null, specs: {} },
  multi: { of: null, specs: { multiattach: '<is> True' } }
} as const

/** Makes the things that `settings` names and that breaches need; `cleanLab` takes them away. */
export async function stage(): Promise<Stage> {
  const [ids, roles] = await Promise.all([
    Promise.all([dev, prod, infra].map((one) => one.projectId())),
    admin.list('identity', '/roles', 'roles')
  ])
  const projects = { dev: ids[0]!, prod: ids[1]!, infra: ids[2]! }
  const roleIds = Object.fromEntries(roles.map(({ name, id }) => [name, id]))
  const [made, crew, volumeTypes, image, networks] = await Promise.all([
    makePeople(projects.dev, roleIds.member),
    makeGroup(projects.infra, roleIds.member),
    makeTypes(projects),
    makeImage(),
    makeNetworks()
  ])
  return { projects, people: made, roles: roleIds, crew, types: volumeTypes, image, ...networks }
}

async function makePeople(project: string, role: string): Promise<Stage['people']> {
  const entries = await Promise.all(
    people.map(async (name) => {
      const body = { user: { name: `${prefix}${name}`, domain_id: 'default', password: 'lab' } }
      const { id } = (await admin.call('identity', 'POST', '/users', body)).user
      await admin.call('identity', 'PUT', `/projects/${project}/users/${id}/roles/${role}`)
      return [name, id]
    })
  )
  return Object.fromEntries(entries)
}

async function makeGroup(project: string, role: string): Promise<string> {
  const body = { group: { name: `${prefix}crew`, domain_id: 'default' } }
  const { id } = (await admin.call('identity', 'POST', '/groups', body)).group
  await admin.call('identity', 'PUT', `/projects/${project}/groups/${id}/roles/${role}`)
  return id
}

async function makeTypes(projects: Stage['projects']): Promise<Stage['types']> {
  const entries = await Promise.all(
    Object.entries(types).map(async ([name, { of, specs }]) => {
      const volume_type = {
        name: `${prefix}${name}`,
        'os-volume-type-access:is_public': of === null,
        extra_specs: specs
      }
      const { id } = (await admin.call('volume', 'POST', '/types', { volume_type })).volume_type
      if (of !== null) {
        const addProjectAccess = { project: projects[of] }
        await admin.call('volume', 'POST', `/types/${id}/action`, { addProjectAccess })
      }
      return [name, id]
    })
  )
  const found = Object.fromEntries(entries)
  await encrypt(found.luks)
  return found
}

const encrypt = (type: string): Promise<unknown> =>
  admin.call('volume', 'POST', `/types/${type}/encryption`, {
    encryption: { provider: 'luks', cipher: 'aes-xts-plain64', key_size: 256, control_location: 'front-end' }
  })

/** One that everybody sees, of a project of no cluster. */
async function makeImage(): Promise<string> {
  const forms = { disk_format: 'raw', container_format: 'bare' }
  const { id } = await admin.call('image', 'POST', '/images', {
    name: `${prefix}image`,
    ...forms,
    visibility: 'public'
  })
  await admin.call('image', 'PUT', `/images/${id}/file`, new Uint8Array(1))
  return id
}

async function makeNetworks(): Promise<Pick<Stage, 'pool' | 'net' | 'infraNet' | 'infraSubnet'>> {
  const network = async (of: User, name: string, cidr: string, more = {}) => {
    const { id } = (await of.call('network', 'POST', '/networks', { network: { name: `${prefix}${name}`, ...more } }))
      .network
    const subnet = { network_id: id, name: `${prefix}${name}`, ip_version: 4, cidr, enable_dhcp: false }
    return { id, subnet: (await of.call('network', 'POST', '/subnets', { subnet })).subnet.id as string }
  }
  const pool = await network(admin, 'pool', '198.51.100.0/24', { 'router:external': true })
  const own = await network(dev, 'net', '10.66.0.0/24')
  const others = await network(infra, 'infra', '10.67.0.0/24')
  const router = { name: `${prefix}router`, external_gateway_info: { network_id: pool.id } }
  const { id } = (await dev.call('network', 'POST', '/routers', { router })).router
  await dev.call('network', 'PUT', `/routers/${id}/add_router_interface`, { subnet_id: own.subnet })
  return { pool: pool.id, net: own.id, infraNet: others.id, infraSubnet: others.subnet }
}

const indent = (text: string, by: string) => text.replace(/^(?=.)/gm, by)

/** The entry of `policies`: three clusters that keep apart, but for what `more` says. */
export const isolationPolicies = ({ more = '', modes = '{}' } = {}): string => `  isolation:
    mode: enforce
    clusters: ${modes}
    settings:
      cloud: admin
      operators: [${['admin', 'reflex', 'nova', 'neutron', 'glance', 'cinder', 'placement', 'designate', 'octavia'].map((one) => `${one}@Default`).join(', ')}]
      grace: { critical: 0s, high: 0s, medium: 0s, low: 0s }
      clusters:
        dev:
          networks: [dev-net, dev-net2]
          volumeTypes: [dev-disk, ${prefix}own, ${prefix}open]
          admins: [dev-user@Default, ${people.map((one) => `${prefix}${one}@Default`).join(', ')}]
          publicPorts: [80/tcp, 443/tcp]
          flavors: [m1.tiny]
          images: [tiny]
          keys: [dev-key]
          floatingPools: [public]
        prod:
          networks: [prod-net]
          volumeTypes: [prod-disk]
          admins: [prod-user@Default]
          publicPorts: [443/tcp]
          keys: [prod-key]
        infra:
          networks: [infra-net]
          volumeTypes: [${prefix}luks]
          admins: [infra-user@Default]
          publicPorts: [22/tcp, 443/tcp]
          keys: [${prefix}key]
          behindLoadBalancer: true
          encrypted: true
          quota: { cores: 200 }
      shared:
        volumeTypes: [standard, encrypted, ${prefix}multi]
        images: [tiny]
${indent(more, '      ')}`
