// An ordinary user of the lab's OpenStack, on the raw APIs: shares nothing with src/, so that what the tests do and see
// does not depend on what they test.
import { Resolver } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { cleanBreaches } from './clean.ts'

interface Entry {
  auth: Record<string, string>
}

export const labFolder = process.env.LAB_STATE ?? '.lab'
const entries = (JSON.parse(readFileSync(`${labFolder}/clouds.yaml`, 'utf8')) as { clouds: Record<string, Entry> })
  .clouds
const ports = {
  compute: '8774/v2.1',
  network: '9696/v2.0',
  dns: '9001/v2',
  image: '9292/v2',
  volume: '8776/v3',
  balancer: '9876/v2.0',
  identity: '5000/v3'
} as const

// biome-ignore lint/suspicious/noExplicitAny: raw answers of eight services
type Answer = any

export interface User {
  readonly project: string
  projectId(): Promise<string>
  userId(): Promise<string>
  /** `body`: bytes are sent as they are (an image's data). */
  call(service: keyof typeof ports, method: string, path: string, body?: unknown): Promise<Answer>
  boot(name: string, networks?: readonly string[], metadata?: Record<string, string>): Promise<string>
  /** Rejects where the server fails, or is not ACTIVE within so many seconds (240); asks every so many ms (50). */
  active(server: string, seconds?: number, everyMs?: number): Promise<Answer>
  gone(server: string): Promise<void>
  ports(server: string): Promise<{ id: string; addresses: string[] }[]>
  floatingIp(port?: string): Promise<{ id: string; address: string }>
  /** With a VIP on each subnet of the project's network. */
  loadBalancer(name: string, tags?: readonly string[]): Promise<string>
  /** Rejects where it fails, or is not ACTIVE within a minute. */
  activeLoadBalancer(id: string): Promise<Answer>
  /** Deletes it and, once it is gone, its VIP's port, which the lab's network driver leaves behind. */
  deleteLoadBalancer(id: string): Promise<void>
  list(service: keyof typeof ports, path: string, key: string): Promise<Answer[]>
}

