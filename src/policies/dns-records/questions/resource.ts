import type { FloatingIp, Port } from '../../../clients/neutron/neutron.ts'
import type { Server } from '../../../clients/nova/nova.ts'
import type { Query } from '../../../core/query.ts'
import { defineQuestion } from '../../shared/define-question.ts'
import { resourceId } from '../../shared/resource-id.ts'
import type { ClusterClients, NetworkName, Tools } from '../../shared/tools.ts'
import { floatingIpAnswer } from './floating-ip-answer.ts'
import { describeLoadBalancer, loadLoadBalancer, onVipPort } from './load-balancer.ts'
import { networksCalled } from './networks-called.ts'
import type { PortAnswer, ResourceAnswer } from './resource-answer.ts'

type Params = {
  readonly resource: string
  readonly optOut: string
  readonly vips?: true
  readonly bare?: readonly string[]
}

/** Answers `resource`: reads each part by its id, so that "gone" is a fact and never a guess. */
export async function loadResource(params: Params, tools: Tools): Promise<ResourceAnswer> {
  const { bare = [] } = params
  const answer = await readResource(params, tools)
  if (bare.length === 0 || answer.ports.length === 0) return answer
  return { ...answer, networksCalled: await networksCalled(bare, tools) }
}

async function readResource(params: Params, tools: Tools): Promise<ResourceAnswer> {
  const [kind, project = '', id = ''] = params.resource.split('/')
  const none = { resource: params.resource, project, server: null, ports: [], floatingIps: [] }
  const cluster = await tools.clusterOf(project)
  if (cluster === null)
    return {
      ...none,
      status: 'unknown',
      reason: `project ${project} is none of the configured clusters' (${tools.clusterNames.join(', ')})`
    }
  const { nova, neutron } = cluster
  const others = tools.clusterNames
  if (kind === 'loadbalancer')
    return loadLoadBalancer(cluster, id, { names: await tools.networkNames(cluster), others }, params.optOut)

  let serverId = id
  const onlyFloatingIp = kind === 'floatingip' ? await neutron.getFloatingIp(id) : null
  if (kind === 'floatingip') {
    if (onlyFloatingIp === null) return { ...none, status: 'gone', reason: `floating IP ${id} does not exist (404)` }
    const { address, portId } = onlyFloatingIp
    if (portId === null) return { ...none, status: 'present', reason: `floating IP ${address} is not associated` }
    const port = await neutron.getPort(portId)
    if (port === null)
      return { ...none, status: 'present', reason: `floating IP ${address}: its port ${portId} does not exist (404)` }
    // A floating IP leads nowhere but into its own project: whatever else the port says of itself is not asked.
    if (port.projectId !== null && port.projectId !== cluster.projectId) {
      const reason = `floating IP ${address} is on port ${portId} of project ${port.projectId}, not of ${cluster.name}`
      return { ...none, status: 'present', reason }
    }
    if (halfSaid(port))
      return { ...none, status: 'unknown', reason: `floating IP ${address}: ${halfSaidInWords(port)}` }
    if (!isServerPort(port) || port.deviceId === null) {
      const loadBalancer = params.vips === true ? await onVipPort(cluster, portId) : null
      if (loadBalancer !== null) {
        const names = await tools.networkNames(cluster)
        const read = { cluster, names, others, loadBalancer, floatingIps: [onlyFloatingIp], optOut: params.optOut }
        return { ...describeLoadBalancer(read), resource: params.resource }
      }
      const whose = params.vips === true ? 'neither of a server nor of a load balancer' : 'not of a server'
      return {
        ...none,
        status: 'present',
        reason: `floating IP ${address} is on a port of ${port.deviceOwner || 'nobody'}, ${whose}`
      }
    }
    serverId = port.deviceId
  }

  const [server, ports, names] = await Promise.all([
    nova.getServer(serverId),
    neutron.listPorts({ deviceId: serverId }),
    tools.networkNames(cluster)
  ])
  if (server === null)
    return {
      ...none,
      status: kind === 'server' ? 'gone' : 'present',
      reason: `server ${serverId} does not exist (404)`
    }
  if (server.projectId !== cluster.projectId)
    return {
      ...none,
      status: 'unknown',
      reason: `server ${serverId} belongs to project ${server.projectId}, not to ${cluster.name}`
    }
  const own = ports.filter((port) => isOf(port, server) && (isServerPort(port) || halfSaid(port)))
  const floatingIps =
    onlyFloatingIp !== null
      ? [onlyFloatingIp]
      : own.length === 0
        ? []
        : await neutron.listFloatingIps({ portIds: own.map((port) => port.id) })
  return {
    ...describeServer({ cluster, names, others, server, ports: own, floatingIps, optOut: params.optOut }),
    resource: params.resource
  }
}

