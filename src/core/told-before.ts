import type { Event } from '../events/event.ts'

/** Where the journal has what an event tells: the event that told it first, or this very delivery. */
export type ToldBefore = { readonly seq: number; readonly delivery: 'same' | 'another' }

/** Looks for the newest event of the same subject and source by its delivery, by what happened, or by the commit moved to. */
type LookForNewest = (by: 'delivery' | 'happening' | 'movedTo', value: string) => number | null

/**
 * Looks for what happened, which each webhook of GitLab tells with a delivery id (and, where the body has no time, a time) of
 * its own. Null where it is news, also for senders that tell everything once.
 */
export function whereTold({ id, subject, data }: Event, newest: LookForNewest): ToldBefore | null {
  if (data.kind !== 'gitlab' || subject === null) return null
  const same = newest('delivery', id)
  if (same !== null) return { seq: same, delivery: 'same' }
  if (data.happening == null) return null
  const told = newest('happening', data.happening)
  if (told === null) return null
  // A branch that was put back to where this push begins can be pushed to the same commit once more.
  const putBack = data.moved == null ? null : newest('movedTo', data.moved.from)
  return putBack !== null && putBack > told ? null : { seq: told, delivery: 'another' }
}
