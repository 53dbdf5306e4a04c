import { revokeFromOthers } from '../operators.ts'
import { aboutRoles, assignmentEvidence, assignmentInWords, assignmentKey } from '../person.ts'
import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds a role on the system scope of somebody who is no operator. */
export const systemRole: Rule<'person'> = {
  ...aboutRoles,
  name: 'system-role',
  severity: 'critical',
  mode: 'approve',
  what: 'Somebody who is no operator has a role on the system',
  why: 'It reaches into every project, and Keystone tells nobody when it is given',
  events: [],
  proof: 'GET /v3/role_assignments?scope.system=all&user.id={id}',
  judge(person, world) {
    if (world.matrix.operators.includes(person.id)) return []
    return person.assignments
      .filter((one) => one.system)
      .map((one) => ({
        detail: assignmentKey(one),
        from: '*',
        to: '*',
        summary: `${called(person)} has a role on the system (${assignmentInWords(one)}) and is no operator`,
        evidence: assignmentEvidence(person, one),
        ...world.unsure('user', [person.id])
      }))
  },
  close: (person, { detail }, world) =>
    revokeFromOthers(
      person,
      detail,
      world,
      person.assignments.filter((one) => one.system)
    )
}
