import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { getAll, getOne, inChunks } from './calls.ts'

/** A port, as far as DNS records depend on it. */
export interface Port {
  readonly id: string
  /** null: Neutron does not say, as of what it made for itself. */
  readonly projectId: string | null
  readonly networkId: string
  /** Id of the server where `deviceOwner` starts with `compute:`; null where nothing uses the port. */
  readonly deviceId: string | null
  readonly deviceOwner: string | null
  /** Its fixed addresses, IPv4 and IPv6, in Neutron's order. */
  readonly addresses: readonly string[]
  readonly status: string
  readonly name: string
}

/** A floating IP, as far as DNS records depend on it. */
export interface FloatingIp {
  readonly id: string
  readonly address: string
  /** The external network that it is from; null: Neutron does not say. */
  readonly networkId: string | null
  /** null: not associated. */
  readonly fixedAddress: string | null
  /** null: not associated. */
  readonly portId: string | null
  readonly projectId: string
  readonly status: string
  readonly description: string
  /** Set where Neutron's own DNS integration is used: it writes records of its own for this name. */
  readonly dnsName: string | null
  readonly dnsDomain: string | null
  /** RFC 3339. */
  readonly updatedAt: string | null
}

/** A network, as far as DNS records depend on it. */
export interface Network {
  readonly id: string
  readonly name: string
  /** null: Neutron does not say. */
  readonly projectId: string | null
}

/** The calls of Neutron that DNS records need, as the project of the token. */
export interface Neutron {
  /** null only when Neutron itself says that this port does not exist (or is another project's). */
  getPort(id: string, call?: CallOptions): Promise<Port | null>
  /** Ports of the project (an admin's: of all projects); complete or an error. */
  listPorts(
    filter?: CallOptions & { readonly deviceId?: string; readonly ids?: readonly string[]; readonly pageSize?: number }
  ): Promise<Port[]>
  /** null only when Neutron itself says that this floating IP does not exist (or is another project's). */
  getFloatingIp(id: string, call?: CallOptions): Promise<FloatingIp | null>
  /** Floating IPs of the project (an admin's: of all projects); complete or an error. */
  listFloatingIps(
    filter?: CallOptions & {
      readonly portIds?: readonly string[]
      readonly projectId?: string
      readonly pageSize?: number
    }
  ): Promise<FloatingIp[]>
  listNetworks(options?: CallOptions & { readonly pageSize?: number }): Promise<Network[]>
}

/** Makes the client of Neutron on a connected cloud. */
export function createNeutron(cloud: Cloud): Neutron {
  const port = { key: 'port', gone: 'PortNotFound', read: readPort }
  const floatingIp = { key: 'floatingip', gone: 'FloatingIPNotFound', read: readFloatingIp }
  return {
    getPort: (id, call) => getOne(cloud, '/ports', id, port, call),
    listPorts: async ({ deviceId, ids, ...call } = {}) =>
      inChunks(ids, (chunk) => getAll(cloud, '/ports', 'ports', readPort, { device_id: deviceId, id: chunk }, call)),
    getFloatingIp: (id, call) => getOne(cloud, '/floatingips', id, floatingIp, call),
    listFloatingIps: ({ portIds, projectId, ...call } = {}) =>
      inChunks(portIds, (chunk) => {
        const query = { project_id: projectId, port_id: chunk }
        return getAll(cloud, '/floatingips', 'floatingips', readFloatingIp, query, call)
      }),
    listNetworks: (call = {}) => getAll(cloud, '/networks', 'networks', readNetwork, {}, call)
  }
}

function readPort(answer: ServiceAnswer, raw: unknown, where: string): Port {
  const port = fields(answer, raw, where)
  return {
    id: port.text('id'),
    projectId: port.said('project_id', 'tenant_id'),
    networkId: port.text('network_id'),
    deviceId: port.textOrNull('device_id'),
    deviceOwner: port.textOrNull('device_owner'),
    addresses: port
      .list('fixed_ips')
      .map((ip, index) => fields(answer, ip, `${where}.fixed_ips[${index}]`).text('ip_address')),
    status: port.text('status'),
    name: port.textOrNull('name') ?? ''
  }
}

function readFloatingIp(answer: ServiceAnswer, raw: unknown, where: string): FloatingIp {
  const floatingIp = fields(answer, raw, where)
  return {
    id: floatingIp.text('id'),
    address: floatingIp.text('floating_ip_address'),
    networkId: floatingIp.said('floating_network_id'),
    fixedAddress: floatingIp.textOrNone('fixed_ip_address'),
    portId: floatingIp.textOrNone('port_id'),
    projectId: floatingIp.textOrNull('project_id') ?? floatingIp.text('tenant_id'),
    status: floatingIp.text('status'),
    description: floatingIp.textOrNull('description') ?? '',
    dnsName: floatingIp.textOrNull('dns_name'),
    dnsDomain: floatingIp.textOrNull('dns_domain'),
    updatedAt: floatingIp.textOrNull('updated_at')
  }
}

function readNetwork(answer: ServiceAnswer, raw: unknown, where: string): Network {
  const network = fields(answer, raw, where)
  return {
    id: network.text('id'),
    name: network.textOrNull('name') ?? '',
    projectId: network.said('project_id', 'tenant_id')
  }
}
