import { createHmac, timingSafeEqual } from 'node:crypto'
import { doubledKey } from './doubled-key.ts'
import type { Event, Ignored } from './event.ts'
import { unmarked } from './slack-marks.ts'

/** Older is a replay, and a clock that is further ahead is not Slack's. */
const windowSeconds = 300
const longestWords = 500

/** What a signed call says of itself, before anything in it is believed. */
export interface SignedCall {
  /** X-Slack-Request-Timestamp */
  readonly timestamp: string | undefined
  /** X-Slack-Signature */
  readonly signature: string | undefined
  /** As it came over the wire. */
  readonly body: Buffer
}

/** Verifies the signature of a request (HMAC, timestamp against replay): why a call is not Slack's, or null; `secrets` are several while one is being replaced. */
export function notSlacks({ timestamp, signature, body }: SignedCall, secrets: readonly string[], nowMs: number) {
  if (timestamp === undefined || signature === undefined) return 'the call is not signed'
  if (!/^\d{1,12}$/.test(timestamp)) return 'X-Slack-Request-Timestamp is not a number of seconds'
  const offSeconds = Math.round(nowMs / 1000 - Number(timestamp))
  if (Math.abs(offSeconds) > windowSeconds)
    return `the call was signed ${Math.abs(offSeconds)} s ${offSeconds > 0 ? 'ago' : 'from now'}, ${windowSeconds} are allowed: a replay, or a clock is wrong`
  const given = Buffer.from(signature)
  let known = false
  // Every secret is tried: how long it takes must not tell which one was near.
  for (const secret of secrets) {
    const own = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`
    const right = Buffer.from(own)
    if (given.length === right.length && timingSafeEqual(given, right)) known = true
  }
  return known ? null : 'the signature fits none of slack.signingSecrets'
}

/** What a call of Slack comes to; the address to answer at is a secret and no part of the event. */
export type SlackCall =
  | { readonly ok: true; readonly event: Event; readonly responseUrl: string | null }
  | { readonly ok: true; readonly ignored: Ignored }
  | { readonly ok: false; readonly reason: string }

const no = (reason: string) => ({ ok: false, reason }) as const

/** A slash command, from its form. */
export function readCommand(form: URLSearchParams, timestamp: string): SlackCall {
  const [team, user, trigger] = [form.get('team_id'), form.get('user_id'), form.get('trigger_id')]
  if (!isId(team) || !isId(user)) return no('team_id or user_id is missing: this is no slash command')
  if (!isTrigger(trigger)) return no('trigger_id is missing: this is no slash command')
  const channel = form.get('channel_id')
  const event = eventOf('command', trigger, timestamp, {
    team,
    user,
    userName: nameOf(form.get('user_name')),
    channel: isId(channel) ? channel : null,
    words: typed(form.get('text') ?? '')
  })
  return { ok: true, event, responseUrl: form.get('response_url') }
}

/** A pressed button, from the `payload` of its form: what it stands for is an action id and the number of an approval. */
export function readButton(form: URLSearchParams, timestamp: string): SlackCall {
  let payload: unknown
  try {
    const text = form.get('payload') ?? ''
    payload = JSON.parse(text)
    if (doubledKey(text, payload) !== null) return no('an object in payload has a key twice')
  } catch {
    return no('payload is not JSON: this is no interaction')
  }
  const at = (...path: readonly (string | number)[]): string | null => {
    let here: unknown = payload
    for (const key of path) here = (here as Record<string, unknown> | null | undefined)?.[key]
    return typeof here === 'string' ? here : null
  }
  const [user, trigger] = [at('user', 'id'), at('trigger_id')]
  const team = at('team', 'id') ?? at('user', 'team_id')
  if (!isId(team) || !isId(user)) return no('team or user is missing: this is no interaction')
  if (!isTrigger(trigger)) return no('trigger_id is missing: this is no interaction')
  const channel = at('channel', 'id') ?? at('container', 'channel_id')
  const [verdict, value] = [at('actions', 0, 'action_id'), at('actions', 0, 'value')]
  const ours = (verdict === 'approve' || verdict === 'reject') && value !== null && /^\d{1,15}$/.test(value)
  const event = eventOf('button', trigger, timestamp, {
    team,
    user,
    userName: nameOf(at('user', 'username') ?? at('user', 'name')),
    channel: isId(channel) ? channel : null,
    words: ours ? `${verdict} ${value}` : ''
  })
  if (at('type') !== 'block_actions' || !ours) return { ok: true, ignored: ignoredOf(event, 'not a button of ours') }
  return { ok: true, event, responseUrl: at('response_url') }
}

/** Makes the row of a call that is journalled as ignored. */
export function ignoredOf({ id, source, type, subject, time, project }: Event, reason: string): Ignored {
  return { id, source, type, subject, time, project, reason }
}

interface Said {
  readonly team: string
  readonly user: string
  readonly userName: string | null
  readonly channel: string | null
  readonly words: string
}

function eventOf(what: 'command' | 'button', trigger: string, timestamp: string, said: Said): Event {
  return {
    id: `slack-${trigger}`,
    source: `/slack/${said.team}`,
    type: `slack.${what}`,
    // What is journalled about it later is found by this.
    subject: `slack:${trigger}`,
    // As signed: the same call sent twice is the same event.
    time: new Date(Number(timestamp) * 1000).toISOString(),
    project: null,
    requestId: null,
    globalRequestId: null,
    data: { kind: 'slack', what, ...said }
  }
}

/** Slack's user names are of these characters; whatever is not is none. */
const nameOf = (text: string | null): string | null => (/^[\p{L}\p{N}._-]{1,80}$/u.test(text ?? '') ? text : null)

const isId = (text: string | null): text is string => text !== null && /^[A-Z0-9]{2,30}$/.test(text)
const isTrigger = (text: string | null): text is string => text !== null && /^[\w.-]{1,120}$/.test(text)

const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' }

/** Undoes Slack's mrkdwn escaping: what a person typed, without what Slack made of it: links, mentions, marks, quotes and dashes of a phone, entities, odd spaces. */
export function typed(text: string): string {
  return (
    unmarked(
      text
        // Slack links whatever looks like a name in DNS: `<http://web-1.example|web-1.example>`.
        .replace(/<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>/g, (_, mark: string, target: string, label?: string) =>
          mark === '' ? label || target : `${mark}${target}`
        )
        .replace(/&(?:amp|lt|gt);/g, (one) => entities[one]!)
        .replace(/[\u201c-\u201f\u00ab\u00bb\u2033\u300c\u300d\uff02]/g, '"')
        .replace(/[\u2018-\u201b\u2032\u2039\u203a\u00b4\uff07]/g, "'")
        // `--yes` as a phone writes it.
        .replace(/(?<!\S)[\u2013\u2014](?=\w)/g, '--')
        .replace(/[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}]+/gu, ' ')
        .trim()
        // Looking for the other end of a mark takes the square of this.
        .slice(0, 4 * longestWords)
    )
      .trim()
      // All of it within quotes is a quotation of what is meant, no name with spaces.
      .replace(/^(["'])([^"']*)\1$/, '$2')
      .slice(0, longestWords)
      .replace(/^\S+/, (word) => word.toLowerCase())
  )
}
