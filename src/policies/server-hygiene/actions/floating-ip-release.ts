import { change, failed, stale } from '../../shared/change.ts'
import { defineAction } from '../../shared/define-action.ts'
import { readOne } from '../questions/reading.ts'
import { objectionTo } from '../release.ts'
import type { KnownSubject } from '../subject.ts'

/** Input of `floating-ip-release`: which address, and what it was planned by. */
export type FloatingIpRelease = {
  readonly policy: string
  readonly project: string
  readonly id: string
  readonly address: string
  /** As in the settings. */
  readonly release: string
  readonly keep: string
}

/**
 * Gives a floating IP back to its pool. Everything is read and judged once more, and Neutron deletes only what is at the revision
 * that was judged. It cannot be taken back: the address may be another project's a moment later.
 */
export const floatingIpRelease = defineAction({
  type: 'floating-ip-release',
  risk: 'delete',
  describe: ({ address }: FloatingIpRelease) => `gives ${address} back to its pool: it cannot be taken back`,
  async perform({ policy, project, id, address, release, keep }: FloatingIpRelease, context) {
    const { tools } = context
    const cluster = await tools.clusterOf(project)
    if (cluster === null) return stale(`project ${project} is none of the configured clusters' any more`)
    return change<KnownSubject | null>(context, {
      read: () => readOne('floatingip', id, cluster, { policy, keep }, tools),
      is: (now) => now === null,
      objection: (now) => {
        if (now!.name !== address) return stale(`floating IP ${id} is ${now!.name} by now, not ${address}`)
        const objection = objectionTo(now!, { release, keep, exempt: [] }, tools.now())
        return objection === null ? null : stale(`floating IP ${address}: ${objection.because}`)
      },
      make: (now, call) => cluster.neutron.releaseFloatingIp(id, now!.revision!, call),
      meaning: ({ status, message }) => {
        if (status === 412) return stale(`floating IP ${address} was changed at this very moment: ${message}`)
        return status === 403 ? failed(`floating IP ${address} cannot be released: ${message}`) : null
      },
      already: `floating IP ${address} was gone already`,
      done: `floating IP ${address} is given back to its pool`
    })
  }
})
