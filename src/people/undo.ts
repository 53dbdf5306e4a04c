import type { Actor } from '../core/approval.ts'
import { type Answer, no } from './answer.ts'
import type { PeopleContext } from './context.ts'
import { mayNotOperate } from './permission.ts'
import { wake } from './person-event.ts'

/** Plans what takes an action back, through the same guard; the target is left alone afterwards. */
export async function requestUndo(
  context: PeopleContext,
  actor: Actor,
  action: string,
  reason: string | null
): Promise<Answer<{ policy: 'undo'; lane: string }>> {
  const refused = mayNotOperate(context, actor)
  if (refused !== null) return refused
  const [found] = await context.journal.actions({ limit: 1, id: action })
  if (found === undefined) {
    // A step is shown with a number of its own, beside the id that is wanted here.
    const about = /^\d+\.\d+$/.test(action) ? `step ${action}` : '<name>'
    return no('unknown', `there is no action ${action}: \`reflex explain ${about}\` shows the ids of what was done`)
  }
  if (found.state !== 'done')
    return no('conflict', `action ${action} is ${found.state}: only what was done can be undone`)
  if (found.inverse === null)
    return no(
      'conflict',
      `action ${action} (${found.type} on ${found.target}) changed nothing, or cannot be taken back`
    )
  // Each request has a lane of its own: it is tried once, on what is there then.
  const lane = `${action}/${context.now().toString(36)}`
  await wake(context, actor, { did: 'undo', about: action, reason }, 'undo', lane)
  return { ok: true, policy: 'undo', lane }
}
