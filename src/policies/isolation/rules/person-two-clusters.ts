import { aboutRoles, assignmentEvidence, assignmentInWords, assignmentKey, revoke } from '../person.ts'
import type { Fact, Rule, SubjectOf } from '../rule.ts'
import { called, type World } from '../world.ts'

/** Their roles on clusters' projects, and the clusters that they are admin of. */
function rolesOf(person: SubjectOf<'person'>, world: World) {
  const homes = world.clusters.filter((one) => one.admins.includes(person.id)).map((one) => one.name)
  const roles = person.assignments.flatMap((assignment) => {
    const cluster = assignment.projectId === null ? null : world.clusterOf(assignment.projectId)
    return cluster === null ? [] : [{ assignment, cluster: cluster.name }]
  })
  return { homes, roles }
}

/** Finds a user with a role in a second cluster's project. */
export const personTwoClusters: Rule<'person'> = {
  ...aboutRoles,
  name: 'person-two-clusters',
  severity: 'critical',
  mode: 'enforce',
  what: 'A person has a role in a second cluster’s project: directly, through a group, or inherited',
  why: 'Whoever takes over one account takes over two clusters',
  events: ['identity.role_assignment.created', 'identity.group.updated'],
  proof: 'GET /v3/role_assignments?user.id={id} and, for groups and inheritance, &effective',
  judge(person, world) {
    if (world.matrix.operators.includes(person.id)) return []
    const { homes, roles } = rolesOf(person, world)
    const clusters = [...new Set(roles.map((one) => one.cluster))]
    // Nobody says where they belong: two clusters are one too many, and which one is not ours to guess.
    if (homes.length === 0 && clusters.length < 2) return []
    return roles
      .filter(({ cluster }) => !homes.includes(cluster))
      .map(({ assignment, cluster }): Fact => {
        const home = homes[0] ?? clusters.find((one) => one !== cluster)!
        const belongs = homes.length === 0 ? `and one in ${home}` : `and belongs to ${homes.join(', ')}`
        return {
          detail: assignmentKey(assignment),
          from: cluster,
          to: home,
          summary: `${called(person)} has a role in ${cluster} (${assignmentInWords(assignment)}) ${belongs}`,
          evidence: assignmentEvidence(person, assignment),
          ...world.unsure('user', [person.id])
        }
      })
  },
  close(person, { detail, from }, world) {
    const { homes, roles } = rolesOf(person, world)
    if (homes.length === 0)
      return {
        none: `${called(person)} is no cluster’s admin: say where they belong (clusters.<name>.admins), or list them in operators`
      }
    const { assignment } = roles.find((one) => assignmentKey(one.assignment) === detail)!
    const foreign = roles.filter(({ cluster }) => !homes.includes(cluster)).map((one) => one.assignment)
    return revoke(
      person,
      assignment,
      from,
      person.assignments.filter((one) => !foreign.includes(one)),
      world
    )
  }
}
