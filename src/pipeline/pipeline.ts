import { errorText } from '../base/error-text.ts'
import type { Log } from '../base/log.ts'
import type { Action, Result } from '../core/action.ts'
import { decisionOf, type EnabledPolicy, needsOf, sweepNeedsOf, sweepResultOf } from '../core/enabled-policy.ts'
import { failureOf, isJournals, LeaseLost, mostTries, Stopped } from '../core/failure.ts'
import type { Guard } from '../core/guard.ts'
import { hintEvent } from '../core/hint.ts'
import { type Decision, modeOn, mostCareful } from '../core/policy.ts'
import { askedOf, type Json, type Needs, type Query } from '../core/query.ts'
import { requestIdOf } from '../core/request-id.ts'
import { backoffMs } from '../core/retry.ts'
import { ShareTaken, throwIfRefused } from '../core/work.ts'
import type { Event, Ignored } from '../events/event.ts'
import type { Tools } from '../policies/shared/tools.ts'
import type { ClaimedAction, ClaimedLane } from '../store/claims.ts'
import type { Journal } from '../store/journal.ts'
import type { Recorded, RecordedAnswer } from '../store/recorded.ts'
import { actionId, planHash, requestersOf } from './plan-identity.ts'
import { route } from './route.ts'
import { type Shares, unshared } from './shares.ts'

/** What the pipeline needs from outside; `server.ts` chooses. */
export interface Parts {
  readonly journal: Journal
  readonly policies: readonly EnabledPolicy[]
  readonly actions: readonly Action<Tools>[]
  readonly tools: Tools
  readonly load: (query: Query, tools: Tools) => Promise<Json>
  readonly guard: Guard
  /** How long an approval is waited for, and holds. */
  readonly approvalMs: number
  /** The people behind an event; none where it is nobody's wish. */
  readonly requestersOf: (event: Event) => readonly string[]
  /** Whether nobody may approve what they asked for themselves, on one of these clusters. */
  readonly fourEyes: (clusters: readonly string[]) => boolean
  /** Name of this process in claims. */
  readonly owner: string
  /** Build id, recorded with every decision. */
  readonly build: string
  readonly installId: string
  readonly now: () => number
  readonly random: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly log: Log
  readonly counted: (what: 'decision' | 'action' | 'verdict', labels: Readonly<Record<string, string>>) => void
}

const decideLeaseMs = 60_000
const actLeaseMs = 60_000
// Before the lease is over: what came of it is still written down, and nobody else has begun.
const decideMs = 50_000
const actMs = 57_000
/** All pages of a large cloud, with every call that is tried again; beyond it, somebody does not answer. */
const sweepMs = 1_200_000

/** First stage: an event is journalled together with the lanes that it wakes; only then may the sender be answered. */
export async function receive(
  { journal, policies }: Pick<Parts, 'journal' | 'policies'>,
  { events, ignored }: { readonly events: readonly Event[]; readonly ignored: readonly Ignored[] }
): Promise<{ appended: number; duplicates: number; woke: number }> {
  return journal.append({ events: events.map((event) => route(event, policies)), ignored })
}

/** Second stage: one due lane is decided on freshly read state. False when no lane is due. */
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

/** Nothing of this comes right by waiting, and no other lane has to do with it. */
async function parkBug(
  claim: ClaimedLane,
  error: unknown,
  what: string,
  { journal, log, build }: Parts
): Promise<void> {
  const { policy, key } = claim
  const reason = `${what}: ${errorText(error)}`
  log.error({ err: error, policy, lane: key }, `${reason}: its lane is parked; please report this`)
  await journal.parkLane(claim, reason, build)
}

interface Decided {
  readonly enabled: EnabledPolicy
  readonly decision: Decision
  readonly answers: Readonly<Record<string, RecordedAnswer>>
  readonly now: number
}

