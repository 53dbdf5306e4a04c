import { randomUUID } from 'node:crypto'
import { allocate, newMac } from './addresses.ts'
import { defaultGroup, securityRoutes } from './neutron-security.ts'
import { contextOf, list, neutronError, notify, own, PUBLISHER, touch } from './neutron-wire.ts'
import type { Bus, Context } from './notify.ts'
import { checkNeutronQuota } from './quotas/neutron.ts'
import { type FloatingIp, type Network, type Port, type State, type Subnet, seconds } from './state.ts'
import { type Call, type Reply, type Route, type ServiceApp, type Tree, text, tree } from './wire.ts'

/** Milliseconds until an agent reports a floating IP; nothing is notified of that. */
const AGENT_MS = 60

/** Networking v2.0: networks, subnets, ports, floating IPs. */
export function createNeutron(state: State, bus: Bus): ServiceApp {
  const port = (call: Call, id: string) =>
    own(call, state.ports.get(id), 'PortNotFound', `Port ${id} could not be found.`)
  const floatingIp = (call: Call, id: string) =>
    own(call, state.floatingIps.get(id), 'FloatingIPNotFound', `Floating IP ${id} could not be found`)

  function createPorts(call: Call): Reply {
    const bulk = Array.isArray(call.body.ports)
    const wanted = (bulk ? (call.body.ports as unknown[]) : [call.body.port]).map(tree)
    notify(bus, call, 'port.create.start', call.body)
    // All or none: a bulk create is one transaction.
    for (const one of wanted) {
      const network = state.networks.get(String(one.network_id))
      if (!network) throw neutronError(404, 'NetworkNotFound', `Network ${one.network_id} could not be found.`)
    }
    const owner = (one: Tree) => text(one.project_id) ?? text(one.tenant_id) ?? call.token.project.id
    for (const projectId of new Set(wanted.map(owner)))
      checkNeutronQuota(state, projectId, { port: wanted.filter((one) => owner(one) === projectId).length })
    const made = wanted.map((one) => {
      const fresh = addPort(state, owner(one), String(one.network_id), one.fixed_ips)
      fresh.name = text(one.name) ?? ''
      fresh.deviceId = text(one.device_id) ?? ''
      fresh.deviceOwner = text(one.device_owner) ?? ''
      fresh.description = text(one.description) ?? ''
      if (one.port_security_enabled === false) fresh.securityGroups = []
      protect(call, fresh, one)
      return showPort(fresh)
    })
    const body = bulk ? { ports: made } : { port: made[0] }
    notify(bus, call, 'port.create.end', body)
    return { status: 201, body }
  }

  function updatePort(call: Call, id: string): Reply {
    const target = port(call, id)
    notify(bus, call, 'port.update.start', { ...call.body, id })
    const change = tree(call.body.port)
    target.name = text(change.name) ?? target.name
    target.deviceId = text(change.device_id) ?? target.deviceId
    target.deviceOwner = text(change.device_owner) ?? target.deviceOwner
    target.description = text(change.description) ?? target.description
    if (typeof change.admin_state_up === 'boolean') target.adminStateUp = change.admin_state_up
    if (Array.isArray(change.fixed_ips))
      target.fixedIps = fixedIps(state, target.networkId, target.mac, change.fixed_ips, target)
    protect(call, target, change)
    touch(target)
    const body = { port: showPort(target) }
    notify(bus, call, 'port.update.end', body)
    return { status: 200, body }
  }

  /** What of a request says who may talk to the port. */
  function protect(call: Call, target: Port, change: Tree): void {
    if (Array.isArray(change.security_groups)) {
      const wanted = change.security_groups.map(String)
      for (const id of wanted)
        own(call, state.securityGroups.get(id), 'SecurityGroupNotFound', `Security group ${id} does not exist`)
      target.securityGroups = wanted
    }
    if (Array.isArray(change.allowed_address_pairs)) target.addressPairs = change.allowed_address_pairs
    if (typeof change.port_security_enabled === 'boolean') target.portSecurity = change.port_security_enabled
    if (target.portSecurity || target.securityGroups.length === 0) return
    target.portSecurity = true
    const message =
      'Port has security group associated. Cannot disable port security or IP address until security group is removed.'
    throw neutronError(409, 'PortSecurityPortHasSecurityGroup', message)
  }

  function createFloatingIp(call: Call): Reply {
    notify(bus, call, 'floatingip.create.start', call.body)
    const wanted = tree(call.body.floatingip)
    const network = state.networks.get(String(wanted.floating_network_id))
    if (!network?.external)
      throw neutronError(404, 'NetworkNotFound', `Network ${wanted.floating_network_id} could not be found.`)
    const projectId = text(wanted.project_id) ?? text(wanted.tenant_id) ?? call.token.project.id
    checkNeutronQuota(state, projectId, { floatingip: 1 })
    const subnet = [...state.subnets.values()].find(({ networkId }) => networkId === network.id)!
    const taken = new Set([...state.floatingIps.values()].map(({ address }) => address))
    const address = text(wanted.floating_ip_address) ?? allocate(state, subnet, '', taken)
    if (address === null || taken.has(address)) {
      throw neutronError(409, 'IpAddressGenerationFailure', `No more IP addresses available on network ${network.id}.`)
    }
    const fresh: FloatingIp = {
      ...{
        id: randomUUID(),
        projectId,
        address,
        networkId: network.id,
        routerId: null,
        portId: null,
        fixedAddress: null
      },
      ...{
        status: 'DOWN',
        description: text(wanted.description) ?? '',
        createdAt: seconds(),
        updatedAt: seconds(),
        revision: 0
      }
    }
    if (wanted.port_id) associate(call, fresh, String(wanted.port_id), text(wanted.fixed_ip_address))
    state.floatingIps.set(fresh.id, fresh)
    agentReports(fresh)
    const body = { floatingip: showFloatingIp(state, fresh) }
    notify(bus, call, 'floatingip.create.end', body)
    return { status: 201, body }
  }

  function updateFloatingIp(call: Call, id: string): Reply {
    const target = floatingIp(call, id)
    notify(bus, call, 'floatingip.update.start', { ...call.body, id })
    const change = tree(call.body.floatingip)
    if (change.port_id === null) disassociate(target)
    else if (change.port_id !== undefined)
      associate(call, target, String(change.port_id), text(change.fixed_ip_address))
    target.description = text(change.description) ?? target.description
    touch(target)
    const body = { floatingip: showFloatingIp(state, target) }
    notify(bus, call, 'floatingip.update.end', body)
    agentReports(target)
    return { status: 200, body }
  }

  function associate(call: Call, target: FloatingIp, portId: string, wanted: string | null): void {
    const inner = port(call, portId)
    const fixed = inner.fixedIps.find(({ ip_address }) =>
      wanted === null ? !ip_address.includes(':') : ip_address === wanted
    )
    if (!fixed)
      throw neutronError(
        400,
        'BadRequest',
        `Bad floatingip request: Port ${portId} does not have fixed ip ${wanted ?? 'of IPv4'}.`
      )
    const router = [...state.routers.values()].find(({ subnetIds }) => subnetIds.includes(fixed.subnet_id))
    if (!router) {
      const message = `External network ${target.networkId} is not reachable from subnet ${fixed.subnet_id}.  Therefore, cannot associate Port ${portId} with a Floating IP.`
      throw neutronError(404, 'ExternalGatewayForFloatingIPNotFound', message)
    }
    const other = [...state.floatingIps.values()].find(
      (one) => one !== target && one.portId === portId && one.fixedAddress === fixed.ip_address
    )
    if (other) {
      const message = `Cannot associate floating IP ${target.address} (${target.id}) with port ${portId} using fixed IP ${fixed.ip_address}, as that fixed IP already has a floating IP on external network ${target.networkId}.`
      throw neutronError(409, 'FloatingIPPortAlreadyAssociated', message)
    }
    Object.assign(target, { portId, fixedAddress: fixed.ip_address, routerId: router.id })
  }

  function agentReports(target: FloatingIp): void {
    setTimeout(() => {
      target.status = target.portId === null ? 'DOWN' : 'ACTIVE'
    }, AGENT_MS).unref()
  }

  const routes: Route[] = [
    [
      'GET',
      /^\/networks$/,
      (call) =>
        list(
          call,
          'networks',
          state.networks.values(),
          (one) => showNetwork(state, one),
          (one) => one.external
        )
    ],
    [
      'GET',
      /^\/networks\/([^/]+)$/,
      (call, id) => {
        const found = state.networks.get(id!)
        if (!found?.external) own(call, found, 'NetworkNotFound', `Network ${id} could not be found.`)
        return { status: 200, body: { network: showNetwork(state, found!) } }
      }
    ],
    ['GET', /^\/subnets$/, (call) => list(call, 'subnets', state.subnets.values(), showSubnet)],
    ['GET', /^\/ports$/, (call) => list(call, 'ports', state.ports.values(), showPort)],
    ['POST', /^\/ports$/, createPorts],
    ['GET', /^\/ports\/([^/]+)$/, (call, id) => ({ status: 200, body: { port: showPort(port(call, id!)) } })],
    ['PUT', /^\/ports\/([^/]+)$/, (call, id) => updatePort(call, id!)],
    [
      'DELETE',
      /^\/ports\/([^/]+)$/,
      (call, id) => {
        deletePort(state, bus, contextOf(call), port(call, id!))
        return { status: 204 }
      }
    ],
    [
      'GET',
      /^\/floatingips$/,
      (call) => list(call, 'floatingips', state.floatingIps.values(), (one) => showFloatingIp(state, one))
    ],
    ['POST', /^\/floatingips$/, createFloatingIp],
    [
      'GET',
      /^\/floatingips\/([^/]+)$/,
      (call, id) => ({ status: 200, body: { floatingip: showFloatingIp(state, floatingIp(call, id!)) } })
    ],
    ['PUT', /^\/floatingips\/([^/]+)$/, (call, id) => updateFloatingIp(call, id!)],
    [
      'DELETE',
      /^\/floatingips\/([^/]+)$/,
      (call, id) => {
        const target = floatingIp(call, id!)
        notify(bus, call, 'floatingip.delete.start', { floatingip_id: id })
        const payload = { floatingip: showFloatingIp(state, target), floatingip_id: id }
        state.floatingIps.delete(target.id)
        notify(bus, call, 'floatingip.delete.end', payload)
        return { status: 204 }
      }
    ],
    ...securityRoutes(state, bus)
  ]

  return {
    name: 'neutron',
    open: [
      [
        'GET',
        /^\/?$/,
        ({ base }) => ({
          status: 200,
          body: { versions: [{ id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: `${base}/v2.0/` }] }] }
        })
      ]
    ],
    routes: routes.map(([method, path, handle]) => [
      method,
      new RegExp(path.source.replace('^', '^\\/v2\\.0')),
      handle
    ]),
    fault: (status, message) => ({
      status,
      body: { NeutronError: { type: status === 404 ? 'HTTPNotFound' : 'HTTPInternalServerError', message, detail: '' } }
    })
  }
}

