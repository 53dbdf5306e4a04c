import type { Rule } from '../rule.ts'
import { called, outside } from '../world.ts'

/** Finds a volume of a cluster with a type that it may not use. */
export const volumeTypeForeign: Rule<'volume'> = {
  name: 'volume-type-foreign',
  layer: 'storage',
  kind: 'volume',
  severity: 'medium',
  mode: 'observe',
  cuts: false,
  what: 'A volume of a cluster has a type that is neither the cluster’s nor one that several may use',
  why: 'It lies in another cluster’s storage, under its keys and its load',
  events: ['volume.create.end'],
  proof: 'GET /v3/volumes/{id}: volume_type',
  remedy: 'None by itself: a retype moves the data, for hours. The reason says how',
  undo: '-',
  judge(volume, world) {
    const owner = world.clusterOf(volume.projectId)
    const type = volume.typeName
    if (owner === null || type === null) return []
    const has = (types: readonly { readonly id: string; readonly name: string }[]) =>
      types.some((one) => one.name === type || one.id === type)
    if (has(owner.volumeTypes) || has(world.matrix.shared.volumeTypes)) return []
    const other = world.clusters.find((one) => one !== owner && has(one.volumeTypes))
    if (other === undefined && owner.volumeTypes.length === 0) return []
    const of = other === undefined ? 'which is none of its own' : `which is ${other.name}’s`
    const summary = `volume ${called(volume)} of ${owner.name} has type ${type}, ${of}`
    const evidence = { volume: volume.id, type }
    return [{ detail: '', from: other?.name ?? outside, to: owner.name, summary, evidence }]
  },
  close: ({ id }) => ({
    none: `moving its data is for its owners: \`openstack volume set --type <type> --retype-policy on-demand ${id}\``
  })
}
