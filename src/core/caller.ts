import type { SlackData } from '../events/event.ts'

/** Who a call of Slack is from: as the guard knows them, with Slack's own name for whom it knows by id only. */
export function callerOf({ user, userName = null, actor = `slack:${user}` }: SlackData): string {
  return userName === null || actor !== `slack:${user}` ? actor : `${actor} (${userName})`
}
