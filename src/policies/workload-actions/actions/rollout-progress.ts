import type { Pod, Workload } from '../../../clients/kubernetes/kubernetes.ts'

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

/** Pods that were made since; a pod's time has whole seconds. */
export const madeSince = (pods: readonly Pod[], time: string): readonly Pod[] =>
  pods.filter((one) => !one.deleting && Date.parse(one.createdAt) >= Date.parse(time) - 1000)

/** Finds what keeps a rollout: its controller that may make no pods, and the pod that does not run; null: nothing shows. */
export function culprit(workload: Workload, pods: readonly Pod[], time: string): string | null {
  const troubled = pods.filter((one) => one.trouble !== null && !one.deleting)
  // An old pod that was ill before is not what this rollout waits for.
  const young = madeSince(troubled, time)
  const found = young.length > 0 || workload.failing !== null ? young : troubled
  const pod = first(found, (one) => one.trouble) ?? first(madeSince(pods, time), (one) => waits(one))
  const why = [workload.failing, pod].filter((one) => one !== null)
  return why.length === 0 ? null : why.join('; ')
}

function first(pods: readonly Pod[], say: (pod: Pod) => string | null): string | null {
  const found = pods.filter((one) => say(one) !== null).toSorted((one, other) => (one.name < other.name ? -1 : 1))
  if (found[0] === undefined) return null
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : ''
  return `pod ${found[0].name}: ${say(found[0])}${more}`
}

const waits = ({ starting }: Pod): string | null =>
  starting === null ? null : `${starting}: a volume or the network is not there yet, kubectl describe pod tells which`
