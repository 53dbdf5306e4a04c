import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds a volume type of a cluster that is public. */
export const volumeTypePublic: Rule<'volume-type'> = {
  name: 'volume-type-public',
  layer: 'storage',
  kind: 'volume-type',
  severity: 'high',
  mode: 'observe',
  cuts: false,
  what: 'A volume type that is a cluster’s own is public',
  why: 'Every project of the OpenStack can put volumes among the cluster’s',
  events: ['volume_type.create', 'volume_type.update'],
  proof: 'GET /v3/types/{id}: os-volume-type-access:is_public',
  remedy: 'None by itself: the cluster would lose the type as well until it is given access. The reason says how',
  undo: '-',
  judge(type, world) {
    if (!type.public || world.matrix.shared.volumeTypes.some((one) => one.id === type.id)) return []
    const owner = world.clusters.find((one) => one.volumeTypes.some(({ id }) => id === type.id))
    if (owner === undefined) return []
    const summary = `volume type ${called(type)} of ${owner.name} is public`
    return [{ detail: '', from: owner.name, to: '*', summary, evidence: { volumeType: type.id, public: true } }]
  },
  close: ({ id }, { from }, world) => ({
    none: `make it private and give ${from} access: \`openstack volume type set --private ${id}\`, \`openstack volume type set --project ${world.clusters.find((one) => one.name === from)!.projectId} ${id}\`; or list it in shared.volumeTypes`
  })
}
