import type { Voted } from '../operations.ts'
import { comesOf, notYet, type Shown } from './decided.ts'
import type { Voice } from './voice.ts'

/** What a vote came to. */
export interface VoteText {
  readonly say: string
  /** How the plan that was approved differs from that of now, a line for each step that only one of them has. */
  readonly differs: readonly string[]
  /** What there is instead; null: it is said. */
  readonly next: string | null
  /** What was wanted is going on. */
  readonly good: boolean
}

/** Writes what a vote came to, and how one goes on. */
export const votedText = (verdict: 'approve' | 'reject', voted: Voted, voice: Voice): VoteText =>
  verdict === 'approve' ? approved(voted, voice) : rejected(voted)

const said = (say: string, good = true): VoteText => ({ say, differs: [], next: null, good })

function approved({ approval, missing, decision }: Voted, voice: Voice): VoteText {
  const { id, votes } = approval
  if (missing > 0) {
    const given = votes.filter((vote) => vote.verdict === 'approve').length
    const more = missing === 1 ? '1 more is needed' : `${missing} more are needed`
    return said(`approval ${id}: ${given} of ${given + missing} approvals, ${more}`)
  }
  if (decision === null) return said(`approval ${id} granted; ${notYet}`)
  if (decision.outcome === 'failed')
    return said(`approval ${id} granted; decision ${decision.id}: ${comesOf(decision)}`, false)
  if (decision.approval === id)
    return said(`approval ${id} granted; decided again (decision ${decision.id}): the same plan, ${comesOf(decision)}`)
  return superseded(approval, decision, voice)
}

/** A reason has a line of its own for each step that only one of the plans has. */
function superseded({ id, state, reason }: Voted['approval'], decision: Shown, voice: Voice): VoteText {
  const told = state === 'superseded' && reason !== null ? reason : `decision ${decision.id} came to another plan`
  const [why, ...differs] = told.split('\n')
  const { approval } = decision
  const next =
    approval === null
      ? `now: ${comesOf(decision)}`
      : `approval ${approval} asks for that one: ${voice.command(`explain approval:${approval}`)}, then ${voice.command(`approve ${approval}`)}`
  return { say: `approval ${id} was superseded: ${why}`, differs, next, good: false }
}

function rejected({ approval: { id }, decision }: Voted): VoteText {
  const then = decision === null ? notYet : `decided again (decision ${decision.id}): ${comesOf(decision)}`
  return said(`approval ${id} rejected: nothing of its plan is carried out; ${then}`)
}
