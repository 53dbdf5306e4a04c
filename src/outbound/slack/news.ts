import { errorText } from '../../base/error-text.ts'
import type { Heartbeats } from '../../base/heartbeats.ts'
import type { Log } from '../../base/log.ts'
import type { SlackClient } from '../../clients/slack/slack.ts'
import type { SlackConfig } from '../../config/config.ts'
import type { Journal } from '../../store/journal.ts'
import { createApprovalNews } from './approval-news.ts'
import { createBreachNews } from './breach-news.ts'
import { createOutcomeNews } from './outcome-news.ts'
import { createPosts } from './posts.ts'
import type { Replies } from './replies.ts'
import type { Said } from './said.ts'

/** Tells Slack what the journal knows: approvals as they open and change, what came of what people asked for, and breaches. */
export interface SlackNews {
  /** Something may be new. */
  wake(): void
  /** One look at everything; tests call it instead of waiting. */
  once(): Promise<void>
  close(): Promise<void>
}

/** What notifications to Slack work with. */
export interface NewsParts {
  readonly journal: Journal
  readonly settings: () => SlackConfig | null
  /** null: no bot token, and nothing is posted; what came of something is told at the addresses of calls. */
  readonly client: () => SlackClient | null
  readonly replies: Pick<Replies, 'atAddress'>
  readonly said: Said
  readonly log: Log
  readonly now: () => number
  /** 0: only when woken. */
  readonly everyMs?: number
  /** Hears of every round; left out: nobody does. */
  readonly beats?: Pick<Heartbeats, 'expect' | 'beat' | 'failed'>
}

const usualMs = 2000
/** A round may have to wait for Slack, several times. */
const roundMs = 600_000
const stage = 'Slack news'

/** Starts sending notifications to Slack. */
export function startSlackNews(parts: NewsParts): SlackNews {
  let closed = false
  const posts = createPosts({ ...parts, closing: () => closed })
  const approvals = createApprovalNews(parts, posts)
  const outcomes = createOutcomeNews(parts, posts)
  const breaches = createBreachNews(parts, posts)
  const { log, everyMs = usualMs, beats } = parts
  beats?.expect(stage, roundMs)
  let woken = false
  let poke = () => {}
  let round = Promise.resolve()
  let complaint = ''

  async function look(): Promise<void> {
    if (parts.settings() === null) return
    const posts = parts.client() !== null
    // A plan and its approval are written at once: what is known of here has its question posted before it is told that it waits.
    await outcomes.look()
    if (posts) await approvals()
    await outcomes.tell()
    if (posts) await breaches()
  }
  // Never two at once: both would post.
  const once = () => {
    round = round.catch(() => {}).then(look)
    return round
  }

  const loop = (async () => {
    while (!closed) {
      woken = false
      try {
        await once()
        complaint = ''
        beats?.beat(stage)
      } catch (error) {
        beats?.failed(stage, error)
        const message = errorText(error)
        if (message !== complaint) log.warn(`news for Slack could not be read or written down: ${message}`)
        complaint = message
      }
      if (closed) return
      await new Promise<void>((resolve) => {
        poke = resolve
        if (woken) resolve()
        else if (everyMs > 0) setTimeout(resolve, everyMs).unref()
      })
    }
  })()

  return {
    wake() {
      woken = true
      poke()
    },
    once,
    async close() {
      closed = true
      poke()
      await loop
    }
  }
}
