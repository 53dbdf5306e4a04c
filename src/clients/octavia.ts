import type { Answer, CallOptions, Cloud } from './http.ts'
import { OpenStackError } from './openstack-error.ts'
import { listAll } from './pages.ts'
import { fields } from './rim.ts'

export interface LoadBalancer {
  readonly id: string
  readonly name: string
  readonly projectId: string
  /** null: not allocated yet. */
  readonly vipAddress: string | null
  /** null: not created yet. It may outlive the load balancer. */
  readonly vipPortId: string | null
  readonly vipNetworkId: string | null
  /** Octavia's own word: `ACTIVE`, `PENDING_CREATE`, `PENDING_UPDATE`, `PENDING_DELETE`, `ERROR`, `DELETED`, … */
  readonly provisioningStatus: string
  /** `ONLINE`, `OFFLINE`, `DEGRADED`, `ERROR`, `NO_MONITOR`, … */
  readonly operatingStatus: string
}

export interface Octavia {
  /** null only when Octavia itself says that this load balancer does not exist. */
  getLoadBalancer(id: string, call?: CallOptions): Promise<LoadBalancer | null>
  /** Load balancers of the project (an admin's: of all projects); complete or an error. */
  listLoadBalancers(
    filter?: CallOptions & { readonly projectId?: string; readonly pageSize?: number }
  ): Promise<LoadBalancer[]>
}

export function createOctavia(cloud: Cloud): Octavia {
  return {
    getLoadBalancer: async (id, call) => {
      try {
        const path = `/lbaas/loadbalancers/${encodeURIComponent(id)}`
        const answer = await cloud.request('load-balancer', 'GET', path, { ...call })
        return readLoadBalancer(answer, fields(answer, answer.body, 'the answer').value('loadbalancer'), 'loadbalancer')
      } catch (error) {
        if (saysGone(error, id)) return null
        throw error
      }
    },
    listLoadBalancers: ({ projectId, pageSize, ...call } = {}) =>
      listAll(
        cloud,
        {
          ...call,
          service: 'load-balancer',
          path: '/lbaas/loadbalancers',
          key: 'loadbalancers',
          next: 'loadbalancers_links',
          limit: pageSize,
          query: { project_id: projectId }
        },
        readLoadBalancer
      )
  }
}

/** A 404 for an unknown path has another body; one for a load balancer names it. */
function saysGone(error: unknown, id: string): boolean {
  return (
    error instanceof OpenStackError &&
    error.status === 404 &&
    error.code === 'Client' &&
    error.message.includes(`${id} not found`)
  )
}

function readLoadBalancer(answer: Answer, raw: unknown, where: string): LoadBalancer {
  const one = fields(answer, raw, where)
  return {
    id: one.text('id'),
    name: one.textOrNull('name') ?? '',
    projectId: one.textOrNull('project_id') ?? one.text('tenant_id'),
    vipAddress: one.textOrNull('vip_address'),
    vipPortId: one.textOrNull('vip_port_id'),
    vipNetworkId: one.textOrNull('vip_network_id'),
    provisioningStatus: one.text('provisioning_status'),
    operatingStatus: one.text('operating_status')
  }
}
