import { volumeTypeAccessRemove } from '../actions/volume-type-access.ts'
import type { Rule } from '../rule.ts'
import { called, whom } from '../world.ts'

/** Finds a volume type of a cluster that another project has access to. */
export const volumeTypeAccess: Rule<'volume-type'> = {
  name: 'volume-type-access',
  layer: 'storage',
  kind: 'volume-type',
  severity: 'high',
  mode: 'enforce',
  // Volumes of the type that are there stay.
  cuts: false,
  what: 'A project other than the cluster’s has access to a volume type that is the cluster’s own',
  why: 'Its volumes lie among the cluster’s, and take its space and load',
  events: ['volume_type_project.access.add'],
  proof: 'GET /v3/types/{id}/os-volume-type-access',
  remedy: 'Takes the access away; volumes that are there stay',
  undo: 'Gives it again',
  judge(type, world) {
    if (type.public || world.matrix.shared.volumeTypes.some((one) => one.id === type.id)) return []
    const owners = world.clusters.filter((one) => one.volumeTypes.some(({ id }) => id === type.id))
    const [owner] = owners
    if (owner === undefined) return []
    return type.access
      .filter((project) => !owners.some((one) => one.projectId === project))
      .map((project) => {
        const to = world.holderOf(project)
        const summary = `volume type ${called(type)} of ${owner.name} may be used by ${whom(to)} (project ${project})`
        return {
          detail: project,
          from: owner.name,
          to,
          summary,
          evidence: { volumeType: type.id, project },
          ...world.unsure('volume-type', [type.id])
        }
      })
  },
  close: ({ id }, { detail, from }, world) => [
    world.step(
      volumeTypeAccessRemove,
      { cluster: from, on: `volume-type/${id}/${detail}` },
      {
        typeId: id,
        projectId: detail
      }
    )
  ]
}
