import { plain } from '../base/plain.ts'
import { type CannotReplay, type Difference, differenceLines, type Replayed } from '../pipeline/replay.ts'
import type { DecisionRow } from '../store/rows.ts'

/** Of one part of a decision; --json has all of it. */
const LINES = 20

const nameOf = ({ decision, policy, lane, at }: Replayed): string =>
  plain(`decision ${decision} of ${policy} ${lane} at ${new Date(at).toISOString()}`)

/** Renders one replayed decision, with its differences. */
export function showReplayed(replayed: Replayed, build: string): string {
  const builds = replayed.build === build ? '' : `\n  recorded by build ${replayed.build}, replayed by build ${build}`
  if (replayed.result === 'cannot') return `${nameOf(replayed)}: could not be replayed: ${plain(replayed.reason)}\n`
  if (replayed.result === 'identical') return `${nameOf(replayed)}: identical${builds}\n`
  return `${nameOf(replayed)}: differs${builds}\n${showDifferences(replayed.differences)}`
}

/** Renders differences: `- …` as recorded, `+ …` now. */
export function showDifferences(differences: readonly Difference[]): string {
  // The hash differs with every plan; alone, it says that steps depend on each other now, or no longer.
  const telling = differences.length > 1 ? differences.filter(({ what }) => what !== 'hash') : differences
  return telling
    .flatMap((one) => {
      const lines = differenceLines(one)
      const more = lines.length > LINES ? [`… and ${lines.length - LINES} lines more (--json)`] : []
      return [`  ${one.what}`, ...[...lines.slice(0, LINES), ...more].map((line) => `    ${plain(line)}`)]
    })
    .map((line) => `${line}\n`)
    .join('')
}

/** The counts of all replayed decisions. */
export interface Tally {
  identical: number
  differ: number
  readonly cannot: Record<CannotReplay, number>
  /** Builds that recorded them. */
  readonly builds: Set<string>
}

const cannotWords: Readonly<Record<CannotReplay, string>> = {
  failed: 'had failed',
  pruned: 'lost what they knew to pruning',
  policy: 'are of policies that this build does not have'
}

/** Renders the last line of `replay --all`. */
export function showTally({ identical, differ, cannot, builds }: Tally, build: string): string {
  const others = [...builds].filter((one) => one !== build).sort()
  const recorded = others.length === 0 ? '' : `recorded by build ${others.join(', ')}, replayed by build ${build}\n`
  const why = (Object.keys(cannotWords) as CannotReplay[]).filter((one) => cannot[one] > 0)
  const could = why.reduce((sum, one) => sum + cannot[one], 0)
  const words =
    why.length === 1
      ? `they ${cannotWords[why[0]!]}`
      : why.map((one) => `${cannot[one]} ${cannotWords[one]}`).join(', ')
  const not = `${could} could not be${could === 0 ? '' : ` (${words})`}`
  return `${recorded}${identical + differ} decisions replayed: ${identical} identical, ${differ} differ, ${not}\n`
}

/** What is shown of a fresh decision. */
export type FreshDecision = Pick<DecisionRow, 'id' | 'policy' | 'lane' | 'outcome' | 'reason' | 'verdict' | 'approval'>

/** Renders an old decision beside the one that fresh answers led to, and what the guard said of that. */
export function showAgain(
  before: Pick<DecisionRow, 'id'>,
  after: FreshDecision,
  differences: readonly Difference[]
): string {
  const { id, policy, lane, outcome, reason, verdict, approval } = after
  const changed = differences.length === 0 ? 'is the same on fresh answers' : 'differs on fresh answers'
  const lines = [`decision ${before.id} of ${plain(`${policy} ${lane}`)} ${changed}: decision ${id}`]
  const diff = showDifferences(differences)
  lines.push(`now: ${outcome}: ${plain(reason)}`)
  if (verdict !== null)
    lines.push(
      `guard: ${verdict.verdict === 'proceed' ? 'may proceed' : `${verdict.verdict}, by rule ${verdict.rule}: ${plain(verdict.reason)}`}`
    )
  if (approval !== null) lines.push(`approval ${approval}: \`reflex explain approval:${approval}\` says who was asked`)
  lines.push(`\`reflex explain decision:${id}\` tells what is done`)
  return `${lines[0]}\n${diff}${lines.slice(1).join('\n')}\n`
}
