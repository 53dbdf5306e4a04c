import type { Actor } from '../core/approval.ts'
import type { Event, PersonData } from '../events/event.ts'
import type { PeopleContext } from './context.ts'

type Did = Pick<PersonData, 'did' | 'about' | 'reason' | 'wish'>

/** Journals what a person did, with the lane that is to be decided because of it. */
export function wake(context: PeopleContext, actor: Actor, did: Did, policy: string, key: string): Promise<unknown> {
  const event = personEvent(context, actor, did)
  const lanes = [{ policy, key, quietMs: 0, maxMs: 0, resources: [] }]
  return context.journal.append({ events: [{ event, lanes, note: null }], ignored: [] })
}

let counter = 0

/** Builds what a person did, as the event that is journalled with it. */
export function personEvent(
  { now, via }: Pick<PeopleContext, 'now' | 'via'>,
  actor: Actor,
  { did, about, reason, wish }: Did
): Event {
  const at = now()
  return {
    id: `${did}-${about}-${actor.name}-${at}-${++counter}`,
    source: '/stackreflex/people',
    type: `stackreflex.${did}`,
    subject: about,
    time: new Date(at).toISOString(),
    project: null,
    requestId: null,
    globalRequestId: null,
    data: {
      kind: 'person',
      actor: actor.name,
      ...{ did, about, reason },
      ...(wish === undefined ? {} : { wish }),
      ...(via === undefined ? {} : { via })
    }
  }
}
