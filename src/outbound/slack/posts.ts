import type { Log } from '../../base/log.ts'
import { SlackCallFailed, type SlackClient } from '../../clients/slack/slack.ts'
import type { Event } from '../../events/event.ts'
import type { Journal } from '../../store/journal.ts'
import { type OutboxJournal, openOutbox } from '../outbox.ts'
import type { Message } from './blocks.ts'
import { olderMark } from './older-marks.ts'
import { referenceOf, type Whereabouts, whereaboutsOf } from './reference.ts'

/** The message about something: where it is, and what it shows. */
export interface Posted extends Whereabouts {
  readonly shown: string
}

/** The state of a message. lost: it was perhaps posted, and nobody knows where, or given where nothing can be changed; it is not posted again. */
export type Standing = Posted | 'none' | 'lost'

/** What a message is about: `approval:7`, and when that came to be. */
export interface Thing {
  readonly about: string
  readonly at: number
}

/** Where a message may go: a channel, or an address of this process, that says why nothing can be given there (null: it was). */
export type MessageTarget = string | ((message: Message) => Promise<string | null>)

/** Messages that are posted at most once, whatever happens in between; the journal's outbox has their state. */
export interface Posts {
  standing(about: string): Promise<Standing>
  /**
   * Says what `shown` stands for, at the first of these places that takes it; false: not now, to be tried again. Where there is
   * none but an address, it is tried once.
   */
  post(
    thing: Thing,
    places: MessageTarget | readonly MessageTarget[],
    message: Message,
    shown: string
  ): Promise<boolean>
  /** The same message, with something else in it. */
  update(about: string, posted: Posted, message: Message, shown: string): Promise<boolean>
}

interface Parts {
  readonly journal: OutboxJournal & Pick<Journal, 'events'>
  readonly client: () => SlackClient | null
  readonly log: Log
  readonly now: () => number
  /** The product stops: nothing is begun any more. */
  readonly closing: () => boolean
}

const pauseMs = 60_000

/**
 * Posts messages through the outbox (transactional outbox), which has the intention before the call and the outcome after it. An intention
 * without an outcome means that the product died in between: then the message may be there.
 */
