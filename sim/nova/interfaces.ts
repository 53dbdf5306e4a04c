import { addPort, deletePort, showPort } from '../neutron/neutron.ts'
import type { Bus, Context } from '../notify.ts'
import { type Port, type Server, type State, seconds } from '../state.ts'
import { type Call, type Reply, type Tree, text, tree } from '../wire.ts'
import type { NovaNotifier } from './notifications.ts'
import { asNeutron, contextOf, refuse } from './wire.ts'

/** What a server is to be connected to: a network, or a port that is there. */
export interface Nic {
  readonly networkId: string
  readonly portId: string | null
  readonly fixedIp: string | null
}

/** What interfaces need of Nova. */
export interface InterfaceTools {
  readonly state: State
  readonly bus: Bus
  readonly notifier: NovaNotifier
  /** The server of this id that the caller may see. */
  server(call: Call, id: string): Server
  unlocked(call: Call, target: Server): void
  /** A share of the boot time later. */
  later(share: number, act: () => void): void
}

/** Ports of servers: made or bound at boot, attached and detached later. */
export function createInterfaces({ state, bus, notifier, server, unlocked, later }: InterfaceTools) {
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

  return { plug, networksFor, attach, detach }
}
