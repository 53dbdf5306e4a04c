/** A security group as Neutron keeps it; its rules are kept apart. */
export interface SecurityGroup {
  readonly id: string
  name: string
  readonly projectId: string
  description: string
  stateful: boolean
  readonly createdAt: string
  updatedAt: string
  revision: number
}

/** A rule never changes: it is made anew. */
export interface SecurityGroupRule {
  readonly id: string
  readonly groupId: string
  readonly projectId: string
  readonly direction: 'ingress' | 'egress'
  readonly ethertype: 'IPv4' | 'IPv6'
  readonly protocol: string | null
  readonly portMin: number | null
  readonly portMax: number | null
  readonly remotePrefix: string | null
  readonly remoteGroupId: string | null
  /** Null on the rules that come with a group. */
  readonly description: string | null
  readonly createdAt: string
}
