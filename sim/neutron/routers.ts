import { randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import { type Port, type Router, type State, type Subnet, seconds } from '../state.ts'
import { type Call, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import { gatewayOf } from './networks.ts'
import { checkNeutronQuota } from './quotas.ts'
import { sharedWith } from './rbac.ts'
import { list, neutronError, notify, own, touch } from './wire.ts'

/** Routers, their gateway and their interfaces. */
export function routerRoutes(state: State, bus: Bus): Route[] {
  const router = (call: Call, id: string) =>
    own(call, state.routers.get(id), 'RouterNotFound', `Router ${id} could not be found.`)

  function createRouter(call: Call): Reply {
    notify(bus, call, 'router.create.start', call.body)
    const wanted = tree(call.body.router)
    const projectId = text(wanted.project_id) ?? text(wanted.tenant_id) ?? call.token.project.id
    checkNeutronQuota(state, projectId, { router: 1 })
    const made = newRouter(text(wanted.name) ?? '', projectId)
    turn(made, wanted)
    state.routers.set(made.id, made)
    const body = { router: showRouter(made) }
    notify(bus, call, 'router.create.end', body)
    return { status: 201, body }
  }

  function updateRouter(call: Call, id: string): Reply {
    const target = router(call, id)
    notify(bus, call, 'router.update.start', { ...call.body, id })
    turn(target, tree(call.body.router))
    touch(target)
    const body = { router: showRouter(target) }
    notify(bus, call, 'router.update.end', body)
    return { status: 200, body }
  }

  function turn(target: Router, change: Tree): void {
    target.name = text(change.name) ?? target.name
    if (typeof change.admin_state_up === 'boolean') target.adminStateUp = change.admin_state_up
    if (change.external_gateway_info === undefined) return
    const networkId = text(tree(change.external_gateway_info).network_id)
    if (networkId === null) {
      if ([...state.floatingIps.values()].some(({ routerId }) => routerId === target.id)) {
        const message = `Gateway cannot be updated for router ${target.id}, since a gateway to external network ${target.gateway?.networkId} is required by one or more floating IPs.`
        throw neutronError(409, 'RouterExternalGatewayInUseByFloatingIp', message)
      }
      target.gateway = null
      return
    }
    if (!state.networks.get(networkId)?.external) {
      const message = `Bad router request: Network ${networkId} is not an external network.`
      throw neutronError(400, 'BadRequest', message)
    }
    target.gateway = gatewayIn(state, networkId)
  }

  function deleteRouter(call: Call, id: string): Reply {
    const target = router(call, id)
    notify(bus, call, 'router.delete.start', { router_id: id })
    if (target.subnetIds.length > 0) throw neutronError(409, 'RouterInUse', `Router ${id} still has ports`)
    const payload = { router_id: id, router: showRouter(target) }
    state.routers.delete(id)
    notify(bus, call, 'router.delete.end', payload)
    return { status: 204 }
  }

  function addInterface(call: Call, id: string): Reply {
    const target = router(call, id)
    const portId = text(call.body.port_id)
    const port = portId === null ? null : own(call, state.ports.get(portId), ...noPort(portId))
    if (port !== null && port.deviceId !== '') {
      const message = `Unable to complete operation on port ${port.id} for network ${port.networkId}. Port already has an attached device ${port.deviceId}.`
      throw neutronError(409, 'PortInUse', message)
    }
    const subnetId = port?.fixedIps[0]?.subnet_id ?? text(call.body.subnet_id) ?? ''
    const found = state.subnets.get(subnetId)
    const shared = found !== undefined && sharedWith(state, found.networkId, call.token.project.id)
    const subnet = shared ? found : own(call, found, 'SubnetNotFound', `Subnet ${subnetId} could not be found.`)
    if (target.subnetIds.includes(subnet.id)) {
      const message = `Bad router request: Router already has a port on subnet ${subnet.id}.`
      throw neutronError(400, 'BadRequest', message)
    }
    if (port === null) return told(call, 'create', target, connect(state, target, subnet), subnet)
    Object.assign(port, { deviceId: id, deviceOwner: 'network:router_interface', status: 'ACTIVE' })
    Object.assign(port, { securityGroups: [], portSecurity: false, addressPairs: [] })
    target.subnetIds = [...target.subnetIds, subnet.id]
    return told(call, 'create', target, port, subnet)
  }

  function removeInterface(call: Call, id: string): Reply {
    const target = router(call, id)
    const portId = text(call.body.port_id)
    const named = portId === null ? null : interfacesOf(state, target).find((one) => one.id === portId)
    if (named === undefined) {
      const message = `Router ${id} does not have an interface with id ${portId}`
      throw neutronError(404, 'RouterInterfaceNotFound', message)
    }
    const subnetId = named?.fixedIps[0]?.subnet_id ?? text(call.body.subnet_id) ?? ''
    const subnet = state.subnets.get(subnetId)
    const port = named ?? interfacesOf(state, target).find(({ fixedIps }) => fixedIps[0]?.subnet_id === subnetId)
    if (!subnet || !port) {
      const message = `Router ${id} has no interface on subnet ${subnetId}`
      throw neutronError(404, 'RouterInterfaceNotFoundForSubnet', message)
    }
    const needed = [...state.floatingIps.values()].some(
      ({ routerId, portId }) =>
        routerId === id && state.ports.get(portId ?? '')?.fixedIps.some(({ subnet_id }) => subnet_id === subnetId)
    )
    if (needed) {
      const message = `Router interface for subnet ${subnetId} on router ${id} cannot be deleted, as it is required by one or more floating IPs.`
      throw neutronError(409, 'RouterInterfaceInUseByFloatingIP', message)
    }
    target.subnetIds = target.subnetIds.filter((one) => one !== subnetId)
    state.ports.delete(port.id)
    return told(call, 'delete', target, port, subnet)
  }

  /** Without start and end; the port itself is made inside, so nobody hears of that. */
  function told(call: Call, verb: 'create' | 'delete', target: Router, port: Port, subnet: Subnet): Reply {
    touch(target)
    const router_interface = {
      ...{ id: target.id, tenant_id: target.projectId, port_id: port.id, network_id: subnet.networkId },
      ...{ subnet_id: subnet.id, subnet_ids: [subnet.id] }
    }
    notify(bus, call, `router.interface.${verb}`, { router_interface })
    return { status: 200, body: router_interface }
  }

  return [
    ['GET', /^\/routers$/, (call) => list(call, 'routers', state.routers.values(), showRouter)],
    ['POST', /^\/routers$/, createRouter],
    ['GET', /^\/routers\/([^/]+)$/, (call, id) => ({ status: 200, body: { router: showRouter(router(call, id!)) } })],
    ['PUT', /^\/routers\/([^/]+)$/, (call, id) => updateRouter(call, id!)],
    ['DELETE', /^\/routers\/([^/]+)$/, (call, id) => deleteRouter(call, id!)],
    ['PUT', /^\/routers\/([^/]+)\/add_router_interface$/, (call, id) => addInterface(call, id!)],
    ['PUT', /^\/routers\/([^/]+)\/remove_router_interface$/, (call, id) => removeInterface(call, id!)]
  ]
}

const noPort = (id: string) => ['PortNotFound', `Port ${id} could not be found.`] as const

/** A router without interfaces that is not yet in the state. */
export function newRouter(name: string, projectId: string): Router {
  const times = { createdAt: seconds(), updatedAt: seconds(), revision: 1 }
  return { id: randomUUID(), name, projectId, adminStateUp: true, gateway: null, subnetIds: [], ...times }
}

/** Connects a router to a subnet by a port with the subnet's first address; the port counts as its owner's. */
export function connect(state: State, router: Router, subnet: Subnet): Port {
  const id = randomUUID()
  const port: Port = {
    ...{ id, name: '', projectId: router.projectId, networkId: subnet.networkId },
    // Not from the seed: the addresses of servers stay the same whatever routers there are.
    ...{ mac: `fa:16:3e:${id.slice(0, 2)}:${id.slice(2, 4)}:${id.slice(4, 6)}` },
    fixedIps: [{ subnet_id: subnet.id, ip_address: gatewayOf(subnet) }],
    ...{ deviceId: router.id, deviceOwner: 'network:router_interface', host: '', status: 'ACTIVE' },
    ...{ adminStateUp: true, description: '', securityGroups: [], portSecurity: false, addressPairs: [] },
    ...{ createdAt: seconds(), updatedAt: seconds(), revision: 1 }
  }
  state.ports.set(id, port)
  router.subnetIds = [...router.subnetIds, subnet.id]
  return port
}

/** The first free address of an external network. */
export function gatewayIn(state: State, networkId: string): Router['gateway'] {
  const subnet = [...state.subnets.values()].find((one) => one.networkId === networkId)
  if (!subnet) return { networkId, fixedIps: [] }
  const taken = externalAddresses(state)
  const prefix = subnet.cidr.replace(/\d+\/\d+$/, '')
  for (let last = 2; last < 255; last++) {
    const ip_address = `${prefix}${last}`
    if (!taken.has(ip_address)) return { networkId, fixedIps: [{ subnet_id: subnet.id, ip_address }] }
  }
  throw neutronError(409, 'IpAddressGenerationFailure', `No more IP addresses available on network ${networkId}.`)
}

/** Addresses of external networks that floating IPs and gateways have. */
export function externalAddresses(state: State): Set<string> {
  const gateways = [...state.routers.values()].flatMap(({ gateway }) => gateway?.fixedIps ?? [])
  return new Set([
    ...[...state.floatingIps.values()].map(({ address }) => address),
    ...gateways.map(({ ip_address }) => ip_address)
  ])
}

function interfacesOf(state: State, router: Router): Port[] {
  return [...state.ports.values()].filter(({ deviceId }) => deviceId === router.id)
}

function showRouter(one: Router): Tree {
  return {
    ...{ id: one.id, name: one.name, tenant_id: one.projectId, project_id: one.projectId },
    ...{ admin_state_up: one.adminStateUp, status: 'ACTIVE', description: '', routes: [], flavor_id: null, tags: [] },
    ...{ availability_zones: [], availability_zone_hints: [] },
    external_gateway_info: one.gateway && {
      ...{ network_id: one.gateway.networkId, external_fixed_ips: one.gateway.fixedIps, enable_snat: true }
    },
    ...{ created_at: one.createdAt, updated_at: one.updatedAt, revision_number: one.revision }
  }
}
