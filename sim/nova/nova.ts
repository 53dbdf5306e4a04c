import { randomUUID } from 'node:crypto'
import { addPort, deletePort, showPort } from '../neutron/neutron.ts'
import { checkNeutronQuota } from '../neutron/quotas.ts'
import type { Bus, Context } from '../notify.ts'
import { DEFAULT_IMAGE, type Port, type Server, type State, seconds } from '../state.ts'
import {
  type Call,
  isAdmin,
  page,
  Refusal,
  type Reply,
  type Route,
  type ServiceApp,
  type Tree,
  text,
  tree
} from '../wire.ts'
import { createActions } from './actions.ts'
import { flavorRoutes } from './flavors.ts'
import { createNovaNotifier } from './notifications.ts'
import { checkNovaQuota, novaQuotaRoutes } from './quotas.ts'

const MAX_MICROVERSION = 93
const STATUS = {
  ...{ building: 'BUILD', active: 'ACTIVE', stopped: 'SHUTOFF', resized: 'VERIFY_RESIZE', shelved: 'SHELVED' },
  ...{ shelved_offloaded: 'SHELVED_OFFLOADED', error: 'ERROR', deleted: 'DELETED' }
} as const

/** Compute v2.1: servers that boot, are renamed, stopped, started and deleted; microversions 2.1 to 2.93. */
export function createNova(state: State, bus: Bus): ServiceApp {
  const notifier = createNovaNotifier(state, bus)
  const act = createActions({ state, notifier, settle, later, refuse })
  let count = 0

  const portsOf = (server: Server) => [...state.ports.values()].filter(({ deviceId }) => deviceId === server.id)

  function server(call: Call, id: string): Server {
    const found = state.servers.get(id)
    if (!found || (!isAdmin(call.token) && found.projectId !== call.token.project.id)) {
      throw refuse(404, `Instance ${id} could not be found.`)
    }
    return found
  }

  function settle(
    context: Context,
    target: Server,
    change: Partial<Pick<Server, 'vmState' | 'taskState' | 'launchedAt' | 'terminatedAt'>>
  ): void {
    const before = { vmState: target.vmState, taskState: target.taskState }
    Object.assign(target, change, { updatedAt: seconds() })
    notifier.update(context, target, before)
  }

  function create(call: Call): Reply {
    const wanted = tree(call.body.server)
    const name = text(wanted.name)
    if (name === null || name === '')
      throw refuse(400, "Invalid input for field/attribute server. Value: {}. 'name' is a required property")
    const flavor = state.flavors.get(String(wanted.flavorRef))
    if (!flavor) throw refuse(400, `Flavor ${wanted.flavorRef} could not be found.`)
    const nics = networksFor(call, wanted.networks)
    checkNovaQuota(state, call.token.project.id, { instances: 1, from: null, to: flavor }, refuse)
    checkPorts(call, nics)
    const id = randomUUID()
    const made: Server = {
      ...{
        id,
        name,
        hostname: name.toLowerCase().replace(/[^a-z0-9.-]+/g, '-'),
        projectId: call.token.project.id,
        userId: call.token.user.id
      },
      ...{ host: `fake${1 + (count % 2)}`, reservationId: `r-${id.slice(0, 8)}`, number: ++count },
      ...{ flavor, resizedFrom: null, keyName: text(wanted.key_name) },
      ...(state.images.has(String(wanted.imageRef)) ? { imageId: String(wanted.imageRef) } : {}),
      ...{ vmState: 'building', taskState: 'scheduling', metadata: tree(wanted.metadata) as Record<string, string> },
      ...{ createdAt: seconds(), updatedAt: seconds(), launchedAt: null, terminatedAt: null, locked: false }
    }
    state.servers.set(id, made)
    const context = contextOf(call)
    notifier.scheduling(context, made)
    notifier.update(context, made, { vmState: 'building', taskState: 'scheduling' })
    later(0.2, () => build(context, made, nics))
    const links = [{ rel: 'self', href: `${call.base}/v2.1/servers/${id}` }]
    return {
      status: 202,
      body: {
        server: { id, links, 'OS-DCF:diskConfig': 'MANUAL', security_groups: [{ name: 'default' }], adminPass: 'sim' }
      }
    }
  }

  /** Nova asks Neutron before it says yes, and answers in its own words. */
  function checkPorts(call: Call, nics: Nic[]): void {
    try {
      const port = nics.filter(({ portId }) => portId === null).length
      checkNeutronQuota(state, call.token.project.id, { port })
    } catch (error) {
      if (error instanceof Refusal) throw refuse(403, 'Maximum number of ports exceeded')
      throw error
    }
  }

  /** The phases of a boot, as far as anybody sees them; a server that was deleted meanwhile stops where it is. */
  function build(context: Context, target: Server, nics: Nic[]): void {
    if (target.taskState === 'deleting') return
    settle(context, target, { taskState: null })
    notifier.action(context, target, 'create.start')
    settle(context, target, { taskState: 'networking' })
    later(0.4, () => {
      if (target.taskState === 'deleting') return
      for (const nic of nics) plug(context, target, nic)
      settle(context, target, { taskState: 'spawning' })
      later(0.4, () => {
        if (target.taskState === 'deleting' || target.vmState === 'deleted') return
        for (const port of portsOf(target)) port.status = 'ACTIVE'
        settle(context, target, { vmState: 'active', taskState: null, launchedAt: seconds() })
        notifier.action(context, target, 'create.end', { addresses: true })
      })
    })
  }

  /** Nova makes the port in the user's name, then binds it as itself. */
  function plug(context: Context, target: Server, nic: Nic): Port {
    const neutron = asNeutron(context)
    const emit = (as: Context, type: string, payload: Tree) =>
      bus.emit(as, 'notifications', 'network.sim', type, payload)
    let port = nic.portId === null ? null : (state.ports.get(nic.portId) ?? null)
    if (port) target.keptPorts = [...(target.keptPorts ?? []), port.id]
    if (!port) {
      const wanted = {
        device_id: target.id,
        network_id: nic.networkId,
        admin_state_up: true,
        tenant_id: target.projectId
      }
      emit(neutron, 'port.create.start', { port: wanted })
      port = addPort(
        state,
        target.projectId,
        nic.networkId,
        nic.fixedIp === null ? undefined : [{ ip_address: nic.fixedIp }]
      )
      port.deviceId = target.id
      emit(neutron, 'port.create.end', { port: showPort(port) })
    }
    const asNova: Context = { ...neutron, as: 'nova' }
    const binding = { device_id: target.id, device_owner: 'compute:nova', 'binding:host_id': target.host }
    emit(asNova, 'port.update.start', { port: binding, id: port.id })
    Object.assign(port, {
      deviceId: target.id,
      deviceOwner: 'compute:nova',
      host: target.host,
      updatedAt: seconds(),
      revision: port.revision + 2
    })
    emit(asNova, 'port.update.end', { port: showPort(port) })
    return port
  }

  function networksFor(call: Call, wanted: unknown): Nic[] {
    if (wanted === 'none') return []
    const visible = [...state.networks.values()].filter(
      (one) => !one.external && one.projectId === call.token.project.id
    )
    if (!Array.isArray(wanted)) {
      if (visible.length > 1)
        throw refuse(409, 'Multiple possible networks found, use a Network ID to be more specific.')
      return visible.map(({ id }) => ({ networkId: id, portId: null, fixedIp: null }))
    }
    return wanted.map(tree).map((one) => {
      if (one.port !== undefined) {
        const port = state.ports.get(String(one.port))
        if (!port) throw refuse(400, `Port id ${one.port} could not be found.`)
        if (port.deviceId !== '') throw refuse(409, `Port ${port.id} is still in use.`)
        return { networkId: port.networkId, portId: port.id, fixedIp: null }
      }
      if (!state.networks.has(String(one.uuid))) throw refuse(400, `Network ${one.uuid} could not be found.`)
      return { networkId: String(one.uuid), portId: null, fixedIp: text(one.fixed_ip) }
    })
  }

  function remove(call: Call, id: string): Reply {
    const target = server(call, id)
    const context = contextOf(call)
    unlocked(call, target)
    if (target.taskState === 'deleting') return { status: 204 }
    settle(context, target, { taskState: 'deleting' })
    later(0.25, () => {
      notifier.action(context, target, 'delete.start')
      notifier.action(context, target, 'shutdown.start')
      for (const port of portsOf(target)) deletePort(state, bus, asNeutron(context), port)
      notifier.action(context, target, 'shutdown.end')
      settle(context, target, { vmState: 'deleted', taskState: null, terminatedAt: seconds() })
      state.servers.delete(id)
      notifier.action(context, target, 'delete.end', { gone: true })
    })
    return { status: 204 }
  }

  function rename(call: Call, id: string): Reply {
    const target = server(call, id)
    const name = text(tree(call.body.server).name)
    if (name !== null) {
      const before = { vmState: target.vmState, taskState: target.taskState, name: target.name }
      Object.assign(target, { name, updatedAt: seconds() })
      notifier.update(contextOf(call), target, before)
    }
    return { status: 200, body: { server: show(call, target) } }
  }

  function attach(call: Call, id: string): Reply {
    const target = server(call, id)
    const wanted = tree(call.body.interfaceAttachment)
    const portId = text(wanted.port_id)
    const networkId = text(wanted.net_id) ?? state.ports.get(portId ?? '')?.networkId
    if (!networkId) throw refuse(400, 'Neither a known network nor a known port')
    unlocked(call, target)
    if (portId !== null && state.ports.get(portId)?.deviceId !== '')
      throw refuse(409, `Port ${portId} is still in use.`)
    notifier.versionedOnly(contextOf(call), target, 'interface_attach.start')
    const port = plug(contextOf(call), target, { networkId, portId, fixedIp: null })
    port.status = 'ACTIVE'
    notifier.versionedOnly(contextOf(call), target, 'interface_attach.end')
    const interfaceAttachment = {
      port_id: port.id,
      net_id: port.networkId,
      mac_addr: port.mac,
      port_state: port.status,
      fixed_ips: port.fixedIps
    }
    return { status: 200, body: { interfaceAttachment } }
  }

  function detach(call: Call, id: string, portId: string): Reply {
    const target = server(call, id)
    const port = state.ports.get(portId)
    if (port?.deviceId !== id) throw refuse(404, `Instance ${id} does not have a port with id ${portId}`)
    unlocked(call, target)
    if (state.forgottenDetachments > 0) {
      state.forgottenDetachments--
      return { status: 202 }
    }
    // Answered before it is done.
    later(0.2, () => {
      if (state.ports.get(portId)?.deviceId !== id) return
      notifier.versionedOnly(contextOf(call), target, 'interface_detach.start')
      if (target.keptPorts?.includes(portId)) {
        Object.assign(port, { deviceId: '', deviceOwner: '', host: '', status: 'DOWN', updatedAt: seconds() })
        const emit = (type: string, payload: Tree) =>
          bus.emit({ ...asNeutron(contextOf(call)), as: 'nova' }, 'notifications', 'network.sim', type, payload)
        emit('port.update.start', { port: { device_id: '', device_owner: '' }, id: portId })
        emit('port.update.end', { port: showPort(port) })
      } else deletePort(state, bus, asNeutron(contextOf(call)), port)
      notifier.versionedOnly(contextOf(call), target, 'interface_detach.end')
    })
    return { status: 202 }
  }

  function unlocked(call: Call, target: Server): void {
    if (target.locked && !isAdmin(call.token)) throw refuse(409, `Instance ${target.id} is locked`)
  }

  function metadata(call: Call, id: string, replace: boolean): Reply {
    const target = server(call, id)
    unlocked(call, target)
    const given = tree(call.body.metadata) as Record<string, string>
    target.metadata = replace ? given : { ...target.metadata, ...given }
    target.updatedAt = seconds()
    notifier.update(contextOf(call), target, { vmState: target.vmState, taskState: target.taskState })
    return { status: 200, body: { metadata: target.metadata } }
  }

  function list(call: Call, detail: boolean): Reply {
    const all = /^(1|true)$/i.test(call.query.get('all_tenants') ?? '')
    if (all && !isAdmin(call.token)) {
      throw refuse(403, "Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to be performed.")
    }
    const status = call.query.get('status')?.toUpperCase()
    const name = call.query.get('name')
    // Newest first, as Nova sorts.
    const found = [...state.servers.values()]
      .filter((one) => all || one.projectId === call.token.project.id)
      .filter((one) => !all || [null, one.projectId].includes(call.query.get('project_id')))
      .filter((one) => !status || STATUS[one.vmState] === status)
      .filter((one) => !name || new RegExp(name).test(one.name))
      .toReversed()
    const part = page(found, call.query, { standard: 1000, max: 1000 })
    if (!part) throw refuse(400, `marker [${call.query.get('marker')}] not found`)
    const body: Tree = {
      servers: part.items.map((one) => (detail ? show(call, one) : { id: one.id, name: one.name, links: [] }))
    }
    const limit = Number(call.query.get('limit') ?? 1000)
    const last = part.items.at(-1)
    if (last && part.items.length >= limit) {
      const query = new URLSearchParams(call.query)
      query.set('marker', last.id)
      body.servers_links = [{ rel: 'next', href: `${call.base}${call.path}?${query}` }]
    }
    return { status: 200, body }
  }

  function show(call: Call, one: Server): Tree {
    const links = [{ rel: 'self', href: `${call.base}/v2.1/servers/${one.id}` }]
    if (state.cellDown && microversion(call) >= 69) {
      return {
        id: one.id,
        status: 'UNKNOWN',
        tenant_id: one.projectId,
        created: one.createdAt,
        links,
        security_groups: [{ name: 'default' }]
      }
    }
    const addresses: Record<string, Tree[]> = {}
    const shown = one.vmState === 'building' ? [] : portsOf(one)
    for (const port of shown) {
      const label = state.networks.get(port.networkId)?.name ?? ''
      const entry = (addr: string, kind: string) => ({
        ...{ version: addr.includes(':') ? 6 : 4, addr, 'OS-EXT-IPS:type': kind, 'OS-EXT-IPS-MAC:mac_addr': port.mac }
      })
      const floating = [...state.floatingIps.values()].filter(({ portId }) => portId === port.id)
      const entries = [
        ...port.fixedIps.map((ip) => entry(ip.ip_address, 'fixed')),
        ...floating.map(({ address }) => entry(address, 'floating'))
      ]
      addresses[label] = [...(addresses[label] ?? []), ...entries]
    }
    return {
      ...{
        id: one.id,
        name: one.name,
        status: STATUS[one.vmState],
        tenant_id: one.projectId,
        user_id: one.userId,
        metadata: one.metadata
      },
      ...{
        hostId: one.host,
        image: { id: one.imageId ?? DEFAULT_IMAGE, links: [] },
        flavor: showFlavor(call, one)
      },
      ...{
        created: one.createdAt,
        updated: one.updatedAt,
        addresses,
        accessIPv4: '',
        accessIPv6: '',
        links,
        'OS-DCF:diskConfig': 'MANUAL'
      },
      ...{
        'OS-EXT-AZ:availability_zone': 'nova',
        config_drive: '',
        key_name: one.keyName ?? null,
        'OS-SRV-USG:launched_at': one.launchedAt?.replace('Z', '.000000') ?? null
      },
      ...{
        'OS-EXT-STS:task_state': one.taskState,
        'OS-EXT-STS:vm_state': one.vmState,
        'OS-EXT-STS:power_state': one.vmState === 'active' ? 1 : 4
      },
      ...{
        'os-extended-volumes:volumes_attached': [],
        locked: one.locked,
        ...(microversion(call) >= 73 ? { locked_reason: one.lockedReason ?? null } : {}),
        description: null,
        tags: [],
        progress: 0,
        security_groups: [{ name: 'default' }]
      }
    }
  }

  /** Since 2.47 with what it is made of, before only by its id. */
  function showFlavor(call: Call, { flavor }: Server): Tree {
    if (microversion(call) < 47)
      return { id: flavor.id, links: [{ rel: 'bookmark', href: `${call.base}/flavors/${flavor.id}` }] }
    const { name: original_name, vcpus, ram, disk } = flavor
    return { original_name, vcpus, ram, disk, ephemeral: 0, swap: 0, extra_specs: {} }
  }

  /** A share of the boot time later. */
  function later(share: number, act: () => void): void {
    setTimeout(act, state.bootMs * share).unref()
  }

  const version: Tree = {
    id: 'v2.1',
    status: 'CURRENT',
    version: `2.${MAX_MICROVERSION}`,
    min_version: '2.1',
    links: []
  }
  const routes: Route[] = [
    ['POST', /^\/servers$/, create],
    ['GET', /^\/servers$/, (call) => list(call, false)],
    ['GET', /^\/servers\/detail$/, (call) => list(call, true)],
    ['GET', /^\/servers\/([^/]+)$/, (call, id) => ({ status: 200, body: { server: show(call, server(call, id!)) } })],
    ['PUT', /^\/servers\/([^/]+)$/, (call, id) => rename(call, id!)],
    ['DELETE', /^\/servers\/([^/]+)$/, (call, id) => remove(call, id!)],
    ['POST', /^\/servers\/([^/]+)\/action$/, (call, id) => act(call, contextOf(call), server(call, id!))],
    [
      'GET',
      /^\/servers\/([^/]+)\/metadata$/,
      (call, id) => ({ status: 200, body: { metadata: server(call, id!).metadata } })
    ],
    ['POST', /^\/servers\/([^/]+)\/metadata$/, (call, id) => metadata(call, id!, false)],
    ['PUT', /^\/servers\/([^/]+)\/metadata$/, (call, id) => metadata(call, id!, true)],
    ['POST', /^\/servers\/([^/]+)\/os-interface$/, (call, id) => attach(call, id!)],
    ['DELETE', /^\/servers\/([^/]+)\/os-interface\/([^/]+)$/, (call, id, portId) => detach(call, id!, portId!)],
    ...flavorRoutes(state, refuse),
    ...novaQuotaRoutes(state, microversion, refuse)
  ]

  return {
    name: 'nova',
    open: [
      ['GET', /^\/?$/, () => ({ status: 200, body: { versions: [version] } })],
      ['GET', /^\/v2\.1\/?$/, () => ({ status: 200, body: { version } })]
    ],
    routes: routes.map(([method, path, handle]) => [
      method,
      new RegExp(path.source.replace('^', '^\\/v2\\.1')),
      handle
    ]),
    refuse: (call) => {
      const minor = microversion(call)
      if (minor >= 1 && minor <= MAX_MICROVERSION) return null
      const message = `Version 2.${minor} is not supported by the API. Minimum is 2.1 and maximum is 2.${MAX_MICROVERSION}.`
      return fault(406, message)
    },
    fault
  }
}

