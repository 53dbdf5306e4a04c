import { tree } from '../wire.ts'
import type { OperatorTools } from './operator-storage.ts'

/** What people do with load balancers; each resolves when its effect is to be seen. */
export interface BalancerOperator {
  /**
   * With a VIP on each subnet of the network. `network` is a name; default: the project's first. One of the provider
   * `ovn` is never notified.
   */
  createLoadBalancer(wanted: {
    name: string
    project?: string
    network?: string
    provider?: 'amphora' | 'ovn'
    tags?: readonly string[]
  }): Promise<{ id: string; vipAddress: string; vipPortId: string; addresses: readonly string[] }>
  renameLoadBalancer(id: string, name: string): Promise<void>
  /** The load balancer is busy for a while, and nothing is told. */
  createListener(balancerId: string): Promise<void>
  /** With all that it has. */
  deleteLoadBalancer(id: string): Promise<void>
}

export function createBalancerOperator({ state, call, until, projectOf, networkId }: OperatorTools): BalancerOperator {
  const balancers = '/load-balancer/v2/lbaas/loadbalancers'
  const owner = (id: string) => projectOf('load balancer', state.loadBalancers.get(id))
  const active = (id: string) => until('ACTIVE', () => state.loadBalancers.get(id)?.status === 'ACTIVE')

  return {
    createLoadBalancer: async ({
      name,
      project = 'dev',
      network = `${project}-net`,
      provider = 'amphora',
      tags = []
    }) => {
      const vip_network_id = networkId(network)
      const additional_vips = [...state.subnets.values()]
        .filter((one) => one.networkId === vip_network_id && one.version === 6)
        .map((one) => ({ subnet_id: one.id }))
      const loadbalancer = { name, provider, tags, vip_network_id, additional_vips }
      const made = tree((await call(project, 'POST', balancers, { loadbalancer })).loadbalancer)
      const id = String(made.id)
      await active(id)
      const { vip } = state.loadBalancers.get(id)!
      const addresses = [vip.address, ...vip.more.map((one) => one.ip_address)]
      return { id, vipAddress: vip.address, vipPortId: vip.portId, addresses }
    },
    renameLoadBalancer: async (id, name) => {
      await call(owner(id), 'PUT', `${balancers}/${id}`, { loadbalancer: { name } })
      await active(id)
    },
    createListener: async (id) => {
      const listener = { loadbalancer_id: id, protocol: 'TCP', protocol_port: 80 }
      await call(owner(id), 'POST', '/load-balancer/v2/lbaas/listeners', { listener })
    },
    deleteLoadBalancer: async (id) => {
      await call(owner(id), 'DELETE', `${balancers}/${id}?cascade=true`)
      await until('deleted', () => !state.loadBalancers.has(id))
    }
  }
}
