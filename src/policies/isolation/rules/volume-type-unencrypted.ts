import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds a volume type without encryption of a cluster with `encrypted`. */
export const volumeTypeUnencrypted: Rule<'volume-type'> = {
  name: 'volume-type-unencrypted',
  layer: 'storage',
  kind: 'volume-type',
  severity: 'high',
  mode: 'observe',
  cuts: false,
  what: 'A volume type of a cluster with `encrypted` has no encryption',
  why: 'Every volume that is made of it is unencrypted for good',
  // Cinder says nothing when the encryption of a type goes.
  events: [],
  proof: 'GET /v3/types/{id}/encryption',
  remedy: 'None by itself: Cinder sets the encryption of a type only while no volume has it. The reason says how',
  undo: '-',
  judge(type, world) {
    const owner = world.clusters.find(
      (one) => one.settings.encrypted && one.volumeTypes.some(({ id }) => id === type.id)
    )
    if (owner === undefined || type.encrypted) return []
    const summary = `volume type ${called(type)} of ${owner.name} has no encryption`
    const evidence = { volumeType: type.id, encrypted: false }
    return [{ detail: '', from: owner.name, to: owner.name, summary, evidence }]
  },
  close: ({ id }) => ({
    none: `set it while no volume has the type: \`openstack volume type set --encryption-provider luks … ${id}\``
  })
}
