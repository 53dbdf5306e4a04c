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
}

const prefix = 'stackreflex.slack.'
const pauseMs = 60_000
/** Marks of one message: as many as an approval has states and votes. */
const mostMarks = 100

/**
 * The intention is journalled before the call and its outcome after it. An intention without an outcome means that the
 * product died in between: then the message may be there.
 */
export function createPosts({ journal, client, log, now }: Parts): Posts {
  const pausedUntil = new Map<string, number>()
  const known = new Map<string, Standing>()

  const marksOf = async (about: string) => {
    const rows = await journal.events({ resource: about, type: `${prefix}*`, limit: mostMarks })
    return rows.map(({ type, id }) => ({ what: type.slice(prefix.length), words: id.split(' ') }))
  }

  async function standing(about: string): Promise<Standing> {
    const remembered = known.get(about)
    if (remembered !== undefined) return remembered
    const [last] = await marksOf(about)
    const found = standingOf(last)
    if (found === 'lost')
      log.warn(`the message about ${about} was perhaps posted just before a restart: not posted again`)
    known.set(about, found)
    return found
  }

  /** Why not now, as a line in the log; the next try is in a minute. */
  function paused(about: string, error: unknown): false {
    if (!pausedUntil.has(about)) log.warn(`the message about ${about} could not be given: ${(error as Error).message}`)
    pausedUntil.set(about, now() + pauseMs)
    return false
  }

  const mark = (about: string, what: string, words: readonly string[], at = now()) =>
    journal.append({ events: [{ event: markOf(about, what, words, at), lanes: [], note: 'Slack' }], ignored: [] })

  return {
    standing,
    async post({ about, at }, channel, message, shown) {
      const web = client()
      if (web === null || now() < (pausedUntil.get(about) ?? 0)) return false
      if ((await standing(about)) !== 'none') return true
      const tries = (await marksOf(about)).filter(({ what }) => what === 'unposted').length
      // Time and id are the same whoever writes it: of several processes, only one can.
      const { appended } = await mark(about, 'posting', [String(tries)], at)
      if (appended === 0) {
        known.set(about, 'lost')
        return true
      }
      try {
        const ts = await web.post(channel, message)
        known.set(about, { channel, ts, shown })
        await mark(about, 'posted', [channel, ts, shown])
        pausedUntil.delete(about)
        return true
      } catch (error) {
        if (!(error instanceof SlackCallFailed)) throw error
        if (error.sent) {
          known.set(about, 'lost')
          log.warn(`the message about ${about} was perhaps not posted: ${error.message}`)
          return true
        }
        await mark(about, 'unposted', [String(tries)])
        return paused(about, error)
      }
    },
    async update(about, { channel, ts }, message, shown) {
      const web = client()
      if (web === null || now() < (pausedUntil.get(about) ?? 0)) return false
      try {
        await web.update(channel, ts, message)
      } catch (error) {
        return paused(about, error)
      }
      pausedUntil.delete(about)
      known.set(about, { channel, ts, shown })
      await mark(about, 'posted', [channel, ts, shown])
      return true
    }
  }
}

function standingOf(last: { what: string; words: readonly string[] } | undefined): Standing {
  if (last === undefined || last.what === 'unposted') return 'none'
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
