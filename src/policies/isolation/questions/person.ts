import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { RoleAssignment } from '../../../clients/keystone/assignments.ts'
import type { User } from '../../../clients/keystone/identity.ts'
import { assignmentAnswers, matters, type Roles, readRoles } from './assignments.ts'
import type { ReadOne } from './reading.ts'
import type { PersonSubject } from './subjects.ts'

/** Builds the subject of a user with role assignments and group memberships. */
export async function personSubject(
  user: User,
  assignments: readonly RoleAssignment[],
  roles: Roles,
  clients: IsolationClients
): Promise<PersonSubject> {
  const { id, name, domainId, federated, enabled } = user
  const found = await assignmentAnswers(assignments, roles, clients)
  return {
    kind: 'person',
    ...{ id, name: name.toWellFormed(), projectId: '', domainId, federated, enabled },
    assignments: found
  }
}

/** Reads one user with role assignments; null where the user is gone. */
export const readPerson: ReadOne = async (id, { clients, projects }) => {
  const { identity, detail } = clients
  const user = await detail(`user ${id}`, () => identity.getUser(id), 0)
  if (user === null) return null
  const [roles, had, groups, system] = await Promise.all([
    readRoles(clients, projects),
    identity.listAssignments({ userId: id, effective: true }),
    identity.groupsOf(id),
    identity.listAssignments({ system: true, effective: false })
  ])
  const mine = system.filter(
    (one) => one.userId === id || (one.userId === null && groups.some((group) => group.id === one.groupId))
  )
  return personSubject(
    user,
    [...had, ...mine].filter((one) => matters(one, roles)),
    roles,
    clients
  )
}