/** `name` is an entry of the lab's clouds.yaml, such as `dev-user`. */
export function user(name: string): User {
  const { auth } = entries[name]!
  let token: Promise<{ value: string; project: string; user: string }> | undefined
  const ids = new Map<string, Promise<string>>()

  async function authenticate() {
    const domain = { name: auth.user_domain_name }
    const identity = {
      methods: ['password'],
      password: { user: { name: auth.username, domain, password: auth.password } }
    }
    const scope = { project: { name: auth.project_name, domain: { name: auth.project_domain_name } } }
    const answer = await fetch(`${auth.auth_url}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity, scope } })
    })
    if (answer.status !== 201) throw new Error(`keystone: ${answer.status} ${await answer.text()}`)
    const body = (await answer.json()) as Answer
    const { project, user } = body.token as { project: { id: string }; user: { id: string } }
    return { value: answer.headers.get('x-subject-token')!, project: project.id, user: user.id }
  }

  async function call(service: keyof typeof ports, method: string, path: string, body?: unknown): Promise<Answer> {
    token ??= authenticate()
    const bytes = body instanceof Uint8Array
    const patches = service === 'image' && method === 'PATCH'
    const headers: Record<string, string> = {
      'x-auth-token': (await token).value,
      'content-type': bytes
        ? 'application/octet-stream'
        : patches
          ? 'application/openstack-images-v2.1-json-patch'
          : 'application/json',
      connection: 'close'
    }
    if (service === 'compute') headers['openstack-api-version'] = 'compute 2.79'
    const sent = bytes ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body)
    const init = { method, headers, ...(body === undefined ? {} : { body: sent }) }
    const answer = await fetch(`http://127.0.0.1:${ports[service]}${path}`, init)
    const text = await answer.text()
    if (answer.status >= 300)
      throw Object.assign(new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`), {
        status: answer.status
      })
    return text === '' ? null : JSON.parse(text)
  }

  const list = async (service: keyof typeof ports, path: string, key: string) =>
    (await call(service, 'GET', path))[key] as Answer[]
  const once = (key: string, find: () => Promise<string>) => {
    if (!ids.has(key)) ids.set(key, find())
    return ids.get(key)!
  }
  const network = (wanted: string) =>
    once(`network ${wanted}`, async () => (await list('network', `/networks?name=${wanted}`, 'networks'))[0].id)

  return {
    project: auth.project_name!,
    projectId: async () => {
      token ??= authenticate()
      return (await token).project
    },
    userId: async () => {
      token ??= authenticate()
      return (await token).user
    },
    call,
    list,
    async boot(serverName, networks = [`${auth.project_name}-net`], metadata = {}) {
      const flavorRef = await once(
        'flavor',
        async () => (await list('compute', '/flavors', 'flavors')).find((one) => one.name === 'm1.tiny').id
      )
      const imageRef = await once('image', async () => (await list('image', '/images?name=tiny', 'images'))[0].id)
      const nets = await Promise.all(networks.map(async (one) => ({ uuid: await network(one) })))
      const server = { name: serverName, flavorRef, imageRef, networks: nets, metadata }
      return (await call('compute', 'POST', '/servers', { server })).server.id as string
    },
    async active(server, seconds = 240, everyMs = 50) {
      for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
        const one = (await call('compute', 'GET', `/servers/${server}`)).server
        if (one.status === 'ACTIVE') return one
        if (one.status === 'ERROR') throw new Error(`server ${one.name} is in ERROR: ${JSON.stringify(one.fault)}`)
        await sleep(everyMs)
      }
      throw new Error(`server ${server} did not become ACTIVE within ${seconds} s`)
    },
    async gone(server) {
      for (let tries = 0; tries < 600; tries++) {
        try {
          await call('compute', 'GET', `/servers/${server}`)
        } catch (error) {
          if ((error as { status?: number }).status === 404) return
          throw error
        }
        await sleep(200)
      }
      throw new Error(`server ${server} does not go away`)
    },
    async ports(server) {
      const found = await list('network', `/ports?device_id=${server}`, 'ports')
      return found.map((port) => ({ id: port.id, addresses: port.fixed_ips.map((ip: Answer) => ip.ip_address) }))
    },
    async floatingIp(port) {
      const floating_network_id = await network('public')
      const made = await call('network', 'POST', '/floatingips', {
        floatingip: { floating_network_id, ...(port ? { port_id: port } : {}) }
      })
      return { id: made.floatingip.id, address: made.floatingip.floating_ip_address }
    },
    async loadBalancer(name, tags = []) {
      const own = await network(`${auth.project_name}-net`)
      const subnets = await list('network', `/subnets?network_id=${own}`, 'subnets')
      const [v4, v6] = [4, 6].map((version) => subnets.find((one) => one.ip_version === version).id)
      const loadbalancer = { name, tags, vip_subnet_id: v4, additional_vips: [{ subnet_id: v6 }] }
      return (await call('balancer', 'POST', '/lbaas/loadbalancers', { loadbalancer })).loadbalancer.id as string
    },
    async activeLoadBalancer(id) {
      for (const end = Date.now() + 60_000; Date.now() < end; ) {
        const one = (await call('balancer', 'GET', `/lbaas/loadbalancers/${id}`)).loadbalancer
        if (one.provisioning_status === 'ACTIVE') return one
        if (one.provisioning_status === 'ERROR') throw new Error(`load balancer ${one.name} is in ERROR`)
        await sleep(50)
      }
      throw new Error(`load balancer ${id} did not become ACTIVE within a minute`)
    },
    async deleteLoadBalancer(id) {
      await call('balancer', 'DELETE', `/lbaas/loadbalancers/${id}?cascade=true`)
      for (let tries = 0; ; tries++) {
        const all = await list('balancer', '/lbaas/loadbalancers', 'loadbalancers')
        if (!all.some((one) => one.id === id)) break
        if (tries === 299) throw new Error(`load balancer ${id} does not go away`)
        await sleep(200)
      }
      for (const port of await list('network', `/ports?device_id=lb-${id}`, 'ports'))
        await call('network', 'DELETE', `/ports/${port.id}`)
    }
  }
}

const resolver = new Resolver({ timeout: 1000, tries: 1 })
resolver.setServers(['127.0.0.1:53'])

/** What BIND answers, or an empty list. */
export async function dig(name: string, type: 'A' | 'AAAA' | 'PTR'): Promise<string[]> {
  try {
    return ((await resolver.resolve(name, type)) as string[]).sort()
  } catch {
    return []
  }
}

const until = async (what: string, done: () => Promise<boolean>) => {
  for (let tries = 0; tries < 300; tries++) {
    if (await done()) return
    await sleep(200)
  }
  throw new Error(`${what}: not within a minute`)
}

/** A load balancer that still works on its last change answers 409 until it is done. */
async function cleanBalancers(one: User): Promise<void> {
  await until('load balancers deleted', async () => {
    const left = await one.list('balancer', '/lbaas/loadbalancers', 'loadbalancers')
    for (const { id, provisioning_status } of left)
      if (!provisioning_status.startsWith('PENDING'))
        await one.call('balancer', 'DELETE', `/lbaas/loadbalancers/${id}?cascade=true`).catch(() => {})
    return left.length === 0
  })
}

async function cleanVolumes(one: User): Promise<void> {
  for (const { id } of await one.list('volume', '/os-volume-transfer', 'transfers'))
    await one.call('volume', 'DELETE', `/os-volume-transfer/${id}`)
  await until('volumes deleted', async () => {
    const left = await one.list('volume', '/volumes/detail', 'volumes')
    for (const { id, status } of left)
      if (status === 'available' || status.startsWith('error'))
        await one.call('volume', 'DELETE', `/volumes/${id}?cascade=true`).catch(() => {})
    return left.length === 0
  })
}

/** Networks and routers stay: they are the lab's own. */
async function cleanNetwork(one: User, admin: User): Promise<void> {
  const mine = `project_id=${await one.projectId()}`
  for (const { id } of await one.list('network', `/rbac-policies?${mine}`, 'rbac_policies'))
    await one.call('network', 'DELETE', `/rbac-policies/${id}`)
  // Those of load balancers are deleted with them, unless Octavia was interrupted.
  // On another project's network, it is not there for its owner.
  for (const { id, device_owner } of await one.list('network', `/ports?${mine}`, 'ports'))
    if (device_owner === '' || device_owner === 'Octavia') await admin.call('network', 'DELETE', `/ports/${id}`)
  for (const { id, name } of await one.list('network', `/security-groups?${mine}`, 'security_groups'))
    if (name !== 'default') await one.call('network', 'DELETE', `/security-groups/${id}`)
}

/**
 * Takes everything away that tests make: servers, floating IPs, load balancers, volumes, ports, security groups, records;
 * whatever an aborted run left.
 */
export async function cleanLab(): Promise<void> {
  const admin = user('admin')
  const users = ['dev-user', 'prod-user', 'infra-user'].map(user)
  const cleanProject = async (one: User) => {
    const servers = await one.list('compute', '/servers', 'servers')
    // Their owner may not delete what an administrator has locked.
    await Promise.all(servers.map((server) => admin.call('compute', 'DELETE', `/servers/${server.id}`).catch(() => {})))
    const floatingIps = await one.list('network', `/floatingips?project_id=${await one.projectId()}`, 'floatingips')
    for (const { id } of floatingIps) {
      // In use by those, or there is no such extension.
      const forwardings = await one
        .list('network', `/floatingips/${id}/port_forwardings`, 'port_forwardings')
        .catch(() => [])
      for (const { id: forwarding } of forwardings)
        await one.call('network', 'DELETE', `/floatingips/${id}/port_forwardings/${forwarding}`)
      await one.call('dns', 'PATCH', `/reverse/floatingips/RegionOne:${id}`, { ptrdname: null }).catch(() => {})
      await one.call('network', 'DELETE', `/floatingips/${id}`)
    }
    for (const server of servers) await one.gone(server.id)
    await cleanBalancers(one)
    await cleanVolumes(one)
    await cleanNetwork(one, admin)
  }
  // Side by side: it is waiting, most of all.
  await Promise.all(users.map(cleanProject))
  await cleanBreaches(admin, users)
  const infra = users[2]!
  for (const zone of await infra.list('dns', '/zones?limit=100', 'zones')) {
    const recordsets = await infra.list('dns', `/zones/${zone.id}/recordsets?limit=1000`, 'recordsets')
    const made = recordsets.filter((one) => one.type !== 'SOA' && !(one.type === 'NS' && one.name === zone.name))
    for (const { id } of made) await infra.call('dns', 'DELETE', `/zones/${zone.id}/recordsets/${id}`)
  }
}
