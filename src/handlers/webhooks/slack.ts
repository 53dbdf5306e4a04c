import type { FastifyReply } from 'fastify'
import type { SlackConfig } from '../../config/config.ts'
import type { Actor } from '../../core/approval.ts'
import type { Event, SlackData } from '../../events/event.ts'
import { ignoredOf, notSlacks, readButton, readCommand, type SlackCall } from '../../events/slack.ts'
import { messageOf } from '../../outbound/slack/blocks.ts'
import { mayNotRestart, type RestartContext } from '../../people/restart.ts'
import { stop, stopAtOnce } from '../../people/stops.ts'
import { type Conversation, slackActorOf, unknownUser } from '../../slack/conversation.ts'
import type { UserGroups } from '../../slack/usergroups.ts'
import { helpText, parseTyped, type SlackCommand } from '../../slack/words.ts'
import { defineSender, type Journalling } from '../webhook-sender.ts'

/** What Slack's webhooks need: settings, operations, and the conversation that carries out what was asked. */
export interface SlackParts {
  /** null: no Slack is configured. */
  readonly settings: () => SlackConfig | null
  readonly context: () => RestartContext
  /** Takes what is done after the answer. */
  readonly work: (task: () => Promise<void>) => void
  readonly conversation: Conversation
  readonly userGroups: Pick<UserGroups, 'groupsOf' | 'unread'>
}

const longestBody = 100_000
const shortBody = 4096
const togetherBytes = 8 * 1_048_576
/** Slack waits for 3 s. */
const patienceMs = 3000
/** What is left of them for a stop. */
const stopPatienceMs = 700

/** Defines the sender of Slack's webhooks, slash commands and buttons: acknowledged at once, carried out afterwards. */
export function slackSender(parts: SlackParts) {
  return defineSender({
    name: 'slack',
    title: 'Slack',
    setting: 'slack.signingSecrets',
    limits: { biggest: longestBody, together: togetherBytes, withinMs: patienceMs },
    mediaType: 'application/x-www-form-urlencoded',
    settings: () => parts.settings(),
    // Slack's own question whether anybody is here is not signed, and short; of anything else that is not signed nothing is read.
    verifyHeaders(headers) {
      const short = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= shortBody
      return headers['x-slack-signature'] !== undefined || short
        ? { ok: true, known: undefined }
        : { ok: false, reason: 'the call is not signed' }
    },
    asksOnly: ({ body }) => new URLSearchParams(body.toString()).get('ssl_check') === '1',
    verify({ headers, body }, { signingSecrets }, now) {
      const timestamp = one(headers['x-slack-request-timestamp'])
      const reason = notSlacks({ timestamp, signature: one(headers['x-slack-signature']), body }, signingSecrets, now)
      return reason === null ? { ok: true, known: timestamp! } : { ok: false, reason }
    },
    routes: {
      '/slack/commands': { normalise: ({ body }, { known }) => called(body, known, readCommand) },
      '/slack/interactions': { normalise: ({ body }, { known }) => called(body, known, readButton) }
    },
    async respond(call, reply, { settings, journal }) {
      if (!('ignored' in call)) return answer(reply, call.event, call.responseUrl, settings, journal)
      await journal({ events: [], ignored: [call.ignored] })
      return reply.send()
    }
  })

  async function answer(
    reply: FastifyReply,
    event: Event,
    responseUrl: string | null,
    settings: SlackConfig,
    keep: Journalling
  ) {
    const outcome = await admit(event, settings, parts)
    const button = event.type === 'slack.button'
    if ('say' in outcome) {
      // Never an event: policies would take it for somebody's wish.
      const { appended } = await keep({ events: [], ignored: [ignoredOf(event, outcome.reason)] })
      if (!button) return reply.send({ response_type: 'ephemeral', ...messageOf(outcome) })
      // Slack shows nobody what a pressed button is answered with.
      if (appended === 0) return reply.send()
      parts.conversation.remember(event.id, responseUrl)
      parts.work(() => parts.conversation.sayAside(event.id, outcome))
      return reply.send()
    }
    const { command, actor } = outcome
    // Understood once: whoever reads the event later takes the wish, not the words.
    const known = { ...event, data: { ...(event.data as SlackData), actor: actor.name, wish: command } }
    const kept = keep({ events: [known], ignored: [] })
    let takeBack = () => {}
    if (command.word === 'stop') {
      takeBack = stopAtOnce(parts.context(), actor, command.cluster, command.reason)
      const late = new Promise<null>((resolve) => setTimeout(resolve, stopPatienceMs, null).unref())
      const inTime = await Promise.race([kept.catch(() => null), late])
      if (inTime === null) return stopUnjournalled(reply, { known, responseUrl, command, actor, kept })
    }
    const { appended } = await kept
    if (appended === 0) {
      // Told before: what came of it then is not done once more.
      takeBack()
      return reply.send()
    }
    parts.conversation.remember(known.id, responseUrl)
    parts.work(() => parts.conversation.work(known))
    if (button) return reply.send()
    return reply.send({ response_type: 'ephemeral', text: outcome.command.word === 'restart' ? 'asking…' : 'looking…' })
  }

  /** The journal takes no writes, or not in time: the stop is in force, and its caller is told so; the rest follows where it can. */
  async function stopUnjournalled(
    reply: FastifyReply,
    { known, responseUrl, command, actor, kept }: Unjournalled
  ): Promise<unknown> {
    kept.then(
      ({ appended }) => {
        if (appended === 0) return
        parts.conversation.remember(known.id, responseUrl)
        parts.work(() => parts.conversation.work(known))
      },
      () => {}
    )
    const answer = await stop(parts.context(), actor, command.cluster, command.reason)
    const name = command.cluster ?? 'everything'
    const text = answer.ok
      ? `${name} is stopped (stop ${answer.stop}): nothing is changed; ${answer.memory ?? 'it is written by now'}`
      : answer.reason
    return reply.send({ response_type: 'ephemeral', text })
  }
}

