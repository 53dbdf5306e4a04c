/** A load balancer as Octavia keeps it; its children name it. */
export interface LoadBalancer {
  readonly id: string
  name: string
  description: string
  readonly projectId: string
  adminStateUp: boolean
  status: 'PENDING_CREATE' | 'PENDING_UPDATE' | 'PENDING_DELETE' | 'ACTIVE' | 'ERROR'
  readonly provider: 'amphora' | 'ovn'
  readonly vip: {
    readonly address: string
    readonly portId: string
    readonly subnetId: string
    readonly networkId: string
    /** `additional_vips`: further addresses on the same port. */
    readonly more: readonly { readonly subnet_id: string; readonly ip_address: string }[]
  }
  tags: readonly string[]
  readonly createdAt: string
  updatedAt: string | null
}

export type ChildKind = 'listener' | 'pool' | 'member' | 'healthmonitor'

/** A listener, pool, member or health monitor. */
export interface BalancerChild {
  readonly id: string
  readonly kind: ChildKind
  name: string
  readonly projectId: string
  readonly balancerId: string
  /** Of members and health monitors. */
  readonly poolId: string | null
  /** What was asked for: protocol, protocol_port, address, delay, … */
  readonly wanted: Readonly<Record<string, unknown>>
  readonly createdAt: string
}
