import type { ActionRequest } from './action.ts'
import { planDiff } from './approval.ts'
import { aheadMs } from './clock.ts'
import type { ApprovalState, Verdict } from './guard.ts'

/** The newest approval of a lane, as far as another decision or a vote goes by it. */
export interface LastApproval {
  readonly id: number
  readonly state: ApprovalState
  readonly hash: string
  readonly expires: number
  readonly requestedAt: number
  /** When it was voted on last; null: never. */
  readonly answeredAt: number | null
  readonly requesters: readonly string[]
  /** Who has approved it, in order of their names. */
  readonly approvers: readonly string[]
  readonly plan: readonly ActionRequest[]
}

/** A plan that needs an approval. */
export interface Asking {
  readonly decision: number
  readonly hash: string
  readonly requesters: readonly string[]
  /** Nobody's vote counts for what they asked for themselves. */
  readonly fourEyes: boolean
}

/** Asked for or answered while the clock was ahead: it would hold until that time comes. */
const isFromAhead = ({ requestedAt, answeredAt }: Pick<LastApproval, 'requestedAt' | 'answeredAt'>, now: number) =>
  Math.max(requestedAt, answeredAt ?? 0) > now + aheadMs

const standing: readonly ApprovalState[] = ['open', 'granted', 'rejected']

/**
 * Folds a plan into the lane's approval of this very plan, which is open, granted or rejected; else a new one is opened, and
 * `why` says what ends the one before. So it is where somebody approved who turns out to want the plan: they may have asked
 * before, or after their vote.
 */
export function foldInto(
  last: LastApproval | null,
  { decision, hash, requesters, fourEyes }: Asking,
  now: number
): { readonly keep: true; readonly requesters: readonly string[] } | { readonly keep: false; readonly why: string } {
  const same =
    last !== null &&
    last.hash === hash &&
    now < last.expires &&
    standing.includes(last.state) &&
    !isFromAhead(last, now)
  if (!same) return { keep: false, why: `decision ${decision} came to another plan` }
  const own = fourEyes && last.state !== 'rejected' ? last.approvers.filter((one) => requesters.includes(one)) : []
  if (own.length > 0)
    return {
      keep: false,
      why: `${own.join(' and ')} approved it and asked for it as well: somebody else has to approve`
    }
  return { keep: true, requesters: [...new Set([...last.requesters, ...requesters])] }
}

/** Names every cluster of a plan once, in order. */
export const clustersOf = (plan: readonly ActionRequest[]): readonly string[] =>
  [...new Set(plan.flatMap((step) => step.cluster ?? []))].sort()

/** Says how the approval ends whose place another plan, or none, has taken; null: it is over already, and stays as it is. */
export function approvalEndOf(
  last: LastApproval,
  plan: readonly ActionRequest[],
  why: string,
  now: number
): { readonly state: 'expired' | 'superseded'; readonly reason: string } | null {
  if (last.state !== 'open' && last.state !== 'granted') return null
  if (isLate(last, now)) return unanswered
  return { state: 'superseded', reason: [why, ...planDiff(last.plan, plan)].join('\n') }
}

/** How an approval ends that nobody answered. */
export const unanswered = { state: 'expired', reason: 'nobody answered in time' } as const

/** Tells whether the time for an answer is over. */
export const isLate = (one: Pick<LastApproval, 'expires' | 'requestedAt' | 'answeredAt'>, now: number): boolean =>
  one.expires <= now || isFromAhead(one, now)

/** A vote that was just given, with how many approve by now. */
interface Voted {
  readonly actor: string
  readonly verdict: 'approve' | 'reject'
  readonly reason: string | null
  readonly approving: number
}

/** Says what a vote makes of an open approval: one rejection rejects it, enough approvals grant it; null: it stays open. */
export function afterVote(
  { actor, verdict, reason, approving }: Voted,
  required: number
): { readonly state: 'granted' | 'rejected'; readonly reason: string } | null {
  const state = verdict === 'reject' ? 'rejected' : approving >= required ? 'granted' : null
  if (state === null) return null
  return { state, reason: `${state} by ${actor}${reason === null ? '' : `: ${reason}`}` }
}

/** Makes the verdict on a plan whose approval is not granted: its lane is held until it is, or is asked for anew. */
export function waitsForApproval({
  id,
  state,
  expires
}: Pick<LastApproval, 'id' | 'state' | 'expires'>): Verdict | null {
  if (state === 'granted') return null
  const reason =
    state === 'open'
      ? `waits for approval ${id}: \`reflex approve ${id}\``
      : `approval ${id} was rejected; asked again at ${new Date(expires).toISOString()}, or for another plan`
  return { verdict: 'hold', rule: 'approval', reason, until: expires }
}
