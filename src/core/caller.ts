import type { SlackData } from '../events/event.ts'

/** Who a call of Slack is from: as the guard knows them, with Slack's own name for whom it knows by id only. */
export function callerOf({ user, userName = null, actor = `slack:${user}` }: SlackData): string {
  return userName === null || actor !== `slack:${user}` ? actor : `${actor} (${userName})`
}

/** Who somebody of GitLab is to the guard; it takes a user name in whatever case. */
export function actorOfGitlab(name: string, users: Readonly<Record<string, string>>): string {
  const same = name.toLowerCase()
  return Object.entries(users).find(([one]) => one.toLowerCase() === same)?.[1] ?? `gitlab:${name}`
}
