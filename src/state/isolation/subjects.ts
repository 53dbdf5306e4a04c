/**
 * What the isolation rules look at: one type for each kind of resource, cut down to what they need. Narrow reads (one
 * resource, for its lane) and the sweep (all of them) give the very same shapes. Ids are OpenStack's; `projectId` is the
 * owner's.
 */
export type Subject =
  | RbacPolicySubject
  | NetworkSubject
  | RouterSubject
  | PortSubject
  | SecurityGroupSubject
  | FloatingIpSubject
  | ServerSubject
  | VolumeSubject
  | VolumeTypeSubject
  | ImageSubject
  | ProjectSubject
  | PersonSubject
  | ApplicationCredentialSubject
  | TrustSubject
  | MappingSubject

export type SubjectKind = Subject['kind']

interface Common {
  readonly id: string
  /** '' where it has none. */
  readonly name: string
  /** '' where it belongs to no project (persons, mappings, volume types). */
  readonly projectId: string
}

export interface RbacPolicySubject extends Common {
  readonly kind: 'rbac-policy'
  /** `network`, `subnetpool`, `security_group`, `address_scope`, `address_group`, `qos_policy`. */
  readonly objectType: string
  readonly objectId: string
  /** `access_as_shared` or `access_as_external`. */
  readonly action: string
  /** A project's id, or `*`. */
  readonly target: string
}

export interface NetworkSubject extends Common {
  readonly kind: 'network'
  readonly shared: boolean
  readonly external: boolean
  readonly portSecurityEnabled: boolean
  readonly cidrs: readonly string[]
}

export interface RouterSubject extends Common {
  readonly kind: 'router'
  readonly externalNetworkId: string | null
  readonly interfaces: readonly {
    readonly portId: string
    readonly networkId: string
    readonly networkProjectId: string
    readonly subnetIds: readonly string[]
    readonly addresses: readonly string[]
  }[]
}

export interface PortSubject extends Common {
  readonly kind: 'port'
  readonly networkId: string
  readonly networkProjectId: string
  readonly networkExternal: boolean
  /** '' where nothing uses it. */
  readonly deviceId: string
  /** e.g. `compute:nova`, `network:router_interface`, `Octavia`; '' where nothing uses it. */
  readonly deviceOwner: string
  /** The project of the server that uses it; null: no server does. */
  readonly deviceProjectId: string | null
  readonly addresses: readonly string[]
  readonly mac: string
  readonly portSecurityEnabled: boolean
  readonly allowedAddressPairs: readonly { readonly ip: string; readonly mac: string | null }[]
  readonly securityGroups: readonly string[]
}

export interface SecurityGroupSubject extends Common {
  readonly kind: 'security-group'
  readonly rules: readonly SecurityGroupRule[]
  /** Tags: `stackreflex=...` marks our own. */
  readonly tags: readonly string[]
}

export interface SecurityGroupRule {
  readonly id: string
  readonly direction: 'ingress' | 'egress'
  readonly ethertype: 'IPv4' | 'IPv6'
  /** null: any. */
  readonly protocol: string | null
  readonly portMin: number | null
  readonly portMax: number | null
  readonly remotePrefix: string | null
  readonly remoteGroupId: string | null
  /** null where there is no remote group, or it is gone. */
  readonly remoteGroupProjectId: string | null
  readonly remoteAddressGroupId: string | null
  /** The ranges of the remote address group; empty where there is none. */
  readonly remoteAddresses: readonly string[]
  readonly description: string
}

export interface FloatingIpSubject extends Common {
  readonly kind: 'floating-ip'
  readonly address: string
  readonly networkId: string
  readonly networkName: string
  /** null: not associated. */
  readonly portId: string | null
  readonly fixedAddress: string | null
  /** '' where it is on no port. */
  readonly portDeviceOwner: string
  readonly portProjectId: string | null
  /** The server behind it; null: none. */
  readonly serverId: string | null
  readonly serverName: string | null
}

