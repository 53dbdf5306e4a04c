import { errorText } from '../../../base/error-text.ts'
import type { Kubernetes, Pod, Workload, WorkloadKind } from '../../../clients/kubernetes/kubernetes.ts'
import type { ActionContext, Result } from '../../../core/action.ts'
import type { AskedCommit } from '../../../core/commit.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import type { Tools } from '../../shared/tools.ts'
import { lookAgainMs, pollMs, watchMs } from '../../shared/watching.ts'
import { cannotRoll, nothingToReplace } from '../cannot-roll.ts'
import { clusterOf } from './kubernetes-scope.ts'
import { replacedBy } from './replaced.ts'
import { culprit, madeSince, progressOf } from './rollout-progress.ts'

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
  /** The commit that is to run then; left out where nobody asked for one. */
  readonly asked?: AskedCommit
}

/**
 * Restarts a workload as `kubectl rollout restart` does, and watches until the new pods are available or one is found
 * that is not; done is only what replaced pods, and not by another commit than was asked for. There is no inverse: a
 * restart cannot be taken back.
 */
export const rolloutRestart: DefinedAction<RolloutRestart, 'update'> = defineAction({
  type: 'rollout-restart',
  risk: 'update',
  async perform(input, context) {
    const kubernetes = await context.tools.kubernetes(clusterOf(context.scope))
    const written = await write(input, kubernetes, context)
    return 'outcome' in written ? written : watch(input, kubernetes, context, written)
  }
})

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
    context.beforeChange
  )
  if (now === null) return { outcome: 'stale', reason: `${kind.toLowerCase()} ${namespace}/${name} does not exist` }
  return refused ?? { workload: now, changed: patched, requestId }
}

async function watch(
  { kind, namespace, name, restartedAt, expects, deadlineMs = 600_000, asked }: RolloutRestart,
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
    const nothing = nothingToReplace(now)
    if (nothing !== null)
      return { outcome: 'failed', reason: `the restart of ${what} replaced nothing: it ${nothing}`, called: true }
    const { done, sentence } = progressOf(now)
    if (done) {
      const pods = await podsOf(kubernetes, now)
      const replaced = replacedBy(now, typeof pods === 'string' ? null : madeSince(pods, since), asked)
      const unread = typeof pods === 'string' ? `; ${pods}` : ''
      const note = `${what} restarted: ${sentence} after ${seconds} s; ${replaced.sentence}${unread}`
      if (replaced.wrong) return { outcome: 'failed', reason: note, called: true }
      const applied = { target, scope, value: null }
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
  const pods = await podsOf(kubernetes, workload)
  if (typeof pods !== 'string') return culprit(workload, pods, since)
  return workload.failing === null ? pods : `${workload.failing}; ${pods}`
}

/** Or why they could not be read, as a sentence. */
async function podsOf(kubernetes: Kubernetes, { namespace, selector }: Workload): Promise<readonly Pod[] | string> {
  if (selector === '') return []
  try {
    return await kubernetes.listPods(namespace, selector)
  } catch (error) {
    return `its pods could not be read (${errorText(error)})`
  }
}

const named = ({ kind, namespace, name }: Workload) => `${kind.toLowerCase()} ${namespace}/${name}`

const HOUR_MS = 3_600_000

/** A time far ahead is nobody's restart: with it the deadline would never come. */
const latest = (one: string, other: string | null) =>
  other !== null && Date.parse(other) > Date.parse(one) && Date.parse(other) < Date.now() + HOUR_MS ? other : one
