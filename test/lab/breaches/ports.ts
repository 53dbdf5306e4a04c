import { breachName as prefix } from '../clean.ts'
import { admin, dev, infra, type Stage } from '../stage.ts'
import type { User } from '../user.ts'
import type { Breach } from './breach.ts'

async function newPort(of: User, network_id: string, more: object = {}): Promise<string> {
  const port = { network_id, name: `${prefix}port`, ...more }
  return (await of.call('network', 'POST', '/ports', { port })).port.id
}

const networkOf = async (of: User): Promise<string> =>
  (await of.list('network', `/networks?name=${of.project}-net`, 'networks'))[0].id

const seen = async (port: string) => (await admin.call('network', 'GET', `/ports/${port}`)).port

/** dev's own user changes a port of theirs. */
const changedPort = (rule: string, change: object, isOpen: (port: Record<string, unknown>) => boolean): Breach => ({
  rule,
  by: 'event',
  async ready() {
    const id = await newPort(dev, await networkOf(dev))
    return {
      breaks: () => dev.call('network', 'PUT', `/ports/${id}`, { port: change }),
      resource: () => id,
      closing: () => `PUT /v2.0/ports/${id}`,
      isOpen: async () => isOpen(await seen(id))
    }
  }
})

/** An administrator plugs a server of dev into infra's network. */
const foreignNetwork: Breach = {
  rule: 'port-foreign-network',
  by: 'event',
  async ready({ infraNet }: Stage) {
    const server = await dev.boot(`${prefix}plugged`)
    await dev.active(server)
    const path = `/servers/${server}/os-interface`
    let id = ''
    return {
      breaks: async () => {
        const interfaceAttachment = { net_id: infraNet }
        id = (await admin.call('compute', 'POST', path, { interfaceAttachment })).interfaceAttachment.port_id
      },
      resource: () => id,
      closing: () => `DELETE /v2.1${path}/${id}`,
      isOpen: async () =>
        (await admin.list('network', `/ports?device_id=${server}&network_id=${infraNet}`, 'ports')).length > 0
    }
  }
}

/** And a router of dev. */
const router: Breach = {
  rule: 'router-two-clusters',
  by: 'event',
  async ready({ net, infraNet, infraSubnet }: Stage) {
    const { id } = (await dev.call('network', 'POST', '/routers', { router: { name: `${prefix}bridge` } })).router
    // Its gateway's address is taken by the router that is there already.
    await dev.call('network', 'PUT', `/routers/${id}/add_router_interface`, { port_id: await newPort(dev, net) })
    return {
      breaks: async () => {
        const port_id = await newPort(admin, infraNet, { tenant_id: await infra.projectId() })
        await admin.call('network', 'PUT', `/routers/${id}/add_router_interface`, { port_id })
      },
      resource: () => id,
      closing: () => `PUT /v2.0/routers/${id}/remove_router_interface`,
      isOpen: async () => {
        const ports = await admin.list('network', `/ports?device_id=${id}`, 'ports')
        return ports.some((port) => port.fixed_ips.some((ip: { subnet_id: string }) => ip.subnet_id === infraSubnet))
      }
    }
  }
}

/** A floating IP that somebody puts on a port. */
function floating(rule: string, parts: (stage: Stage) => Promise<{ by: User; address: string; port: string }>): Breach {
  return {
    rule,
    by: 'event',
    async ready(stage) {
      const { by, address, port } = await parts(stage)
      const path = `/floatingips/${address}`
      return {
        breaks: () => by.call('network', 'PUT', path, { floatingip: { port_id: port } }),
        resource: () => address,
        closing: () => `PUT /v2.0${path}`,
        isOpen: async () => (await admin.call('network', 'GET', path)).floatingip.port_id === port
      }
    }
  }
}

const fromPool: Breach = {
  rule: 'floating-ip-pool',
  by: 'event',
  async ready({ pool, net }) {
    const port_id = await newPort(dev, net)
    let id = ''
    return {
      breaks: async () => {
        const floatingip = { floating_network_id: pool, port_id }
        id = (await dev.call('network', 'POST', '/floatingips', { floatingip })).floatingip.id
      },
      resource: () => id,
      closing: () => `PUT /v2.0/floatingips/${id}`,
      isOpen: async () => (await admin.call('network', 'GET', `/floatingips/${id}`)).floatingip.port_id === port_id
    }
  }
}

/** Somebody's floating IP leads to one port of a server of dev, and is on none. */
const forwarding: Breach = {
  rule: 'floating-ip-forwarding',
  by: 'sweep',
  closes: false,
  async ready({ net }) {
    const port = await newPort(dev, net)
    const { fixed_ips } = await seen(port)
    const { id } = await infra.floatingIp()
    const path = `/floatingips/${id}/port_forwardings`
    const v4 = fixed_ips.find((ip: { ip_address: string }) => !ip.ip_address.includes(':')).ip_address
    return {
      breaks: () =>
        admin.call('network', 'POST', path, {
          port_forwarding: {
            ...{ protocol: 'tcp', external_port: 2222, internal_port: 22 },
            ...{ internal_port_id: port, internal_ip_address: v4 }
          }
        }),
      resource: () => id,
      closing: () => '',
      isOpen: async () => (await admin.list('network', path, 'port_forwardings')).length > 0
    }
  }
}

/** A group of a project of no cluster, shared with dev, on a port of dev. */
const foreignGroup: Breach = {
  rule: 'port-foreign-group',
  by: 'event',
  async ready() {
    const id = await newPort(dev, await networkOf(dev))
    const own = (await seen(id)).security_groups as string[]
    const group = { name: `${prefix}theirs` }
    const theirs = (await admin.call('network', 'POST', '/security-groups', { security_group: group })).security_group
      .id
    const share = { object_type: 'security_group', object_id: theirs, action: 'access_as_shared' }
    const rbac_policy = { ...share, target_tenant: await dev.projectId() }
    await admin.call('network', 'POST', '/rbac-policies', { rbac_policy })
    return {
      breaks: () => dev.call('network', 'PUT', `/ports/${id}`, { port: { security_groups: [...own, theirs] } }),
      resource: () => id,
      closing: () => `PUT /v2.0/ports/${id}`,
      isOpen: async () => (await seen(id)).security_groups.includes(theirs)
    }
  }
}

export const plugging: readonly Breach[] = [
  forwarding,
  foreignGroup,
  changedPort(
    'port-security-off',
    { security_groups: [], port_security_enabled: false },
    (port) => port.port_security_enabled === false
  ),
  changedPort(
    'port-address-pairs',
    { allowed_address_pairs: [{ ip_address: '0.0.0.0/0' }] },
    (port) => (port.allowed_address_pairs as unknown[]).length > 0
  ),
  foreignNetwork,
  router,
  fromPool,
  floating('floating-ip-on-node', async () => {
    const server = await infra.boot(`${prefix}node`)
    await infra.active(server)
    return { by: infra, address: (await infra.floatingIp()).id, port: (await infra.ports(server))[0]!.id }
  }),
  floating('floating-ip-across', async () => ({
    by: admin,
    address: (await dev.floatingIp()).id,
    port: await newPort(infra, await networkOf(infra))
  }))
]
