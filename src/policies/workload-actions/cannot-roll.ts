import type { Workload } from '../../clients/kubernetes/kubernetes.ts'

/** Says why a restart would replace no pod; null: it would. */
export function cannotRoll(workload: Workload): string | null {
  const { kind, paused, deleting, strategy } = workload
  if (deleting) return 'is being deleted'
  if (paused) return 'is paused: a restart would wait until somebody runs kubectl rollout resume'
  if (kind !== 'Deployment' && strategy === 'OnDelete')
    return 'has the update strategy OnDelete: its pods are replaced only when somebody deletes them'
  return nothingToReplace(workload)
}

/** Says why there is no pod that a restart could replace; null: there is, or its controller has not counted them yet. */
export function nothingToReplace({
  kind,
  desired,
  partition,
  observedGeneration,
  generation
}: Workload): string | null {
  if (kind === 'DaemonSet')
    return desired === 0 && observedGeneration >= generation
      ? 'is wanted on no node (its selectors and tolerations fit none): there is no pod to replace'
      : null
  if (desired === 0) return 'has replicas 0: there is no pod to replace'
  if (partition >= desired)
    return `has partition ${partition} of ${desired} replicas in its update strategy: no pod would be replaced`
  return null
}
