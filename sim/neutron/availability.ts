import type { State, Subnet } from '../state.ts'
import { type Call, isAdmin, type Reply, type Route, type Tree } from '../wire.ts'
import { neutronError } from './wire.ts'

/** `/network-ip-availabilities`: how many addresses a network has and how many are taken; an administrator's view. */
export function availabilityRoutes(state: State): Route[] {
  function shown(networkId: string): Tree {
    const network = state.networks.get(networkId)!
    const subnets = [...state.subnets.values()].filter((one) => one.networkId === networkId)
    const parts = subnets.map((one) => ({
      ...{ subnet_id: one.id, subnet_name: one.name, ip_version: one.version, cidr: one.cidr },
      ...{ total_ips: total(one), used_ips: used(one) }
    }))
    const sum = (key: 'total_ips' | 'used_ips') => parts.reduce((total, part) => total + part[key], 0)
    return {
      ...{ network_id: networkId, network_name: network.name, tenant_id: network.projectId },
      ...{ project_id: network.projectId, subnet_ip_availability: parts },
      ...{ total_ips: sum('total_ips'), used_ips: sum('used_ips') }
    }
  }

  /** Floating IPs and gateways have ports of nobody's, which the simulation does not keep. */
  function used(subnet: Subnet): number {
    const ofPorts = [...state.ports.values()].flatMap(({ fixedIps }) => fixedIps)
    const ofGateways = [...state.routers.values()].flatMap(({ gateway }) => gateway?.fixedIps ?? [])
    const there = [...ofPorts, ...ofGateways].filter(({ subnet_id }) => subnet_id === subnet.id).length
    const floating = [...state.floatingIps.values()].filter(({ networkId }) => networkId === subnet.networkId).length
    return there + floating
  }

  function list(call: Call): Reply {
    const filters = ['network_id', 'network_name', 'project_id', 'tenant_id'].filter((name) => call.query.has(name))
    const all = isAdmin(call.token) ? [...state.networks.keys()].map(shown) : []
    const found = all.filter((one) => filters.every((name) => call.query.getAll(name).includes(String(one[name]))))
    return { status: 200, body: { network_ip_availabilities: found } }
  }

  function show(call: Call, id: string): Reply {
    if (!isAdmin(call.token) || !state.networks.has(id))
      throw neutronError(404, 'NetworkNotFound', `Network ${id} could not be found.`)
    return { status: 200, body: { network_ip_availability: shown(id) } }
  }

  return [
    ['GET', /^\/network-ip-availabilities$/, list],
    ['GET', /^\/network-ip-availabilities\/([^/]+)$/, (call, id) => show(call, id!)]
  ]
}

/** The size of the pool that Neutron makes: without the network's address, the router's and the broadcast address. */
function total({ cidr, version }: Subnet): number {
  const bits = (version === 6 ? 128 : 32) - Number(cidr.split('/')[1])
  return 2 ** bits - (version === 6 ? 2 : 3)
}
