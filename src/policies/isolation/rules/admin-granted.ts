import type { PersonSubject } from '../../../state/isolation/subjects.ts'
import { revokeFromOthers } from '../operators.ts'
import { aboutRoles, assignmentEvidence, assignmentInWords, assignmentKey } from '../person.ts'
import type { Rule } from '../rule.ts'
import { called, type World } from '../world.ts'

/** Roles of admins on a cluster's project, or on a domain that has one. */
const adminRoles = (person: PersonSubject, world: World) =>
  person.assignments.filter(
    ({ role, projectId, domainId }) =>
      world.settings.adminRoles.includes(role) &&
      (world.clusterOf(projectId) !== null || world.clusters.some((one) => one.domainId === domainId))
  )

export const adminGranted: Rule<'person'> = {
  ...aboutRoles,
  name: 'admin-granted',
  severity: 'critical',
  mode: 'approve',
  what: 'Somebody who is no operator has a role of `adminRoles` on a cluster’s project, or on its domain',
  why: 'Most services take `admin` on any project for admin of the whole cloud: no wall holds against it',
  events: ['identity.role_assignment.created', 'identity.group.updated'],
  proof: 'GET /v3/role_assignments?user.id={id} and, for groups and inheritance, &effective',
  judge(person, world) {
    if (world.matrix.operators.includes(person.id)) return []
    return adminRoles(person, world).map((assignment) => {
      const cluster =
        world.clusterOf(assignment.projectId) ?? world.clusters.find((one) => one.domainId === assignment.domainId)!
      const where = assignment.projectId === null ? `the domain of ${cluster.name}` : cluster.name
      return {
        detail: assignmentKey(assignment),
        from: '*',
        to: cluster.name,
        summary: `${called(person)} is admin in ${where} (${assignmentInWords(assignment)}) and no operator`,
        evidence: assignmentEvidence(person, assignment)
      }
    })
  },
  close: (person, { detail }, world) => revokeFromOthers(person, detail, world, adminRoles(person, world))
}
