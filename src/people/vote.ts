import { type Actor, type Approval, mayNotApprove, needed } from '../core/approval.ts'
import { type Answer, no } from './answer.ts'
import type { PeopleContext } from './context.ts'
import { personEvent } from './person-event.ts'

/** Approves or rejects a plan; its lane is decided anew before anything is carried out (`decisionAfter` tells). */
export async function vote(
  context: PeopleContext,
  actor: Actor,
  id: number,
  verdict: 'approve' | 'reject',
  reason: string | null
): Promise<Answer<{ approval: Approval; missing: number }>> {
  const { journal, tiers, approvals } = context
  const [found] = await journal.approvals({ id })
  if (found === undefined)
    return no('unknown', `there is no approval ${id}: \`reflex approvals\` lists those that wait`)
  if (found.state !== 'open') return no('conflict', notOpen(found))
  const need = needed(found.clusters, tiers, approvals)
  // Whoever asked may take it back.
  const takesBack = verdict === 'reject' && found.requesters.includes(actor.name)
  const refused = takesBack ? null : mayNotApprove(found, actor, need)
  if (refused !== null) return no('refused', refused)
  const rules = { required: need.required, expiresMs: approvals.expiresMs }
  const event = personEvent(context, actor, { did: verdict, about: String(id), reason })
  const voted = await journal.vote(id, { actor: actor.name, verdict, reason }, rules, event)
  if (voted === null || !voted.counted) return no('conflict', notOpen(voted?.approval ?? found))
  const given = voted.approval.votes.filter((one) => one.verdict === 'approve').length
  return { ok: true, approval: voted.approval, missing: Math.max(0, need.required - given) }
}

function notOpen({ id, state, reason }: Approval): string {
  return `approval ${id} is ${state}${reason === null ? '' : `: ${reason}`}`
}