export interface ServerSubject extends Common {
  readonly kind: 'server'
  readonly userId: string
  readonly status: string
  readonly locked: boolean
  readonly flavor: string
  /** null: booted from a volume. */
  readonly imageId: string | null
  readonly imageName: string | null
  readonly imageOwner: string | null
  readonly keyName: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly ports: readonly { readonly id: string; readonly networkId: string; readonly networkProjectId: string }[]
}

export interface VolumeSubject extends Common {
  readonly kind: 'volume'
  readonly status: string
  readonly typeName: string | null
  readonly encrypted: boolean
  readonly multiattach: boolean
  readonly attachedTo: readonly string[]
  /** The project that had it before, as the journal knows; null: none other. */
  readonly formerProjectId: string | null
}

export interface VolumeTypeSubject extends Common {
  readonly kind: 'volume-type'
  readonly public: boolean
  readonly encrypted: boolean
  readonly multiattach: boolean
  /** Projects with access; empty for a public one. */
  readonly access: readonly string[]
}

export interface ImageSubject extends Common {
  readonly kind: 'image'
  readonly visibility: 'public' | 'community' | 'shared' | 'private'
  readonly members: readonly { readonly projectId: string; readonly status: string }[]
  /** A snapshot of a server. */
  readonly snapshot: boolean
}

export interface ProjectSubject extends Common {
  readonly kind: 'project'
  /** Resource -> limit; -1: none. By `core/quota.ts`. */
  readonly limits: Readonly<Record<string, number>>
}

export interface PersonSubject extends Common {
  readonly kind: 'person'
  readonly domainId: string
  /** Came in through federation. */
  readonly federated: boolean
  readonly enabled: boolean
  readonly assignments: readonly Assignment[]
}

export interface Assignment {
  readonly role: string
  readonly roleId: string
  /** Of exactly one of the three. */
  readonly projectId: string | null
  readonly domainId: string | null
  readonly system: boolean
  /** The group through which it is had; null: directly. */
  readonly groupId: string | null
  readonly groupName: string | null
  /** The project or domain above from which it is inherited; null: given on the very project. */
  readonly inheritedFrom: { readonly kind: 'project' | 'domain'; readonly id: string } | null
}

export interface ApplicationCredentialSubject extends Common {
  readonly kind: 'application-credential'
  readonly userId: string
  readonly userName: string
  readonly unrestricted: boolean
  /** RFC 3339; null: never. */
  readonly expiresAt: string | null
  readonly roles: readonly string[]
}

export interface TrustSubject extends Common {
  readonly kind: 'trust'
  readonly trustorId: string
  readonly trusteeId: string
  readonly impersonation: boolean
  readonly expiresAt: string | null
  readonly roles: readonly string[]
}

export interface MappingSubject extends Common {
  readonly kind: 'mapping'
  /** Projects and groups that its rules give, as far as they are named and not taken from claims. */
  readonly gives: readonly {
    readonly project: string | null
    readonly group: string | null
    readonly roles: readonly string[]
  }[]
  /** A rule takes project or group names from claims: what it gives cannot be told. */
  readonly fromClaims: boolean
}

/** What the services say of the configured clusters: names resolved to ids, for the rules to compare with. */
export interface MatrixAnswer {
  readonly clusters: readonly MatrixCluster[]
  /** Names of the configuration that nothing was found for: findings. */
  readonly unresolved: readonly string[]
  /** ms since the epoch, when this was answered: the rules' only clock. */
  readonly now: number
}

export interface MatrixCluster {
  readonly name: string
  readonly projectId: string
  readonly projectName: string
  /** Ids of its networks: those configured, else all that its project owns. */
  readonly networkIds: readonly string[]
  /** Ranges of their subnets. */
  readonly ranges: readonly string[]
  /** Ids of the volume types that are its own. */
  readonly volumeTypes: readonly string[]
  /** User ids of its admins. */
  readonly admins: readonly string[]
}
