import type { SlackData } from '../events/event.ts'

/** Returns who a call of Slack is from: as the guard knows them, with Slack's own name for whom it knows by id only. */
export function callerOf({ user, userName = null, actor = `slack:${user}` }: SlackData): string {
  return userName === null || actor !== `slack:${user}` ? actor : `${actor} (${userName})`
}

/** Maps a user of GitLab to an actor of the guard; user names in whatever case. */
export function actorOfGitlab(name: string, users: Readonly<Record<string, string>>): string {
  const same = name.toLowerCase()
  return Object.entries(users).find(([one]) => one.toLowerCase() === same)?.[1] ?? `gitlab:${name}`
}
