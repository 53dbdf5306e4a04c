import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { RoleAssignment } from '../../../clients/keystone/assignments.ts'
import type { Assignment } from './subjects.ts'

/** The role that OpenStack's services take for an administrator of everything, in whatever project it is had. */
const adminRole = 'admin'

/** What is asked once to understand assignments. */
export interface Roles {
  /** Role id → names of all roles that come along with it, directly or not. */
  readonly implied: ReadonlyMap<string, readonly string[]>
  /** Ids of `admin`, and of what implies it. */
  readonly admin: readonly string[]
  /** Those of the clusters' projects that this cloud has, and their domains. */
  readonly projects: ReadonlySet<string>
  readonly domains: ReadonlySet<string>
}

/** Reads what role assignments are understood by: implied roles, admin roles, the clusters' projects and their domains. */
export async function readRoles(clients: IsolationClients, projects: ReadonlySet<string>): Promise<Roles> {
  const { identity, detail } = clients
  const [inferences, roles, found] = await Promise.all([
    identity.inferences(),
    identity.listRoles(),
    Promise.all([...projects].map((id) => detail(`project ${id}`, () => identity.getProject(id))))
  ])

  function closure(id: string, seen: Map<string, string>): Map<string, string> {
    for (const role of inferences.get(id) ?? []) {
      if (seen.has(role.id)) continue
      seen.set(role.id, role.name)
      closure(role.id, seen)
    }
    return seen
  }
  const all = new Set([...inferences.keys(), ...roles.map((role) => role.id)])
  const implied = new Map([...all].map((id) => [id, [...new Set(closure(id, new Map()).values())].sort()]))
  return {
    implied,
    admin: roles.flatMap(({ id, name }) =>
      name === adminRole || implied.get(id)?.includes(adminRole) === true ? id : []
    ),
    projects: new Set(found.flatMap((project) => project?.id ?? [])),
    domains: new Set(found.flatMap((project) => project?.domainId ?? []))
  }
}

/** Tells whether an assignment matters to isolation: one of the clusters' projects and their domains, of the system, or `admin` wherever. */
export function matters(one: RoleAssignment, { projects, domains, admin }: Roles): boolean {
  return (
    one.system ||
    admin.includes(one.roleId) ||
    projects.has(one.projectId ?? '') ||
    (one.projectId === null && domains.has(one.domainId ?? ''))
  )
}

/** Builds the assignments of an answer, in one order, each once. */
export async function assignmentAnswers(
  found: readonly RoleAssignment[],
  roles: Roles,
  { identity, detail }: IsolationClients
): Promise<readonly Assignment[]> {
  const answers = await Promise.all(
    found.map(async ({ roleId, role, projectId, domainId, system, groupId, groupName, inheritedFrom }) => {
      const group =
        groupId === null || groupName !== ''
          ? groupName
          : ((await detail(`group ${groupId}`, () => identity.getGroup(groupId)))?.name ?? '')
      return {
        ...{ role, roleId, implies: roles.implied.get(roleId) ?? [], projectId, domainId, system, groupId },
        groupName: groupId === null ? null : group,
        inheritedFrom
      }
    })
  )
  const keyed = new Map(answers.map((one) => [JSON.stringify(one), one]))
  return [...keyed.keys()].sort().map((key) => keyed.get(key)!)
}
