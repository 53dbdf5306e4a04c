import type { Config } from './config.ts'
import type { Event } from './events/event.ts'

/**
 * The person whose wish an event is, by the name that the guard knows: whoever asked on the command line, in Slack or by
 * what they did in GitLab may not be the one who approves what follows. Null where it is nobody's.
 */
export function requesterOf({ data }: Event, { slack, gitlab }: Pick<Config, 'slack' | 'gitlab'>): string | null {
  switch (data.kind) {
    case 'person':
      return data.did === 'undo' || data.did === 'again' ? data.actor : null
    case 'slack':
      return slack?.users[data.user]?.actor ?? `slack:${data.user}`
    case 'gitlab':
      return data.user === null ? null : (gitlab.users[data.user] ?? `gitlab:${data.user}`)
    default:
      return null
  }
}
