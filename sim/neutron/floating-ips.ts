import { randomUUID } from 'node:crypto'
import { allocate } from '../addresses.ts'
import type { Bus } from '../notify.ts'
import { type FloatingIp, type State, seconds } from '../state.ts'
import { type Call, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import { forwardingRoutes, showForwarding } from './forwardings.ts'
import { checkNeutronQuota } from './quotas.ts'
import { externalAddresses } from './routers.ts'
import { ifMatch, list, neutronError, notify, own, touch } from './wire.ts'

/** Milliseconds until an agent reports a floating IP; nothing is notified of that. */
const AGENT_MS = 60

/** Floating IPs and the ports that they lead to. */
export function floatingIpRoutes(state: State, bus: Bus): Route[] {
  const port = (call: Call, id: string) =>
    own(call, state.ports.get(id), 'PortNotFound', `Port ${id} could not be found.`)
  const floatingIp = (call: Call, id: string) =>
    own(call, state.floatingIps.get(id), 'FloatingIPNotFound', `Floating IP ${id} could not be found`)

  function createFloatingIp(call: Call): Reply {
    notify(bus, call, 'floatingip.create.start', call.body)
    const wanted = tree(call.body.floatingip)
    const network = state.networks.get(String(wanted.floating_network_id))
    if (!network?.external)
      throw neutronError(404, 'NetworkNotFound', `Network ${wanted.floating_network_id} could not be found.`)
    const projectId = text(wanted.project_id) ?? text(wanted.tenant_id) ?? call.token.project.id
    checkNeutronQuota(state, projectId, { floatingip: 1 })
    const subnet = [...state.subnets.values()].find(({ networkId }) => networkId === network.id)!
    const taken = externalAddresses(state)
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
        fixedAddress: null,
        forwardings: []
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
    const router = [...state.routers.values()].find(
      ({ subnetIds, gateway }) => subnetIds.includes(fixed.subnet_id) && gateway?.networkId === target.networkId
    )
    if (!router) {
      const message = `External network ${target.networkId} is not reachable from subnet ${fixed.subnet_id}.  Therefore, cannot associate Port ${portId} with a Floating IP.`
      throw neutronError(404, 'ExternalGatewayForFloatingIPNotFound', message)
    }
    if (target.forwardings.length > 0) {
      const message = `Cannot associate floating IP ${target.address} (${target.id}) with port ${portId}: it has port forwardings.`
      throw neutronError(409, 'FloatingIPPortAlreadyAssociated', message)
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

  return [
    ...forwardingRoutes(state, bus, floatingIp, port),
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
        ifMatch(call, target)
        notify(bus, call, 'floatingip.delete.start', { floatingip_id: id })
        const payload = { floatingip: showFloatingIp(state, target), floatingip_id: id }
        state.floatingIps.delete(target.id)
        notify(bus, call, 'floatingip.delete.end', payload)
        return { status: 204 }
      }
    ]
  ]
}

/** Takes a floating IP from its port, without a notification. */
export function disassociate(target: FloatingIp): void {
  Object.assign(target, { portId: null, fixedAddress: null, routerId: null })
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
      port_forwardings: one.forwardings.map(({ id: _, internalPortId: __, ...shown }) => showForwarding(shown)),
      tags: [],
      created_at: one.createdAt,
      updated_at: one.updatedAt,
      revision_number: one.revision,
      project_id: one.projectId
    }
  }
}