/** Makes a port with an address of each subnet of its network, or with those asked for. */
export function addPort(state: State, projectId: string, networkId: string, wanted?: unknown): Port {
  const mac = newMac(state)
  const made: Port = {
    ...{ id: randomUUID(), name: '', projectId, networkId, mac, fixedIps: fixedIps(state, networkId, mac, wanted) },
    ...{ deviceId: '', deviceOwner: '', host: '', status: 'DOWN', adminStateUp: true, description: '' },
    ...{ securityGroups: [defaultGroup(state, projectId).id], portSecurity: true, addressPairs: [] },
    ...{ createdAt: seconds(), updatedAt: seconds(), revision: 1 }
  }
  state.ports.set(made.id, made)
  return made
}

/** Deletes a port; its floating IPs lose it without any notification of their own, as in the real Neutron. */
export function deletePort(state: State, bus: Bus, context: Context, target: Port): void {
  // Not filtered by what the owner may see, unlike every other notification.
  const binding = {
    ...{ 'binding:host_id': target.host, 'binding:profile': {}, 'binding:vif_details': {} },
    'binding:vif_type': target.host === '' ? 'unbound' : 'ovs'
  }
  const payload = { port: { ...showPort(target), ...binding, standard_attr_id: 83 }, port_id: target.id }
  bus.emit(context, 'notifications', PUBLISHER, 'port.delete.start', { port_id: target.id })
  state.ports.delete(target.id)
  for (const one of state.floatingIps.values()) {
    if (one.portId !== target.id) continue
    disassociate(one)
    one.status = 'DOWN'
    touch(one)
  }
  bus.emit(context, 'notifications', PUBLISHER, 'port.delete.end', payload)
}

