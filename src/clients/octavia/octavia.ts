import { fields } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { OpenStackError } from '../openstack/openstack-error.ts'
import { listAll } from '../openstack/pages.ts'

/** A load balancer. */
export interface LoadBalancer {
  readonly id: string
  readonly name: string
  readonly projectId: string
  /** null: not allocated yet. */
  readonly vipAddress: string | null
  /** null: not created yet. It may outlive the load balancer. */
  readonly vipPortId: string | null
  readonly vipNetworkId: string | null
  /** Further addresses on the VIP's port (API 2.26), such as the IPv6 one of a dual-stack load balancer. */
  readonly moreAddresses: readonly string[]
  /** `amphora`, `ovn`, …; an operator may call a provider anything. */
  readonly provider: string
  readonly tags: readonly string[]
  /** RFC 3339. */
  readonly created: string
  /** Octavia's own word: `ACTIVE`, `PENDING_CREATE`, `PENDING_UPDATE`, `PENDING_DELETE`, `ERROR`, `DELETED`, … */
  readonly provisioningStatus: string
  /** `ONLINE`, `OFFLINE`, `DEGRADED`, `ERROR`, `NO_MONITOR`, … */
  readonly operatingStatus: string
}

/** The calls of Octavia that the product makes. */
export interface Octavia {
  /** null only when Octavia itself says that this load balancer does not exist. */
  getLoadBalancer(id: string, call?: CallOptions): Promise<LoadBalancer | null>
  /** Load balancers of the project (an admin's: of all projects); complete or an error. */
  listLoadBalancers(
    filter?: CallOptions & { readonly projectId?: string; readonly vipPortId?: string; readonly pageSize?: number }
  ): Promise<LoadBalancer[]>
}

/** Makes the client of Octavia on a connected cloud. */
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
    listLoadBalancers: ({ projectId, vipPortId, pageSize, ...call } = {}) =>
      listAll(
        cloud,
        {
          ...call,
          service: 'load-balancer',
          path: '/lbaas/loadbalancers',
          key: 'loadbalancers',
          next: 'loadbalancers_links',
          limit: pageSize,
          query: { project_id: projectId, vip_port_id: vipPortId }
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

function readLoadBalancer(answer: ServiceAnswer, raw: unknown, where: string): LoadBalancer {
  const one = fields(answer, raw, where)
  return {
    id: one.text('id'),
    name: one.textOrNull('name') ?? '',
    projectId: one.textOrNull('project_id') ?? one.text('tenant_id'),
    vipAddress: one.textOrNone('vip_address'),
    vipPortId: one.textOrNone('vip_port_id'),
    vipNetworkId: one.textOrNull('vip_network_id'),
    moreAddresses: optional(one.value('additional_vips')).flatMap(
      (vip, index) => fields(answer, vip, `${where}.additional_vips[${index}]`).textOrNone('ip_address') ?? []
    ),
    provider: one.textOrNull('provider') ?? '',
    tags: optional(one.value('tags')).filter((tag) => typeof tag === 'string'),
    created: utc(one.textOrNull('created_at') ?? ''),
    provisioningStatus: one.text('provisioning_status'),
    operatingStatus: one.text('operating_status')
  }
}

/** Lists that only newer releases have (tags since API 2.5, further addresses since 2.26). */
const optional = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Octavia leaves the zone out: `2026-01-01T00:00:00` is UTC. */
const utc = (time: string) => (/[0-9]$/.test(time) ? `${time}Z` : time)
