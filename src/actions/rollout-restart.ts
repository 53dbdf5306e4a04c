import type { Kubernetes, Workload, WorkloadKind } from '../clients/kubernetes.ts'
import type { Action, ActionContext, Result } from '../core/action.ts'
import type { Tools } from '../state/tools.ts'
import { clusterOf } from './kubernetes-scope.ts'
import { cannotRoll, culprit, progressOf } from './rollout-progress.ts'
import { lookAgainMs, pollMs, watchMs } from './watching.ts'

/** Input of `rollout-restart`; its scope is `kubernetes/<cluster>`. */
export type RolloutRestart = {
  readonly kind: WorkloadKind
  readonly namespace: string
  readonly name: string
  /** RFC 3339, decided by the policy: the same value twice is one restart. */
  readonly restartedAt: string
  /** The value of the pod template's restartedAt annotation that must be there now; null: there must be none. */
  readonly expects: string | null
  /** A rollout that takes longer has failed; default ten minutes. */
  readonly deadlineMs?: number
}

/**
 * Restarts a workload as `kubectl rollout restart` does, and watches until the new pods are available or one is found
 * that is not. There is no inverse: a restart cannot be taken back.
 */
export const rolloutRestart: Action<Tools, RolloutRestart> = {
  type: 'rollout-restart',
  async perform(input, context) {
    const kubernetes = await context.tools.kubernetes(clusterOf(context.scope))
    const written = await write(input, kubernetes, context)
    return 'outcome' in written ? written : watch(input, kubernetes, context, written)
  }
}

interface Written {
  readonly workload: Workload
  readonly changed: boolean
  readonly requestId: string | null
}

async function write(
  { kind, namespace, name, restartedAt, expects }: RolloutRestart,
  kubernetes: Kubernetes,
  context: ActionContext<Tools>
): Promise<Written | Result> {
  let refused: Result | null = null
  const { now, patched, requestId } = await kubernetes.patchWorkload(
    kind,
    namespace,
    name,
    (workload) => {
      refused = null
      const there = workload.restartedAt
      // Ours, of an attempt before this one.
      if (there === restartedAt) return null
      const cannot = cannotRoll(workload)
      if (there !== expects)
        refused = {
          outcome: 'stale',
          reason: `${named(workload)} was restarted at ${there ?? 'no time'}, not ${expects}`
        }
      else if (cannot !== null) refused = { outcome: 'failed', reason: `${named(workload)} ${cannot}`, called: false }
      if (refused !== null) return null
      const annotations = { 'kubectl.kubernetes.io/restartedAt': restartedAt }
      return { spec: { template: { metadata: { annotations } } } }
    },
    () => context.beforeChange()
  )
  if (now === null) return { outcome: 'stale', reason: `${kind.toLowerCase()} ${namespace}/${name} does not exist` }
  return refused ?? { workload: now, changed: patched, requestId }
}

async function watch(
  { kind, namespace, name, restartedAt, expects, deadlineMs = 600_000 }: RolloutRestart,
  kubernetes: Kubernetes,
  { target, scope, sleep }: ActionContext<Tools>,
  { workload, changed, requestId }: Written
): Promise<Result> {
  const began = Date.now()
  // An approval may have taken hours: the rollout began with our patch. The API server wrote down when that was.
  const since = latest(restartedAt, workload.changedByUsAt)
  for (let now: Workload | null = workload, waited = 0, poll = 0; ; poll++) {
    if (now === null)
      return { outcome: 'stale', reason: `${kind.toLowerCase()} ${namespace}/${name} was deleted during its restart` }
    const what = named(now)
    if (now.restartedAt !== restartedAt) {
      if (now.restartedAt === expects)
        return {
          outcome: 'failed',
          reason: `somebody took the restart of ${what} back: let Flux or Argo CD ignore the annotation kubectl.kubernetes.io/restartedAt of its pod template`,
          called: true
        }
      return { outcome: 'stale', reason: `${what} was restarted again, at ${now.restartedAt ?? 'no time'}` }
    }
    const seconds = Math.max(0, Math.round((Date.now() - Date.parse(since)) / 1000))
    const { done, sentence } = progressOf(now)
    if (done) {
      const applied = { target, scope, value: null }
      const note = `${what} restarted: ${sentence} after ${seconds} s`
      return changed ? { outcome: 'changed', applied, note, requestId } : { outcome: 'unchanged', applied, note }
    }
    const { stalled } = now
    const observed = now.observedGeneration >= now.generation
    const over = Date.now() - Date.parse(since) > deadlineMs
    // Only of this rollout: the condition of one before stands until its controller has seen the change.
    if (over || (observed && stalled !== null)) {
      const why = await reasonOf(kubernetes, now, since)
      const limit = over ? `not available after ${seconds} s` : 'given up by its controller'
      const reason = `the restart of ${what} is ${limit}: ${sentence}; ${why ?? stalled ?? 'no pod shows why'}`
      return { outcome: 'failed', reason, called: true }
    }
    if (Math.max(waited, Date.now() - began) >= watchMs) {
      const why = await reasonOf(kubernetes, now, since)
      const reason = `${what} still restarts after ${seconds} s: ${sentence}${why === null ? '' : `; ${why}`}`
      return { outcome: 'retry', reason, afterMs: lookAgainMs(deadlineMs), called: true, requestId }
    }
    const ms = pollMs(poll)
    await sleep(ms)
    waited += ms
    now = await kubernetes.getWorkload(kind, namespace, name)
  }
}

/** Which pod and why; what cannot be read leaves the sentence shorter. */
async function reasonOf(kubernetes: Kubernetes, workload: Workload, since: string): Promise<string | null> {
  if (workload.selector === '') return null
  try {
    return culprit(await kubernetes.listPods(workload.namespace, workload.selector), since)
  } catch (error) {
    return `its pods could not be read (${(error as Error).message})`
  }
}

const named = ({ kind, namespace, name }: Workload) => `${kind.toLowerCase()} ${namespace}/${name}`

const latest = (one: string, other: string | null) =>
  other !== null && Date.parse(other) > Date.parse(one) ? other : one
