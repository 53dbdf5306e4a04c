import { randomUUID } from 'node:crypto'
import type { Limits } from './quotas/limits.ts'
import type { SecurityGroup, SecurityGroupRule } from './security-state.ts'

/** What the simulated cloud holds: everything in memory, shaped as the services keep it, not as they show it. */
export interface State {
  readonly projects: Map<string, Project>
  readonly users: Map<string, User>
  readonly applicationCredentials: Map<string, ApplicationCredential>
  readonly tokens: Map<string, Token>
  readonly networks: Map<string, Network>
  readonly subnets: Map<string, Subnet>
  readonly routers: Map<string, Router>
  readonly ports: Map<string, Port>
  readonly securityGroups: Map<string, SecurityGroup>
  readonly securityGroupRules: Map<string, SecurityGroupRule>
  readonly floatingIps: Map<string, FloatingIp>
  readonly servers: Map<string, Server>
  readonly zones: Map<string, Zone>
  readonly recordsets: Map<string, Recordset>
  readonly quotas: Map<string, DnsQuota>
  /** Limits that were set, by service and project. */
  readonly limits: Readonly<Record<'nova' | 'cinder' | 'neutron' | 'octavia', Limits>>
  /** Number from 0 up to 1, from the seed. */
  readonly random: () => number
  /** Milliseconds from POST to ACTIVE. */
  bootMs: number
  /** Milliseconds from a change of a record set until the name servers have it. */
  dnsMs: number
  tokenSeconds: number
  cellDown: boolean
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
}

export interface ApplicationCredential {
  readonly id: string
  readonly name: string
  readonly secret: string
  readonly userId: string
  readonly projectId: string
}

export interface Token {
  readonly id: string
  readonly user: User
  readonly project: Project
  readonly roles: readonly string[]
  readonly expiresAt: number
}

export interface Network {
  readonly id: string
  name: string
  readonly projectId: string
  readonly external: boolean
  adminStateUp: boolean
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

export interface FloatingIp {
  readonly id: string
  readonly projectId: string
  readonly address: string
  readonly networkId: string
  routerId: string | null
  portId: string | null
  fixedAddress: string | null
  status: 'ACTIVE' | 'DOWN'
  description: string
  readonly createdAt: string
  updatedAt: string
  revision: number
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
  /** Nova's vm_state. */
  vmState: 'building' | 'active' | 'stopped' | 'error' | 'deleted'
  taskState: string | null
  metadata: Record<string, string>
  readonly createdAt: string
  updatedAt: string
  launchedAt: string | null
  terminatedAt: string | null
  locked: boolean
}

export interface Zone {
  readonly id: string
  readonly name: string
  readonly projectId: string
  email: string
  ttl: number
  serial: number
  status: Status
  action: Action
  description: string | null
  readonly createdAt: string
  updatedAt: string | null
  version: number
}

export interface Recordset {
  readonly id: string
  readonly zoneId: string
  readonly projectId: string
  readonly name: string
  readonly type: string
  ttl: number | null
  records: string[]
  description: string | null
  status: Status
  action: Action
  readonly createdAt: string
  updatedAt: string | null
  version: number
  /** Set where Designate keeps the record for a floating IP. */
  managed: { fipId: string; address: string; projectId: string; description: string | null } | null
}

export type Status = 'PENDING' | 'ACTIVE' | 'ERROR'
export type Action = 'NONE' | 'CREATE' | 'UPDATE' | 'DELETE'

export interface DnsQuota {
  zones: number
  zone_recordsets: number
  zone_records: number
  recordset_records: number
  api_export_size: number
}

/** Keystone's ids have no dashes. */
export function hexId(): string {
  return randomUUID().replaceAll('-', '')
}

/** The time as Keystone, Nova and Neutron write it: whole seconds. */
export function seconds(at = Date.now()): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** mulberry32: small, and the same on every machine for one seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Designate's default limits of a project. */
export function defaultQuota(): DnsQuota {
  return { zones: 10, zone_recordsets: 500, zone_records: 500, recordset_records: 20, api_export_size: 1000 }
}

/** A cloud without anything in it. */
export function emptyState(seed: number, times: Pick<State, 'bootMs' | 'dnsMs' | 'tokenSeconds'>): State {
  return {
    projects: new Map(),
    users: new Map(),
    applicationCredentials: new Map(),
    tokens: new Map(),
    networks: new Map(),
    subnets: new Map(),
    routers: new Map(),
    ports: new Map(),
    securityGroups: new Map(),
    securityGroupRules: new Map(),
    floatingIps: new Map(),
    servers: new Map(),
    zones: new Map(),
    recordsets: new Map(),
    quotas: new Map(),
    limits: { nova: new Map(), cinder: new Map(), neutron: new Map(), octavia: new Map() },
    random: createRandom(seed),
    cellDown: false,
    dnsErrors: null,
    ...times
  }
}
