import type { Answer, CallOptions, Cloud, QueryValues } from './http.ts'
import { OpenStackError } from './openstack-error.ts'
import { listAll } from './pages.ts'
import { fields } from './rim.ts'

export interface Port {
  readonly id: string
  readonly projectId: string
  readonly networkId: string
  /** Id of the server where `deviceOwner` starts with `compute:`; null where nothing uses the port. */
  readonly deviceId: string | null
  readonly deviceOwner: string | null
  /** Its fixed addresses, IPv4 and IPv6, in Neutron's order. */
  readonly addresses: readonly string[]
  readonly status: string
  readonly name: string
}

export interface FloatingIp {
  readonly id: string
  readonly address: string
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

export interface Network {
  readonly id: string
  readonly name: string
  readonly projectId: string
}

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

// 100 ids of 36 characters keep a URL below 5 kB; servers and proxies refuse from 8 kB on.
const IDS_PER_REQUEST = 100

export function createNeutron(cloud: Cloud): Neutron {
  type Reader<Item> = (answer: Answer, raw: unknown, where: string) => Item

  async function get<Item>(
    path: string,
    id: string,
    key: string,
    gone: string,
    read: Reader<Item>,
    call?: CallOptions
  ) {
    try {
      const answer = await cloud.request('network', 'GET', `${path}/${encodeURIComponent(id)}`, { ...call })
      return read(answer, fields(answer, answer.body, 'the answer').value(key), key)
    } catch (error) {
      // By type: a 404 from a proxy, or for an extension that is not there, has another body.
      if (error instanceof OpenStackError && error.status === 404 && error.code === gone) return null
      throw error
    }
  }

  function list<Item extends { id: string }>(
    path: string,
    key: string,
    read: Reader<Item>,
    query: QueryValues,
    { pageSize, ...call }: CallOptions & { readonly pageSize?: number }
  ): Promise<Item[]> {
    return listAll(
      cloud,
      { ...call, service: 'network', path, key, next: `${key}_links`, limit: pageSize, query },
      read
    )
  }

  return {
    getPort: (id, call) => get('/ports', id, 'port', 'PortNotFound', readPort, call),
    listPorts: async ({ deviceId, ids, ...call } = {}) =>
      inChunks(ids, (chunk) => list('/ports', 'ports', readPort, { device_id: deviceId, id: chunk }, call)),
    getFloatingIp: (id, call) => get('/floatingips', id, 'floatingip', 'FloatingIPNotFound', readFloatingIp, call),
    listFloatingIps: ({ portIds, projectId, ...call } = {}) =>
      inChunks(portIds, (chunk) =>
        list('/floatingips', 'floatingips', readFloatingIp, { project_id: projectId, port_id: chunk }, call)
      ),
    listNetworks: (call = {}) => list('/networks', 'networks', readNetwork, {}, call)
  }
}

/** No ids: no filter. An empty list of ids asks for nothing, and nothing is sent. */
async function inChunks<Item>(
  ids: readonly string[] | undefined,
  ask: (chunk: readonly string[] | undefined) => Promise<Item[]>
): Promise<Item[]> {
  if (ids === undefined) return ask(undefined)
  const found: Item[] = []
  for (let start = 0; start < ids.length; start += IDS_PER_REQUEST) {
    found.push(...(await ask(ids.slice(start, start + IDS_PER_REQUEST))))
  }
  return found
}

function readPort(answer: Answer, raw: unknown, where: string): Port {
  const port = fields(answer, raw, where)
  return {
    id: port.text('id'),
    projectId: port.textOrNull('project_id') ?? port.textOrNull('tenant_id') ?? '',
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

function readFloatingIp(answer: Answer, raw: unknown, where: string): FloatingIp {
  const floatingIp = fields(answer, raw, where)
  return {
    id: floatingIp.text('id'),
    address: floatingIp.text('floating_ip_address'),
    fixedAddress: floatingIp.textOrNull('fixed_ip_address'),
    portId: floatingIp.textOrNull('port_id'),
    projectId: floatingIp.textOrNull('project_id') ?? floatingIp.text('tenant_id'),
    status: floatingIp.text('status'),
    description: floatingIp.textOrNull('description') ?? '',
    dnsName: floatingIp.textOrNull('dns_name'),
    dnsDomain: floatingIp.textOrNull('dns_domain'),
    updatedAt: floatingIp.textOrNull('updated_at')
  }
}

function readNetwork(answer: Answer, raw: unknown, where: string): Network {
  const network = fields(answer, raw, where)
  return {
    id: network.text('id'),
    name: network.textOrNull('name') ?? '',
    projectId: network.textOrNull('project_id') ?? network.textOrNull('tenant_id') ?? ''
  }
}