export function createPosts({ journal, client, log, now, closing }: Parts): Posts {
  const outbox = openOutbox(journal, 'slack')
  const pausedUntil = new Map<string, number>()
  /** Of these no older build journalled anything. */
  const unmarked = new Set<string>()
  /** What no place takes: none is left to try again. */
  const givenUp = new Set<string>()

  const perhaps = (about: string): 'lost' => {
    log.warn(`the message about ${about} was perhaps posted just before a restart: not posted again`)
    return 'lost'
  }

  async function standing(about: string): Promise<Standing> {
    if (givenUp.has(about)) return 'lost'
    const row = await outbox.row(about)
    if (row === null) return unmarked.has(about) ? 'none' : takenOver(about)
    switch (row.state) {
      case 'waiting':
        return 'none'
      case 'sending':
        return row.over && (await outbox.giveUp(about)) ? perhaps(about) : 'lost'
      case 'told':
        return row.reference === null ? 'lost' : { ...whereaboutsOf(row.reference), shown: row.shown }
      case 'lost':
        return 'lost'
    }
  }

  /** From what a build before the outbox left, once. */
  async function takenOver(about: string): Promise<Standing> {
    const mark = await olderMark(journal, about)
    unmarked.add(about)
    if (mark === null) return 'none'
    const { before, at } = mark
    await outbox.enqueue({ about, at, ...(before === undefined ? {} : { before }) })
    return mark.perhaps ? perhaps(about) : standing(about)
  }

  /** Not now: the next try is in a minute, later less often, or when Slack says. As a line in the log, once. */
  function notNow(about: string, place: string, { message, retryAfterMs }: SlackCallFailed, tries: number): number {
    if (retryAfterMs !== null) {
      pausedUntil.set(place, now() + retryAfterMs)
      return now()
    }
    if (tries === 0) log.warn(`the message about ${about} could not be given: ${message}`)
    return now() + pauseMs * Math.min(2 ** tries, 60)
  }

  const isPaused = (...those: readonly string[]) =>
    closing() || those.some((one) => now() < (pausedUntil.get(one) ?? 0))

  /** One place; where it takes nothing, why. `last`: it is tried again there later. */
  async function attempt(
    { about, at }: Thing,
    place: MessageTarget,
    message: Message,
    shown: string,
    last: boolean
  ): Promise<true | 'later' | { readonly why: string }> {
    const web = client()
    if (typeof place === 'string' && web === null) return { why: 'slack.botToken is not configured' }
    if (typeof place === 'string' && isPaused(place)) return 'later'
    const { tries = 0 } = (await outbox.row(about)) ?? {}
    const sending = async () => {
      const claimed = await outbox.claim(about, fact(about, 'posting', [String(tries)], at))
      if (!claimed) throw new SlackCallFailed('another process posts it', true)
    }
    try {
      if (typeof place === 'string') {
        const ts = await web!.post(place, message, sending)
        const told = { reference: referenceOf({ channel: place, ts }), shown }
        await outbox.told(about, told, fact(about, 'posted', [place, ts, shown]))
      } else {
        await sending()
        const why = await place(message)
        if (why !== null) throw new SlackCallFailed(why, false)
        await outbox.told(about, { reference: null, shown }, fact(about, 'told', [shown]))
      }
      return true
    } catch (error) {
      if (!(error instanceof SlackCallFailed)) throw error
      if (error.sent) {
        await outbox.lost(about)
        log.warn(`the message about ${about} was perhaps not posted: ${error.message}`)
        return true
      }
      const again = typeof place === 'string' && (last || error.retryAfterMs !== null)
      const due = again ? notNow(about, place, error, tries) : now()
      await outbox.failed(about, due, fact(about, 'unposted', [String(tries)]))
      if (again) return 'later'
      return { why: typeof place === 'string' ? `${error.message} for ${place}` : error.message }
    }
  }

  const fact = (about: string, what: string, words: readonly string[], at = now()) => factOf(about, what, words, at)

  return {
    standing,
    async post({ about, at }, where, message, shown) {
      const places = [where].flat()
      if (isPaused()) return false
      if ((await standing(about)) !== 'none') return true
      await outbox.enqueue({ about, at })
      const row = await outbox.row(about)
      if (row?.state === 'waiting' && now() < row.due) return false
      const refusals: string[] = []
      for (const [n, place] of places.entries()) {
        const given = await attempt({ about, at }, place, message, shown, n === places.length - 1)
        if (given === true || given === 'later') return given === true
        refusals.push(given.why)
      }
      // No channel is left to try again.
      log.warn(`the message about ${about} could not be given: ${refusals.join(', and ')}`)
      givenUp.add(about)
      return true
    },
    async update(about, { channel, ts }, message, shown) {
      const web = client()
      if (web === null || isPaused(about, channel)) return false
      try {
        await web.update(channel, ts, message)
      } catch (error) {
        if (!(error instanceof SlackCallFailed)) throw error
        const due = notNow(about, channel, error, pausedUntil.has(about) ? 1 : 0)
        if (error.retryAfterMs === null) pausedUntil.set(about, due)
        return false
      }
      pausedUntil.delete(about)
      await outbox.amend(about, shown, fact(about, 'posted', [channel, ts, shown]))
      return true
    }
  }
}

/** `slack.posted approval:7 C012AB 1700000000.0001 open:0`, for people to read; the subject is what it is about. */
const factOf = (about: string, what: string, words: readonly string[], at: number): Event => ({
  id: [`slack.${what}`, about, ...words].join(' '),
  source: '/stackreflex/slack',
  type: `stackreflex.slack.${what}`,
  subject: about,
  time: new Date(at).toISOString(),
  project: null,
  requestId: null,
  globalRequestId: null,
  data: { kind: 'none' }
})
