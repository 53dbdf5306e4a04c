import type { Breach } from '../../../core/breach.ts'

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
  | GroupSubject
  | ApplicationCredentialSubject
  | TrustSubject
  | MappingSubject

/** The kind of a subject. */
export type SubjectKind = Subject['kind']

interface Common {
  readonly id: string
  /** '' where it has none. */
  readonly name: string
  /** '' where it belongs to no project (persons, mappings, volume types); null: its service does not say. */
  readonly projectId: string | null
  /** Fields that its service left empty though it must know them: nothing is done about it while there are any. */
  readonly unsaid?: readonly string[]
}

/** An RBAC policy of Neutron: what it shares, and with whom. */
export interface RbacPolicySubject extends Common {
  readonly kind: 'rbac-policy'
  /** `network`, `subnetpool`, `security_group`, `address_scope`, `address_group`, `qos_policy`. */
  readonly objectType: string
  readonly objectId: string
  /** '' where it has none, or is gone. */
  readonly objectName: string
  /** The project that owns the object: an admin may share what is not theirs. null: not said, or it is gone. */
  readonly objectProjectId: string | null
  /** `access_as_shared` or `access_as_external`. */
  readonly action: string
  /** A project's id, or `*`. */
  readonly target: string
}

/** A network with its subnets. */
export interface NetworkSubject extends Common {
  readonly kind: 'network'
  readonly shared: boolean
  readonly external: boolean
  readonly portSecurityEnabled: boolean
  readonly cidrs: readonly string[]
}

/** A router with the networks that it connects. */
export interface RouterSubject extends Common {
  readonly kind: 'router'
  readonly externalNetworkId: string | null
  readonly interfaces: readonly {
    readonly portId: string
    readonly networkId: string
    /** null: not said, or it is gone. */
    readonly networkProjectId: string | null
    readonly subnetIds: readonly string[]
    readonly addresses: readonly string[]
  }[]
}

/** A port with its addresses, security groups and device. */
export interface PortSubject extends Common {
  readonly kind: 'port'
  readonly networkId: string
  /** null: not said, or it is gone. */
  readonly networkProjectId: string | null
  readonly networkExternal: boolean
  /** It is external, and its owner may have made it so: no administrator's type says otherwise. */
  readonly networkExternalByOwner?: true
  /** '' where nothing uses it. */
  readonly deviceId: string
  /** e.g. `compute:nova`, `network:router_interface`, `Octavia`; '' where nothing uses it. */
  readonly deviceOwner: string
  /** The project of the server that uses it; null: no server does. */
  readonly deviceProjectId: string | null
  /** The name of the server that uses it; null: no server does. */
  readonly deviceName: string | null
  /** `compute:…`, which its `device_owner` was before it said `network:…`; left out: it never was a server's. */
  readonly serversBefore?: string
  readonly addresses: readonly string[]
  readonly mac: string
  readonly portSecurityEnabled: boolean
  readonly allowedAddressPairs: readonly { readonly ip: string; readonly mac: string | null }[]
  readonly securityGroups: readonly string[]
  /** RFC 3339; left out where Neutron does not say. */
  readonly createdAt?: string
  /** RFC 3339, the last change of any kind; left out where Neutron does not say. */
  readonly updatedAt?: string
  /** Those of them that are not its own project's; `projectId` null: gone, or not said. Left out: none. */
  readonly groupsOfOthers?: readonly { readonly id: string; readonly name: string; readonly projectId: string | null }[]
}

/** A security group with its rules. */
export interface SecurityGroupSubject extends Common {
  readonly kind: 'security-group'
  readonly rules: readonly SecurityGroupRule[]
  /** Tags: `stackreflex=...` marks our own. */
  readonly tags: readonly string[]
}

/** A rule of a security group. */
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
  /** null where there is no remote group, it is gone, or its project is not said. */
  readonly remoteGroupProjectId: string | null
  readonly remoteAddressGroupId: string | null
  /** The ranges of the remote address group; empty where there is none. */
  readonly remoteAddresses: readonly string[]
  /** Whose the address group is; left out where there is none, null where it is gone or not said. */
  readonly remoteAddressGroupProjectId?: string | null
  /** RFC 3339; left out where Neutron does not say. Rules never change. */
  readonly createdAt?: string
  readonly description: string
}

