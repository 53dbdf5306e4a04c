import type { ActionRequest } from '../../core/action.ts'
import { assignmentKey, revoke } from './person.ts'
import type { Assignment, PersonSubject } from './questions/subjects.ts'
import type { World } from './world.ts'

/**
 * Takes away what only operators may have. Where no operator is listed, nobody knows who is one, and a cloud without
 * any admin is worse than one with too many.
 */
export function revokeFromOthers(
  person: PersonSubject,
  detail: string,
  world: World,
  theirs: readonly Assignment[]
): readonly ActionRequest[] | { readonly none: string } {
  if (world.matrix.operators.length === 0)
    return {
      none: 'no operators are listed, so that everybody would lose it: list the admins of the OpenStack and its service users'
    }
  const one = theirs.find((assignment) => assignmentKey(assignment) === detail)!
  const cluster = world.clusterOf(one.projectId)?.name ?? null
  return revoke(
    person,
    one,
    cluster,
    person.assignments.filter((other) => !theirs.includes(other)),
    world
  )
}
