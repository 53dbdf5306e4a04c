import type { Verdict } from './guard.ts'

/** Says what keeps a lane from acting; it is decided again at `until`, or when a person lets it. */
export interface Hold {
  readonly rule: string
  readonly reason: string
  readonly until: number | null
}

/** The longest that a plan waits for the guard, in ms; beyond it, its lane is held and decided again instead. */
export const soonMs = 60_000

/** Names what of a verdict holds the whole lane; null where it may go on, soon or never. */
export function holdOf(verdict: Verdict, now: number): Hold | null {
  if (verdict.verdict === 'hold') return verdict
  if (verdict.verdict === 'defer' && verdict.until - now > soonMs) return verdict
  return null
}

/** What a policy in `observe` would do stays true for a while without an event; looked at again within the hour. */
const observing = (now: number): Hold => ({
  rule: 'observe',
  reason: 'the policy observes: it says what it would do, and does nothing',
  until: now + 3_600_000
})

/**
 * Says what becomes of a decided plan, by the guard's verdict on it (null: nothing of it is to be carried out): its steps are claimed
 * from now on, or its lane is held; neither where there is nothing to do.
 */
export function afterDecision(
  steps: number,
  verdict: Verdict | null,
  now: number
): { readonly planned: boolean; readonly hold: Hold | null } {
  if (verdict === null) return { planned: false, hold: steps > 0 ? observing(now) : null }
  const hold = holdOf(verdict, now)
  return { planned: hold === null, hold }
}

/**
 * Sums up the verdicts on a plan's steps: of independent steps the kindest. In order, nothing is begun whose end would be held
 * up: what is freed on one cluster is for another one.
 */
export function verdictOnPlan(verdicts: readonly Verdict[], independent: boolean, now: number): Verdict {
  const isHeld = (one: Verdict) => holdOf(one, now) !== null
  const telling = independent ? verdicts.find((one) => !isHeld(one)) : verdicts.find(isHeld)
  return telling ?? verdicts[0]!
}

/**
 * What becomes of a step that the guard did not let pass. ends: refused, and the rest of its plan with it. waits: it is ready
 * again at `until`. gives-way: its plan does, to a later decision; `hold` null: to one that is made now.
 */
type HeldUp =
  | { readonly step: 'ends'; readonly reason: string }
  | { readonly step: 'waits'; readonly until: number; readonly reason: string }
  | { readonly step: 'gives-way'; readonly hold: Hold | null; readonly reason: string }

/** Turns the guard's no into what becomes of the step, its plan and its lane. */
export function heldUp(verdict: Exclude<Verdict, { verdict: 'proceed' }>, now: number): HeldUp {
  const { reason } = verdict
  if (verdict.verdict === 'refuse') return { step: 'ends', reason }
  const hold = holdOf(verdict, now)
  if (verdict.verdict === 'defer' && hold === null) return { step: 'waits', until: verdict.until, reason }
  return { step: 'gives-way', hold, reason }
}
