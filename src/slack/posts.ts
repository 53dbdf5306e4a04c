import { SlackCallFailed, type SlackClient } from '../clients/slack.ts'
import type { Event } from '../events/event.ts'
import type { Log } from '../log.ts'
import type { Journal } from '../store/journal.ts'
import type { Message } from './blocks.ts'

/** The message about something: where it is, and what it shows. */
export interface Posted {
  readonly channel: string
  readonly ts: string
  readonly shown: string
}

/** lost: it was perhaps posted, and nobody knows where; it is not posted again. */
export type Standing = Posted | 'none' | 'lost'

/** What a message is about: `approval:7`, and when that came to be. */
export interface Thing {
  readonly about: string
  readonly at: number
}

/** Messages that are posted once, whatever happens in between; which is which is in the journal. */
export interface Posts {
  standing(about: string): Promise<Standing>
  /** Says what `shown` stands for; false: not now, to be tried again. */
  post(thing: Thing, channel: string, message: Message, shown: string): Promise<boolean>
  /** The same message, with something else in it. */
  update(about: string, posted: Posted, message: Message, shown: string): Promise<boolean>
}

interface Parts {
  readonly journal: Journal
  readonly client: () => SlackClient | null
  readonly log: Log
  readonly now: () => number
  /** The product stops: nothing is begun any more. */
  readonly closing: () => boolean
}

const prefix = 'stackreflex.slack.'
const pauseMs = 60_000

/**
 * The intention is journalled before the call and its outcome after it. An intention without an outcome means that the
 * product died in between: then the message may be there.
 */
export function createPosts({ journal, client, log, now, closing }: Parts): Posts {
  const pausedUntil = new Map<string, number>()
  const known = new Map<string, Standing>()

  const lastMark = async (about: string) => {
    const [row] = await journal.events({ resource: about, type: `${prefix}*`, limit: 1 })
    return row === undefined ? null : { what: row.type.slice(prefix.length), words: row.id.split(' ') }
  }

  async function standing(about: string): Promise<Standing> {
    const remembered = known.get(about)
    if (remembered !== undefined) return remembered
    const found = standingOf(await lastMark(about))
    if (found === 'lost')
      log.warn(`the message about ${about} was perhaps posted just before a restart: not posted again`)
    known.set(about, found)
    return found
  }

  /** Why not now, as a line in the log; the next try is in a minute, later less often, or when Slack says. */
  function paused(about: string, channel: string, error: unknown, tries = 0): false {
    if (!(error instanceof SlackCallFailed)) throw error
    const { message, retryAfterMs } = error
    if (retryAfterMs !== null) pausedUntil.set(channel, now() + retryAfterMs)
    else {
      if (!pausedUntil.has(about)) log.warn(`the message about ${about} could not be given: ${message}`)
      pausedUntil.set(about, now() + pauseMs * Math.min(2 ** tries, 60))
    }
    return false
  }

  const isPaused = (...those: readonly string[]) =>
    closing() || those.some((one) => now() < (pausedUntil.get(one) ?? 0))

  const mark = (about: string, what: string, words: readonly string[], at = now()) =>
    journal.append({ events: [{ event: markOf(about, what, words, at), lanes: [], note: 'Slack' }], ignored: [] })

  return {
    standing,
    async post({ about, at }, channel, message, shown) {
      const web = client()
      if (web === null || isPaused(about, channel)) return false
      if ((await standing(about)) !== 'none') return true
      const last = await lastMark(about)
      // `slack.unposted approval:7 0`: the number of the try before.
      const tries = last === null ? 0 : Number(last.words[2]) + 1
      try {
        const ts = await web.post(channel, message, async () => {
          // Time and id are the same whoever writes it: of several processes, only one can.
          const { appended } = await mark(about, 'posting', [String(tries)], at)
          if (appended === 0) throw new SlackCallFailed('another process posts it', true)
        })
        known.set(about, { channel, ts, shown })
        await mark(about, 'posted', [channel, ts, shown])
        pausedUntil.delete(about)
        return true
      } catch (error) {
        if (error instanceof SlackCallFailed && error.sent) {
          known.set(about, 'lost')
          log.warn(`the message about ${about} was perhaps not posted: ${error.message}`)
          return true
        }
        if (error instanceof SlackCallFailed) await mark(about, 'unposted', [String(tries)])
        return paused(about, channel, error, tries)
      }
    },
    async update(about, { channel, ts }, message, shown) {
      const web = client()
      if (web === null || isPaused(about, channel)) return false
      try {
        await web.update(channel, ts, message)
      } catch (error) {
        return paused(about, channel, error)
      }
      pausedUntil.delete(about)
      known.set(about, { channel, ts, shown })
      await mark(about, 'posted', [channel, ts, shown])
      return true
    }
  }
}

function standingOf(last: { what: string; words: readonly string[] } | null): Standing {
  if (last === null || last.what === 'unposted') return 'none'
  const [, , channel, ts, shown] = last.words
  if (last.what !== 'posted' || channel === undefined || ts === undefined || shown === undefined) return 'lost'
  return { channel, ts, shown }
}

/** `slack.posted approval:7 C012AB 1700000000.0001 open:0`; the subject is what it is about. */
const markOf = (about: string, what: string, words: readonly string[], at: number): Event => ({
  id: [`slack.${what}`, about, ...words].join(' '),
  source: '/stackreflex/slack',
  type: `${prefix}${what}`,
  subject: about,
  time: new Date(at).toISOString(),
  project: null,
  requestId: null,
  globalRequestId: null,
  data: { kind: 'none' }
})
