import { type Decision, type Hint, type Lane, planSteps, skip } from '../../core/policy.ts'
import { type Claim, claimsOf } from './claims.ts'
import { type Forward, forwardOf, mayPoint } from './forward.ts'
import { recordsetIn } from './ownership.ts'
import type { RecordLaneState } from './record-lane-state.ts'
import type { RecordDecision } from './recordset.ts'
import type { DnsSettings } from './settings.ts'

/** Decides the A and AAAA recordsets of one name, and has the PTRs looked at that rest on what has become of it. */
export function decideName(lane: Lane, name: string, state: RecordLaneState, settings: DnsSettings): Decision {
  const forward = forwardOf(name, state, settings)
  const { outcomes, findings, reserved } = forward
  const hints = ptrHints(forward, state, settings)
  if (reserved !== null) return { ...conclude(reserved, [], [...findings, reserved], forward.all, state), hints }
  const telling = outcomes.filter((one) => !one.finding.endsWith('nothing is wanted, nothing is there'))
  const shown = telling.length > 0 ? telling : outcomes.slice(0, 1)
  // Why nobody gets it says more than that nothing is there.
  const about = telling.length === 0 && forward.refused.length > 0 ? [] : shown
  const reason = forward.refused[0]?.reason ?? lane.key
  return { ...conclude(reason, about, findings, forward.all, state), hints }
}

/** The PTRs whose name was written just now, or is not ours: they are decided after it, by what it came to. */
function ptrHints(forward: Forward, state: RecordLaneState, settings: DnsSettings): readonly Hint[] {
  const rows = state.applied.rows.map(recordsetIn)
  const pointing = state.resources
    .flatMap((answer) => claimsOf(answer, settings).claims)
    .filter((claim) => claim.type === 'PTR' && claim.name === forward.name)
  const hints = pointing.flatMap((claim): Hint[] => {
    const address = claim.lane.slice('ptr:'.length)
    const verdict = mayPoint(forward, claim)
    const stood = rows.some((row) => row.by[address] !== undefined)
    if (verdict.may === 'yes' && stood) return []
    const reason = verdict.may === 'yes' ? `${forward.name} has ${address} now` : verdict.reason
    return [{ lane: claim.lane, reason, resources: claim.resources }]
  })
  return [...new Map(hints.map((hint) => [hint.lane, hint])).values()]
}

/** Sums up the outcomes of a lane in one decision. */
export function conclude(
  about: string,
  outcomes: readonly RecordDecision[],
  notes: readonly string[],
  claims: readonly Claim[],
  state: RecordLaneState
): Decision {
  const steps = outcomes.flatMap((one) => (one.step === null ? [] : [one.step]))
  const findings = [...outcomes.map((one) => one.finding), ...notes]
  const applied = state.applied.rows.flatMap((row) => Object.values(recordsetIn(row).by).flat())
  const resources = [...new Set([...claims.flatMap((claim) => claim.resources), ...applied])].sort()
  if (steps.length > 0)
    return planSteps(outcomes.find((one) => one.step !== null)!.finding, steps, {
      findings,
      resources,
      independent: true
    })
  const reason = outcomes.find((one) => !one.inOrder)?.finding ?? outcomes[0]?.finding ?? about
  return skip(reason, { findings, resources })
}
