import type { Kubernetes, KubernetesObject } from '../clients/kubernetes.ts'
import type { Action, ActionContext, Result } from '../core/action.ts'
import type { Tools } from '../state/tools.ts'
import { clusterOf } from './kubernetes-scope.ts'
import { lookAgainMs, pollMs, watchMs } from './watching.ts'

/** Input of `annotate`; its scope is `kubernetes/<cluster>`. */
export type Annotate = {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly annotation: string
  readonly value: string
  /**
   * When its controller has done what the annotation asks: a field of its status holds the value (Flux), it has removed
   * the annotation (Argo CD), or nobody tells.
   */
  readonly done: { readonly statusField: string } | { readonly removed: true } | null
  /** What the annotation must hold now, null: nothing; left out where it does not matter. */
  readonly expects?: string | null
  /** A controller that takes longer has failed; default ten minutes. */
  readonly deadlineMs?: number
}

/** Sets an annotation that a controller waits for, and watches until that has done what it asks. */
export const annotate: Action<Tools, Annotate> = {
  type: 'annotate',
  async perform(input, context) {
    const kubernetes = await context.tools.kubernetes(clusterOf(context.scope))
    const written = await write(input, kubernetes, context)
    return 'outcome' in written ? written : watch(input, kubernetes, context, written)
  }
}

interface Written {
  readonly object: KubernetesObject
  readonly changed: boolean
  readonly requestId: string | null
}

async function write(
  { apiVersion, kind, namespace, name, annotation, value, done, expects }: Annotate,
  kubernetes: Kubernetes,
  context: ActionContext<Tools>
): Promise<Written | Result> {
  let refused: Result | null = null
  const { now, patched, requestId } = await kubernetes.patchObject(
    apiVersion,
    kind,
    namespace,
    name,
    (object) => {
      refused = null
      const there = object.annotations[annotation] ?? null
      // An annotation that its controller removes may have been there and be gone: set once more, it only reads again.
      if (there === value) return null
      const what = named(object)
      if (expects !== undefined && there !== expects)
        refused = { outcome: 'stale', reason: `${what} has ${annotation} = ${there}; ${expects} was expected` }
      else if (object.deleting) refused = { outcome: 'stale', reason: `${what} is being deleted` }
      else if (object.suspended && done !== null)
        refused = {
          outcome: 'failed',
          reason: `${what} is suspended: nothing happens to it until somebody runs flux resume`,
          called: false
        }
      return refused === null ? { metadata: { annotations: { [annotation]: value } } } : null
    },
    () => context.beforeChange()
  )
  if (now === null) return { outcome: 'stale', reason: `${kind.toLowerCase()} ${namespace}/${name} does not exist` }
  return refused ?? { object: now, changed: patched, requestId }
}

async function watch(
  { apiVersion, kind, namespace, name, annotation, value, done, deadlineMs = 600_000 }: Annotate,
  kubernetes: Kubernetes,
  { target, scope, sleep }: ActionContext<Tools>,
  { object, changed, requestId }: Written
): Promise<Result> {
  const began = Date.now()
  const since = Date.parse(object.changedByUsAt ?? '') || began
  const applied = { target, scope, value: null }
  const ended = (note: string): Result =>
    changed ? { outcome: 'changed', applied, note, requestId } : { outcome: 'unchanged', applied, note }
  if (done === null) return ended(`${named(object)} has ${annotation} = ${value}`)
  for (let now: KubernetesObject | null = object, waited = 0, poll = 0; ; poll++) {
    if (now === null)
      return {
        outcome: 'stale',
        reason: `${kind.toLowerCase()} ${namespace}/${name} was deleted while we waited for it`
      }
    const what = named(now)
    const there = now.annotations[annotation] ?? null
    const seconds = Math.max(0, Math.round((Date.now() - since) / 1000))
    if ('removed' in done ? there === null : now.status[done.statusField] === value) {
      const { failed, sentence } = stateOf(now)
      if (failed)
        return { outcome: 'failed', reason: `${what} was handled after ${seconds} s: ${sentence}`, called: true }
      return ended(`${what} was handled after ${seconds} s${sentence === '' ? '' : `: ${sentence}`}`)
    }
    if (there !== value) return { outcome: 'stale', reason: `${what} has ${annotation} = ${there} by now` }
    if (Date.now() - since > deadlineMs)
      return { outcome: 'failed', reason: `${what} ${unhandled(annotation, seconds)}`, called: true }
    if (Math.max(waited, Date.now() - began) >= watchMs)
      return {
        outcome: 'retry',
        reason: `${what} ${unhandled(annotation, seconds)}`,
        ...{ afterMs: lookAgainMs(deadlineMs), called: true, requestId }
      }
    const ms = pollMs(poll)
    await sleep(ms)
    waited += ms
    now = await kubernetes.getObject(apiVersion, kind, namespace, name)
  }
}

const unhandled = (annotation: string, seconds: number) =>
  `has not been handled ${seconds} s after ${annotation} was set: does its controller run?`

/** What its controller says of the object itself: Flux by the condition Ready, Argo CD by sync and health. */
function stateOf({ status }: KubernetesObject): { failed: boolean; sentence: string } {
  const ready = (status.conditions as Condition[] | undefined)?.find((one) => one.type === 'Ready')
  if (ready !== undefined) return { failed: ready.status === 'False', sentence: `${ready.reason}: ${ready.message}` }
  const { sync, health } = status as { sync?: { status?: string }; health?: { status?: string } }
  return { failed: false, sentence: [sync?.status, health?.status].filter(Boolean).join(', ') }
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

const named = ({ kind, namespace, name }: KubernetesObject) => `${kind.toLowerCase()} ${namespace}/${name}`