function fixedIps(state: State, networkId: string, mac: string, wanted: unknown, self?: Port): Port['fixedIps'] {
  const taken = new Set(
    [...state.ports.values()]
      .filter((one) => one !== self)
      .flatMap((one) => one.fixedIps.map(({ ip_address }) => ip_address))
  )
  const subnets = [...state.subnets.values()].filter((one) => one.networkId === networkId)
  if (!Array.isArray(wanted) || wanted.length === 0) {
    return subnets.flatMap((subnet) => {
      const address = allocate(state, subnet, mac, taken)
      return address === null ? [] : [{ subnet_id: subnet.id, ip_address: address }]
    })
  }
  return wanted.map(tree).map((one) => {
    const subnet = subnets.find(
      ({ id, version }) =>
        id === one.subnet_id ||
        (one.subnet_id === undefined && version === (String(one.ip_address).includes(':') ? 6 : 4))
    )
    if (!subnet) throw neutronError(404, 'SubnetNotFound', `Subnet ${one.subnet_id} could not be found.`)
    const address = text(one.ip_address) ?? allocate(state, subnet, mac, taken)
    if (address === null || taken.has(address)) {
      throw neutronError(
        409,
        'IpAddressAlreadyAllocated',
        `IP address ${address} already allocated in subnet ${subnet.id}`
      )
    }
    return { subnet_id: subnet.id, ip_address: address }
  })
}

