import { errorText } from '../../base/error-text.ts'
import type { Log } from '../../base/log.ts'
import { isLoopback } from '../../base/loopback.ts'
import { postTo, type SlackClient } from '../../clients/slack/slack.ts'
import type { SlackConfig } from '../../config/config.ts'
import { type Message, messageOf, type Reply } from './blocks.ts'

/** Slack takes five answers at such an address, within half an hour. */
const mostUses = 5
const livesMs = 30 * 60_000
const mostKept = 2000

/** The person whom a reply is for. */
export interface Asker {
  /** Id of the event that asked. */
  readonly event: string
  readonly user: string
  readonly channel: string | null
}

/** The replies to the people who asked. */
export interface Replies {
  /** The address is a secret: it stays in memory, and is gone after a restart. */
  remember(event: string, url: string | null): void
  /** Never throws: a reply that cannot be given is a line in the log. At the address, else where it was asked, else in the channel. */
  say(asker: Asker, reply: Reply): Promise<void>
  /** At the address or not at all: nobody else is to read it. */
  sayAside(event: string, reply: Reply): Promise<void>
  /** Why a message cannot be given at the address of this call; null: it was. `everybody`: the whole channel sees it. */
  atAddress(event: string, message: Message, everybody?: boolean): Promise<string | null>
}

interface Parts {
  readonly settings: () => SlackConfig | null
  readonly client: () => SlackClient | null
  readonly log: Log
  readonly now: () => number
  readonly fetch?: typeof fetch
}

/** An address, or why there is none that may be used. */
type Kept =
  | { readonly url: URL; readonly until: number; uses: number }
  | { readonly none: string; readonly until: number }

/** Makes the replies to people: at the call's `response_url` while that may be used, else in a channel. */
export function createReplies({ settings, client, log, now, fetch }: Parts): Replies {
  const kept = new Map<string, Kept>()
  let crowded = false

  async function atAddress(event: string, message: Message, everybody = false): Promise<string | null> {
    const there = kept.get(event)
    if (there === undefined)
      return `its response_url is not known any more (${crowded ? `more than ${mostKept} calls came since` : 'the product was restarted'})`
    if ('none' in there) return there.none
    if (now() >= there.until) return 'its response_url is older than 30 minutes'
    if (there.uses >= mostUses) return 'its response_url was used five times'
    there.uses++
    try {
      const body = { response_type: everybody ? 'in_channel' : 'ephemeral', replace_original: false, ...message }
      const status = await postTo(there.url.href, body, fetch)
      if (status >= 200 && status < 300) return null
      // 404: used up, too old, or its channel is gone.
      return status === 404
        ? 'Slack takes nothing at its response_url any more'
        : `Slack answers ${status} at its response_url`
    } catch (error) {
      return `its response_url cannot be reached (${(error as Error).name})`
    }
  }

  /** Why there is no way but the address to use; null: it was posted in one of these channels. */
  async function inChannel(channels: readonly string[], message: Message): Promise<string | null> {
    const web = client()
    if (web === null) return 'slack.botToken is not configured'
    if (channels.length === 0) return 'the call came from no channel'
    const refusals: string[] = []
    for (const channel of channels) {
      try {
        await web.post(channel, message)
        return null
      } catch (error) {
        refusals.push(`${errorText(error)} for ${channel}`)
      }
    }
    return refusals.join(', ')
  }

  return {
    remember(event, text) {
      // What is too old is kept as long as there is room: it is known then why nothing can be said there.
      for (const [id, { until }] of kept) {
        if (kept.size < mostKept) break
        if (now() < until) crowded = true
        kept.delete(id)
      }
      const until = now() + livesMs
      const url = text === null ? null : URL.parse(text)
      if (url !== null && mayPostTo(url, settings()?.responseHosts ?? []))
        return void kept.set(event, { url, until, uses: 0 })
      const none =
        text === null
          ? 'the call brought no response_url'
          : `its response_url (${url === null ? 'no URL' : `${url.protocol}//${url.hostname}`.slice(0, 100)}) is on no host of slack.responseHosts, or not https`
      kept.set(event, { none, until })
      log.warn({ event }, `a call of Slack cannot be answered where it wants to be: ${none}`)
    },

    atAddress,

    async sayAside(event, reply) {
      const why = await atAddress(event, messageOf(reply))
      if (why !== null) log.warn({ event }, `a reply in Slack was not given: ${why}`)
    },

    async say({ event, user, channel }, reply) {
      const message = messageOf(reply)
      const why = await atAddress(event, message)
      if (why === null) return
      const channels = [...new Set([channel, settings()?.channel ?? null])].filter((one) => one !== null)
      const nor = await inChannel(channels, { text: message.text, blocks: [mention(user), ...message.blocks] })
      if (nor !== null) log.warn({ event }, `a reply in Slack was not given: ${why}, and ${nor}`)
    }
  }
}

/** In the channel everybody reads it: it says for whom it is. The id is checked when the call comes in. */
const mention = (user: string) => ({ type: 'context', elements: [{ type: 'mrkdwn', text: `<@${user}>` }] }) as const

/** Tells whether an address is Slack's own: a payload may name any, and only those are posted to (SSRF). */
export function mayPostTo(url: URL, hosts: readonly string[]): boolean {
  const { protocol, hostname, username, password } = url
  if (username !== '' || password !== '') return false
  if (!hosts.some((host) => host.toLowerCase() === hostname)) return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}
