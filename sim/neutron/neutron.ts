import { randomUUID } from 'node:crypto'
import { allocate, newMac } from '../addresses.ts'
import type { Bus, Context } from '../notify.ts'
import { type Port, type State, seconds } from '../state.ts'
import { type Call, isAdmin, type Reply, type Route, type ServiceApp, type Tree, text, tree } from '../wire.ts'
import { availabilityRoutes } from './availability.ts'
import { disassociate, floatingIpRoutes } from './floating-ips.ts'
import { networkRoutes } from './networks.ts'
import { checkNeutronQuota, neutronQuotaRoutes } from './quotas.ts'
import { rbacRoutes, sharedWith } from './rbac.ts'
import { routerRoutes } from './routers.ts'
import { defaultGroup, securityRoutes } from './security.ts'
import { shareableRoutes } from './shareables.ts'
import { contextOf, list, neutronError, notify, own, PUBLISHER, touch } from './wire.ts'

/** Aliases of what this Neutron has. */
const EXTENSIONS = [
  ...['router', 'security-group', 'port-security', 'allowed-address-pairs', 'quotas', 'quota_details'],
  ...['floating-ip-port-forwarding', 'expose-port-forwarding-in-fip'],
  ...[
    'quota-check-limit',
    'network-ip-availability',
    'rbac-policies',
    'rbac-security-groups',
    'address-scope',
    'address-group',
    'standard-attr-revisions',
    'revision-if-match',
    'pagination',
    'sorting'
  ]
]

