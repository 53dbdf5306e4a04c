import { plain } from '../../base/plain.ts'
import type { DecisionRow } from '../../store/rows.ts'

/** As much of a decision as texts show, from the journal or the API. */
export type Shown = Pick<
  DecisionRow,
  'id' | 'outcome' | 'mode' | 'reason' | 'plan' | 'verdict' | 'approval' | 'findings'
>

/** Nothing was decided in time: not a failure, what was asked is journalled. */
export const notYet = 'no running product decided it yet: it does when one runs'

/** Counts steps in words: `1 step`, `2 steps`. */
export const steps = (count: number): string => (count === 1 ? '1 step' : `${count} steps`)

const held = { hold: 'held', defer: 'put off', refuse: 'refused', again: 'decided again' } as const

/** Says what is done about a decision, in words: `2 steps go`, `nothing to do: …`. */
export function comesOf({ outcome, mode, reason, plan, verdict }: Shown): string {
  if (outcome === 'failed') return `it could not be decided, and its lane is parked: ${plain(reason)}`
  if (outcome === 'skip') return `nothing to do: ${plain(reason)}`
  const one = plan.length === 1
  if (mode === 'observe') return `${steps(plan.length)} would go, but its policy only observes`
  if (verdict === null || verdict.verdict === 'proceed') return `${steps(plan.length)} ${one ? 'goes' : 'go'}`
  return `${steps(plan.length)} ${one ? 'is' : 'are'} ${held[verdict.verdict]} by rule ${verdict.rule}: ${plain(verdict.reason)}`
}
