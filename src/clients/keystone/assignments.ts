import { fields, malformed } from '../openstack/answer-fields.ts'
import type { ServiceAnswer } from '../openstack/answers.ts'
import type { CallOptions, Cloud } from '../openstack/cloud.ts'
import { listIdentity } from './identity-calls.ts'

/**
 * Which assignments; what is left out does not matter. `effective` expands groups and inheritance to the users that have
 * the role in the end; Keystone leaves out the system's assignments then, so ask for those without it.
 */
export interface AssignmentFilter {
  readonly effective: boolean
  readonly projectId?: string
  readonly domainId?: string
  readonly system?: true
  readonly userId?: string
  readonly roleId?: string
}

/** One role of one user or group, and how it is had. */
export interface RoleAssignment {
  readonly roleId: string
  readonly role: string
  /** null: given to a group, and not expanded. */
  readonly userId: string | null
  /** The group that it was given to; null: the user has it directly. */
  readonly groupId: string | null
  /** '' where Keystone does not name it: only lists that are not effective do. */
  readonly groupName: string
  readonly projectId: string | null
  readonly domainId: string | null
  readonly system: boolean
  /** Where it was given, when that is not the very scope. */
  readonly inheritedFrom: { readonly kind: 'project' | 'domain'; readonly id: string } | null
}

/**
 * The assignments as they were given, or with `effective` as users have them; complete or an error. Roles that come along
 * with another one are left out: Keystone's effective list names a wrong origin where one implies the next.
 */
export async function listAssignments(
  cloud: Cloud,
  { effective, projectId, domainId, system, userId, roleId }: AssignmentFilter,
  call?: CallOptions
): Promise<readonly RoleAssignment[]> {
  const query = {
    include_names: true,
    // Its mere presence counts: `effective=false` is effective too in some releases.
    effective: effective ? true : undefined,
    'scope.project.id': projectId,
    'scope.domain.id': domainId,
    'scope.system': system ? 'all' : undefined,
    'user.id': userId,
    'role.id': roleId
  }
  const found = await listIdentity(cloud, '/role_assignments', 'role_assignments', readAssignment, query, call)
  return found.filter((one) => one !== null)
}

/** `…/OS-INHERIT/domains/<id>/groups/<id>/roles/<id>/inherited_to_projects`, `…/system/users/<id>/roles/<id>`, … */
const link = /\/(OS-INHERIT\/)?(?:(projects|domains)\/([^/]+)|system)\/(users|groups)\/([^/]+)\/roles\/[^/]+/

function readAssignment(answer: ServiceAnswer, raw: unknown, where: string): RoleAssignment | null {
  const one = fields(answer, raw, where)
  const links = fields(answer, one.value('links'), `${where}.links`)
  if (links.textOrNone('prior_role') !== null) return null
  const given = link.exec(links.text('assignment'))
  if (given === null) throw malformed(answer, `${where}.links.assignment names no assignment`)
  const [, inherited, kind, at, holders, holder] = given
  const role = fields(answer, one.value('role'), `${where}.role`)
  const scope = fields(answer, one.value('scope'), `${where}.scope`)
  const [projectId, domainId] = [idOf(answer, scope, 'project'), idOf(answer, scope, 'domain')]
  const system = scope.value('system') !== undefined
  // What is on nothing must not be taken for what is on everything.
  if (projectId === null && domainId === null && !system)
    throw malformed(answer, `${where}.scope names no project, no domain and not the system`)
  const group = one.value('group') as { name?: unknown } | undefined
  return {
    roleId: role.text('id'),
    role: role.textOrNull('name') ?? '',
    userId: idOf(answer, one, 'user'),
    groupId: holders === 'groups' ? holder! : null,
    groupName: typeof group?.name === 'string' ? group.name : '',
    projectId,
    domainId,
    system,
    inheritedFrom:
      inherited !== undefined && kind !== undefined && at !== (projectId ?? domainId)
        ? { kind: kind === 'domains' ? 'domain' : 'project', id: at! }
        : null
  }
}

function idOf(answer: ServiceAnswer, one: ReturnType<typeof fields>, key: string): string | null {
  const found = one.value(key)
  return found === null || found === undefined ? null : fields(answer, found, key).text('id')
}
