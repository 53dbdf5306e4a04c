import { inTime } from '../base/in-time.ts'
import type { Log } from '../base/log.ts'
import { SlackCallFailed, type SlackClient } from '../clients/slack/slack.ts'
import type { SlackConfig } from '../config/config.ts'

/** Who is in the user groups of `slack.userGroups`, as Slack said a short while ago. */
export interface UserGroups {
  /** Groups of the guard that somebody has through them; a list that is missing or old is waited for, but not long. */
  groupsOf(user: string, waitMs?: number): Promise<readonly string[]>
  /** User groups of which nothing is known now: nobody is in them. */
  unread(): readonly string[]
  /** Reads all lists anew, in the background. */
  refresh(): void
}

interface Parts {
  readonly settings: () => SlackConfig | null
  readonly client: () => Pick<SlackClient, 'membersOf'> | null
  readonly log: Log
  readonly now: () => number
}

/** Whoever was taken out of a user group has its rights for so long. */
const freshMs = 5 * 60_000
/** A Slack that does not answer takes nobody's rights before this. */
const usableMs = 60 * 60_000
const retryMs = 30_000
/** Slack waits 3 s for its answer, and the journal takes some of that. */
const patienceMs = 1500

interface List {
  members: ReadonlySet<string>
  /** When it was asked for; what changed since is not in it. */
  readAt: number
  retryAt: number
  failing: boolean
  reading: Promise<void> | null
}

/** Makes the cache of Slack's user groups. */
export function createUserGroups({ settings, client, log, now }: Parts): UserGroups {
  const lists = new Map<string, List>()

  /** What is mapped now; another workspace has other lists. */
  function mapped() {
    const { team = '', userGroups = {} } = settings() ?? {}
    return Object.entries(userGroups).map(([id, groups]) => {
      const key = `${team} ${id}`
      const none = { members: new Set<string>(), readAt: -Infinity, retryAt: -Infinity, failing: false, reading: null }
      const list: List = lists.get(key) ?? none
      lists.set(key, list)
      return { id, groups, list }
    })
  }
  const age = ({ readAt }: List) => now() - readAt
  const mayBeRead = ({ reading, retryAt }: List) => reading !== null || now() >= retryAt

  function read(id: string, list: List): Promise<void> {
    list.reading ??= attempt(id, list).finally(() => {
      list.reading = null
    })
    return list.reading
  }

  async function attempt(id: string, list: List): Promise<void> {
    const askedAt = now()
    try {
      const slack = client()
      if (slack === null) throw new SlackCallFailed('slack.botToken is not configured', false)
      list.members = new Set(await slack.membersOf(id))
      list.readAt = askedAt
      if (list.failing) log.info(`who is in the user group ${id} of Slack can be read again`)
      list.failing = false
    } catch (error) {
      const { message, retryAfterMs = null } = error as Error & Partial<SlackCallFailed>
      list.retryAt = now() + Math.max(retryMs, retryAfterMs ?? 0)
      const gone = message === 'Slack said no_such_subteam'
      if (gone) {
        list.members = new Set()
        list.readAt = askedAt
      }
      if (list.failing) return
      list.failing = true
      const known = list.readAt !== -Infinity
      const holds = gone || !known ? 'nobody has rights through it' : 'what was read last holds for at most an hour'
      const scope = message.includes('missing_scope') ? ' (the scope usergroups:read)' : ''
      log.warn(`who is in the user group ${id} of Slack cannot be read: ${message}${scope}; ${holds}`)
    }
  }

  return {
    async groupsOf(user, waitMs = patienceMs) {
      const all = mapped()
      const old = all.filter(({ list }) => age(list) >= freshMs && mayBeRead(list))
      if (old.length > 0) await inTime(waitMs, Promise.all(old.map(({ id, list }) => read(id, list))), () => {})
      const has = ({ list }: (typeof all)[number]) => age(list) < usableMs && list.members.has(user)
      return [...new Set(all.filter(has).flatMap(({ groups }) => groups))]
    },
    unread: () =>
      mapped()
        .filter(({ list }) => age(list) >= usableMs)
        .map(({ id }) => id),
    refresh() {
      for (const { id, list } of mapped()) if (mayBeRead(list)) void read(id, list)
    }
  }
}
