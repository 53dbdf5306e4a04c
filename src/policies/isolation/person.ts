import type { ActionRequest } from '../../core/action.ts'
import { groupMemberRemove } from './actions/group-member.ts'
import { roleRevoke } from './actions/role.ts'
import type { Assignment, PersonSubject } from './questions/subjects.ts'
import type { World } from './world.ts'

/** Makes the key that tells two assignments of a person apart: the role, on what, and how it is had. */
export const assignmentKey = (one: Assignment): string =>
  [
    one.roleId,
    one.projectId ?? one.domainId ?? 'system',
    one.groupId === null ? 'direct' : `group ${one.groupId}`,
    ...(one.inheritedFrom === null ? [] : [`inherited from ${one.inheritedFrom.kind} ${one.inheritedFrom.id}`])
  ].join(' ')

/** Renders an assignment: `member, through group dev-admins, inherited from domain 1f…`. */
export function assignmentInWords({ role, groupId, groupName, inheritedFrom }: Assignment): string {
  const group = groupId === null ? '' : `, through group ${groupName ?? groupId}`
  const above = inheritedFrom === null ? '' : `, inherited from ${inheritedFrom.kind} ${inheritedFrom.id}`
  return `${role}${group}${above}`
}

/** Gives the evidence of a role assignment, as breaches carry it. */
export const assignmentEvidence = (person: PersonSubject, one: Assignment) => ({
  user: person.id,
  role: one.role,
  roleId: one.roleId,
  project: one.projectId,
  domain: one.domainId,
  system: one.system,
  group: one.groupId,
  inheritedFrom: one.inheritedFrom === null ? null : { ...one.inheritedFrom },
  federated: person.federated
})

/**
 * Makes the step that takes one assignment away and no other that the person should keep; where a group or an inheritance gives both,
 * people have to untie them. `wanted`: those that must stay.
 */
export function revoke(
  person: PersonSubject,
  one: Assignment,
  cluster: string | null,
  wanted: readonly Assignment[],
  world: World
): readonly ActionRequest[] | { readonly none: string } {
  const { roleId, groupId, groupName, inheritedFrom } = one
  if (groupId !== null) {
    const kept = wanted.find((other) => other.groupId === groupId)
    if (kept !== undefined)
      return {
        none: `group ${groupName ?? groupId} gives ${called(person)} other roles as well (${kept.role} on ${placeOf(kept)}): give those in another way, or take this role from the group`
      }
    const about = { cluster, on: `group/${groupId}/${person.id}` }
    return [world.step(groupMemberRemove, about, { groupId, userId: person.id })]
  }
  const place = inheritedFrom?.id ?? one.projectId ?? one.domainId ?? 'system'
  const about = { cluster, on: `person/${person.id}/${roleId}/${place}` }
  if (inheritedFrom !== null) {
    const same = (other: Assignment) =>
      other.groupId === null && other.roleId === roleId && other.inheritedFrom?.id === inheritedFrom.id
    const kept = wanted.find(same)
    if (kept !== undefined)
      return {
        none: `the role is inherited from ${inheritedFrom.kind} ${inheritedFrom.id}, which gives ${called(person)} others as well (${kept.role} on ${placeOf(kept)}): give those directly first`
      }
    const where = inheritedFrom.kind === 'project' ? { projectId: inheritedFrom.id } : { domainId: inheritedFrom.id }
    return [world.step(roleRevoke, about, { userId: person.id, ...where, roleId, inherited: true })]
  }
  const where =
    one.projectId !== null
      ? { projectId: one.projectId }
      : one.domainId !== null
        ? { domainId: one.domainId }
        : { system: true as const }
  return [world.step(roleRevoke, about, { userId: person.id, ...where, roleId, inherited: false })]
}

const called = ({ name, id }: PersonSubject) => (name === '' ? id : name)
const placeOf = (one: Assignment) =>
  one.projectId !== null ? `project ${one.projectId}` : one.domainId !== null ? `domain ${one.domainId}` : 'the system'

/** What rules about a person's roles have in common. */
export const aboutRoles = {
  layer: 'identity',
  kind: 'person',
  cuts: true,
  remedy:
    'Revokes the role where it was given: directly, by inheritance, or by taking the person out of the group. Application credentials that rest on it go with it',
  undo: 'Gives the role, or the place in the group, again. Of somebody who comes in through federation, the identity provider gives it back at the next login: change it there as well'
} as const
