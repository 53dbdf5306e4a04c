import type { Heartbeats } from '../base/heartbeats.ts'
import type { Log } from '../base/log.ts'
import { createSlack, type SlackClient } from '../clients/slack/slack.ts'
import type { SlackConfig } from '../config/config.ts'
import type { SlackParts } from '../handlers/webhooks/slack.ts'
import type { SlackNews } from '../outbound/slack/news.ts'
import { createReplies } from '../outbound/slack/replies.ts'
import { createSaid } from '../outbound/slack/said.ts'
import { readingOf } from '../people/context.ts'
import type { OperationsContext } from '../people/on-journal/context.ts'
import { createConversation } from '../slack/conversation.ts'
import { createUserGroups } from '../slack/usergroups.ts'

/**
 * Slack's half of the product: its routes' parts and the worker that carries out what was asked (role receive), and the notifications to
 * the channel (role schedule).
 */
export interface SlackSide {
  readonly parts: SlackParts
  /** Works what was journalled and not answered by the process before this one. */
  recover(): Promise<void>
  /** Tells the channel what the journal knows, from now on; what is returned says that there may be news. */
  startNews(): Promise<() => void>
  close(): Promise<void>
}

interface Needs {
  readonly settings: () => SlackConfig | null
  readonly context: () => OperationsContext
  readonly log: Log
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** The worker may have something to do. */
  readonly wakeWorker: () => void
  readonly beats: Heartbeats
}

/** Before the lists of user groups are old: nobody waits for them. */
const refreshMs = 4 * 60_000

/** Opens Slack's half of the product for the roles of this process. */
export function openSlack({ settings, context, log, now, sleep, wakeWorker, beats }: Needs): SlackSide {
  let made: { token: string; apiUrl: string; client: SlackClient } | null = null
  /** Another one when the configuration names another token; null where it names none. */
  const client = (): SlackClient | null => {
    const { botToken: token = null, apiUrl = '' } = settings() ?? {}
    if (token === null) return null
    if (made?.token !== token || made.apiUrl !== apiUrl)
      made = { token, apiUrl, client: createSlack({ token, apiUrl, now, sleep }) }
    return made.client
  }
  const replies = createReplies({ settings, client, log, now })
  const userGroups = createUserGroups({ settings, client, log, now })
  userGroups.refresh()
  const refreshing = setInterval(userGroups.refresh, refreshMs).unref()
  const said = createSaid()
  const conversation = createConversation({
    settings,
    context,
    replies,
    said,
    userGroups,
    log,
    wake: wakeWorker,
    sleep
  })
  let news: SlackNews | null = null
  const working = new Set<Promise<void>>()
  const work = (task: () => Promise<void>) => {
    const one = task()
      .catch((error: Error) => log.error({ err: error }, `what was asked in Slack failed: ${error.message}`))
      .finally(() => working.delete(one))
    working.add(one)
  }
  return {
    parts: { settings, context, work, conversation, userGroups },
    async recover() {
      if (settings() === null) return
      const again = await conversation.recover()
      if (again > 0) log.warn(`${again} questions from Slack were open when the product was stopped: answered now`)
    },
    async startNews() {
      const { startSlackNews } = await import('../outbound/slack/news.ts')
      const journal = { ...context().journal, ...readingOf(context()) }
      const started = startSlackNews({ journal, settings, client, replies, said, log, now, beats })
      news = started
      return started.wake
    },
    async close() {
      clearInterval(refreshing)
      await news?.close()
      await Promise.all(working)
    }
  }
}
