import { randomUUID } from 'node:crypto'
import type { Bus } from '../notify.ts'
import type { FloatingIp, Forwarding, Port, State } from '../state.ts'
import { type Call, type Reply, type Route, type Tree, text, tree } from '../wire.ts'
import { neutronError, notify } from './wire.ts'

/** Single ports of floating IPs that lead to ports of servers: the API of the service plugin `port_forwarding`. */
export function forwardingRoutes(
  state: State,
  bus: Bus,
  floatingIp: (call: Call, id: string) => FloatingIp,
  port: (call: Call, id: string) => Port
): Route[] {
  function create(call: Call, id: string): Reply {
    const target = floatingIp(call, id)
    const wanted = tree(call.body.port_forwarding)
    if (target.portId !== null) {
      const message = `Cannot create port forwarding to floating IP ${target.address} (${id}) with port ${wanted.internal_port_id}: it is associated.`
      throw neutronError(409, 'FipInUseByPortForwarding', message)
    }
    const inner = port(call, String(wanted.internal_port_id))
    const address = text(wanted.internal_ip_address) ?? inner.fixedIps[0]?.ip_address
    const fixed = inner.fixedIps.find((one) => one.ip_address === address)
    const router = [...state.routers.values()].find(
      ({ subnetIds, gateway }) =>
        fixed !== undefined && subnetIds.includes(fixed.subnet_id) && gateway?.networkId === target.networkId
    )
    if (fixed === undefined || router === undefined)
      throw neutronError(400, 'BadRequest', `Port forwarding: port ${inner.id} is reached by no router.`)
    const made: Forwarding = {
      ...{ id: randomUUID(), protocol: text(wanted.protocol) ?? 'tcp', internalPortId: inner.id },
      ...{ externalPort: Number(wanted.external_port), internalPort: Number(wanted.internal_port) },
      internalAddress: fixed.ip_address
    }
    target.forwardings = [...target.forwardings, made]
    target.routerId = router.id
    const body = { port_forwarding: show(made) }
    notify(bus, call, 'port_forwarding.create.end', body)
    return { status: 201, body }
  }

  function remove(call: Call, id: string, forwarding: string): Reply {
    const target = floatingIp(call, id)
    const gone = target.forwardings.find((one) => one.id === forwarding)
    if (gone === undefined)
      throw neutronError(404, 'PortForwardingNotFound', `Port Forwarding ${forwarding} could not be found.`)
    target.forwardings = target.forwardings.filter((one) => one !== gone)
    if (target.forwardings.length === 0) target.routerId = null
    notify(bus, call, 'port_forwarding.delete.end', { port_forwarding_id: forwarding })
    return { status: 204 }
  }

  const path = '/floatingips/([^/]+)/port_forwardings'
  return [
    [
      'GET',
      new RegExp(`^${path}$`),
      (call, id) => ({ status: 200, body: { port_forwardings: floatingIp(call, id!).forwardings.map(show) } })
    ],
    ['POST', new RegExp(`^${path}$`), (call, id) => create(call, id!)],
    ['DELETE', new RegExp(`^${path}/([^/]+)$`), (call, id, one) => remove(call, id!, one!)]
  ]
}

/** As the floating IP itself shows it: without ids. */
export function showForwarding(one: Omit<Forwarding, 'id' | 'internalPortId'>): Tree {
  return {
    ...{ protocol: one.protocol, external_port: one.externalPort },
    ...{ internal_ip_address: one.internalAddress, internal_port: one.internalPort }
  }
}

const show = (one: Forwarding): Tree => ({
  ...{ id: one.id, ...showForwarding(one), internal_port_id: one.internalPortId, description: '' }
})
