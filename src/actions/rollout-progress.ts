import type { Pod, Workload } from '../clients/kubernetes.ts'

/** How far a rollout is, as `kubectl rollout status` sees it. */
export interface Progress {
  readonly done: boolean
  /** e.g. `2 of 3 updated, 1 of 3 available`. */
  readonly sentence: string
}

/** Compares what a workload's controller has done with what is asked of it. */
export function progressOf(workload: Workload): Progress {
  const { kind, desired, current, updated, available, ready, partition } = workload
  const observed = workload.observedGeneration >= workload.generation
  // Before that, the numbers are those of the rollout before.
  if (!observed) return { done: false, sentence: 'its controller has not seen the change yet' }
  const sentence =
    updated >= desired && available >= desired
      ? `${available} of ${desired} available`
      : `${updated} of ${desired} updated, ${available} of ${desired} available`
  if (kind === 'DaemonSet') return { done: updated >= desired && available >= desired, sentence }
  if (kind === 'StatefulSet') {
    const over = partition > 0 || workload.currentRevision === workload.updateRevision
    return { done: over && updated >= desired - partition && ready >= desired && available >= desired, sentence }
  }
  if (updated >= desired && current > updated)
    return { done: false, sentence: `${sentence}, ${current - updated} of the old ones still end` }
  return { done: updated >= desired && available >= updated, sentence }
}

/** Why a restart would replace no pod; null: it would. */
export function cannotRoll({ kind, paused, deleting, strategy }: Workload): string | null {
  if (deleting) return 'is being deleted'
  if (paused) return 'is paused: a restart would wait until somebody runs kubectl rollout resume'
  if (kind !== 'Deployment' && strategy === 'OnDelete')
    return 'has the update strategy OnDelete: its pods are replaced only when somebody deletes them'
  return null
}

/** The pod that keeps a rollout, and why; null: none shows anything. */
export function culprit(pods: readonly Pod[], since: string): string | null {
  const troubled = pods.filter((one) => one.trouble !== null && !one.deleting)
  // An old pod that was ill before is not what this rollout waits for.
  const young = troubled.filter((one) => Date.parse(one.createdAt) >= Date.parse(since) - 1000)
  const found = (young.length > 0 ? young : troubled).toSorted((one, other) => (one.name < other.name ? -1 : 1))
  if (found[0] === undefined) return null
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : ''
  return `pod ${found[0].name}: ${found[0].trouble}${more}`
}