interface Nic {
  readonly networkId: string
  readonly portId: string | null
  readonly fixedIp: string | null
}

/** The minor number that the caller asks for; 1 where it does not. */
function microversion(call: Call): number {
  const asked = /^compute 2\.(\d+)$/.exec(String(call.headers['openstack-api-version'] ?? ''))?.[1]
  const old = /^2\.(\d+)$/.exec(String(call.headers['x-openstack-nova-api-version'] ?? ''))?.[1]
  return Number(asked ?? old ?? 1)
}

/** A call of Nova to Neutron in the user's name: a request of its own. */
function asNeutron(context: Context): Context {
  return { ...context, service: 'neutron', requestId: `req-${randomUUID()}`, globalRequestId: null }
}

function contextOf(call: Call): Context {
  return { service: 'nova', token: call.token, requestId: call.requestId, globalRequestId: call.globalRequestId }
}

function refuse(status: number, message: string): Refusal {
  return new Refusal(fault(status, message))
}

function fault(status: number, message: string): Reply {
  const names: Record<number, string> = {
    ...{ 400: 'badRequest', 401: 'unauthorized', 403: 'forbidden', 404: 'itemNotFound', 409: 'conflictingRequest' },
    ...{ 413: 'overLimit', 429: 'overLimit', 501: 'notImplemented', 503: 'serviceUnavailable' }
  }
  return { status, body: { [names[status] ?? 'computeFault']: { code: status, message } } }
}
