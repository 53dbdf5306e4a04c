import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds an unencrypted volume of a cluster with `encrypted`. */
export const volumeUnencrypted: Rule<'volume'> = {
  name: 'volume-unencrypted',
  layer: 'storage',
  kind: 'volume',
  severity: 'high',
  mode: 'observe',
  cuts: false,
  what: 'A volume of a cluster with `encrypted` is not encrypted',
  why: 'Whoever has the disk, or a copy of the volume, has the data',
  events: ['volume.create.end'],
  proof: 'GET /v3/volumes/{id}: encrypted',
  remedy: 'None by itself: a volume cannot be encrypted where it is. The reason says how',
  undo: '-',
  judge(volume, world) {
    const owner = world.clusterOf(volume.projectId)
    if (owner === null || !owner.settings.encrypted || volume.encrypted) return []
    const summary = `volume ${called(volume)} of ${owner.name} (type ${volume.typeName ?? 'none'}) is not encrypted`
    const evidence = { volume: volume.id, type: volume.typeName, encrypted: false }
    return [{ detail: '', from: owner.name, to: owner.name, summary, evidence }]
  },
  close: () => ({ none: 'its data has to be copied to a volume of an encrypted type' })
}
