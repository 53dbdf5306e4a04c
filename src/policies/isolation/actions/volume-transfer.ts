import type { VolumeWall } from '../../../clients/cinder/isolation.ts'
import { mark } from '../../../core/ownership.ts'
import { change, failed, stale } from '../../shared/change.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import type { ClusterClients } from '../../shared/tools.ts'

/** Input of `volume-transfer`: names of clusters in the configuration. */
export type VolumeTransfer = {
  /** Journalled with what a rule plans; the two clusters say which entries are used. */
  readonly cloud?: string
  readonly volumeId: string
  /** The cluster whose project holds the volume now. */
  readonly fromCluster: string
  readonly toCluster: string
}

/**
 * Gives a volume to another cluster's project: offered by the entry of the one, accepted by that of the other. The key
 * that accepts it lives in this call only. Itself with swapped clusters takes it back.
 */
export const volumeTransfer: DefinedAction<VolumeTransfer, 'update'> = defineAction({
  type: 'volume-transfer',
  risk: 'update',
  async perform({ volumeId, fromCluster, toCluster }, context) {
    const clusters = await context.tools.clusters()
    const from = clusters.find((one) => one.name === fromCluster)
    const to = clusters.find((one) => one.name === toCluster)
    if (from === undefined || to === undefined)
      return failed(
        `there is no cluster '${from === undefined ? fromCluster : toCluster}'; clusters are: ${context.tools.clusterNames.join(', ')}`,
        false
      )
    const giver = (await context.tools.remedies(from.cloud)).storage
    const taker = (await context.tools.remedies(to.cloud)).storage
    return change<{ readonly holder: ClusterClients | null; readonly volume: VolumeWall | null }>(context, {
      // Each entry sees its own project's volumes only.
      read: async () => {
        for (const holder of [to, from]) {
          const { storage } = await context.tools.isolation(holder.cloud)
          const volume = await storage.getVolume(volumeId)
          if (volume !== null && volume.projectId === holder.projectId) return { holder, volume }
        }
        return { holder: null, volume: null }
      },
      is: (now) => now.holder === to,
      objection: ({ volume }) => {
        if (volume === null)
          return stale(`volume ${volumeId} is neither in ${fromCluster} nor in ${toCluster} any more`)
        // An offer that nobody accepted is made anew below.
        if (volume.status === 'available' || volume.status === 'awaiting-transfer') return null
        const how =
          volume.attachedTo.length > 0
            ? `detach it from server ${volume.attachedTo.join(', ')} first`
            : 'wait until it is available, or reset its state'
        return failed(`volume ${volumeId} is ${volume.status} and cannot be transferred: ${how}`, false)
      },
      make: async (_, call) => {
        for (const open of await giver.openTransfers(volumeId)) await giver.deleteTransfer(open, call)
        const { id, key } = await giver.createTransfer(volumeId, mark(context.installId), call)
        try {
          return await taker.acceptTransfer(id, key, call)
        } catch (error) {
          // An open offer keeps the volume from everything else; where this fails too, the next attempt removes it.
          if ((error as { unknownOutcome?: boolean }).unknownOutcome !== true)
            await giver.deleteTransfer(id, call).catch(() => {})
          throw error
        }
      },
      meaning: ({ status, message }) =>
        status === 413
          ? failed(
              `volume ${volumeId} does not fit into ${toCluster}: ${message}; raise its quota of volumes and gigabytes`
            )
          : null,
      already: `volume ${volumeId} was ${toCluster}’s already`,
      done: `volume ${volumeId} went from ${fromCluster} to ${toCluster}`,
      inverse: () => volumeTransfer.inverse({ volumeId, fromCluster: toCluster, toCluster: fromCluster })
    })
  }
})