interface Unjournalled {
  readonly known: Event
  readonly responseUrl: string | null
  readonly command: Extract<SlackCommand, { word: 'stop' }>
  readonly actor: Actor
  readonly kept: Promise<{ readonly appended: number }>
}

type Admitted =
  | { readonly command: SlackCommand; readonly actor: Actor }
  /** What is said at once, and why it comes to nothing. */
  | { readonly say: string; readonly lines?: string; readonly reason: string }

/** Whoever is not known may not even look; what can be said without looking is said at once. */
async function admit(
  { data }: Event,
  settings: SlackConfig,
  { context, userGroups }: Pick<SlackParts, 'context' | 'userGroups'>
): Promise<Admitted> {
  if (data.kind !== 'slack') throw new Error('a call of Slack came to an event of something else')
  const { team, user, words } = data
  if (team !== settings.team)
    return { say: 'this workspace is not the one of slack.team in reflex.yaml', reason: `from workspace ${team}` }
  const actor = slackActorOf(data, settings, await userGroups.groupsOf(user))
  if (actor === null) {
    const none = Object.keys(settings.userGroups).length === 0
    const reason = `${user} is not in slack.users${none ? '' : ', and in no user group of slack.userGroups as far as is known'}`
    return { say: unknownUser(user, userGroups.unread()), reason }
  }
  const parsed = parseTyped(words)
  if (!parsed.ok) return { say: parsed.say, reason: 'not understood' }
  const { command } = parsed
  if (command.word === 'help') return { say: 'What there is:', lines: helpText(), reason: 'help' }
  // The others are held to it when they are done; this one is done by a policy, which asks nobody.
  const no = command.word === 'restart' ? mayNotRestart(context(), actor, command) : null
  if (no !== null) return { say: no.reason, reason: no.reason }
  return { command, actor }
}

/** A header that comes twice is nobody's. */
const one = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : undefined

function called(
  body: Buffer,
  timestamp: string,
  read: (form: URLSearchParams, timestamp: string) => SlackCall
): SlackCall {
  const form = new URLSearchParams(body.toString())
  if (new Set(form.keys()).size < form.size) return { ok: false, reason: 'its form has a field twice' }
  return read(form, timestamp)
}
