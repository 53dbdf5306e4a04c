import { randomUUID } from 'node:crypto'
import type { Snapshot, Transfer, Volume, VolumeType } from './cinder/state.ts'
import type { DnsQuota, Recordset, Zone } from './designate/state.ts'
import type { Image } from './glance/state.ts'
import type { Grant, Group, Mapping, Role, Trust } from './keystone/state.ts'
import type { ProjectLimit, RegisteredLimit, Releases } from './keystone/unified-state.ts'
import type { SecurityGroup, SecurityGroupRule } from './neutron/security-state.ts'
import type { RbacPolicy, Shareable } from './neutron/sharing-state.ts'
import type { BalancerChild, LoadBalancer } from './octavia/state.ts'
import type { Limits } from './quota/limits.ts'

/** What the simulated cloud holds: everything in memory, shaped as the services keep it, not as they show it. */
export interface State {
  readonly projects: Map<string, Project>
  readonly users: Map<string, User>
  readonly applicationCredentials: Map<string, ApplicationCredential>
  readonly roles: Map<string, Role>
  readonly groups: Map<string, Group>
  /** Roles given otherwise than to one user on one project or on the system: those are the user's own. */
  readonly grants: Grant[]
  readonly trusts: Map<string, Trust>
  readonly mappings: Map<string, Mapping>
  readonly tokens: Map<string, Token>
  readonly networks: Map<string, Network>
  readonly subnets: Map<string, Subnet>
  readonly routers: Map<string, Router>
  readonly ports: Map<string, Port>
  readonly securityGroups: Map<string, SecurityGroup>
  readonly securityGroupRules: Map<string, SecurityGroupRule>
  readonly rbacPolicies: Map<string, RbacPolicy>
  readonly shareables: Map<string, Shareable>
  readonly images: Map<string, Image>
  readonly floatingIps: Map<string, FloatingIp>
  readonly flavors: Map<string, Flavor>
  readonly servers: Map<string, Server>
  readonly zones: Map<string, Zone>
  readonly recordsets: Map<string, Recordset>
  readonly quotas: Map<string, DnsQuota>
  readonly volumeTypes: Map<string, VolumeType>
  readonly volumes: Map<string, Volume>
  readonly snapshots: Map<string, Snapshot>
  readonly transfers: Map<string, Transfer>
  readonly loadBalancers: Map<string, LoadBalancer>
  readonly balancerChildren: Map<string, BalancerChild>
  /** What newer releases than Zed do. */
  readonly releases: Releases
  /** Keystone's unified limits; they hold where `releases.unifiedLimits` says so. */
  readonly registeredLimits: Map<string, RegisteredLimit>
  readonly projectLimits: Map<string, ProjectLimit>
  /** Limits that were set, by service and project. */
  readonly limits: Readonly<Record<'nova' | 'cinder' | 'neutron' | 'octavia', Limits>>
  /** Number from 0 up to 1, from the seed. */
  readonly random: () => number
  /** Milliseconds from POST to ACTIVE. */
  bootMs: number
  /** So many of the next detachments are answered and then forgotten, as those that overtake the end of an attachment. */
  forgottenDetachments: number
  /** Milliseconds from a change of a record set until the name servers have it. */
  dnsMs: number
  tokenSeconds: number
  cellDown: boolean
  /** Types of services that the catalogue leaves out, as it does where they are not installed. */
  readonly absent: Set<string>
  /** Regions of the catalogue; every one has the same endpoints. */
  regions: readonly string[]
  /** Record sets whose name matches end in ERROR instead of ACTIVE. */
  dnsErrors: RegExp | null
}

export interface Project {
  readonly id: string
  readonly name: string
}

export interface User {
  readonly id: string
  readonly name: string
  readonly password: string
  /** Project id → role names. */
  readonly roles: Map<string, readonly string[]>
  /** Roles on the system as a whole. */
  systemRoles: readonly string[]
}

export interface ApplicationCredential {
  readonly id: string
  readonly name: string
  readonly secret: string
  readonly userId: string
  readonly projectId: string
  readonly unrestricted?: boolean
  readonly expiresAt?: string | null
  /** Names; all of its owner's where it was made without saying. */
  readonly roles?: readonly string[]
}

export interface Token {
  readonly id: string
  readonly user: User
  readonly project: Project
  readonly roles: readonly string[]
  /** Scoped to the whole system; its project is none. */
  readonly system: boolean
  readonly expiresAt: number
}

export interface Network {
  readonly id: string
  name: string
  readonly projectId: string
  readonly external: boolean
  description: string
  adminStateUp: boolean
  /** What its new ports get. */
  portSecurity: boolean
  readonly createdAt: string
  updatedAt: string
  revision: number
}

