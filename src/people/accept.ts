import type { Actor } from '../core/approval.ts'
import { type Answer, no } from './answer.ts'
import type { PeopleContext } from './context.ts'
import { mayNotOperate } from './permission.ts'
import { personEvent } from './person-event.ts'

/** Accepts, on somebody's word, what the product could not believe: a journal that may not be the one it had, or a clock that jumped. */
export async function accept(
  context: PeopleContext,
  actor: Actor,
  what: 'journal' | 'clock',
  reason: string | null
): Promise<Answer<{ accepted: 'journal' | 'clock' }>> {
  const refused = mayNotOperate(context, actor)
  if (refused !== null) return refused
  const doubt = what === 'journal' ? await context.journal.doubt() : ''
  if (doubt === null) return no('conflict', 'nothing speaks against the journal: there is nothing to accept')
  const why = [doubt, reason].filter(Boolean).join(': ') || null
  await context.journal.accept(what, personEvent(context, actor, { did: 'accept', about: what, reason: why }))
  return { ok: true, accepted: what }
}
