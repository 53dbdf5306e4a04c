import type { Rule } from '../rule.ts'
import { called } from '../world.ts'

/** Finds a volume of a cluster that several servers may attach at once. */
export const volumeMultiattach: Rule<'volume'> = {
  name: 'volume-multiattach',
  layer: 'storage',
  kind: 'volume',
  severity: 'low',
  mode: 'observe',
  cuts: false,
  what: 'A volume of a cluster may be attached to several servers at once (multiattach)',
  why: 'Nodes share a disk past every access rule of the cluster, and a file system that is not made for it is lost',
  events: ['volume.create.end'],
  proof: 'GET /v3/volumes/{id}: multiattach, attachments',
  remedy: 'None by itself: a volume stays multiattach for ever. Exempt it, or switch the rule off, where it is wanted',
  undo: '-',
  judge(volume, world) {
    const owner = world.clusterOf(volume.projectId)
    if (owner === null || !volume.multiattach) return []
    const on = volume.attachedTo.length
    const summary = `volume ${called(volume)} of ${owner.name} is multiattach, and attached to ${on} server${on === 1 ? '' : 's'}`
    const evidence = { volume: volume.id, multiattach: true, attachedTo: volume.attachedTo }
    return [{ detail: '', from: owner.name, to: owner.name, summary, evidence }]
  },
  close: () => ({ none: 'a volume stays multiattach: copy its data to one that is not, or exempt it' })
}
