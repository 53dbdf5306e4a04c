import type { NetworkWall, Subnet } from '../../../clients/neutron/forms.ts'
import type { ReadOne } from './reading.ts'
import type { NetworkSubject } from './subjects.ts'

/** Builds the subject of a network with its subnets. */
export function networkSubject(network: NetworkWall, subnets: readonly Subnet[]): NetworkSubject {
  const cidrs = subnets.flatMap((subnet) => (subnet.networkId === network.id ? subnet.cidr : [])).sort()
  return { kind: 'network', ...network, cidrs }
}

/** Reads one network with its subnets; null where it is gone. */
export const readNetwork: ReadOne = async (id, { clients }) => {
  const [network, subnets] = await Promise.all([
    clients.network.getNetwork(id),
    clients.network.listSubnets({ by: { network_id: id } })
  ])
  return network === null ? null : networkSubject(network, subnets)
}