/** A floating IP with what it leads to. */
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
  /** null: it is on no port, or the port's project is not said. */
  readonly portProjectId: string | null
  /** The server behind it; null: none. */
  readonly serverId: string | null
  readonly serverName: string | null
  /** Ports of it that are forwarded one by one, to whomever; left out: none. */
  readonly forwardings?: readonly Forwarding[]
}

/** A port forwarding of a floating IP. */
export interface Forwarding {
  readonly id: string
  readonly protocol: string
  readonly externalPort: number | null
  readonly internalPort: number | null
  readonly internalAddress: string
  readonly portId: string | null
  /** null: the port is gone, or its project is not said. */
  readonly portProjectId: string | null
  /** '' where the port is gone. */
  readonly portDeviceOwner: string
  readonly serverId: string | null
  readonly serverName: string | null
}

/** A server with its image, flavor, key and ports. */
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
  readonly ports: readonly {
    readonly id: string
    readonly networkId: string
    readonly networkProjectId: string | null
  }[]
}

/** A volume with its type, attachments and origin. */
export interface VolumeSubject extends Common {
  readonly kind: 'volume'
  readonly status: string
  readonly typeName: string | null
  readonly encrypted: boolean
  readonly multiattach: boolean
  readonly attachedTo: readonly string[]
  /**
   * The project that had it first, as far back as the journal knows; null: the journal knows none. Not the one before:
   * a volume that was given back would breach again.
   */
  readonly homeProjectId: string | null
}

/** A volume type with its access list. */
export interface VolumeTypeSubject extends Common {
  readonly kind: 'volume-type'
  readonly public: boolean
  readonly encrypted: boolean
  readonly multiattach: boolean
  /** Projects with access; empty for a public one. */
  readonly access: readonly string[]
}

/** An image with its visibility and members. */
export interface ImageSubject extends Common {
  readonly kind: 'image'
  readonly visibility: 'public' | 'community' | 'shared' | 'private'
  readonly members: readonly { readonly projectId: string; readonly status: string }[]
  /** A snapshot of a server. */
  readonly snapshot: boolean
}

/** A project with its quotas. */
export interface ProjectSubject extends Common {
  readonly kind: 'project'
  /** Resource -> limit; -1: none. By `core/quota.ts`. */
  readonly limits: Readonly<Record<string, number>>
}

/** A user with role assignments, direct, through a group or inherited. */
export interface PersonSubject extends Common {
  readonly kind: 'person'
  readonly domainId: string
  /** Came in through federation. */
  readonly federated: boolean
  readonly enabled: boolean
  readonly assignments: readonly Assignment[]
}

/** A role assignment, as a user has it directly or through a group. */
export interface Assignment {
  readonly role: string
  readonly roleId: string
  /** Names of the roles that come along with it: one that implies `admin` is as good as `admin`. */
  readonly implies?: readonly string[]
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

/** A group of Keystone: judged through its members, whose lanes its own lane hints at. */
export interface GroupSubject extends Common {
  readonly kind: 'group'
  /** null: Keystone does not say. */
  readonly domainId: string | null
  /** User ids. */
  readonly members: readonly string[]
}

/** Its id is `<user id>/<id>`: Keystone has no other way to it. */
export interface ApplicationCredentialSubject extends Common {
  readonly kind: 'application-credential'
  readonly userId: string
  readonly userName: string
  readonly unrestricted: boolean
  /** RFC 3339; null: never. */
  readonly expiresAt: string | null
  readonly roles: readonly string[]
}

/** A trust: who lets whom act for them, with which roles. */
export interface TrustSubject extends Common {
  readonly kind: 'trust'
  readonly trustorId: string
  readonly trusteeId: string
  readonly impersonation: boolean
  readonly expiresAt: string | null
  readonly roles: readonly string[]
}

/** A federation mapping of Keystone. */
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
  /** What several clusters may use. */
  readonly shared: {
    readonly networkIds: readonly string[]
    readonly volumeTypes: readonly Named[]
    readonly imageIds: readonly string[]
  }
  /** User ids of those who look after all clusters: cloud admins, the services, ourselves. */
  readonly operators: readonly string[]
  /** Clusters that are not there, or not whole, as sentences: nothing is cut off while there are any. */
  readonly unresolved: readonly string[]
  /** Names of the configuration that count for nothing, each for itself: of the rest everything is done. Left out: none. */
  readonly doubts?: readonly Doubt[]
  /**
   * Why it cannot be told whose something is, as sentences: nothing at all is done while there are any.
   * Left out: all of it is known.
   */
  readonly unsaid?: readonly string[]
  /** ms since the epoch, when this was answered: the rules' only clock. */
  readonly now: number
}