export interface Subnet {
  readonly id: string
  name: string
  readonly networkId: string
  readonly projectId: string
  readonly version: 4 | 6
  readonly cidr: string
  nameservers: string[]
  readonly createdAt: string
  updatedAt: string
  revision: number
}

export interface Router {
  readonly id: string
  name: string
  readonly projectId: string
  adminStateUp: boolean
  gateway: { readonly networkId: string; readonly fixedIps: readonly Port['fixedIps'][number][] } | null
  subnetIds: readonly string[]
  readonly createdAt: string
  updatedAt: string
  revision: number
}

export interface Port {
  readonly id: string
  name: string
  readonly projectId: string
  readonly networkId: string
  readonly mac: string
  fixedIps: { subnet_id: string; ip_address: string }[]
  deviceId: string
  deviceOwner: string
  host: string
  status: 'ACTIVE' | 'DOWN'
  adminStateUp: boolean
  description: string
  securityGroups: string[]
  portSecurity: boolean
  addressPairs: unknown[]
  readonly createdAt: string
  updatedAt: string
  revision: number
}

/** One port of a floating IP that leads to a port of a server. */
export interface Forwarding {
  readonly id: string
  readonly protocol: string
  readonly externalPort: number
  readonly internalPort: number
  readonly internalAddress: string
  readonly internalPortId: string
}

export interface FloatingIp {
  readonly id: string
  readonly projectId: string
  readonly address: string
  readonly networkId: string
  routerId: string | null
  portId: string | null
  fixedAddress: string | null
  /** Single ports of it; then it is on no port itself. */
  forwardings: readonly Forwarding[]
  status: 'ACTIVE' | 'DOWN'
  description: string
  readonly createdAt: string
  updatedAt: string
  revision: number
}

export interface Flavor {
  readonly id: string
  readonly name: string
  readonly vcpus: number
  /** MiB. */
  readonly ram: number
  /** GiB. */
  readonly disk: number
}

export interface Server {
  readonly id: string
  name: string
  readonly hostname: string
  readonly projectId: string
  readonly userId: string
  readonly host: string
  readonly reservationId: string
  readonly number: number
  flavor: Flavor
  /** What it was, from a resize until that is confirmed or reverted. */
  resizedFrom: Flavor | null
  /** Nova's vm_state. */
  vmState: 'building' | 'active' | 'stopped' | 'resized' | 'shelved' | 'shelved_offloaded' | 'error' | 'deleted'
  taskState: string | null
  metadata: Record<string, string>
  readonly createdAt: string
  updatedAt: string
  launchedAt: string | null
  terminatedAt: string | null
  locked: boolean
  lockedReason?: string | null
  /** Where it was booted from one that Glance has. */
  readonly imageId?: string
  readonly keyName?: string | null
  /** Locked by an administrator: its owner may not unlock it. */
  lockedByAdmin?: boolean
  /** Ports that were there before: Nova keeps them. */
  keptPorts?: readonly string[]
}

/** The public image that is there from the beginning. */
export const DEFAULT_IMAGE = '6e1a9c13-417e-403d-abd7-0f7f51186498'

/** Keystone's ids have no dashes. */
export function hexId(): string {
  return randomUUID().replaceAll('-', '')
}

/** The time as Keystone, Nova and Neutron write it: whole seconds. */
export function seconds(at = Date.now()): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** mulberry32: small, and the same on every machine for one seed. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A cloud without anything in it. */
export function emptyState(
  seed: number,
  options: Pick<State, 'bootMs' | 'dnsMs' | 'tokenSeconds' | 'releases'>
): State {
  return {
    projects: new Map(),
    users: new Map(),
    applicationCredentials: new Map(),
    roles: new Map(),
    groups: new Map(),
    grants: [],
    trusts: new Map(),
    mappings: new Map(),
    rbacPolicies: new Map(),
    shareables: new Map(),
    images: new Map(),
    tokens: new Map(),
    networks: new Map(),
    subnets: new Map(),
    routers: new Map(),
    ports: new Map(),
    securityGroups: new Map(),
    securityGroupRules: new Map(),
    floatingIps: new Map(),
    flavors: new Map(),
    servers: new Map(),
    zones: new Map(),
    recordsets: new Map(),
    quotas: new Map(),
    volumeTypes: new Map(),
    volumes: new Map(),
    snapshots: new Map(),
    transfers: new Map(),
    loadBalancers: new Map(),
    balancerChildren: new Map(),
    registeredLimits: new Map(),
    projectLimits: new Map(),
    limits: { nova: new Map(), cinder: new Map(), neutron: new Map(), octavia: new Map() },
    random: createRandom(seed),
    cellDown: false,
    absent: new Set(),
    regions: ['RegionOne'],
    dnsErrors: null,
    forgottenDetachments: 0,
    ...options
  }
}
