import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, type Failure, failure } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { SlackConfig } from '../config/config.ts'
import type { Actor } from '../core/approval.ts'
import type { Event, Ignored, SlackData } from '../events/event.ts'
import { ignoredOf, notSlacks, readButton, readCommand, type SlackCall } from '../events/slack.ts'
import { messageOf } from '../outbound/slack/blocks.ts'
import { mayNotRestart, type RestartContext } from '../people/restart.ts'
import { stop, stopAtOnce } from '../people/stops.ts'
import { actorOf, type Desk, unknownUser } from '../slack/desk.ts'
import type { UserGroups } from '../slack/usergroups.ts'
import { helpText, parseTyped, type SlackCommand } from '../slack/words.ts'
import type { Refusals } from './refusals.ts'

export interface SlackParts {
  /** null: no Slack is configured. */
  readonly settings: () => SlackConfig | null
  readonly context: () => RestartContext
  /** Journals the batch; only then is Slack answered. */
  readonly receive: (batch: {
    readonly events: readonly Event[]
    readonly ignored: readonly Ignored[]
  }) => Promise<{ appended: number; duplicates: number }>
  /** Takes what is done after the answer. */
  readonly work: (task: () => Promise<void>) => void
  readonly desk: Desk
  readonly userGroups: Pick<UserGroups, 'groupsOf' | 'unread'>
  readonly log: Log
  /** Says and counts who was refused; left out: each is said. */
  readonly refusals?: Refusals
  readonly now: () => number
}

const longestBody = 100_000
const shortBody = 4096
/** Slack waits for 3 s. */
const stopPatienceMs = 700

/** Slack's two routes: slash commands, and interactions (buttons that are pressed). Answered at once, done afterwards. */
export function slackRoutes(app: FastifyInstance, parts: SlackParts): void {
  app.register(async (scope) => {
    // What is signed is the body as it came: nothing may parse it first.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body)
    )
    scope.setErrorHandler<Error & { code?: string }>((error, request, reply) => {
      const refused = error instanceof Refused ? error.failure : null
      const unread = error.code?.startsWith('FST_ERR_CTP_') ? tooBigOr(error) : null
      if (refused === null && unread === null) throw error
      const { status, code, message } = (refused ?? unread)!
      return reply.code(status).send({ error: { code, message, requestId: request.id } })
    })
    // Slack's own question whether anybody is here is not signed, and short; of anything else that is not signed nothing is read.
    scope.addHook('onRequest', async (request, reply) => {
      if (request.headers['x-slack-signature'] !== undefined) return
      if (
        request.headers['transfer-encoding'] === undefined &&
        Number(request.headers['content-length'] ?? 0) <= shortBody
      )
        return
      refuse(request, 'the call is not signed')
      reply.header('connection', 'close')
      fail('WRONG_SIGNATURE', 'the call is not signed')
    })
    const limit = { bodyLimit: longestBody }
    scope.post('/slack/commands', limit, (request, reply) => take(request, reply, readCommand))
    scope.post('/slack/interactions', limit, (request, reply) => take(request, reply, readButton))
  })

  function refuse(request: FastifyRequest, reason: string): void {
    const from = request.socket.remoteAddress
    const { url: path } = request.routeOptions
    if (parts.refusals === undefined) parts.log.warn({ from, path }, `refused: ${reason}`)
    else parts.refusals.note({ reason: 'WRONG_SIGNATURE', sentence: `refused: ${reason}`, from, fields: { path } })
  }

  async function take(
    request: FastifyRequest,
    reply: FastifyReply,
    read: (form: URLSearchParams, timestamp: string) => SlackCall
  ): Promise<unknown> {
    const settings = parts.settings()
    if (settings === null) return fail('NO_SECRET', 'slack.signingSecrets')
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const form = new URLSearchParams(body.toString())
    // Slack asks so whether anybody is here; nothing is done about it.
    if (form.get('ssl_check') === '1') return reply.send()
    const timestamp = one(request.headers['x-slack-request-timestamp'])
    const signed = { timestamp, signature: one(request.headers['x-slack-signature']), body }
    const refused = notSlacks(signed, settings.signingSecrets, parts.now())
    if (refused !== null) {
      refuse(request, refused)
      return fail('WRONG_SIGNATURE', refused)
    }
    if (new Set(form.keys()).size < form.size) return fail('BAD_DELIVERY', 'its form has a field twice')
    const call = read(form, timestamp!)
    if (!call.ok) return fail('BAD_DELIVERY', call.reason)
    if ('ignored' in call) {
      await keep(reply, { events: [], ignored: [call.ignored] })
      return reply.send()
    }
    return answer(reply, call.event, call.responseUrl, settings)
  }

  async function answer(reply: FastifyReply, event: Event, responseUrl: string | null, settings: SlackConfig) {
    const outcome = await admit(event, settings, parts)
    const button = event.type === 'slack.button'
    if ('say' in outcome) {
      // Never an event: policies would take it for somebody's wish.
      const { appended } = await keep(reply, { events: [], ignored: [ignoredOf(event, outcome.reason)] })
      if (!button) return reply.send({ response_type: 'ephemeral', ...messageOf(outcome) })
      // Slack shows nobody what a pressed button is answered with.
      if (appended === 0) return reply.send()
      parts.desk.remember(event.id, responseUrl)
      parts.work(() => parts.desk.sayAside(event.id, outcome))
      return reply.send()
    }
    const { command, actor } = outcome
    // Understood once: whoever reads the event later takes the wish, not the words.
    const known = { ...event, data: { ...(event.data as SlackData), actor: actor.name, wish: command } }
    const kept = keep(reply, { events: [known], ignored: [] })
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
    parts.desk.remember(known.id, responseUrl)
    parts.work(() => parts.desk.work(known))
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
        parts.desk.remember(known.id, responseUrl)
        parts.work(() => parts.desk.work(known))
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

  async function keep(reply: FastifyReply, batch: Parameters<SlackParts['receive']>[0]) {
    try {
      return await parts.receive(batch)
    } catch (error) {
      parts.log.error({ err: error }, 'a call of Slack was not journalled: nothing was done')
      return fail('NOT_STORED', reply.request.id)
    }
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
  const actor = actorOf(data, settings, await userGroups.groupsOf(user))
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

class Refused extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

function fail(code: ErrorCode, ...words: readonly string[]): never {
  throw new Refused(failure(code, ...words))
}

const tooBigOr = ({ code, message }: Error & { code?: string }): Failure =>
  code === 'FST_ERR_CTP_BODY_TOO_LARGE' ? failure('TOO_BIG', longestBody) : failure('BAD_DELIVERY', message)
