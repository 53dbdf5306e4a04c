import type { Mode } from './policy.ts'

/** How long before and after a sweep read the state an event explains what the sweep saw. */
const before = 90_000
const after = 30_000

/** Returns the times, ms, between which an event was received that explains what was seen then. */
export const explainedWithin = (seen: number): { readonly from: number; readonly to: number } => ({
  from: seen - before,
  to: seen + after
})

/** The newest decision of a lane, with how much of its plan was carried out. */
export interface LastDecision {
  readonly mode: Mode | null
  readonly outcome: string
  readonly reason: string
  readonly steps: number
  readonly done: number
}

/**
 * Tells whether a lane wants to act already: it has decided the very same and it is not done (observed, off on a cluster,
 * refused, failed). That is known, and not missed.
 */
export function wantsToAct(last: LastDecision | null, reason: string): boolean {
  if (last === null) return false
  const open = last.mode === 'off' || (last.outcome === 'act' && (last.steps === 0 || last.done < last.steps))
  return open && reason.endsWith(last.reason.replace(/^\S+ is off on [^:]*: /, ''))
}

/** The class of drift: an event reported it too, none can report such a thing, or one should have (missed). */
export type DriftClass = 'explained' | 'missed' | 'no_event_exists'

/** Classifies what a sweep found; what no event can report is not explained by one that comes by chance soon after. */
export const classOf = (eventExists: boolean, explained: () => boolean): DriftClass =>
  !eventExists ? 'no_event_exists' : explained() ? 'explained' : 'missed'
