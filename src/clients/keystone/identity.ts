import { fields, type Unsaid } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { type AssignmentFilter, listAssignments, type RoleAssignment } from './assignments.ts'
import { getIdentity, listIdentity } from './identity-calls.ts'
import { type MappingWall, parseMapping } from './mapping.ts'

/** A user of Keystone. */
export interface User {
  readonly id: string
  readonly name: string
  readonly domainId: string
  readonly enabled: boolean
  /** Signed in through an identity provider at least once. Only `getUser` tells it. */
  readonly federated: boolean
}

/** A role, group, project or domain: its id and its name. */
export interface NamedId {
  readonly id: string
  readonly name: string
}

/** The same within a domain. */
export interface InDomain extends NamedId {
  /** null: Keystone does not say. */
  readonly domainId: string | null
}

/** An application credential, without its secret. */
export interface ApplicationCredential extends NamedId, Unsaid {
  /** null: Keystone does not say. */
  readonly projectId: string | null
  /** May make credentials and trusts itself. */
  readonly unrestricted: boolean
  readonly expiresAt: string | null
  readonly roles: readonly string[]
}

/** A trust: a user lets another one act in a project. */
export interface Trust extends Unsaid {
  readonly id: string
  /** null: it gives no project. */
  readonly projectId: string | null
  readonly trustorId: string
  readonly trusteeId: string
  readonly impersonation: boolean
  readonly expiresAt: string | null
  /** Names; only `getTrust` tells them. */
  readonly roles: readonly string[]
}

/** Keystone as its administrator sees it. `get…` is null only on Keystone's own 404 for the very id. */
export interface IdentityIsolation {
  listAssignments(filter: AssignmentFilter, call?: CallOptions): Promise<readonly RoleAssignment[]>
  /** Role id → the roles that it brings along, directly. */
  inferences(call?: CallOptions): Promise<ReadonlyMap<string, readonly NamedId[]>>
  listRoles(call?: CallOptions): Promise<readonly NamedId[]>
  getUser(id: string, call?: CallOptions): Promise<User | null>
  listUsers(by: { readonly name: string; readonly domainId?: string }, call?: CallOptions): Promise<readonly User[]>
  groupsOf(userId: string, call?: CallOptions): Promise<readonly NamedId[]>
  getGroup(id: string, call?: CallOptions): Promise<InDomain | null>
  listMembers(groupId: string, call?: CallOptions): Promise<readonly User[]>
  getProject(id: string, call?: CallOptions): Promise<InDomain | null>
  listDomains(name: string, call?: CallOptions): Promise<readonly NamedId[]>
  listApplicationCredentials(userId: string, call?: CallOptions): Promise<readonly ApplicationCredential[]>
  getTrust(id: string, call?: CallOptions): Promise<Trust | null>
  /** Those that still hold, without their roles. */
  listTrusts(call?: CallOptions): Promise<readonly Trust[]>
  getMapping(id: string, call?: CallOptions): Promise<MappingWall | null>
  listMappings(call?: CallOptions): Promise<readonly MappingWall[]>
}

