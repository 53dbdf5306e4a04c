import { errorText } from '../../../base/error-text.ts'
import type { FloatingIp } from '../../../clients/neutron/neutron.ts'
import type { LoadBalancer } from '../../../clients/octavia/octavia.ts'
import { resourceId } from '../../shared/resource-id.ts'
import type { ClusterClients, NetworkName } from '../../shared/tools.ts'
import { floatingIpAnswer } from './floating-ip-answer.ts'
import type { ResourceAnswer } from './resource-answer.ts'

/** Names of the providers whose flows run in Octavia's own worker; `octavia` is an old name of `amphora`. */
const notifying = ['amphora', 'amphorav2', 'octavia']

/** Reads one load balancer by its id, and the floating IPs on its VIP. */
export async function loadLoadBalancer(
  cluster: ClusterClients,
  id: string,
  { names, others }: Pick<ReadLoadBalancer, 'names' | 'others'>,
  optOut: string
): Promise<ResourceAnswer> {
  const project = cluster.projectId
  const resource = resourceId('loadbalancer', project, id)
  const none = { resource, project, server: null, ports: [], floatingIps: [] }
  const found = await cluster.octavia.getLoadBalancer(id)
  if (found === null) return { ...none, status: 'gone', reason: `load balancer ${id} does not exist (404)` }
  if (found.projectId !== project)
    return {
      ...none,
      status: 'unknown',
      reason: `load balancer ${id} belongs to project ${found.projectId}, not to ${cluster.name}`
    }
  const { vipPortId } = found
  const floatingIps = vipPortId === null ? [] : await cluster.neutron.listFloatingIps({ portIds: [vipPortId] })
  return describeLoadBalancer({ cluster, names, others, loadBalancer: found, floatingIps, optOut })
}

/**
 * Finds the load balancer that has its VIP on this port, null where none has. The port does not tell for sure: each provider names its
 * ports in its own way, and users may bring their own.
 */
export async function onVipPort(cluster: ClusterClients, port: string): Promise<LoadBalancer | null> {
  // A second page forgets the filter.
  return (await listOwn(cluster, port)).find((one) => one.vipPortId === port) ?? null
}

/** Lists the load balancers of a cluster's project, complete or an error; with `vipPortId` at most those on that port. */
export async function listOwn(cluster: ClusterClients, vipPortId?: string): Promise<readonly LoadBalancer[]> {
  const { octavia, projectId, name } = cluster
  try {
    const found = await octavia.listLoadBalancers({ projectId, ...(vipPortId !== undefined && { vipPortId }) })
    return found.filter((one) => one.projectId === projectId)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'no_endpoint') throw error
    const why = `settings.vip of dns-records asks for the load balancers of cluster ${name}, and there is no Octavia`
    throw new Error(`${why}: ${errorText(error)}; leave vip out, or correct region_name in clouds.yaml`, {
      cause: error
    })
  }
}

interface ReadLoadBalancer {
  readonly cluster: ClusterClients
  /** Network id → name. */
  readonly names: ReadonlyMap<string, NetworkName>
  /** The names of all clusters. */
  readonly others: readonly string[]
  readonly loadBalancer: LoadBalancer
  /** Only those on its VIP are taken. */
  readonly floatingIps: readonly FloatingIp[]
  readonly optOut: string
}

/** Describes a load balancer with its addresses, cut down to what policies may know. */
export function describeLoadBalancer(read: ReadLoadBalancer): ResourceAnswer {
  const { cluster, names, others, loadBalancer, floatingIps, optOut } = read
  const { id, vipAddress, vipPortId, vipNetworkId, moreAddresses, provisioningStatus: status } = loadBalancer
  const project = cluster.projectId
  const resource = resourceId('loadbalancer', project, id)
  const name = loadBalancer.name.toWellFormed()
  const network = vipNetworkId ?? ''
  const port = {
    id: vipPortId ?? '',
    network,
    networkName: names.get(network)?.name ?? network,
    networkOwner: names.get(network)?.owner ?? null,
    addresses: vipAddress === null ? [] : [vipAddress, ...moreAddresses]
  }
  return {
    resource,
    project,
    status: 'present',
    reason: `load balancer ${name || id} is ${status}`,
    server: null,
    loadBalancer: {
      resource,
      id,
      name,
      status,
      projectName: cluster.projectName,
      cluster: cluster.name,
      optedOut: loadBalancer.tags.some((tag) => tag.toLowerCase() === `${optOut.toLowerCase()}=off`),
      created: loadBalancer.created,
      notifies: notifying.includes(loadBalancer.provider)
    },
    ports: [port],
    floatingIps: floatingIps.flatMap((one) =>
      one.portId !== null && one.portId === vipPortId
        ? [floatingIpAnswer(one, one.portId, { project, names, others })]
        : []
    )
  }
}
