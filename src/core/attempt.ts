import { cleanText } from '../base/error-text.ts'
import type { Applied, Inverse, Result } from './action.ts'

/** A sentence of ours may list what was changed. */
const mostSaid = 4000

/** Cleans the sentences of a result: they quote services. */
export const cleanResult = (result: Result): Result =>
  'note' in result
    ? { ...result, note: cleanText(result.note, mostSaid) }
    : { ...result, reason: cleanText(result.reason, mostSaid) }

/** The end of an attempt, as it is written down. */
export interface Ended {
  readonly outcome: Result['outcome'] | 'superseded'
  readonly note: string
  /** False: certain that nothing was changed by it, so that it uses up no budget. */
  readonly called: boolean
  /** The service's own id of its changing call. */
  readonly requestId: string | null
}

/** Says how an attempt ended; `inTime` false: its claim was lost, and what came of it is only written down. */
export function endOfAttempt(result: Result, inTime: boolean): Ended {
  const said = 'note' in result ? result.note : result.reason
  return {
    outcome: inTime ? result.outcome : 'superseded',
    note: inTime ? said : `came too late: ${result.outcome}: ${said}`,
    called: result.outcome === 'changed' || ('called' in result && result.called),
    requestId: ('requestId' in result ? result.requestId : null) ?? null
  }
}

/**
 * What the result of an attempt makes of its step. done: the next one is ready. ready: tried again at `due`. stale, failed: the
 * rest of the plan is cancelled; after stale the lane is decided again.
 */
type StepAfter =
  | {
      readonly state: 'done'
      readonly applied: Applied
      readonly inverse: Inverse | null
      /** The world is another one by it: the lane looks whether what it closes is over. */
      readonly changed: boolean
    }
  | { readonly state: 'ready'; readonly due: number; readonly applied: Applied | null; readonly reason: string }
  | { readonly state: 'stale' | 'failed'; readonly reason: string }

/** Turns the result of an attempt into what becomes of its step. */
export function stepAfter(result: Result, retryAt: number | null, now: number): StepAfter {
  switch (result.outcome) {
    case 'changed':
    case 'unchanged':
      return {
        state: 'done',
        applied: result.applied,
        inverse: result.inverse ?? null,
        changed: result.outcome === 'changed'
      }
    case 'retry':
      return { state: 'ready', due: retryAt ?? now, applied: result.applied ?? null, reason: result.reason }
    case 'stale':
    case 'failed':
      return { state: result.outcome, reason: result.reason }
  }
}

/** Says why a target is left alone: what a person undid is not done again at once. */
export const undoneBy = (requesters: readonly string[], action: string): string =>
  `${requesters.join(' and ') || 'a person'} undid what was done there (action ${action})`