/** Makes the client of what isolation reads from Keystone. */
export function createIdentityIsolation(cloud: Cloud): IdentityIsolation {
  const at = encodeURIComponent
  return {
    listAssignments: (filter, call) => listAssignments(cloud, filter, call),
    inferences: async (call) => {
      const pairs = await listIdentity(cloud, '/role_inferences', 'role_inferences', readInference, {}, call)
      return new Map(pairs)
    },
    listRoles: (call) => listIdentity(cloud, '/roles', 'roles', readNamed, {}, call),
    getUser: (id, call) => getIdentity(cloud, `/users/${at(id)}`, 'user', id, readUser, call),
    listUsers: ({ name, domainId }, call) =>
      listIdentity(cloud, '/users', 'users', readUser, { name, domain_id: domainId }, call),
    groupsOf: (id, call) => listIdentity(cloud, `/users/${at(id)}/groups`, 'groups', readNamed, {}, call),
    getGroup: (id, call) => getIdentity(cloud, `/groups/${at(id)}`, 'group', id, readInDomain, call),
    listMembers: (id, call) => listIdentity(cloud, `/groups/${at(id)}/users`, 'users', readUser, {}, call),
    getProject: (id, call) => getIdentity(cloud, `/projects/${at(id)}`, 'project', id, readInDomain, call),
    listDomains: (name, call) => listIdentity(cloud, '/domains', 'domains', readNamed, { name }, call),
    listApplicationCredentials: (userId, call) => {
      const path = `/users/${at(userId)}/application_credentials`
      return listIdentity(cloud, path, 'application_credentials', readCredential, {}, call)
    },
    getTrust: (id, call) => getIdentity(cloud, `/OS-TRUST/trusts/${at(id)}`, 'trust', id, readTrust, call),
    listTrusts: (call) => listIdentity(cloud, '/OS-TRUST/trusts', 'trusts', readTrust, {}, call),
    getMapping: (id, call) =>
      getIdentity(cloud, `/OS-FEDERATION/mappings/${at(id)}`, 'mapping', id, parseMapping, call),
    listMappings: (call) => listIdentity(cloud, '/OS-FEDERATION/mappings', 'mappings', parseMapping, {}, call)
  }
}

function readNamed(answer: ServiceAnswer, raw: unknown, where: string): NamedId {
  const one = fields(answer, raw, where)
  return { id: one.text('id'), name: one.textOrNull('name') ?? '' }
}

function readInference(answer: ServiceAnswer, raw: unknown, where: string): [string, readonly NamedId[]] {
  const one = fields(answer, raw, where)
  const implied = one.list('implies').map((role, n) => readNamed(answer, role, `${where}.implies[${n}]`))
  return [fields(answer, one.value('prior_role'), `${where}.prior_role`).text('id'), implied]
}

function readUser(answer: ServiceAnswer, raw: unknown, where: string): User {
  const user = fields(answer, raw, where)
  const federated = user.value('federated')
  return {
    ...readNamed(answer, raw, where),
    domainId: user.textOrNull('domain_id') ?? '',
    // LDAP may leave it out.
    enabled: user.value('enabled') !== false,
    federated: Array.isArray(federated) && federated.length > 0
  }
}

function readInDomain(answer: ServiceAnswer, raw: unknown, where: string): InDomain {
  return {
    ...readNamed(answer, raw, where),
    domainId: fields(answer, raw, where).textOrNull('domain_id')
  }
}

function readCredential(answer: ServiceAnswer, raw: unknown, where: string): ApplicationCredential {
  const credential = fields(answer, raw, where)
  return {
    ...readNamed(answer, raw, where),
    projectId: credential.said('project_id'),
    // null where it was made without saying.
    unrestricted: credential.flagOrFalse('unrestricted'),
    expiresAt: utc(credential.saidOrNone('expires_at')),
    roles: rolesOf(answer, credential.value('roles'), `${where}.roles`),
    ...credential.told()
  }
}

function readTrust(answer: ServiceAnswer, raw: unknown, where: string): Trust {
  const trust = fields(answer, raw, where)
  return {
    id: trust.text('id'),
    projectId: trust.saidOrNone('project_id'),
    trustorId: trust.said('trustor_user_id') ?? '',
    trusteeId: trust.said('trustee_user_id') ?? '',
    impersonation: trust.flag('impersonation'),
    expiresAt: utc(trust.saidOrNone('expires_at')),
    roles: rolesOf(answer, trust.value('roles'), `${where}.roles`),
    ...trust.told()
  }
}

function rolesOf(answer: ServiceAnswer, raw: unknown, where: string): string[] {
  if (!Array.isArray(raw)) return []
  return raw.map((role, n) => readNamed(answer, role, `${where}[${n}]`).name).sort()
}

/** Keystone writes `2026-11-25T18:00:00.000000`, sometimes with and sometimes without the Z. */
function utc(time: string | null): string | null {
  if (time === null) return null
  const at = Date.parse(/Z|[+-]\d\d:?\d\d$/.test(time) ? time : `${time}Z`)
  return Number.isNaN(at) ? time : new Date(at).toISOString()
}
