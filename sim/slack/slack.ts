import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { signedHeaders } from './signed-headers.ts'

/** A message as the channel shows it. */
export interface SlackMessageSeen {
  readonly channel: string
  readonly ts: string
  readonly text: string
  readonly blocks: readonly Record<string, unknown>[]
  /** How often chat.update changed it. */
  readonly updates: number
}

/** What came to a response_url: only whoever asked sees it. */
export interface SlackReplySeen {
  readonly user: string
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

/** What the product answered to a call; the body of an answer to a pressed button is nothing that Slack shows to anybody. */
export interface SlackAnswer {
  readonly status: number
  readonly body: string
  readonly ms: number
}

interface Options {
  readonly signingSecret: string
  /** Where the product listens, `http://127.0.0.1:8080`; asked at each call where the product starts after Slack. */
  readonly target: string | (() => string)
  readonly botToken?: string
  readonly team?: string
  readonly channel?: string
  /** ms since the epoch, as Slack's clock has it. */
  readonly now?: () => number
  /** So long its Web API and response_urls take for each answer; ms. */
  readonly answersAfterMs?: number
}

/** A Slack on the wire: signs and sends what people type and press, takes what is posted, and holds to its own limits. */
export interface Slack {
  /** For `slack.apiUrl`. */
  readonly apiUrl: string
  /** Everything that came to a response_url, in order. */
  readonly replies: readonly SlackReplySeen[]
  /** Who is in which user group; a test changes it. */
  readonly userGroups: Map<string, readonly string[]>
  messages(channel: string): readonly SlackMessageSeen[]
  /** Invites the bot: it may post in its home channel, where it was invited, and to people (`U…`), nowhere else. */
  invite(channel: string): void
  /** In the home channel, or where else it is said: a channel (`C…`), a private one (`G…`), a direct message (`D…`). */
  say(user: string, text: string, channel?: string): Promise<SlackAnswer>
  click(user: string, message: Pick<SlackMessageSeen, 'channel' | 'ts'>, actionId: string): Promise<SlackAnswer>
  /** Sends the last call once more, byte for byte. */
  replay(): Promise<SlackAnswer>
  /** The next calls of the Web API are answered 429, with this many seconds to wait. */
  limit(calls: number, seconds: number): void
  /** The next calls of the Web API are answered `ok: false` with this error. */
  refuse(calls: number, error: string): void
  /** Web API calls that came too soon after another one to the same channel. */
  readonly hurried: number
  close(): Promise<void>
}

const mostUses = 5
const livesMs = 30 * 60_000

export async function startSlack({
  signingSecret,
  target,
  botToken = 'xoxb-sim',
  team = 'T0SIM',
  channel: home = 'C0SIM',
  now = Date.now,
  answersAfterMs = 0
}: Options): Promise<Slack> {
  const channels = new Map<string, SlackMessageSeen[]>()
  const joined = new Set([home])
  const replies: SlackReplySeen[] = []
  const userGroups = new Map<string, readonly string[]>()
  const addresses = new Map<
    string,
    { readonly user: string; readonly channel: string; readonly until: number; uses: number }
  >()
  const lastCall = new Map<string, number>()
  let limited = { calls: 0, seconds: 0 }
  let refused = { calls: 0, error: '' }
  let hurried = 0
  let count = 0
  let last: { path: string; body: string; headers: Record<string, string> } | null = null

  const server = createServer(async (request, response) => {
    const body = await read(request)
    if (answersAfterMs > 0) await sleep(answersAfterMs)
    const path = request.url ?? ''
    const send = (status: number, said: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(said))
    if (path.startsWith('/actions/')) {
      const there = addresses.get(path)
      if (there === undefined || now() >= there.until) return send(404, { ok: false, error: 'expired_url' })
      if (there.uses >= mostUses) return send(404, { ok: false, error: 'used_url' })
      there.uses++
      const said = JSON.parse(body) as Record<string, unknown>
      replies.push({ user: there.user, text: String(said.text ?? ''), body: said })
      // Everybody in the channel sees it then, whether or not the bot is there.
      if (said.response_type === 'in_channel') show(there.channel, said)
      return send(200, { ok: true })
    }
    const form = new URLSearchParams(body)
    if (request.headers.authorization !== `Bearer ${botToken}` && form.get('token') !== botToken)
      return send(200, { ok: false, error: 'invalid_auth' })
    if (limited.calls > 0) {
      limited.calls--
      return send(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(limited.seconds) })
    }
    if (refused.calls > 0) {
      refused.calls--
      return send(200, { ok: false, error: refused.error })
    }
    send(200, webApi(path.replace('/api/', ''), form))
  })

