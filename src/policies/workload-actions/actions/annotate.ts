import type { Kubernetes, KubernetesObject } from '../../../clients/kubernetes/kubernetes.ts'
import type { ActionContext, Result } from '../../../core/action.ts'
import type { AskedCommit } from '../../../core/commit.ts'
import { type DefinedAction, defineAction } from '../../shared/define-action.ts'
import type { Tools } from '../../shared/tools.ts'
import { lookAgainMs, pollMs, watchMs } from '../../shared/watching.ts'
import { handlingOf } from './handling.ts'
import type { Handling } from './handling-state.ts'
import { clusterOf } from './kubernetes-scope.ts'

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
  /** What it applies: it is done when it has the revision that is there. */
  readonly source?: Named | null
  /** The commit that it must have then; left out where nobody asked for one. */
  readonly asked?: AskedCommit
  /** The revision that it had when this was decided. */
  readonly before?: string | null
}

type Named = {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/**
 * Sets an annotation that a controller waits for, and watches until that has done what it asks: a controller that has
 * looked and found nothing new, or something else than was asked for, has not.
 */
export const annotate: DefinedAction<Annotate, 'update'> = defineAction({
  type: 'annotate',
  risk: 'update',
  async perform(input, context) {
    const kubernetes = await context.tools.kubernetes(clusterOf(context.scope))
    const written = await write(input, kubernetes, context)
    return 'outcome' in written ? written : watch(input, kubernetes, context, written)
  }
})

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
    context.beforeChange
  )
  if (now === null) return { outcome: 'stale', reason: `${kind.toLowerCase()} ${namespace}/${name} does not exist` }
  return refused ?? { object: now, changed: patched, requestId }
}

async function watch(
  { apiVersion, kind, namespace, name, annotation, value, done, deadlineMs = 600_000, ...rest }: Annotate,
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
    const handled = isHandled(now, { annotation, value, done })
    if (!handled && there === null)
      return { outcome: 'stale', reason: `somebody took ${annotation} of ${what} away before it was handled` }
    const handling = handled ? await look(now, rest, kubernetes) : null
    if (handling?.state === 'done') return ended(`${what} was handled after ${seconds} s: ${handling.sentence}`)
    if (handling?.state === 'failed')
      return { outcome: 'failed', reason: `${what} was handled after ${seconds} s: ${handling.sentence}`, called: true }
    const waits =
      handling === null
        ? `${what} ${unhandled(annotation, seconds)}`
        : `${what} was handled, and is not done after ${seconds} s: ${handling.sentence}`
    if (Date.now() - since > deadlineMs) return { outcome: 'failed', reason: waits, called: true }
    if (Math.max(waited, Date.now() - began) >= watchMs)
      return { outcome: 'retry', reason: waits, afterMs: lookAgainMs(deadlineMs), called: true, requestId }
    const ms = pollMs(poll)
    await sleep(ms)
    waited += ms
    now = await kubernetes.getObject(apiVersion, kind, namespace, name)
  }
}

/** Whether its controller has looked since; somebody who asked again after us gets one look for both of us. */
function isHandled(
  { annotations, status }: KubernetesObject,
  { annotation, value, done }: Pick<Annotate, 'annotation' | 'value'> & { done: NonNullable<Annotate['done']> }
): boolean {
  const there = annotations[annotation] ?? null
  if ('removed' in done) return there === null
  const handled = status[done.statusField]
  return handled === value || (there !== null && handled === there)
}

async function look(
  object: KubernetesObject,
  { source: from, asked, before }: Pick<Annotate, 'source' | 'asked' | 'before'>,
  kubernetes: Kubernetes
): Promise<Handling> {
  if (from == null) return handlingOf(object, { source: null, asked, before })
  const source = await kubernetes.getObject(from.apiVersion, from.kind, from.namespace, from.name)
  if (source !== null) return handlingOf(object, { source, asked, before })
  const what = `${from.kind.toLowerCase()} ${from.namespace}/${from.name}`
  return { state: 'failed', sentence: `its source ${what} does not exist any more` }
}

const unhandled = (annotation: string, seconds: number) =>
  `has not been handled ${seconds} s after ${annotation} was set: does its controller run?`

const named = ({ kind, namespace, name }: KubernetesObject) => `${kind.toLowerCase()} ${namespace}/${name}`
