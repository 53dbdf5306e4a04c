import type { NetworkWall, Subnet } from '../../../clients/neutron/forms.ts'
import type { ReadOne } from './reading.ts'
import type { NetworkSubject } from './subjects.ts'

export function networkSubject(network: NetworkWall, subnets: readonly Subnet[]): NetworkSubject {
  const cidrs = subnets.flatMap((subnet) => (subnet.networkId === network.id ? subnet.cidr : [])).sort()
  return { kind: 'network', ...network, cidrs }
}

export const readNetwork: ReadOne = async (id, { clients }) => {
  const [network, subnets] = await Promise.all([
    clients.network.getNetwork(id),
    clients.network.listSubnets({ by: { network_id: id } })
  ])
  return network === null ? null : networkSubject(network, subnets)
}