function disassociate(target: FloatingIp): void {
  Object.assign(target, { portId: null, fixedAddress: null, routerId: null })
}

/** A port as the API shows it to its owner. */
export function showPort(port: Port): Tree {
  return {
    ...{ id: port.id, name: port.name, network_id: port.networkId, tenant_id: port.projectId, mac_address: port.mac },
    ...{
      admin_state_up: port.adminStateUp,
      status: port.status,
      device_id: port.deviceId,
      device_owner: port.deviceOwner
    },
    ...{ fixed_ips: port.fixedIps, allowed_address_pairs: port.addressPairs, extra_dhcp_opts: [] },
    ...{ security_groups: port.securityGroups, port_security_enabled: port.portSecurity },
    ...{ description: port.description, 'binding:vnic_type': 'normal', tags: [] },
    ...{
      created_at: port.createdAt,
      updated_at: port.updatedAt,
      revision_number: port.revision,
      project_id: port.projectId
    }
  }
}

function showFloatingIp(state: State, one: FloatingIp): Tree {
  const port = one.portId === null ? null : state.ports.get(one.portId)
  return {
    ...{ id: one.id, tenant_id: one.projectId, floating_ip_address: one.address, floating_network_id: one.networkId },
    ...{
      router_id: one.routerId,
      port_id: one.portId,
      fixed_ip_address: one.fixedAddress,
      status: one.status,
      description: one.description
    },
    port_details: port
      ? {
          ...{ name: port.name, network_id: port.networkId, mac_address: port.mac, admin_state_up: port.adminStateUp },
          ...{ status: port.status, device_id: port.deviceId, device_owner: port.deviceOwner }
        }
      : null,
    ...{
      tags: [],
      created_at: one.createdAt,
      updated_at: one.updatedAt,
      revision_number: one.revision,
      project_id: one.projectId
    }
  }
}

function showNetwork(state: State, one: Network): Tree {
  return {
    ...{
      id: one.id,
      name: one.name,
      tenant_id: one.projectId,
      project_id: one.projectId,
      admin_state_up: true,
      status: 'ACTIVE'
    },
    ...{ shared: false, 'router:external': one.external, mtu: 1450, description: '', tags: [] },
    subnets: [...state.subnets.values()].filter(({ networkId }) => networkId === one.id).map(({ id }) => id)
  }
}

function showSubnet(one: Subnet): Tree {
  return {
    ...{ id: one.id, name: one.name, network_id: one.networkId, tenant_id: one.projectId, project_id: one.projectId },
    ...{ ip_version: one.version, cidr: one.cidr, enable_dhcp: true, dns_nameservers: [], description: '', tags: [] }
  }
}
