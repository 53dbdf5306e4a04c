import type { ActionRequest } from './action.ts'
import type { ApprovalState } from './guard.ts'
import type { ApprovalRules, Tier } from './guard-rules.ts'
import type { Decision } from './policy.ts'
import type { Json } from './query.ts'
import { stepText } from './step-text.ts'

/** A person (or machine) that acts, as authenticated; never taken from a parameter. */
export interface Actor {
  /** From its token, or `local:<uid>` on this machine where there are no tokens. */
  readonly name: string
  readonly groups: readonly string[]
  /** Known only by where it came from: nobody vouches for who it is. */
  readonly local: boolean
}

/** One person's answer to an approval. */
export interface Vote {
  readonly actor: string
  readonly verdict: 'approve' | 'reject'
  readonly at: number
  readonly reason: string | null
}

/** A plan that people were asked about. */
export interface Approval {
  readonly id: number
  readonly policy: string
  readonly lane: string
  /** The decision that asked first, and the newest one that came to the same plan. */
  readonly decision: number
  readonly latest: number
  readonly hash: string
  readonly state: ApprovalState
  /** Why it is superseded, with the difference; who rejected it. */
  readonly reason: string | null
  readonly requestedAt: number
  readonly expires: number
  /** Who asked for the plan; empty where an event of the cloud did. */
  readonly requesters: readonly string[]
  readonly clusters: readonly string[]
  readonly summary: string
  readonly plan: readonly ActionRequest[]
  readonly votes: readonly Vote[]
  readonly usedBy: number | null
}

/**
 * Selects what an approval is bound to: policy, lane, and the ordered steps with what they expect; no answers, no times. Nor in which
 * share of deletes a step counts: a server is gone for certain a moment after its ports are, and what people let through stays it.
 */
export function planContent(
  policy: string,
  lane: string,
  { steps, independent }: Pick<Decision, 'steps' | 'independent'>
): Json {
  const does = steps.map(({ gone, ...step }) => step)
  return JSON.parse(JSON.stringify({ policy, lane, independent, steps: does })) as Json
}

/** Compares two plans, a line for each step that only one of them has: `- …` before, `+ …` now. */
export function planDiff(before: readonly ActionRequest[], now: readonly ActionRequest[]): readonly string[] {
  const [had, has] = [before.map(stepText), now.map(stepText)]
  return [
    ...had.filter((one) => !has.includes(one)).map((one) => `- ${one}`),
    ...has.filter((one) => !had.includes(one)).map((one) => `+ ${one}`)
  ]
}

/** Groups that approve what is done on clusters of a tier; none: nobody but a user of this machine. */
interface TierGroups {
  readonly tier: Tier
  readonly groups: readonly string[]
}

/** Sums up what the clusters of a plan ask for: the greatest number of approvals, and every tier's groups. */
export function needed(
  clusters: readonly string[],
  tiers: Readonly<Record<string, Tier>>,
  rules: ApprovalRules
): { required: number; groups: readonly TierGroups[]; controlled: boolean } {
  const used = [...new Set(clusters.flatMap((name) => tiers[name] ?? []))]
  // A plan on no configured cluster asks for as much as the strictest tier does.
  const asked = used.length === 0 ? (Object.keys(rules.tiers) as Tier[]) : used
  // Of a tier that no cluster has nobody was asked to name groups: those that it names count, none is no answer.
  const inUse = new Set(Object.values(tiers))
  const named = asked.filter((tier) => used.length > 0 || inUse.has(tier) || rules.tiers[tier].groups.length > 0)
  return {
    required: Math.max(...asked.map((tier) => rules.tiers[tier].required)),
    groups: named.map((tier) => ({ tier, groups: rules.tiers[tier].groups })),
    controlled: asked.includes('change-controlled')
  }
}

/** Says why this actor's approval does not count, or null; a rejection always counts from whoever may approve or asked. */
export function mayNotApprove(
  { requesters, clusters, id }: Pick<Approval, 'requesters' | 'clusters' | 'id'>,
  actor: Actor,
  { groups, controlled }: ReturnType<typeof needed>
): string | null {
  const where = clusters.length === 0 ? 'no configured cluster' : clusters.join(', ')
  if (controlled && actor.local)
    return `${actor.name} is known only as a user of this machine, and ${where} is change-controlled: approve with a token (tokens in reflex.yaml)`
  const others = requesters.length > 1 ? `, none of ${requesters.join(', ')}` : ''
  if (controlled && requesters.includes(actor.name))
    return `${actor.name} asked for this, and ${where} is change-controlled: somebody else has to approve ${id}${others}`
  const missing = groups.find(
    ({ groups: allowed }) =>
      !(allowed.length === 0 ? actor.local : allowed.some((group) => actor.groups.includes(group)))
  )
  if (missing === undefined) return null
  if (missing.groups.length === 0)
    return `${actor.name} may not: approvals.tiers.${missing.tier}.groups in reflex.yaml names no group, so nobody approves for ${where}; name one that ${actor.name} is in`
  return `${actor.name} is in ${actor.groups.length === 0 ? 'no group' : actor.groups.join(', ')}: approvals for ${where} come from ${missing.groups.join(' or ')}`
}
