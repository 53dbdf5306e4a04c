import type { Log } from '../../base/log.ts'
import { SlackCallFailed, type SlackClient } from '../../clients/slack/slack.ts'
import type { Event } from '../../events/event.ts'
import type { Journal } from '../../store/journal.ts'
import type { Message } from './blocks.ts'

/** The message about something: where it is, and what it shows. */
export interface Posted {
  readonly channel: string
  readonly ts: string
  readonly shown: string
}

/** lost: it was perhaps posted, and nobody knows where, or given where nothing can be changed; it is not posted again. */
export type Standing = Posted | 'none' | 'lost'

/** What a message is about: `approval:7`, and when that came to be. */
export interface Thing {
  readonly about: string
  readonly at: number
}

/** Where a message may go: a channel, or an address of this process, that says why nothing can be given there (null: it was). */
export type Place = string | ((message: Message) => Promise<string | null>)

/** Messages that are posted once, whatever happens in between; which is which is in the journal. */
export interface Posts {
  standing(about: string): Promise<Standing>
  /**
   * Says what `shown` stands for, at the first of these places that takes it; false: not now, to be tried again. Where there is
   * none but an address, it is tried once.
   */
  post(thing: Thing, places: Place | readonly Place[], message: Message, shown: string): Promise<boolean>
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
    const last = await lastMark(about)
    const found = standingOf(last)
    if (found === 'lost' && last?.what !== 'told')
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

  /** One place; where it takes nothing, why, and what Slack said. */
  async function attempt(
    { about, at }: Thing,
    place: Place,
    message: Message,
    shown: string
  ): Promise<true | 'later' | { readonly why: string; readonly error: unknown; readonly tries: number }> {
    const web = client()
    if (typeof place === 'string' && web === null)
      return { why: 'slack.botToken is not configured', error: null, tries: 0 }
    if (typeof place === 'string' && isPaused(place)) return 'later'
    const last = await lastMark(about)
    // `slack.unposted approval:7 0`: the number of the try before.
    const tries = last === null ? 0 : Number(last.words[2]) + 1
    const sending = async () => {
      // Time and id are the same whoever writes it: of several processes, only one can.
      const { appended } = await mark(about, 'posting', [String(tries)], at)
      if (appended === 0) throw new SlackCallFailed('another process posts it', true)
    }
    try {
      if (typeof place === 'string') {
        const ts = await web!.post(place, message, sending)
        known.set(about, { channel: place, ts, shown })
        await mark(about, 'posted', [place, ts, shown])
      } else {
        await sending()
        const why = await place(message)
        if (why !== null) throw new SlackCallFailed(why, false)
        known.set(about, 'lost')
        await mark(about, 'told', [shown])
      }
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
      if (error.retryAfterMs !== null) {
        paused(about, String(place), error, tries)
        return 'later'
      }
      const why = typeof place === 'string' ? `${error.message} for ${place}` : error.message
      return { why, error: typeof place === 'string' ? error : null, tries }
    }
  }

  const mark = (about: string, what: string, words: readonly string[], at = now()) =>
    journal.append({ events: [{ event: markOf(about, what, words, at), lanes: [], note: 'Slack' }], ignored: [] })

  return {
    standing,
    async post({ about, at }, where, message, shown) {
      const places = [where].flat()
      if (isPaused(about)) return false
      if ((await standing(about)) !== 'none') return true
      const refusals: string[] = []
      for (const place of places) {
        const last = place === places.at(-1)
        const given = await attempt({ about, at }, place, message, shown)
        if (given === true || given === 'later') return given === true
        refusals.push(given.why)
        if (last && given.error !== null) return paused(about, String(place), given.error, given.tries)
      }
      // No channel is left to try again.
      log.warn(`the message about ${about} could not be given: ${refusals.join(', and ')}`)
      known.set(about, 'lost')
      return true
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
