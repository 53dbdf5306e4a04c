import { setTimeout as sleep } from 'node:timers/promises'
import { call, type isolationE2e, type Raw } from './isolation-world.ts'

export type World = Awaited<ReturnType<typeof isolationE2e>>

/** How a rule is broken, and what is to be found then. */
export interface Way {
  readonly rule: string
  /** What of single clusters has to be otherwise. */
  readonly apart?: Readonly<Record<string, object>>
  /** Nothing closes it by itself: it is told, with what to do. */
  readonly told?: true
  /** What of it stays once it is cut off is told, in these words. */
  readonly rest?: RegExp
  /** What closes it cannot be taken back. */
  readonly final?: true
  make(hands: Hands): Promise<Broken>
}

export interface Broken {
  readonly lane: string
  readonly from: string
  readonly to: string
  /** Whether it is open, as the cloud itself has it. */
  open(): boolean
}

export type Hands = ReturnType<typeof handsOf>

/** What people do with clients of their own, each in their own name. */
export function handsOf(world: World) {
  const { sim, admin, devUser, prodUser } = world
  const { state } = sim
  const named = <Item extends { readonly name: string }>(items: ReadonlyMap<string, Item>, name: string): Item => {
    const found = [...items.values()].find((one) => one.name === name)
    if (found === undefined) throw new Error(`nothing is called ${name}`)
    return found
  }
  const project = (name: string): string => named(state.projects, name).id
  const network = (name: string): string => named(state.networks, name).id
  const subnet = (net: string) =>
    [...state.subnets.values()].find((one) => one.networkId === network(net) && one.version === 4)!.id

  /** Makes something and answers its id. */
  async function make(by: typeof admin, service: Parameters<typeof call>[1], path: string, key: string, body: object) {
    return (await call(by, service, 'POST', path, { [key]: body }))[key].id as string
  }
  const share = (by: typeof admin, object_type: string, object_id: string, target_tenant: string) =>
    make(by, 'network', '/rbac-policies', 'rbac_policy', {
      ...{ object_type, object_id, action: 'access_as_shared', target_tenant }
    })
  const group = (by: typeof admin, name: string) => make(by, 'network', '/security-groups', 'security_group', { name })
  /** tcp on one port, from wherever `more` says. */
  const letIn = (by: typeof admin, security_group_id: string, port: number, more: object) =>
    make(by, 'network', '/security-group-rules', 'security_group_rule', {
      ...{ security_group_id, direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp' },
      ...{ port_range_min: port, port_range_max: port, ...more }
    })
  const port = (by: typeof admin, net: string, more: object = {}) =>
    make(by, 'network', '/ports', 'port', { network_id: network(net), ...more })

  async function server(by: typeof admin, more: object): Promise<string> {
    const usual = {
      name: 'node',
      imageRef: named(state.images, 'tiny').id,
      flavorRef: named(state.flavors, 'm1.tiny').id
    }
    const id = await make(by, 'compute', '/servers', 'server', { ...usual, ...more })
    await until('an active server', () => state.servers.get(id)?.vmState === 'active')
    return id
  }

  async function volume(by: typeof admin, type: string): Promise<string> {
    const id = await make(by, 'block-storage', '/volumes', 'volume', { name: 'data', size: 1, volume_type: type })
    await until('a volume', () => state.volumes.get(id)?.status === 'available')
    return id
  }

  const image = async (by: typeof admin, visibility: string): Promise<string> =>
    (
      await call(by, 'image', 'POST', '/images', {
        ...{ name: 'own', visibility, disk_format: 'raw', container_format: 'bare' }
      })
    ).id

  return {
    ...{ sim, state, admin, devUser, prodUser, open: world.open, call },
    ...{ named, project, network, subnet, make, share, group, letIn, port, server, volume, image },
    user: (name: string) => named(state.users, name).id,
    role: (name: string) => named(state.roles, name).id,
    /** Whether a user has a role on a project, of their own. */
    has: (user: string, role: string, on: string) =>
      named(state.users, user).roles.get(project(on))?.includes(role) === true,
    put: (by: typeof admin, service: Parameters<typeof call>[1], path: string, body?: object): Promise<Raw> =>
      call(by, service, 'PUT', path, body)
  }
}

export async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 800; tries++) {
    if (await done()) return
    await sleep(25)
  }
  throw new Error(`${what} did not come about`)
}
