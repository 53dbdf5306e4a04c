import type { Actor } from '../core/approval.ts'
import type { DecisionRow } from '../store/rows.ts'
import { type Answer, no } from './answer.ts'
import type { PeopleContext } from './context.ts'
import { mayNotOperate } from './permission.ts'
import { wake } from './person-event.ts'

/** Has the lane of a decision decided again on fresh answers, through the guard. */
export async function again(
  context: PeopleContext,
  actor: Actor,
  decision: number,
  reason: string | null
): Promise<Answer<{ policy: string; lane: string; before: DecisionRow }>> {
  const refused = mayNotOperate(context, actor)
  if (refused !== null) return refused
  const [before] = await context.journal.decisions({ limit: 1, id: decision })
  if (before === undefined)
    return no('unknown', `there is no decision ${decision}: \`reflex explain\` shows their numbers`)
  const { policy, lane } = before
  await wake(context, actor, { did: 'again', about: String(decision), reason }, policy, lane)
  return { ok: true, policy, lane, before }
}
