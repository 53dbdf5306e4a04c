import type { Config } from './config.ts'
import type { Event, PersonData } from './events/event.ts'

/** What a person does that a plan may follow from. */
const wishes: readonly PersonData['did'][] = ['undo', 'again', 'restart']

/**
 * The person whose wish an event is, by the name that the guard knows: whoever asked on the command line, in Slack or by
 * what they did in GitLab may not be the one who approves what follows. Null where it is nobody's.
 */
export function requesterOf({ data }: Event, { slack, gitlab }: Pick<Config, 'slack' | 'gitlab'>): string | null {
  switch (data.kind) {
    case 'person':
      return wishes.includes(data.did) ? data.actor : null
    case 'quota-request':
      return data.actor
    case 'slack':
      return slack?.users[data.user]?.actor ?? `slack:${data.user}`
    case 'gitlab':
      if (data.user === null) return null
      // Somebody may be called `constructor`.
      return Object.hasOwn(gitlab.users, data.user) ? gitlab.users[data.user]! : `gitlab:${data.user}`
    default:
      return null
  }
}
