import type { Log } from '../base/log.ts'
import type { EnabledPolicy } from '../core/enabled-policy.ts'
import { hintEvent } from '../core/hint.ts'
import { type Decision, modeOn, mostCareful } from '../core/policy.ts'
import type { ClaimedLane } from '../store/claims.ts'
import type { Recorded, RecordedAnswer } from '../store/recorded.ts'
import type { Parts } from './parts.ts'
import { planHash } from './plan-hash.ts'
import { actionId, planRequestersOf } from './plan-identity.ts'

/** What was decided about a lane, and what it was decided on. */
export interface Decided {
  readonly enabled: EnabledPolicy
  readonly decision: Decision
  readonly answers: Readonly<Record<string, RecordedAnswer>>
  readonly now: number
}

/** Records a decision: what is to be done in the mode that holds where it would be done, journalled with its hints. */
export async function record(
  claim: ClaimedLane,
  { enabled, answers, now, ...made }: Decided,
  parts: Parts
): Promise<void> {
  const { journal, log } = parts
  const { policy, settings } = enabled
  let { decision } = made

  // What a reaction is named after stays somebody's wish, whatever keeps it from being done for now; so does what waits for its time.
  const settles = policy.kind === 'reconcile' && decision.steps.length === 0 && decision.againAt === undefined
  const touched = [...new Set(decision.steps.map((step) => step.cluster))]
  const modes = touched.length === 0 ? [enabled.mode] : touched.map((cluster) => modeOn(enabled, cluster))
  const mode = mostCareful(decision.atMost === undefined ? modes : [...modes, decision.atMost])
  if (mode === 'off' && touched.length > 0) {
    const where = touched.filter((cluster) => modeOn(enabled, cluster) === 'off').join(', ')
    const reason = `${policy.name} is off on ${where}: ${decision.reason}`
    decision = { ...decision, outcome: 'skip', reason, steps: [] }
  }
  const acts = mode === 'enforce' || mode === 'approve'
  const actionIds = acts ? decision.steps.map((_, ordinal) => actionId(claim, ordinal)) : []
  const requesters = planRequestersOf(claim, decision, parts.requestersOf)
  const hints = decision.hints.map((hint, n) =>
    hintEvent(hint, {
      requesters,
      id: `hint-${claim.lane}-${claim.generation}-${claim.throughSeq}#${n}`,
      source: '/stackreflex/decide',
      type: 'stackreflex.hint',
      policy: policy.name,
      now
    })
  )
  const { build, approvalMs } = parts
  const hash = planHash(claim.policy, claim.key, decision)
  const fourEyes = parts.fourEyes(touched.filter((cluster) => cluster !== null))
  const people = { requesters, settles, fourEyes, approvalMs }
  const record = { decision, mode, answers, settings, now, build, hash, ...people, actionIds, hints }
  const recorded = await journal.recordDecision(claim, record, parts.guard)
  if (recorded === null)
    log.warn({ lane: claim.key }, 'the claim on this lane ran out while it was decided: dropped, it is decided again')
  else {
    const { verdict } = recorded
    parts.counted('decision', { policy: policy.name, outcome: decision.outcome })
    if (verdict !== null && verdict.verdict !== 'proceed')
      parts.counted('verdict', { verdict: verdict.verdict, rule: verdict.rule })
    logBreaches(recorded, claim.key, log)
  }
}

/** Those that people should hear of stand out; one that somebody answers for is no alarm. */
function logBreaches({ breaches, id: decision }: Recorded, lane: string, log: Log): void {
  for (const { rule, severity, state, summary, because } of breaches?.began ?? []) {
    const loud = state !== 'exempt' && (severity === 'high' || severity === 'critical')
    log[loud ? 'warn' : 'info']({ lane, rule, severity, state, decision }, `breach: ${summary}: ${because}`)
  }
  for (const { rule, severity, summary } of breaches?.over ?? [])
    log.info({ lane, rule, severity, decision }, `breach over: ${summary}`)
}