const isServerPort = (port: Port) => port.deviceOwner?.startsWith('compute:') === true

/**
 * Whether a port may be this server's. Nova takes no port of another project, and whoever owns a port writes into its
 * `device_id` what they like. Where no project is said it may be.
 */
const isOf = (port: Port, server: Server) => port.projectId === null || port.projectId === server.projectId

/** Neutron leaves both empty where nothing uses the port. One alone says that something does, and not what. */
const halfSaid = (port: Port) => (port.deviceId === null) !== (port.deviceOwner === null)
const halfSaidInWords = ({ id, deviceId }: Port) =>
  `Neutron does not say ${deviceId === null ? 'device_id' : 'device_owner'} of port ${id}`

interface ReadServer {
  readonly cluster: ClusterClients
  /** The names of all clusters. */
  readonly others: readonly string[]
  /** Network id → name. */
  readonly names: ReadonlyMap<string, NetworkName>
  readonly server: Server
  /** Only what belongs to the server is taken of these two. */
  readonly ports: readonly Port[]
  readonly floatingIps: readonly FloatingIp[]
  readonly optOut: string
}

/** Describes a server with its addresses, cut down to what policies may know. */
export function describeServer({
  cluster,
  names,
  others,
  server,
  ports,
  floatingIps,
  optOut
}: ReadServer): ResourceAnswer {
  const project = cluster.projectId
  const resource = resourceId('server', project, server.id)
  if (server.status === 'UNKNOWN' || server.name === null) {
    const reason = `server ${server.id} is UNKNOWN: Nova cannot reach its cell`
    return { resource, project, status: 'unknown', reason, passing: true, server: null, ports: [], floatingIps: [] }
  }
  const mine = ports.filter((port) => isOf(port, server))
  const own = mine.filter((port) => port.deviceId === server.id && isServerPort(port) && port.projectId !== null)
  // As long as Nova makes a port, it has a device and no owner yet; so does what its project's people write there. Of
  // such a port nothing is concluded, and of the server's others everything.
  const unclear = mine.flatMap((port) => {
    const why = unclearOf(port, server)
    return why === null ? [] : [{ port, why }]
  })
  const portAnswer = (port: Port): PortAnswer => ({
    id: port.id,
    network: port.networkId,
    networkName: names.get(port.networkId)?.name ?? port.networkId,
    networkOwner: names.get(port.networkId)?.owner ?? null,
    addresses: port.addresses
  })
  return {
    resource,
    project,
    status: 'present',
    reason: `server ${server.name} is ${server.status}`,
    server: {
      resource,
      id: server.id,
      // Half a surrogate pair in a name has no canonical JSON, and so could not be journalled.
      name: server.name.toWellFormed(),
      status: server.status,
      projectName: cluster.projectName,
      cluster: cluster.name,
      optedOut: server.metadata[optOut]?.toLowerCase() === 'off',
      created: server.created
    },
    ports: [...own.map(portAnswer), ...unclear.map(({ port, why }) => ({ ...portAnswer(port), unclear: why }))],
    floatingIps: floatingIps.flatMap((one) =>
      one.portId !== null && [...own, ...unclear.map(({ port }) => port)].some((port) => port.id === one.portId)
        ? [floatingIpAnswer(one, one.portId, { project, names, others })]
        : []
    )
  }
}

/** Why it cannot be told whether a port that may be this server's is; null where it can. */
function unclearOf(port: Port, server: Server): string | null {
  const names = port.deviceId === server.id
  if (halfSaid(port) && (names || (port.deviceId === null && isServerPort(port)))) return halfSaidInWords(port)
  if (names && isServerPort(port) && port.projectId === null)
    return `Neutron does not say which project port ${port.id} belongs to`
  return null
}

/** Defines the question `resource`; `resourceQuery` makes its params. */
export const resourceQuestion = defineQuestion('resource', loadResource)

/**
 * Makes the query: what is this resource now? With `vips` Octavia is asked whether a floating IP leads to a load balancer. `bare`: names
 * of networks to say what they mean.
 */
export function resourceQuery(
  resource: string,
  optOut: string,
  vips = false,
  bare: readonly string[] = []
): Query<ResourceAnswer, 'resource'> {
  const asks = vips && resource.startsWith('floatingip/')
  return resourceQuestion({ resource, optOut, ...(asks && { vips }), ...(bare.length > 0 && { bare }) })
}
