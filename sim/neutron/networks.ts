import { randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import { type Network, type State, type Subnet, seconds } from '../state.ts'
import { type Call, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import { checkNeutronQuota } from './quotas.ts'
import { sharedWith, shareWithAll } from './rbac.ts'
import { list, neutronError, notify, own, touch } from './wire.ts'

/** Networks and their subnets. */
export function networkRoutes(state: State, bus: Bus): Route[] {
  const network = (call: Call, id: string) =>
    own(call, state.networks.get(id), 'NetworkNotFound', `Network ${id} could not be found.`)
  const subnet = (call: Call, id: string) =>
    own(call, state.subnets.get(id), 'SubnetNotFound', `Subnet ${id} could not be found.`)

  const visible = (call: Call, one: Network) => one.external || sharedWith(state, one.id, call.token.project.id)

  function showOne(call: Call, id: string): Reply {
    const found = state.networks.get(id)
    if (!found || !visible(call, found)) network(call, id)
    return { status: 200, body: { network: showNetwork(state, found!, call) } }
  }

  function createNetwork(call: Call): Reply {
    notify(bus, call, 'network.create.start', call.body)
    const wanted = tree(call.body.network)
    const projectId = text(wanted.project_id) ?? text(wanted.tenant_id) ?? call.token.project.id
    checkNeutronQuota(state, projectId, { network: 1 })
    const made = newNetwork(text(wanted.name) ?? '', projectId, wanted['router:external'] === true)
    if (wanted.port_security_enabled === false) made.portSecurity = false
    state.networks.set(made.id, made)
    if (wanted.shared === true) shareWithAll(state, call, made.id, true)
    const body = { network: { ...showNetwork(state, made), is_default: false } }
    notify(bus, call, 'network.create.end', body)
    return { status: 201, body }
  }

  function updateNetwork(call: Call, id: string): Reply {
    const target = network(call, id)
    notify(bus, call, 'network.update.start', { ...call.body, id })
    const change = tree(call.body.network)
    target.name = text(change.name) ?? target.name
    target.description = text(change.description) ?? target.description
    if (typeof change.admin_state_up === 'boolean') target.adminStateUp = change.admin_state_up
    if (typeof change.shared === 'boolean') shareWithAll(state, call, id, change.shared)
    if (typeof change.port_security_enabled === 'boolean') target.portSecurity = change.port_security_enabled
    touch(target)
    const body = { network: showNetwork(state, target) }
    notify(bus, call, 'network.update.end', body)
    return { status: 200, body }
  }

  function deleteNetwork(call: Call, id: string): Reply {
    const target = network(call, id)
    notify(bus, call, 'network.delete.start', { network_id: id })
    if ([...state.ports.values()].some(({ networkId }) => networkId === id)) {
      const message = `Unable to complete operation on network ${id}. There are one or more ports still in use on the network.`
      throw neutronError(409, 'NetworkInUse', message)
    }
    // Not filtered by what the owner may see.
    const hidden = {
      ...{ standard_attr_id: 112, vlan_transparent: null, 'provider:network_type': 'vxlan' },
      ...{ 'provider:physical_network': null, 'provider:segmentation_id': 2265 }
    }
    const payload = { network: { ...showNetwork(state, target), ...hidden }, network_id: id }
    state.networks.delete(id)
    for (const one of state.rbacPolicies.values()) if (one.objectId === id) state.rbacPolicies.delete(one.id)
    for (const one of state.subnets.values()) if (one.networkId === id) state.subnets.delete(one.id)
    notify(bus, call, 'network.delete.end', payload)
    return { status: 204 }
  }

  function createSubnet(call: Call): Reply {
    notify(bus, call, 'subnet.create.start', call.body)
    const wanted = tree(call.body.subnet)
    const { id: networkId, projectId } = network(call, String(wanted.network_id))
    const cidr = text(wanted.cidr)
    if (cidr === null) throw neutronError(400, 'BadRequest', 'Bad subnets request: a subnetpool must be specified.')
    checkNeutronQuota(state, projectId, { subnet: 1 })
    const made = newSubnet(text(wanted.name) ?? '', networkId, projectId, cidr)
    state.subnets.set(made.id, made)
    const body = { subnet: showSubnet(made) }
    notify(bus, call, 'subnet.create.end', body)
    return { status: 201, body }
  }

  function updateSubnet(call: Call, id: string): Reply {
    const target = subnet(call, id)
    notify(bus, call, 'subnet.update.start', { ...call.body, id })
    const change = tree(call.body.subnet)
    target.name = text(change.name) ?? target.name
    if (Array.isArray(change.dns_nameservers)) target.nameservers = change.dns_nameservers.map(String)
    touch(target)
    const body = { subnet: showSubnet(target) }
    notify(bus, call, 'subnet.update.end', body)
    return { status: 200, body }
  }

  function deleteSubnet(call: Call, id: string): Reply {
    const target = subnet(call, id)
    notify(bus, call, 'subnet.delete.start', { subnet_id: id })
    if ([...state.ports.values()].some(({ fixedIps }) => fixedIps.some(({ subnet_id }) => subnet_id === id))) {
      const message = `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`
      throw neutronError(409, 'SubnetInUse', message)
    }
    const hidden = { standard_attr_id: 114, shared: false }
    const payload = { subnet: { ...showSubnet(target), ...hidden }, subnet_id: id }
    state.subnets.delete(id)
    notify(bus, call, 'subnet.delete.end', payload)
    return { status: 204 }
  }

  return [
    [
      'GET',
      /^\/networks$/,
      (call) =>
        list(
          call,
          'networks',
          state.networks.values(),
          (one) => showNetwork(state, one, call),
          (one) => visible(call, one)
        )
    ],
    ['POST', /^\/networks$/, createNetwork],
    ['GET', /^\/networks\/([^/]+)$/, (call, id) => showOne(call, id!)],
    ['PUT', /^\/networks\/([^/]+)$/, (call, id) => updateNetwork(call, id!)],
    ['DELETE', /^\/networks\/([^/]+)$/, (call, id) => deleteNetwork(call, id!)],
    ['GET', /^\/subnets$/, (call) => list(call, 'subnets', state.subnets.values(), showSubnet)],
    ['POST', /^\/subnets$/, createSubnet],
    ['GET', /^\/subnets\/([^/]+)$/, (call, id) => ({ status: 200, body: { subnet: showSubnet(subnet(call, id!)) } })],
    ['PUT', /^\/subnets\/([^/]+)$/, (call, id) => updateSubnet(call, id!)],
    ['DELETE', /^\/subnets\/([^/]+)$/, (call, id) => deleteSubnet(call, id!)]
  ]
}

/** A network that is not yet in the state. */
export function newNetwork(name: string, projectId: string, external: boolean): Network {
  const times = { createdAt: seconds(), updatedAt: seconds(), revision: 1 }
  return {
    id: randomUUID(),
    name,
    projectId,
    external,
    description: '',
    adminStateUp: true,
    portSecurity: true,
    ...times
  }
}

/** A subnet that is not yet in the state; its version is told by the prefix. */
export function newSubnet(name: string, networkId: string, projectId: string, cidr: string): Subnet {
  const times = { createdAt: seconds(), updatedAt: seconds(), revision: 0 }
  const version = cidr.includes(':') ? 6 : 4
  return { id: randomUUID(), name, networkId, projectId, version, cidr, nameservers: [], ...times }
}

/** The address that a router takes in a subnet: the first. */
export function gatewayOf({ cidr, version }: Subnet): string {
  const [base = ''] = cidr.split('/')
  return version === 6 ? `${base}1` : base.replace(/\d+$/, '1')
}

/** `shared` is what it is to the caller: an administrator sees those for everybody. */
function showNetwork(state: State, one: Network, call?: Call): Tree {
  const asker = call === undefined || call.token.project.id === one.projectId ? '*' : call.token.project.id
  return {
    ...{ id: one.id, name: one.name, tenant_id: one.projectId, project_id: one.projectId },
    ...{ admin_state_up: one.adminStateUp, status: 'ACTIVE', mtu: 1450, description: one.description, tags: [] },
    ...{
      shared: sharedWith(state, one.id, asker),
      'router:external': one.external,
      port_security_enabled: one.portSecurity
    },
    ...{ availability_zone_hints: [], availability_zones: [], ipv4_address_scope: null, ipv6_address_scope: null },
    ...{ created_at: one.createdAt, updated_at: one.updatedAt, revision_number: one.revision },
    subnets: [...state.subnets.values()].filter(({ networkId }) => networkId === one.id).map(({ id }) => id)
  }
}

function showSubnet(one: Subnet): Tree {
  const gateway = gatewayOf(one)
  const [base = ''] = one.cidr.split('/')
  const pool = one.version === 6 ? [`${base}2`, `${base}ffff:ffff:ffff:ffff`] : [base.replace(/\d+$/, '2'), lastOf(one)]
  return {
    ...{ id: one.id, name: one.name, network_id: one.networkId, tenant_id: one.projectId, project_id: one.projectId },
    ...{ ip_version: one.version, cidr: one.cidr, subnetpool_id: null, gateway_ip: gateway, enable_dhcp: true },
    ...{ ipv6_ra_mode: null, ipv6_address_mode: null, host_routes: [], service_types: [], description: '', tags: [] },
    ...{ allocation_pools: [{ start: pool[0], end: pool[1] }], dns_nameservers: one.nameservers },
    ...{ created_at: one.createdAt, updated_at: one.updatedAt, revision_number: one.revision }
  }
}

/** The last address that is given out: the one before the broadcast address. */
function lastOf({ cidr }: Subnet): string {
  const [base = '', bits = '24'] = cidr.split('/')
  const first = base.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  const last = first + 2 ** (32 - Number(bits)) - 2
  return [24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join('.')
}
