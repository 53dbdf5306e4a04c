import type { Way } from './isolation-hands.ts'

const shared = (rule: string, objectType: string, path: string, body: object): Way => ({
  rule,
  async make({ state, devUser, make, share, project }) {
    const object = await make(devUser, 'network', path, objectType, { name: `${objectType}-of-dev`, ...body })
    const id = await share(devUser, objectType, object, project('prod'))
    const open = () => [...state.rbacPolicies.values()].some((one) => one.objectId === object)
    return { lane: `rbac-policy:${id}`, from: 'dev', to: 'prod', open }
  }
})

const opened = (rule: string, to: string, port: number, more: object): Way => ({
  rule,
  async make({ state, devUser, group, letIn }) {
    const id = await group(devUser, rule)
    await letIn(devUser, id, port, more)
    const open = () => [...state.securityGroupRules.values()].some((one) => one.groupId === id && one.portMin === port)
    return { lane: `security-group:${id}`, from: 'dev', to, open }
  }
})

/** How the rules of the network are broken. */
export const networkWays: readonly Way[] = [
  shared('rbac-shared-network', 'network', '/networks', {}),
  shared('rbac-shared-security-group', 'security_group', '/security-groups', {}),
  shared('rbac-shared-subnet-pool', 'subnetpool', '/subnetpools', { prefixes: ['10.77.0.0/16'] }),
  shared('rbac-shared-address-scope', 'address_scope', '/address-scopes', { ip_version: 4 }),
  shared('rbac-shared-address-group', 'address_group', '/address-groups', { addresses: ['10.10.0.0/24'] }),
  {
    rule: 'network-shared',
    async make({ state, admin, network, put }) {
      const id = network('dev-net2')
      await put(admin, 'network', `/networks/${id}`, { network: { shared: true } })
      const open = () => [...state.rbacPolicies.values()].some((one) => one.objectId === id && one.target === '*')
      return { lane: `network:${id}`, from: 'dev', to: '*', open }
    }
  },
  {
    rule: 'network-port-security-off',
    told: true,
    async make({ state, devUser, make }) {
      const id = await make(devUser, 'network', '/networks', 'network', { name: 'lax', port_security_enabled: false })
      return { lane: `network:${id}`, from: 'dev', to: 'dev', open: () => !state.networks.get(id)!.portSecurity }
    }
  },
  {
    rule: 'router-two-clusters',
    async make({ state, admin, devUser, make, subnet, put }) {
      const id = await make(devUser, 'network', '/routers', 'router', { name: 'both' })
      // The first address of the network is its own router's.
      const network_id = state.subnets.get(subnet('prod-net'))!.networkId
      const port_id = await make(admin, 'network', '/ports', 'port', {
        ...{ network_id, fixed_ips: [{ subnet_id: subnet('prod-net') }] }
      })
      await put(admin, 'network', `/routers/${id}/add_router_interface`, { port_id })
      const open = () => state.routers.get(id)!.subnetIds.includes(subnet('prod-net'))
      return { lane: `router:${id}`, from: 'prod', to: 'dev', open }
    }
  },
  {
    rule: 'port-foreign-network',
    rest: /nothing uses the port/,
    async make({ state, admin, devUser, network, server, port, project }) {
      const id = await port(admin, 'prod-net', { project_id: project('dev'), name: 'across' })
      const node = await server(devUser, { networks: [{ uuid: network('dev-net') }, { port: id }] })
      return { lane: `port:${id}`, from: 'prod', to: 'dev', open: () => state.ports.get(id)?.deviceId === node }
    }
  },
  {
    rule: 'port-foreign-group',
    async make({ state, admin, devUser, share, port, make, put, project }) {
      // A project of no cluster makes a group, opens it to itself, and shares it.
      const group = { name: 'theirs', project_id: project('admin') }
      const theirs = await make(admin, 'network', '/security-groups', 'security_group', group)
      await share(admin, 'security_group', theirs, project('dev'))
      const id = await port(devUser, 'dev-net')
      const own = state.ports.get(id)!.securityGroups
      await put(devUser, 'network', `/ports/${id}`, { port: { security_groups: [...own, theirs] } })
      const open = () => {
        const now = state.ports.get(id)!.securityGroups
        if (!own.every((one) => now.includes(one))) throw new Error('a group of its own is gone')
        return now.includes(theirs)
      }
      return { lane: `port:${id}`, from: 'dev', to: 'outside', open }
    }
  },
  {
    rule: 'port-security-off',
    async make({ state, devUser, port }) {
      const id = await port(devUser, 'dev-net', { port_security_enabled: false, security_groups: [] })
      return { lane: `port:${id}`, from: 'dev', to: 'dev', open: () => !state.ports.get(id)!.portSecurity }
    }
  },
  {
    rule: 'port-address-pairs',
    async make({ state, devUser, port }) {
      const pairs = [{ ip_address: '0.0.0.0/0' }, { ip_address: '10.10.5.5' }]
      const id = await port(devUser, 'dev-net', { allowed_address_pairs: pairs })
      const open = () => {
        const left = JSON.stringify(state.ports.get(id)!.addressPairs)
        if (!left.includes('10.10.5.5')) throw new Error('a pair that is meant is gone')
        return left.includes('0.0.0.0/0')
      }
      return { lane: `port:${id}`, from: '*', to: 'dev', open }
    }
  },
  opened('security-group-open', '*', 22, { remote_ip_prefix: '0.0.0.0/0' }),
  opened('security-group-other-cluster', 'prod', 5432, { remote_ip_prefix: '10.20.0.0/24' }),
  {
    rule: 'security-group-remote-group',
    async make({ state, admin, devUser, prodUser, group, letIn }) {
      const [id, theirs] = [await group(devUser, 'trusting'), await group(prodUser, 'trusted')]
      // An ordinary user may not name a group of others.
      await letIn(admin, id, 9000, { remote_group_id: theirs })
      const open = () => [...state.securityGroupRules.values()].some((one) => one.remoteGroupId === theirs)
      return { lane: `security-group:${id}`, from: 'dev', to: 'prod', open }
    }
  },
  {
    rule: 'default-group-changed',
    async make({ state, admin, devUser, project, letIn, port }) {
      await port(devUser, 'dev-net', { name: 'first' })
      const mine = [...state.securityGroups.values()].find(
        (one) => one.name === 'default' && one.projectId === project('dev')
      )!
      // A port that is public, so that it is about the group and nothing else.
      await letIn(admin, mine.id, 443, { remote_ip_prefix: '0.0.0.0/0' })
      const open = () =>
        [...state.securityGroupRules.values()].some((one) => one.groupId === mine.id && one.portMin === 443)
      return { lane: `security-group:${mine.id}`, from: 'dev', to: '*', open }
    }
  },
  {
    rule: 'floating-ip-pool',
    rest: /release the address/,
    apart: { dev: { floatingPools: ['public'] } },
    async make({ state, admin, devUser, make, port, put }) {
      const outside = await make(admin, 'network', '/networks', 'network', {
        name: 'backdoor',
        'router:external': true
      })
      await make(admin, 'network', '/subnets', 'subnet', {
        network_id: outside,
        ip_version: 4,
        cidr: '198.51.100.0/24'
      })
      const inside = await make(devUser, 'network', '/networks', 'network', { name: 'behind' })
      const subnet_id = await make(devUser, 'network', '/subnets', 'subnet', {
        ...{ network_id: inside, ip_version: 4, cidr: '10.12.0.0/24' }
      })
      const external_gateway_info = { network_id: outside }
      const router = await make(devUser, 'network', '/routers', 'router', { name: 'back', external_gateway_info })
      await put(devUser, 'network', `/routers/${router}/add_router_interface`, { subnet_id })
      const port_id = await port(devUser, 'behind')
      const id = await make(devUser, 'network', '/floatingips', 'floatingip', { floating_network_id: outside, port_id })
      return { lane: `floating-ip:${id}`, from: 'dev', to: '*', open: () => state.floatingIps.get(id)!.portId !== null }
    }
  },
  {
    rule: 'floating-ip-on-node',
    apart: { dev: { behindLoadBalancer: true } },
    async make({ state, devUser, network, server, make }) {
      const node = await server(devUser, { networks: [{ uuid: network('dev-net') }] })
      const port_id = [...state.ports.values()].find((one) => one.deviceId === node)!.id
      const floating_network_id = network('public')
      const id = await make(devUser, 'network', '/floatingips', 'floatingip', { floating_network_id, port_id })
      return { lane: `floating-ip:${id}`, from: 'dev', to: '*', open: () => state.floatingIps.get(id)!.portId !== null }
    }
  },
  {
    rule: 'floating-ip-forwarding',
    told: true,
    async make({ state, admin, devUser, network, port, make, project }) {
      const internal_port_id = await port(devUser, 'dev-net')
      const wanted = { floating_network_id: network('public'), project_id: project('prod') }
      const id = await make(admin, 'network', '/floatingips', 'floatingip', wanted)
      await make(admin, 'network', `/floatingips/${id}/port_forwardings`, 'port_forwarding', {
        ...{ protocol: 'tcp', external_port: 2222, internal_port: 22, internal_port_id },
        internal_ip_address: state.ports.get(internal_port_id)!.fixedIps.find((one) => !one.ip_address.includes(':'))!
          .ip_address
      })
      const open = () => state.floatingIps.get(id)!.forwardings.length > 0
      return { ...{ lane: `floating-ip:${id}`, from: 'dev', to: 'prod' }, open }
    }
  },
  {
    rule: 'floating-ip-across',
    async make({ state, admin, devUser, network, port, make, project }) {
      const port_id = await port(devUser, 'dev-net')
      const wanted = { floating_network_id: network('public'), port_id, project_id: project('prod') }
      const id = await make(admin, 'network', '/floatingips', 'floatingip', wanted)
      return {
        ...{ lane: `floating-ip:${id}`, from: 'dev', to: 'prod' },
        open: () => state.floatingIps.get(id)!.portId !== null
      }
    }
  }
]
