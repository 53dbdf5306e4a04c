/** One share of something of Neutron's with a project, or with everybody. */
export interface RbacPolicy {
  readonly id: string
  readonly objectType: string
  readonly objectId: string
  readonly action: string
  /** A project's id, or `*`. */
  readonly target: string
  readonly projectId: string
}

/** An address scope, a subnet pool or an address group: what can be shared beside networks and security groups. */
export interface Shareable {
  readonly id: string
  readonly type: 'address_scope' | 'subnetpool' | 'address_group'
  readonly projectId: string
  name: string
  /** What only its type has, as the API shows it. */
  readonly own: Readonly<Record<string, unknown>>
}
