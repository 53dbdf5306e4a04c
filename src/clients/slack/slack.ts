import type { WebClient } from '@slack/web-api'
import { cleanText } from '../../base/error-text.ts'

/** What Slack takes as a message. */
export interface SlackMessage {
  readonly text: string
  readonly blocks: readonly object[]
}

/** A call that did not do what it should; `sent` says whether it may have been carried out all the same. */
export class SlackCallFailed extends Error {
  override readonly name = 'SlackCallFailed'
  readonly sent: boolean
  /** How long Slack wants to be left alone; null where it did not say. */
  readonly retryAfterMs: number | null
  constructor(message: string, sent: boolean, cause?: unknown, retryAfterMs: number | null = null) {
    super(cleanText(message), { cause })
    this.sent = sent
    this.retryAfterMs = retryAfterMs
  }
}

/** The calls of Slack's Web API that the product makes. */
export interface SlackClient {
  /**
   * The `ts` of the new message. `sending` is called when its turn has come, right before it leaves; then a 429 is not
   * waited for but thrown, since whoever writes down what leaves has to write down that it did not.
   */
  post(channel: string, message: SlackMessage, sending?: () => Promise<void>): Promise<string>
  update(channel: string, ts: string, message: SlackMessage): Promise<void>
  /** The ids of those in a user group (S…). A 429 is thrown, not waited for. */
  membersOf(userGroup: string): Promise<readonly string[]>
}

interface Parts {
  readonly token: string
  readonly apiUrl: string
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly fetch?: typeof fetch
}

/** Slack allows about one message a second in a channel. */
const spacingMs = 1000
const mostRateLimits = 5
/** A longer wait is told to the caller: whoever comes next would wait behind it. */
const mostWaitMs = 60_000
/** Whatever Slack asks for: a header of ten digits must not silence a channel for good. */
const mostPauseMs = 900_000
const timeoutMs = 10_000

/** The Web API, at the pace that Slack allows; follows no redirects. */
export function createSlack({ token, apiUrl, now, sleep, fetch: fetchWith }: Parts): SlackClient {
  let client: Promise<WebClient> | null = null
  // Most installations never post: the library is loaded with the first message.
  const connected = () => {
    client ??= import('./slack-library.ts').then(
      ({ WebClient, LogLevel }) =>
        new WebClient(token, {
          slackApiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`,
          allowAbsoluteUrls: false,
          // Waiting is done here, where a second message to the channel waits as well.
          rejectRateLimitedCalls: true,
          retryConfig: { retries: 0 },
          timeout: timeoutMs,
          // It logs addresses and bodies.
          logLevel: LogLevel.ERROR,
          ...(fetchWith === undefined ? {} : { fetch: fetchWith as never })
        })
    )
    return client
  }
  const free = new Map<string, number>()
  const queues = new Map<string, Promise<unknown>>()

  /** One call after the other in a channel, a second apart. */
  function inTurn<T>(channel: string, patient: boolean, call: (client: WebClient) => Promise<T>): Promise<T> {
    const mine = (queues.get(channel) ?? Promise.resolve()).catch(() => {}).then(() => paced(channel, patient, call))
    queues.set(channel, mine)
    return mine
  }

  async function paced<T>(channel: string, patient: boolean, call: (client: WebClient) => Promise<T>): Promise<T> {
    const web = await connected()
    for (let limited = 0; ; limited++) {
      const waitMs = (free.get(channel) ?? 0) - now()
      if (waitMs > mostWaitMs)
        throw new SlackCallFailed(`Slack asks to wait ${Math.ceil(waitMs / 1000)} s`, false, undefined, waitMs)
      if (waitMs > 0) await sleep(waitMs)
      free.set(channel, now() + spacingMs)
      try {
        return await call(web)
      } catch (error) {
        const { code, retryAfter } = error as { code?: string; retryAfter?: number }
        if (code !== 'slack_webapi_rate_limited_error') throw failed(error)
        const pauseMs = Math.min(Math.max(1, Number(retryAfter) || 1) * 1000, mostPauseMs)
        free.set(channel, now() + pauseMs)
        if (!patient || limited === mostRateLimits || pauseMs > mostWaitMs)
          throw new SlackCallFailed(`Slack asks to wait ${pauseMs / 1000} s`, false, error, pauseMs)
      }
    }
  }

  return {
    post: (channel, { text, blocks }, sending) =>
      inTurn(channel, sending === undefined, async (web) => {
        await sending?.()
        const { ts } = await web.chat.postMessage({
          channel,
          text,
          blocks: blocks as never,
          unfurl_links: false,
          unfurl_media: false
        })
        if (ts === undefined) throw new SlackCallFailed('Slack did not say which message it made', true)
        return ts
      }),
    update: (channel, ts, { text, blocks }) =>
      inTurn(channel, false, async (web) => {
        await web.chat.update({ channel, ts, text, blocks: blocks as never })
      }),
    membersOf: (usergroup) =>
      inTurn(usergroup, false, async (web) => {
        const { users } = await web.usergroups.users.list({ usergroup })
        if (users === undefined) throw new SlackCallFailed('Slack did not say who is in it', true)
        return users
      })
  }
}

/** Slack said no: it did nothing. Where no answer came, nobody knows. */
function failed(error: unknown): unknown {
  if (error instanceof SlackCallFailed || !(error as { code?: string }).code?.startsWith('slack_')) return error
  const { code, message, data } = error as Error & { code?: string; data?: { error?: string } }
  if (code === 'slack_webapi_platform_error' && data?.error)
    return new SlackCallFailed(`Slack said ${data.error}`, false, error)
  const refused = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(`${message} ${causeOf(error)}`)
  return new SlackCallFailed(`Slack did not answer: ${message}`, !refused, error)
}

function causeOf(error: unknown): string {
  const codes: string[] = []
  for (let here = error as { cause?: unknown; original?: unknown; code?: unknown } | undefined; here; ) {
    codes.push(String(here.code ?? ''))
    here = (here.original ?? here.cause) as typeof here
  }
  return codes.join(' ')
}

/** Posts to an address that a call brought along; where it leads is checked before. The HTTP status of the answer. */
export async function postTo(url: string, body: object, fetchWith: typeof fetch = fetch): Promise<number> {
  const answer = await fetchWith(url, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body)
  })
  await answer.body?.cancel()
  return answer.status
}
