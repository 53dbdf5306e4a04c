import type { State } from './state.ts'
import { type Tree, tree } from './wire.ts'

/** What people do to load balancers; each resolves when its effect is to be seen. */
export interface BalancerOperator {
  /** On the project's network, IPv4 and IPv6; waits until ACTIVE. One of the provider `ovn` sends no notifications. */
  createLoadBalancer(wanted: {
    name: string
    project?: string
    provider?: 'amphora' | 'ovn'
    tags?: readonly string[]
  }): Promise<{ id: string; portId: string; addresses: readonly string[] }>
  renameLoadBalancer(id: string, name: string): Promise<void>
  /** A listener is made: the load balancer is busy for a while, and nothing is told. */
  createListener(balancerId: string): Promise<void>
  /** Deletes and waits until it is gone. */
  deleteLoadBalancer(id: string): Promise<void>
}

interface Means {
  readonly call: (project: string, method: string, path: string, body?: unknown) => Promise<Tree>
  readonly until: (what: string, done: () => boolean) => Promise<void>
}

export function balancerOperator(state: State, { call, until }: Means): BalancerOperator {
  const balancers = '/load-balancer/v2/lbaas/loadbalancers'

  function projectOf(id: string): string {
    const name = state.projects.get(state.loadBalancers.get(id)?.projectId ?? '')?.name
    if (name === undefined) throw new Error('the simulated cloud has no such load balancer')
    return name
  }
  const active = (id: string) => until('ACTIVE', () => state.loadBalancers.get(id)?.status === 'ACTIVE')

  return {
    createLoadBalancer: async ({ name, project = 'dev', provider = 'amphora', tags = [] }) => {
      const network = [...state.networks.values()].find((one) => one.name === `${project}-net`)!
      const subnets = [...state.subnets.values()].filter(({ networkId }) => networkId === network.id)
      const [v4, v6] = [4, 6].map((version) => subnets.find((one) => one.version === version)!.id)
      const loadbalancer = { name, provider, tags, vip_subnet_id: v4, additional_vips: [{ subnet_id: v6 }] }
      const made = tree((await call(project, 'POST', balancers, { loadbalancer })).loadbalancer)
      const id = String(made.id)
      await active(id)
      const { vip } = state.loadBalancers.get(id)!
      return { id, portId: vip.portId, addresses: [vip.address, ...vip.more.map((one) => one.ip_address)] }
    },
    renameLoadBalancer: async (id, name) => {
      await call(projectOf(id), 'PUT', `${balancers}/${id}`, { loadbalancer: { name } })
      await active(id)
    },
    createListener: async (id) => {
      const listener = { loadbalancer_id: id, protocol: 'TCP', protocol_port: 80 }
      await call(projectOf(id), 'POST', '/load-balancer/v2/lbaas/listeners', { listener })
    },
    deleteLoadBalancer: async (id) => {
      await call(projectOf(id), 'DELETE', `${balancers}/${id}?cascade=true`)
      await until('deleted', () => !state.loadBalancers.has(id))
    }
  }
}