/** A name of the configuration whose meaning is not certain. */
export interface Doubt {
  readonly kind: 'network' | 'image' | 'volume-type' | 'user'
  /** A sentence: which entry, what is wrong, and how to write it. */
  readonly why: string
  /** What it may mean; nothing is done about these. null: nobody knows, so that it is nothing of that kind. */
  readonly ids: readonly string[] | null
}

/** A resource by id and name. */
export interface Named {
  readonly id: string
  readonly name: string
}

/** A range of a network that the cluster's own people made, or added to: nothing is done to others because of it. */
export interface ClaimedRange {
  readonly cidr: string
  /** RFC 3339, when the subnet was made; left out: Neutron does not say. */
  readonly createdAt?: string
  readonly networkId: string
  readonly subnetId: string
}

/** A cluster as the matrix has it, its configured names resolved to ids. */
export interface MatrixCluster {
  readonly name: string
  readonly projectId: string
  readonly projectName: string
  /** null: Keystone does not say, or has no such project. */
  readonly domainId: string | null
  /** Ids of its networks: those configured, else all that its project owns. */
  readonly networkIds: readonly string[]
  /** Ranges of their subnets that count: of networks that the configuration names or administrators made. */
  readonly ranges: readonly string[]
  /** Range -> when the oldest subnet with it was made (RFC 3339); null: Neutron does not say. Left out: before everything. */
  readonly since?: Readonly<Record<string, string | null>>
  /** Range -> ms, when a sweep first saw it; left out where none has yet. */
  readonly swept?: Readonly<Record<string, number>>
  /** Those that do not count. Left out: none. */
  readonly claimed?: readonly ClaimedRange[]
  /** Ids of the images that its servers may be made from. Left out: nothing says. */
  readonly imageIds?: readonly string[]
  /** Ids of the networks that its floating IPs may come from. Left out: nothing says. */
  readonly poolIds?: readonly string[]
  /** The volume types that are its own. */
  readonly volumeTypes: readonly Named[]
  /** User ids of its admins. */
  readonly admins: readonly string[]
}

/** A breach of a lane as the journal has it. */
export interface KnownBreach {
  readonly rule: string
  readonly detail: string
  readonly state: Breach['state']
  /** ms since the epoch: when a decision first found it. */
  readonly since: number
  /** The other side made it, or nobody knows who did: that stays so, whatever changes on this side. */
  readonly doing?: 'the others' | 'unclear'
}

/** Everything that a sweep of isolation compares: complete, or the question fails. */
export interface IsolationWorldAnswer {
  readonly matrix: MatrixAnswer
  /** One of each that touches a configured cluster, or all; groups are not among them. */
  readonly subjects: readonly Subject[]
  /** What the entry may not read at all, and so nobody judges: sentences that say why and how to go on. */
  readonly unread?: readonly string[]
  /** Of which nothing can be said now, though they may well be there: `<kind>:<id>`, or `<kind>:*` for all of a kind. */
  readonly unknown?: readonly string[]
  /** Lane -> its breaches that are not over. */
  readonly known: Readonly<Record<string, readonly KnownBreach[]>>
  /** Lanes with an event or a plan under way. */
  readonly busy: readonly string[]
}