/** Networking v2.0: networks, subnets, ports, floating IPs. */
export function createNeutron(state: State, bus: Bus): ServiceApp {
  const port = (call: Call, id: string) =>
    own(call, state.ports.get(id), 'PortNotFound', `Port ${id} could not be found.`)

  function createPorts(call: Call): Reply {
    const bulk = Array.isArray(call.body.ports)
    const wanted = (bulk ? (call.body.ports as unknown[]) : [call.body.port]).map(tree)
    notify(bus, call, 'port.create.start', call.body)
    // All or none: a bulk create is one transaction.
    for (const one of wanted) {
      const network = state.networks.get(String(one.network_id))
      const projectId = call.token.project.id
      const may =
        network &&
        (isAdmin(call.token) ||
          network.projectId === projectId ||
          network.external ||
          sharedWith(state, network.id, projectId))
      if (!may) throw neutronError(404, 'NetworkNotFound', `Network ${one.network_id} could not be found.`)
    }
    const owner = (one: Tree) => text(one.project_id) ?? text(one.tenant_id) ?? call.token.project.id
    for (const projectId of new Set(wanted.map(owner)))
      checkNeutronQuota(state, projectId, { port: wanted.filter((one) => owner(one) === projectId).length })
    const made = wanted.map((one) => {
      const fresh = addPort(
        state,
        owner(one),
        String(one.network_id),
        one.fixed_ips,
        text(one.mac_address) ?? undefined
      )
      fresh.name = text(one.name) ?? ''
      fresh.deviceId = text(one.device_id) ?? ''
      fresh.deviceOwner = text(one.device_owner) ?? ''
      fresh.description = text(one.description) ?? ''
      if (one.port_security_enabled === false) fresh.securityGroups = []
      else if (one.port_security_enabled === true) fresh.securityGroups = [defaultGroup(state, fresh.projectId).id]
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

  /** What of a request says who may talk to the port; all of it, or none. */
  function protect(call: Call, target: Port, change: Tree): void {
    const groups = Array.isArray(change.security_groups) ? change.security_groups.map(String) : target.securityGroups
    const pairs = Array.isArray(change.allowed_address_pairs) ? change.allowed_address_pairs : target.addressPairs
    const on = typeof change.port_security_enabled === 'boolean' ? change.port_security_enabled : target.portSecurity
    for (const id of groups.filter((one) => !target.securityGroups.includes(one))) {
      const found = state.securityGroups.get(id)
      if (found !== undefined && sharedWith(state, id, call.token.project.id)) continue
      // An administrator may use any project's.
      own(call, found, 'SecurityGroupNotFound', `Security group ${id} does not exist`)
    }
    if (!on && groups.length > 0 && Array.isArray(change.security_groups) && change.port_security_enabled !== false) {
      const message = 'Port security must be enabled and port must have an IP address in order to use security groups.'
      throw neutronError(400, 'PortSecurityAndIPRequiredForSecurityGroups', message)
    }
    if (!on && groups.length > 0) {
      const message =
        'Port has security group associated. Cannot disable port security or IP address until security group is removed.'
      throw neutronError(409, 'PortSecurityPortHasSecurityGroup', message)
    }
    if (!on && pairs.length > 0) {
      const message = 'Port Security must be enabled in order to have allowed address pairs on a port.'
      throw neutronError(409, 'AddressPairAndPortSecurityRequired', message)
    }
    target.securityGroups = groups
    target.portSecurity = on
    // The port's own MAC where none is given.
    target.addressPairs = pairs.map(tree).map((pair) => ({
      ip_address: String(pair.ip_address),
      mac_address: text(pair.mac_address) ?? target.mac
    }))
  }

  const routes: Route[] = [
    ...networkRoutes(state, bus),
    ...routerRoutes(state, bus),
    ['GET', /^\/ports$/, (call) => list(call, 'ports', state.ports.values(), showPort)],
    ['POST', /^\/ports$/, createPorts],
    ['GET', /^\/ports\/([^/]+)$/, (call, id) => ({ status: 200, body: { port: showPort(port(call, id!)) } })],
    ['PUT', /^\/ports\/([^/]+)$/, (call, id) => updatePort(call, id!)],
    [
      'DELETE',
      /^\/ports\/([^/]+)$/,
      (call, id) => {
        const target = port(call, id!)
        if (target.deviceOwner === 'network:router_interface') {
          const message = `Port ${id} cannot be deleted directly via the port API: has device owner ${target.deviceOwner}.`
          throw neutronError(409, 'ServicePortInUse', message)
        }
        deletePort(state, bus, contextOf(call), target)
        return { status: 204 }
      }
    ],
    ...floatingIpRoutes(state, bus),
    ...securityRoutes(state, bus),
    ...rbacRoutes(state, bus),
    ...shareableRoutes(state, bus),
    [
      'GET',
      /^\/extensions$/,
      () => ({
        status: 200,
        body: { extensions: EXTENSIONS.map((alias) => ({ alias, name: alias, description: '', links: [] })) }
      })
    ],
    ...neutronQuotaRoutes(state),
    ...availabilityRoutes(state)
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
export function addPort(
  state: State,
  projectId: string,
  networkId: string,
  wanted?: unknown,
  mac: string = newMac(state)
): Port {
  const secure = state.networks.get(networkId)?.portSecurity !== false
  const made: Port = {
    ...{ id: randomUUID(), name: '', projectId, networkId, mac, fixedIps: fixedIps(state, networkId, mac, wanted) },
    ...{ deviceId: '', deviceOwner: '', host: '', status: 'DOWN', adminStateUp: true, description: '' },
    ...{ securityGroups: secure ? [defaultGroup(state, projectId).id] : [], portSecurity: secure, addressPairs: [] },
    ...{ createdAt: seconds(), updatedAt: seconds(), revision: 1 }
  }
  state.ports.set(made.id, made)
  return made
}

/** Deletes a port; its floating IPs lose it without any notification of their own, as in the real Neutron. */
export function deletePort(state: State, bus: Bus, context: Context, target: Port): void {
  // Not filtered by what the owner may see, unlike every other notification.
  const payload = { port: { ...showPort(target), ...bindingOf(target), standard_attr_id: 83 }, port_id: target.id }
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

/** Where a port is plugged; shown to administrators only. */
export function bindingOf({ host }: Port): Tree {
  return {
    ...{ 'binding:host_id': host, 'binding:profile': {}, 'binding:vif_details': {} },
    'binding:vif_type': host === '' ? 'unbound' : 'ovs'
  }
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
