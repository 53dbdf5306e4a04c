import { errorText } from '../../base/error-text.ts'
import type { CallOptions } from '../../clients/openstack/cloud.ts'
import type { ActionContext, Inverse, Result } from '../../core/action.ts'
import type { Tools } from './tools.ts'
import { pollMs, watchMs } from './watching.ts'

/** One idempotent change: how the state is read, when it is as wanted, and the call that makes it so. */
export interface Change<Now> {
  read(): Promise<Now>
  /** Whether it is as wanted. */
  is(now: Now): boolean
  /** Why it must not be made so, on what is there by now. */
  objection?(now: Now): Result | null
  /** Makes the calls, each with `call`; the service's own id of the one that counts. */
  make(now: Now, call: CallOptions): Promise<string | null>
  /** What a refusal of the service means, and how to go on; null: what it says. */
  meaning?(refusal: Refusal): Result | null
  /** The sentence where it was so already. */
  readonly already: string
  /** The sentence once it is done. */
  readonly done: string
  /** So long it is watched before the call is made once more; as long as a lease allows where it is left out. */
  readonly watchMs?: number
  /** What takes it back, from what was there before and is there now. */
  inverse?(before: Now, after: Now): Inverse
}

/** What a service said instead of doing it. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly cloud: string
}

/**
 * Reads, compares, changes the difference, reads back. Services that answer before they are done are watched; one that is
 * not done by then is looked at again by the next attempt.
 */
export async function change<Now>(context: ActionContext<Tools>, wanted: Change<Now>): Promise<Result> {
  const applied = { target: context.target, scope: context.scope, value: null }
  const before = await wanted.read()
  if (wanted.is(before)) return { outcome: 'unchanged', applied, note: wanted.already }
  const objection = wanted.objection?.(before) ?? null
  if (objection !== null) return objection

  const call = { requestId: context.requestId, before: context.beforeChange }
  let requestId: string | null
  try {
    requestId = await wanted.make(before, call)
  } catch (error) {
    const meant = refusalOf(error, wanted)
    if (meant === null) throw error
    return meant
  }

  for (let waited = 0, poll = 0; ; poll++) {
    let after: Now
    try {
      after = await wanted.read()
    } catch (error) {
      // It is done: the next attempt would find it so, and could not tell how to take it back.
      const note = `${wanted.done}, but could not be read back: ${errorText(error)}`
      return { outcome: 'changed', applied, note, requestId, ...inverseOf(wanted, before, before) }
    }
    if (wanted.is(after))
      return { outcome: 'changed', applied, note: wanted.done, requestId, ...inverseOf(wanted, before, after) }
    if (waited >= (wanted.watchMs ?? watchMs)) {
      const reason = `it was asked for ${Math.round(waited / 1000)} s ago and answered, but is not so yet: ${wanted.done}`
      return {
        outcome: 'retry',
        reason,
        afterMs: wanted.watchMs === undefined ? 10_000 : 1000,
        called: true,
        requestId
      }
    }
    const ms = pollMs(poll)
    await context.sleep(ms)
    waited += ms
  }
}

function inverseOf<Now>({ inverse }: Change<Now>, before: Now, after: Now): { inverse?: Inverse } {
  return inverse === undefined ? {} : { inverse: inverse(before, after) }
}

/** Classifies a failed call; null where the pipeline knows better: time-outs, 5xx, somebody who was faster. */
export function refusalOf(error: unknown, { meaning }: Pick<Change<never>, 'meaning'>): Result | null {
  const { status, code, message, cloud } = error as Partial<Refusal>
  if (typeof status !== 'number' || message === undefined) return null
  const refusal = { status, code: code ?? '', message, cloud: cloud ?? '' }
  const meant = meaning?.(refusal) ?? null
  if (meant !== null) return meant
  if (status !== 403) return null
  const how = `give the user of cloud entry '${refusal.cloud}' the role that this needs (mostly admin), or do it by hand`
  return { outcome: 'failed', reason: `${message}; ${how}`, called: true }
}

/** Makes the result `stale`: the plan is not what is there any more, its lane is decided again. */
export const stale = (reason: string): Result => ({ outcome: 'stale', reason })

/** Makes the result `failed`: a person has to look; nothing was changed. */
export const failed = (reason: string, called = true): Result => ({ outcome: 'failed', reason, called })
