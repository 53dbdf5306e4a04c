import type { FloatingIp } from '../../../clients/neutron/neutron.ts'
import { resourceId } from '../../shared/resource-id.ts'
import type { NetworkName } from '../../shared/tools.ts'

/** A floating IP on a port, as far as policies may know it. */
export interface FloatingIpAnswer {
  readonly resource: string
  readonly id: string
  readonly address: string
  readonly port: string
  /** The external network that it is from. Left out: it was not asked. */
  readonly pool?: FloatingIpPool
}

/** The external network that a floating IP is from. */
export interface FloatingIpPool {
  /** null: Neutron does not say. */
  readonly network: string | null
  readonly name: string
  /** The cluster whose project owns it, else that project's id; null: it is not said, or not yet seen. */
  readonly owner: string | null
  /** Whether the owner is one of the clusters, whose people may make any network of theirs external, with any addresses. */
  readonly clusters: boolean
}

/** Builds the answer about floating IPs: what they are from. `others`: the names of all clusters. */
export function floatingIpAnswer(
  { id, address, networkId }: FloatingIp,
  port: string,
  { project, names, others }: { project: string; names: ReadonlyMap<string, NetworkName>; others: readonly string[] }
): FloatingIpAnswer {
  const { name = '', owner = null } = names.get(networkId ?? '') ?? {}
  const pool = { network: networkId, name, owner, clusters: owner !== null && others.includes(owner) }
  return { resource: resourceId('floatingip', project, id), id, address, port, pool }
}
