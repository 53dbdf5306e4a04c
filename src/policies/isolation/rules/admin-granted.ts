import { revokeFromOthers } from '../operators.ts'
import { aboutRoles, assignmentEvidence, assignmentInWords, assignmentKey } from '../person.ts'
import type { Assignment, PersonSubject } from '../questions/subjects.ts'
import type { Rule } from '../rule.ts'
import { called, type World } from '../world.ts'

/**
 * Roles of admins on a cluster's project, or on a domain that has one. Of somebody who has to do with a cluster `admin` counts
 * wherever it is: most services do not ask on what. Users of services, which have it on projects of their own, are not ours.
 */
function adminsRoles({ id, assignments }: PersonSubject, world: World): readonly Assignment[] {
  const isOurs = ({ projectId, domainId }: Assignment) =>
    world.clusterOf(projectId) !== null || world.clusters.some((one) => one.domainId === domainId)
  const theirs = assignments.some(isOurs) || world.clusters.some((one) => one.admins.includes(id))
  return assignments.filter((one) => {
    const names = [one.role, ...(one.implies ?? [])]
    if (one.system || !world.settings.adminRoles.some((name) => names.includes(name))) return false
    return isOurs(one) || (theirs && names.includes('admin'))
  })
}

/** Finds admin roles of people who are no operators. */
export const adminGranted: Rule<'person'> = {
  ...aboutRoles,
  name: 'admin-granted',
  severity: 'critical',
  mode: 'approve',
  what: 'Somebody who is no operator has a role of `adminRoles`, or one that implies it, on a cluster’s project or on its domain; or `admin` anywhere, and has to do with a cluster',
  why: 'Most services take `admin` on any project for admin of the whole OpenStack: no wall holds against it',
  events: ['identity.role_assignment.created', 'identity.group.updated'],
  proof: 'GET /v3/role_assignments?user.id={id} and, for groups and inheritance, &effective',
  judge(person, world) {
    if (world.matrix.operators.includes(person.id)) return []
    return adminsRoles(person, world).map((assignment) => {
      const { projectId, domainId } = assignment
      const cluster = world.clusterOf(projectId) ?? world.clusters.find((one) => one.domainId === domainId)
      const where =
        cluster === undefined
          ? projectId === null
            ? `domain ${domainId}`
            : `project ${projectId}`
          : projectId === null
            ? `the domain of ${cluster.name}`
            : cluster.name
      return {
        detail: assignmentKey(assignment),
        from: '*',
        to: cluster?.name ?? '*',
        summary: `${called(person)} is admin in ${where} (${assignmentInWords(assignment)}) and no operator`,
        evidence: assignmentEvidence(person, assignment),
        ...world.unsure('user', [person.id])
      }
    })
  },
  close: (person, { detail }, world) => revokeFromOthers(person, detail, world, adminsRoles(person, world))
}
