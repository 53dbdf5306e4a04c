import type { IsolationClients } from '../../../clients/cloud/isolation.ts'
import type { RoleAssignment } from '../../../clients/keystone/assignments.ts'
import { allowed, type Unread } from './allowed.ts'
import { credentialSubject } from './application-credential.ts'
import { readRoles } from './assignments.ts'
import { mappingSubject } from './mapping.ts'
import { personSubject } from './person.ts'
import type { Subject } from './subjects.ts'
import { trustSubject } from './trust.ts'

/** Reads who has a role in the clusters' projects or their domains, in the system, or is `admin` anywhere; and what they gave on. */
export async function readAllPeople(
  clients: IsolationClients,
  all: ReadonlySet<string>
): Promise<{ readonly subjects: readonly Subject[]; readonly unread: Unread }> {
  const { identity, detail } = clients
  const unread: Unread = { sentences: [], kinds: [] }
  const roles = await readRoles(clients, all)
  const { projects } = roles
  const effective = await Promise.all([
    ...[...projects].map((projectId) => identity.listAssignments({ projectId, effective: true })),
    ...[...roles.domains].map((domainId) => identity.listAssignments({ domainId, effective: true })),
    ...roles.admin.map((roleId) => identity.listAssignments({ roleId, effective: true }))
  ])
  const [system, trusts, mappings] = await Promise.all([
    ofTheSystem(clients),
    allowed(() => identity.listTrusts(), { kind: 'trust', sentence: trustsRefused(clients.cloud) }, unread),
    allowed(() => identity.listMappings(), { kind: 'mapping', sentence: mappingsRefused(clients.cloud) }, unread)
  ])
  const byUser = Map.groupBy([...effective.flat(), ...system], (one) => one.userId ?? '')
  const found = await Promise.all(
    [...byUser].map(async ([id, assignments]): Promise<readonly Subject[]> => {
      const user = await detail(`user ${id}`, () => identity.getUser(id))
      if (user === null) return []
      const person = await personSubject(user, assignments, roles, clients)
      // A credential has roles of one project only, and its user has them there.
      if (!assignments.some((one) => projects.has(one.projectId ?? ''))) return [person]
      const credentials = await detail(`credentials ${id}`, () => identity.listApplicationCredentials(id))
      const theirs = credentials.filter((one) => projects.has(one.projectId ?? ''))
      return [person, ...theirs.map((one) => credentialSubject(one, id, user.name))]
    })
  )
  const ours = trusts.filter((trust) => projects.has(trust.projectId ?? ''))
  // A trust never changes: its roles are asked for once.
  const whole = await Promise.all(ours.map(({ id }) => detail(`trust ${id}`, () => identity.getTrust(id))))
  const subjects = [
    ...found.flat(),
    ...whole.flatMap((trust) => (trust === null ? [] : trustSubject(trust))),
    ...mappings.map(mappingSubject)
  ]
  return { subjects, unread }
}

const trustsRefused = (cloud: string) =>
  `trusts are not judged: Keystone tells them to no application credential, so give the entry ${cloud} a user and password`
const mappingsRefused = (cloud: string) =>
  `federation mappings are not judged: let the user of the entry ${cloud} read them (identity:list_mappings)`

/** Keystone's effective list leaves the system out, so groups are expanded here. */
async function ofTheSystem({ identity, detail }: IsolationClients): Promise<readonly RoleAssignment[]> {
  const given = await identity.listAssignments({ system: true, effective: false })
  const expanded = await Promise.all(
    given.map(async (one) => {
      const { userId, groupId } = one
      if (userId !== null || groupId === null) return [one]
      const members = await detail(`members ${groupId}`, () => identity.listMembers(groupId), 0)
      return members.map((user) => ({ ...one, userId: user.id }))
    })
  )
  return expanded.flat()
}