/** What is to be done in the mode that holds where it would be done, journalled with its hints. */
async function record(claim: ClaimedLane, { enabled, answers, now, ...made }: Decided, parts: Parts): Promise<void> {
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
  const requesters = requestersOf(claim, decision, parts.requestersOf)
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
  const hash = planHash(claim, decision)
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

/** Third stage: one step is claimed, if the guard lets it, performed and recorded. False when no step is due. */
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

async function answerAll(
  needs: Needs,
  parts: Parts,
  enabled: EnabledPolicy
): Promise<Readonly<Record<string, RecordedAnswer>>> {
  const { load } = parts
  const tools = toolsOf(enabled, parts)
  const answered = await Promise.all(
    askedOf(needs).map(async ([name, query]) => [name, { query, answer: await load(query, tools) }] as const)
  )
  throwIfRefused()
  return Object.fromEntries(answered)
}

/** What a policy may see: the clusters of its own OpenStack, where it is bound to one. */
const toolsOf = ({ openstack = null }: EnabledPolicy, { tools }: Parts): Tools =>
  openstack === null ? tools : tools.within(openstack)

/** State could not be read: never a reason to conclude anything. The lane waits, or parks where waiting will not help. */
async function postpone(claim: ClaimedLane, error: unknown, parts: Parts): Promise<void> {
  const { message, retryable, retryAfterMs } = failureOf(error)
  parts.log.warn({ lane: claim.key, tries: claim.tries, retryable }, message)
  if (!retryable && claim.tries >= 3) return parts.journal.parkLane(claim, message, parts.build)
  const wait = Math.max(retryAfterMs ?? 0, backoffMs(claim.tries + 1, parts.random()))
  return parts.journal.postponeLane(claim, parts.now() + wait, message)
}

/** What a step may see: the OpenStack of the cluster that bears it, else that of its policy. */
function toolsFor({ cluster, policy }: ClaimedAction, { tools, policies }: Parts): Tools {
  const bound = policies.find((one) => one.policy.name === policy)?.openstack ?? null
  const openstack = (cluster === null ? null : tools.openstackOf(cluster)) ?? bound
  return openstack === null ? tools : tools.within(openstack)
}

/** Null when another process took the claim over, which then records it, or when its turn has not come. */
async function perform(claimed: ClaimedAction, parts: Parts, shares: Shares): Promise<Result | null> {
  const { journal } = parts
  const action = parts.actions.find((one) => one.type === claimed.type)
  if (action === undefined)
    return { outcome: 'failed', reason: `this build has no action '${claimed.type}'`, called: false }
  let calls = 0
  try {
    const context = {
      tools: toolsFor(claimed, parts),
      target: claimed.target,
      scope: claimed.scope,
      requestId: requestIdOf(claimed.id),
      installId: parts.installId,
      sleep: parts.sleep,
      beforeChange: async () => {
        const may = await journal.mayCall(claimed)
        // A call that could outlive the claim might change something that another process decides about by then.
        if (may === null || may.leftMs < 5000) throw new LeaseLost(claimed.id)
        if (may.stops.length > 0)
          throw new Stopped(`stopped by ${may.stops.map(({ by }) => by).join(', ')} before its call was made`)
        calls++
        return Math.min(may.leftMs - 4000, 30_000)
      }
    }
    const result = await shares.run(claimed.seq, actMs, () => action.perform(claimed.input, context))
    if (result.outcome !== 'retry' || claimed.attempt < mostTries) return result
    return { outcome: 'stale', reason: `given up after ${claimed.attempt} tries (${result.reason}): decided again` }
  } catch (error) {
    if (error instanceof LeaseLost) return null
    // Tries are counted: those that waited for others must not use up what a rollout needs to be watched to its end.
    if (error instanceof ShareTaken && calls === 0) {
      await journal.giveBackAction(claimed, error.message)
      return null
    }
    // The next claim meets the guard, which interrupts the plan.
    if (error instanceof Stopped) return { outcome: 'retry', reason: error.message, afterMs: 0, called: calls > 0 }
    const { message, retryable, retryAfterMs, overtaken } = failureOf(error)
    // What never got as far as the look was not sent: its service is left alone, gave no token, could not be reached.
    const called = calls > 0
    if (overtaken) return { outcome: 'stale', reason: message }
    if (retryable) return { outcome: 'retry', reason: message, afterMs: retryAfterMs, called }
    return { outcome: 'failed', reason: message, called }
  }
}
