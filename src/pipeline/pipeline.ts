import { errorText } from '../base/error-text.ts'
import { decisionOf, type EnabledPolicy, needsOf, sweepNeedsOf, sweepResultOf } from '../core/enabled-policy.ts'
import { isJournals } from '../core/failure.ts'
import { hintEvent } from '../core/hint.ts'
import type { Decision } from '../core/policy.ts'
import { backoffMs } from '../core/retry.ts'
import { ShareTaken } from '../core/work.ts'
import type { Event, Ignored } from '../events/event.ts'
import type { RecordedAnswer } from '../store/recorded.ts'
import { answerAll, toolsOf } from './answers.ts'
import type { Parts } from './parts.ts'
import { perform } from './perform.ts'
import { record } from './record.ts'
import { route } from './route.ts'
import { parkBug, postpone } from './set-aside.ts'
import { type Shares, unshared } from './shares.ts'

const decideLeaseMs = 60_000
const actLeaseMs = 60_000
// Before the lease is over: what came of it is still written down, and nobody else has begun.
const decideMs = 50_000
/** All pages of a large cloud, with every call that is tried again; beyond it, somebody does not answer. */
const sweepMs = 1_200_000

/** Journals an event together with the lanes that it wakes; only then may the sender be answered. The first stage. */
export async function receive(
  { journal, policies }: Pick<Parts, 'journal' | 'policies'>,
  { events, ignored }: { readonly events: readonly Event[]; readonly ignored: readonly Ignored[] }
): Promise<{ appended: number; duplicates: number; woke: number }> {
  return journal.append({ events: events.map((event) => route(event, policies)), ignored })
}

/** Decides one due lane on freshly read state; false when no lane is due. The second stage. */
export async function decide(parts: Parts, shares: Shares = unshared): Promise<boolean> {
  const { journal, policies, log } = parts
  const claim = await journal.claimLane(parts.owner, decideLeaseMs, shares.waiting)
  if (claim === null) return false
  if (claim.unreadable !== undefined) {
    log.error({ policy: claim.policy, lane: claim.key }, `a lane is parked: ${claim.unreadable}`)
    await journal.parkLane(claim, claim.unreadable, parts.build)
    return true
  }
  const enabled = policies.find((one) => one.policy.name === claim.policy)
  if (enabled === undefined) {
    await journal.parkLane(claim, `policy ${claim.policy} is off, or not configured`, parts.build)
    return true
  }

  const { policy } = enabled
  const lane = { policy: claim.policy, key: claim.key, resources: claim.resources }
  let answers: Readonly<Record<string, RecordedAnswer>>
  try {
    answers = await shares.run(claim.lane, decideMs, () => answerAll(needsOf(enabled, lane), parts, enabled))
  } catch (error) {
    if (error instanceof ShareTaken) await journal.giveBackLane(claim, error.message)
    else await postpone(claim, error, parts)
    return true
  }

  const now = parts.now()
  let decision: Decision
  try {
    const known = Object.fromEntries(Object.entries(answers).map(([name, { answer }]) => [name, answer]))
    decision = decisionOf(enabled, lane, known)
  } catch (error) {
    await parkBug(claim, error, `a bug in policy ${policy.name}`, parts)
    return true
  }
  try {
    await record(claim, { enabled, decision, answers, now }, parts)
  } catch (error) {
    // A journal that cannot be written is nothing of this lane's.
    if (isJournals(error)) throw error
    await parkBug(claim, error, `what ${policy.name} decided could not be written`, parts)
  }
  return true
}

/** Claims one step, if the guard lets it, performs and records it; false when no step is due. The third stage. */
export async function act(parts: Parts, shares: Shares = unshared): Promise<boolean> {
  const { journal, log } = parts
  const claim = await journal.claimAction(parts.owner, actLeaseMs, parts.guard, shares.waiting)
  if (claim === null) return false
  if (claim.verdict !== 'proceed') {
    const { verdict, rule, reason } = claim
    parts.counted('verdict', { verdict, rule })
    // What only waits its turn is no news.
    const level = verdict === 'refuse' ? 'warn' : verdict === 'hold' ? 'info' : 'debug'
    log[level]({ action: claim.id, type: claim.type, rule }, `${verdict}: ${reason}`)
    return true
  }
  const { action } = claim
  const result = await perform(action, parts, shares)
  if (result === null) return true
  const retryAt =
    result.outcome === 'retry' ? parts.now() + (result.afterMs ?? backoffMs(action.attempt, parts.random())) : null
  const recorded = await journal.recordAttempt(action, result, retryAt).catch((error: unknown) => {
    if (isJournals(error)) throw error
    // Else it would be performed again each time its claim runs out.
    const reason = `what came of it (${result.outcome}) could not be written: ${errorText(error)}`
    log.error({ err: error, action: action.id, type: action.type }, `${reason}; please report this`)
    return journal.recordAttempt(action, { outcome: 'failed', reason, called: true }, null)
  })
  parts.counted('action', { type: action.type, outcome: recorded ? result.outcome : 'superseded' })
  const sentence = 'note' in result ? result.note : result.reason
  log.info({ action: action.id, type: action.type, outcome: result.outcome, attempt: action.attempt }, sentence)
  return true
}

/** Compares everything a policy looks after and hints at the lanes that differ; never acts. */
export async function sweep(parts: Parts, enabled: EnabledPolicy): Promise<{ read: string; drifts: number }> {
  const { policy, settings, mode, clusters } = enabled
  const needs = sweepNeedsOf(enabled)
  if (needs === null) return { read: 'nothing to sweep', drifts: 0 }
  const answers = await unshared.run(0, sweepMs, () => answerAll(needs, parts, enabled))
  const known = Object.fromEntries(Object.entries(answers).map(([name, { answer }]) => [name, answer]))
  const { read, drifts } = sweepResultOf(enabled, known)
  const now = parts.now()
  const projects = (await toolsOf(enabled, parts).clusters()).map(({ projectId }) => projectId).sort()
  await parts.journal.recordDrift(policy.name, { projects, settings, mode, clusters }, drifts)
  const from = { source: '/stackreflex/sweep', type: 'stackreflex.drift', policy: policy.name, now } as const
  const events = drifts.map((drift) => hintEvent(drift, { ...from, id: `drift-${now}-${drift.lane}` }))
  if (events.length > 0) await parts.journal.append({ events, ignored: [] })
  return { read, drifts: drifts.length }
}