  function webApi(method: string, form: URLSearchParams): object {
    if (method === 'usergroups.users.list') {
      const users = userGroups.get(form.get('usergroup') ?? '')
      return users === undefined ? { ok: false, error: 'no_such_subteam' } : { ok: true, users }
    }
    const asked = form.get('channel') ?? ''
    // Whoever is named by id gets a direct message from the bot.
    const channel = /^[UW]/.test(asked) ? `D${asked}` : asked
    const open = joined.has(channel) || channel !== asked
    // Only a public channel is known to who is not in it.
    if (!open) return { ok: false, error: channel.startsWith('C') ? 'not_in_channel' : 'channel_not_found' }
    const blocks = JSON.parse(form.get('blocks') ?? '[]') as Record<string, unknown>[]
    const text = form.get('text') ?? ''
    const since = now() - (lastCall.get(channel) ?? 0)
    if (since < 900) hurried++
    lastCall.set(channel, now())
    if (blocks.length > 50 || sections(blocks).some((one) => one.length > 3000))
      return { ok: false, error: 'invalid_blocks' }
    const there = channels.get(channel) ?? []
    if (method === 'chat.postMessage')
      return { ok: true, channel, ts: show(channel, { text, blocks }), message: { text } }
    if (method === 'chat.update') {
      const at = there.findIndex((message) => message.ts === form.get('ts'))
      if (at < 0) return { ok: false, error: 'message_not_found' }
      const before = there[at]!
      there[at] = { ...before, text, blocks, updates: before.updates + 1 }
      return { ok: true, channel, ts: before.ts, text }
    }
    return { ok: false, error: 'unknown_method' }
  }

  function show(channel: string, { text, blocks }: Readonly<Record<string, unknown>>): string {
    const ts = `${Math.floor(now() / 1000)}.${String(++count).padStart(6, '0')}`
    const message = {
      channel,
      ts,
      text: String(text ?? ''),
      blocks: (blocks ?? []) as Record<string, unknown>[],
      updates: 0
    }
    channels.set(channel, [...(channels.get(channel) ?? []), message])
    return ts
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  function addressFor(user: string, channel: string): string {
    const path = `/actions/${team}/${randomUUID()}`
    addresses.set(path, { user, channel, until: now() + livesMs, uses: 0 })
    return `${base}${path}`
  }
  const trigger = () => `${++count}.${Math.floor(now())}.${randomUUID().replaceAll('-', '')}`

  async function call(path: string, form: Record<string, string>): Promise<SlackAnswer> {
    const body = new URLSearchParams(form).toString()
    last = { path, body, headers: signedHeaders(body, signingSecret, Math.floor(now() / 1000)) }
    return deliver()
  }

  async function deliver(): Promise<SlackAnswer> {
    if (last === null) throw new Error('nothing was sent yet')
    const before = performance.now()
    const answer = await fetch(`${typeof target === 'string' ? target : target()}${last.path}`, {
      method: 'POST',
      headers: last.headers,
      body: last.body
    })
    return { status: answer.status, body: await answer.text(), ms: performance.now() - before }
  }

  return {
    apiUrl: `${base}/api/`,
    replies,
    userGroups,
    messages: (channel) => channels.get(channel) ?? [],
    invite: (channel) => void joined.add(channel),
    say: (user, text, channel = home) =>
      call('/slack/commands', {
        token: 'deprecated',
        team_id: team,
        team_domain: 'sim',
        channel_id: channel,
        channel_name: channel.startsWith('D') ? 'directmessage' : channel.startsWith('G') ? 'privategroup' : 'ops',
        user_id: user,
        user_name: user.slice(1).toLowerCase(),
        command: '/reflex',
        text,
        api_app_id: 'A0SIM',
        is_enterprise_install: 'false',
        response_url: addressFor(user, channel),
        trigger_id: trigger()
      }),
    async click(user, { channel, ts }, actionId) {
      const message = channels.get(channel)?.find((one) => one.ts === ts)
      const action = message === undefined ? undefined : buttonOf(message.blocks, actionId)
      if (action === undefined)
        throw new Error(`there is no button ${actionId} on message ${ts}, which ${shown(message)}`)
      const answer = await call('/slack/interactions', {
        payload: JSON.stringify({
          type: 'block_actions',
          team: { id: team, domain: 'sim' },
          user: { id: user, username: user.slice(1).toLowerCase(), team_id: team },
          api_app_id: 'A0SIM',
          container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
          trigger_id: trigger(),
          channel: { id: channel, name: 'ops' },
          message: { ts, text: message?.text },
          response_url: addressFor(user, channel),
          actions: [{ action_id: actionId, block_id: 'b1', value: action.value, type: 'button', action_ts: ts }]
        })
      })
      return { ...answer, body: '' }
    },
    replay: deliver,
    limit(calls, seconds) {
      limited = { calls, seconds }
    },
    refuse(calls, error) {
      refused = { calls, error }
    },
    get hurried() {
      return hurried
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      })
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const sections = (blocks: readonly Record<string, unknown>[]): readonly string[] =>
  blocks.map((block) => (block.text as { text?: string } | undefined)?.text ?? '')

const elementsOf = (blocks: readonly Record<string, unknown>[]) =>
  blocks.flatMap((block) => (block.elements ?? []) as { action_id?: string; value?: string }[])

const buttonOf = (blocks: readonly Record<string, unknown>[], actionId: string) =>
  elementsOf(blocks).find((element) => element.action_id === actionId)

/** For whoever looked for something else on it. */
function shown(message: SlackMessageSeen | undefined): string {
  if (message === undefined) return 'is not there'
  const buttons = elementsOf(message.blocks).flatMap(({ action_id }) => action_id ?? [])
  const has = buttons.length === 0 ? 'no button' : buttons.join(', ')
  return `says '${message.text}', was changed ${message.updates} times and has ${has}`
}
