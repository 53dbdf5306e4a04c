import type { Config } from '../config/config.ts'
import { actorOfGitlab } from '../core/caller.ts'
import type { Event, GitlabData, PersonData } from '../events/event.ts'

/** What a person does that a plan may follow from. */
const wishes: readonly PersonData['did'][] = ['undo', 'again', 'restart', 'unpark', 'resume']

/**
 * Returns the people whose wish an event is, by the names that the guard knows: whoever asked on the command line, in Slack or by what
 * they did in GitLab may not be the one who approves what follows. None where it is nobody's.
 */
export function requestersOf({ data }: Event, { slack, gitlab }: Pick<Config, 'slack' | 'gitlab'>): readonly string[] {
  switch (data.kind) {
    case 'person':
      return wishes.includes(data.did) ? [data.actor] : []
    case 'quota-request':
      return [data.actor]
    case 'hint':
      return data.requesters ?? []
    case 'slack':
      return [
        slack !== null && Object.hasOwn(slack.users, data.user) ? slack.users[data.user]!.actor : `slack:${data.user}`
      ]
    case 'gitlab':
      return namedIn(data).map((name) => actorOfGitlab(name, gitlab.users))
    default:
      return []
  }
}

/** Whoever a webhook names: that somebody else did it is only its word, so it makes all of them askers and frees none. */
const namedIn = ({ user, people = [] }: GitlabData): readonly string[] => [
  ...new Set([...(user === null ? [] : [user]), ...people])
]
