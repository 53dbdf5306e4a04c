import { inShort } from '../../core/step-text.ts'
import type { TimelineEntry } from './layout.ts'
import type { ExplainedDecision } from './parts.ts'
import { shortIds } from './short.ts'

/** Of one answer, so much is shown; --json has all of it. */
const KNOWN = 180

const events = (seqs: readonly number[]): string =>
  seqs.length > 6
    ? `${seqs.length} events, ${seqs[0]} to ${seqs.at(-1)}`
    : `${seqs.length === 1 ? 'event' : 'events'} ${seqs.join(', ')}`

type Judged = Pick<ExplainedDecision, 'outcome' | 'mode' | 'hints' | 'verdict'>

/** Renders the outcome of a decision in one or two words. */
export function decided({ outcome, mode, hints, verdict }: Judged): string {
  if (outcome === 'failed') return 'FAILED, LANE PARKED'
  if (outcome === 'skip') return hints.length > 0 ? 'PASS ON' : 'LEAVE ALONE'
  if (mode === 'observe') return 'WOULD ACT'
  return verdict?.verdict === 'hold' ? 'ACT, BUT HELD' : 'ACT'
}

const briefly = (text: string): string => {
  const brief = shortIds(text)
  return brief.length > KNOWN ? `${brief.slice(0, KNOWN)}…` : brief
}

/** What the guard said of the plan when it was made; each step is asked about again when its turn comes. */
function guardLine(verdict: ExplainedDecision['verdict']): readonly string[] {
  if (verdict === null) return []
  if (verdict.verdict === 'proceed') return ['guard: may proceed']
  const until = 'until' in verdict ? verdict.until : null
  const when = until === null ? '' : ` until ${new Date(until).toISOString().slice(0, 19)}Z`
  return [`guard: ${verdict.verdict}${when}, by rule ${verdict.rule}: ${verdict.reason}`]
}

/** Steps that were never handed on: there is no action that tells of them. */
function plannedLines({ plan, actions, mode }: ExplainedDecision): readonly string[] {
  if (actions.length > 0) return []
  const would = mode === 'observe' ? 'would do, were it not for observe' : 'would do, once it may'
  return plan.map((step) => {
    const what = inShort(step)
    return `${would}: ${step.type} on ${step.target}${what === null ? '' : `: ${what}`}`
  })
}

/** Builds one decision: why, on what, and what it passed on. */
export function decisionEntry(one: ExplainedDecision, all: readonly ExplainedDecision[]): TimelineEntry {
  const lines = [
    `${decided(one)}: ${one.reason}`,
    `lane ${one.lane}, policy ${one.policy}${one.mode === null ? '' : `, ${one.mode}`}`
  ]
  lines.push(
    one.because === null
      ? `from ${events(one.events)}`
      : `because decision ${one.because} gave a hint (${events(one.events)})`
  )
  if (one.requesters.length > 0) lines.push(`asked for by ${one.requesters.join(', ')}`)
  lines.push(...one.known.map(({ name, short }) => briefly(`knew ${name}: ${short}`)))
  lines.push(...new Set(one.findings.filter((finding) => finding !== one.reason).map((finding) => `found: ${finding}`)))
  lines.push(...plannedLines(one), ...guardLine(one.verdict))
  if (one.approval !== null) lines.push(`rests on approval ${one.approval}`)
  for (const { lane, reason } of one.hints) {
    const then = all.find((other) => other.because === one.id && other.lane === lane)
    lines.push(`hint to ${lane}: ${reason}${then === undefined ? '' : ` → decision ${then.id}`}`)
  }
  return { at: one.at, label: `decision ${one.id}`, lines }
}
