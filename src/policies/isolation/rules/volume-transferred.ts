import { volumeTransfer } from '../actions/volume-transfer.ts'
import type { Rule } from '../rule.ts'
import { called, outside, whom } from '../world.ts'

/** Finds a volume that was transferred from a cluster to another project. */
export const volumeTransferred: Rule<'volume'> = {
  name: 'volume-transferred',
  layer: 'storage',
  kind: 'volume',
  severity: 'high',
  mode: 'enforce',
  cuts: true,
  what: 'A volume that one cluster had first is now another project’s (a volume transfer was accepted)',
  why: 'With the volume goes what is on it: the data of one cluster is read in another',
  events: ['volume.transfer.accept.end'],
  proof: 'GET /v3/volumes/{id}: os-vol-tenant-attr:tenant_id, and the project that the journal knew it in first',
  remedy:
    'Transfers it back: creates a transfer as the one cluster, accepts it as the other. Only while no server has it',
  undo: 'Transfers it again',
  judge(volume, world) {
    const home = world.clusterOf(volume.homeProjectId)
    const now = world.clusterOf(volume.projectId)
    if (volume.homeProjectId === null || volume.homeProjectId === volume.projectId) return []
    if (home === null && now === null) return []
    const to = now?.name ?? outside
    const summary = `volume ${called(volume)} was first ${home === null ? 'a project’s of no cluster' : `${home.name}’s`} and is now of ${whom(to)}`
    const evidence = { volume: volume.id, homeProject: volume.homeProjectId, project: volume.projectId }
    return [{ detail: '', from: home?.name ?? to, to: home === null ? outside : to, summary, evidence }]
  },
  close(volume, _fact, world) {
    const home = world.clusterOf(volume.homeProjectId)
    const now = world.clusterOf(volume.projectId)
    if (home === null || now === null)
      return { none: 'one of the two projects is no cluster’s: only its own people can transfer the volume' }
    // An offer that nobody has accepted yet is taken back first.
    if (volume.status !== 'available' && volume.status !== 'awaiting-transfer')
      return { none: `the volume is ${volume.status}${attached(volume.attachedTo)}: a transfer needs it available` }
    const about = { cluster: now.name, on: `volume/${volume.id}` }
    const input = { volumeId: volume.id, fromCluster: now.name, toCluster: home.name }
    return [world.step(volumeTransfer, about, input)]
  }
}

const attached = (servers: readonly string[]) => (servers.length === 0 ? '' : ` (attached to ${servers.join(', ')})`)
