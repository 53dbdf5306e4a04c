import { postTo, type SlackClient } from '../clients/slack.ts'
import { isLoopback } from '../config/values.ts'
import type { SlackConfig } from '../config.ts'
import type { Log } from '../log.ts'
import { type Message, messageOf, type Reply } from './blocks.ts'

/** Slack takes five answers at such an address, within half an hour. */
const mostUses = 5
const livesMs = 30 * 60_000
const mostKept = 2000

/** Whom a reply is for. */
export interface Asker {
  /** Id of the event that asked. */
  readonly event: string
  readonly user: string
  readonly channel: string | null
}

/** How replies get back to whoever asked. */
export interface Replies {
  /** The address is a secret: it stays in memory, and is gone after a restart. */
  remember(event: string, url: string): void
  /** Never throws: a reply that cannot be given is a line in the log. */
  say(asker: Asker, reply: Reply): Promise<void>
}

interface Parts {
  readonly settings: () => SlackConfig | null
  readonly client: () => SlackClient | null
  readonly log: Log
  readonly now: () => number
  readonly fetch?: typeof fetch
}

export function createReplies({ settings, client, log, now, fetch }: Parts): Replies {
  const kept = new Map<string, { readonly url: URL; readonly until: number; uses: number }>()

  /** Why nothing can be said at the address, or null once it is said. */
  async function atAddress(event: string, message: Message): Promise<string | null> {
    const there = kept.get(event)
    if (there === undefined) return 'its response_url is not known any more (the product was restarted)'
    if (now() >= there.until) return 'its response_url is older than 30 minutes'
    if (there.uses >= mostUses) return 'its response_url was used five times'
    there.uses++
    try {
      const body = { response_type: 'ephemeral', replace_original: false, ...message }
      return (await postTo(there.url.href, body, fetch)) ? null : 'Slack takes nothing at its response_url any more'
    } catch (error) {
      return `its response_url cannot be reached (${(error as Error).name})`
    }
  }

  return {
    remember(event, text) {
      const url = URL.parse(text)
      const hosts = settings()?.responseHosts ?? []
      if (url === null || !mayPostTo(url, hosts)) {
        log.warn(
          { event, host: url?.hostname ?? 'none' },
          'the response_url of a call is on no host of slack.responseHosts'
        )
        return
      }
      for (const [id, { until }] of kept) if (now() >= until || kept.size >= mostKept) kept.delete(id)
      kept.set(event, { url, until: now() + livesMs, uses: 0 })
    },

    async say({ event, user, channel }, reply) {
      const message = messageOf(reply)
      const why = await atAddress(event, message)
      if (why === null) return
      const web = client()
      if (web === null || channel === null) {
        const missing = web === null ? 'slack.botToken is not configured' : 'the call came from no channel'
        log.warn({ event }, `a reply in Slack was not given: ${why}, and ${missing}`)
        return
      }
      try {
        await web.post(channel, { text: message.text, blocks: [mention(user), ...message.blocks] })
      } catch (error) {
        log.warn({ event }, `a reply in Slack was not given: ${why}, and ${(error as Error).message}`)
      }
    }
  }
}

/** In the channel everybody reads it: it says for whom it is. The id is checked when the call comes in. */
const mention = (user: string) => ({ type: 'context', elements: [{ type: 'mrkdwn', text: `<@${user}>` }] }) as const

/** A payload may name any address; only Slack's own is posted to. */
export function mayPostTo(url: URL, hosts: readonly string[]): boolean {
  const { protocol, hostname, username, password } = url
  if (username !== '' || password !== '') return false
  if (!hosts.some((host) => host.toLowerCase() === hostname)) return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}
