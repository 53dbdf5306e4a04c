import { failure } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { SlackConfig } from '../config/config.ts'
import type { Actor } from '../core/approval.ts'
import { eventDataOf } from '../core/event-data.ts'
import { ReadError } from '../core/read-error.ts'
import type { Event, SlackData } from '../events/event.ts'
import type { Reply } from '../outbound/slack/blocks.ts'
import type { Replies } from '../outbound/slack/replies.ts'
import type { Said } from '../outbound/slack/said.ts'
import type { OperationsContext } from '../people/on-journal/context.ts'
import { lifting } from '../people/stops.ts'
import { createTurns } from '../people/turns.ts'
import type { EventRow } from '../store/rows.ts'
import type { carryOut } from './commands.ts'
import type { UserGroups } from './usergroups.ts'
import { type ParsedSlackWords, parseTyped, type SlackCommand } from './words.ts'

/** A reply that comes later than this helps nobody: the trigger is forgotten, and what was asked may not be wanted. */
const recoverMs = 25 * 60_000
/** After a start nothing is read yet, and Slack waits for nothing: longer than its own answer may take. */
const listsWithinMs = 12_000
/** What reads much of the journal: one at a time for each person, and a few that wait. What changes something waits for none. */
const dear: ReadonlySet<SlackCommand['word']> = new Set(['explain', 'dns', 'isolation', 'findings'])
const WAITING = 4
/** So long a reply waits for the lane to be decided anew. */
const patienceMs = 10_000
const answered = 'stackreflex.slack.answered'

/** The worker that carries out Slack's commands after they were acknowledged. */
export interface Conversation {
  /** Where the reply to this event goes (null: the call does not say); to be said before it is worked on. */
  remember(event: string, url: string | null): void
  /** What is said to somebody about a call that comes to nothing, at its address and nowhere else. */
  sayAside(event: string, reply: Reply): Promise<void>
  work(event: Pick<Event, 'id' | 'subject' | 'time' | 'data'>): Promise<void>
  /** Works what was journalled and not answered before the product was stopped; how many that were. */
  recover(): Promise<number>
}

/** What the conversation with Slack works with. */
export interface ConversationParts {
  readonly settings: () => SlackConfig | null
  readonly context: () => OperationsContext
  readonly replies: Replies
  readonly said: Said
  readonly userGroups: Pick<UserGroups, 'groupsOf'>
  readonly log: Log
  readonly wake: () => void
  readonly sleep: (ms: number) => Promise<void>
  /** Tests have it take its time. */
  readonly carryOut?: typeof carryOut
}

/** Makes the worker that carries out Slack's commands after they were acknowledged. */
export function createConversation(parts: ConversationParts): Conversation {
  const { replies, said, log, context } = parts
  const now = () => context().now()
  /** A call may come in while those of before the restart are worked, or signed anew while it is worked. */
  const busy = new Set<string>()
  const turns = createTurns(WAITING)

  async function work(event: Parameters<Conversation['work']>[0], again: boolean): Promise<void> {
    const { id, subject, data } = event
    if (data.kind !== 'slack' || subject === null || busy.has(subject)) return
    busy.add(subject)
    said.working.add(id)
    try {
      await answer(event, subject, data, again)
    } catch (error) {
      log.error({ err: error, event: id }, 'a call of Slack could not be worked: it is tried again at the next start')
      const say = 'the journal cannot be used: what you asked was not done now (the log of the product says why)'
      await replies.say({ event: id, user: data.user, channel: data.channel }, { say })
    } finally {
      busy.delete(subject)
      said.working.delete(id)
    }
  }

  async function answer(
    { id, time }: Pick<Event, 'id' | 'time'>,
    subject: string,
    data: SlackData,
    again: boolean
  ): Promise<void> {
    const rows = await context().journal.events({ resource: subject, limit: 50 })
    if (rows.some((row) => row.type === answered)) return
    const mine = rows.find((row) => row.id === id && Date.parse(row.time) === Date.parse(time))
    if (mine === undefined) return
    const reply = await replyTo(mine, data, again)
    if (reply !== null) await replies.say({ event: id, user: data.user, channel: data.channel }, reply)
    await context().journal.append({
      events: [{ event: mark(subject, time), lanes: [], note: 'answered' }],
      ignored: []
    })
  }

  /** null: nothing is to be said, the message with the button shows it. */
  async function replyTo(row: EventRow, data: SlackData, again: boolean): Promise<Reply | null> {
    const groups = await parts.userGroups.groupsOf(data.user, again ? listsWithinMs : undefined)
    const settings = parts.settings()
    const actor = settings === null ? null : slackActorOf(data, settings, groups)
    // It was known when the call came in; the configuration may be another one by now.
    if (settings === null || actor === null) return { say: unknownUser(data.user) }
    const parsed = understood(data)
    if (!parsed.ok) return { say: parsed.say }
    const { command } = parsed
    // Nothing woken means that nobody heard it.
    if (command.word === 'restart' && row.reason !== null)
      return { say: `nothing comes of this: no policy does it here (${row.reason})` }
    if (again && (await isDone(command, actor, row.receivedAt)))
      return { say: `${data.words}: done, just before the product was restarted` }
    try {
      const { wake, sleep } = parts
      // What explains is much to load, and nobody asks at the start.
      const carryOut = parts.carryOut ?? (await import('./commands.ts')).carryOut
      const { operationsOnJournal } = await import('../people/on-journal/operations.ts')
      const end = dear.has(command.word) ? await turns.take(actor.name) : () => {}
      if (end === null) return { say: failure('ONE_AT_A_TIME', WAITING + 1).message }
      const following = { wake, sleep, withinMs: patienceMs }
      const operations = operationsOnJournal({ ...context(), via: row.id }, actor, following)
      const reply = await carryOut(command, { operations, said, now }).finally(end)
      wake()
      const counted = data.what === 'button' && (await isDone(command, actor, row.receivedAt))
      return counted ? null : reply
    } catch (error) {
      if (error instanceof ReadError) return { say: error.message }
      log.error({ err: error, event: row.id }, 'what was asked in Slack went wrong')
      return { say: 'something went wrong here: the log of the product has it' }
    }
  }

  /** What a person did is journalled with the doing. */
  async function isDone(command: SlackCommand, { name }: Actor, since: number): Promise<boolean> {
    const about = aboutOf(command)
    if (about === null) return false
    const rows = await context().journal.events({ ...about.of, type: `stackreflex.${command.word}`, since, limit: 20 })
    return rows.some((row) => {
      const data = eventDataOf(row.data)
      return (
        data?.kind === 'person' &&
        data.actor === name &&
        (about.reason === undefined || data.reason?.startsWith(about.reason) === true)
      )
    })
  }

  const mark = (subject: string, time: string): Event => ({
    id: `${answered}/${subject}`,
    source: '/stackreflex/slack',
    type: answered,
    subject,
    // Of the call: the mark of one call is one event, whoever writes it.
    time,
    project: null,
    requestId: null,
    globalRequestId: null,
    data: { kind: 'none' }
  })

  return {
    remember: replies.remember,
    sayAside: replies.sayAside,
    work: (event) => work(event, false),
    async recover() {
      const { journal } = context()
      const since = now() - recoverMs
      const rows = await journal.events({ type: 'slack.*', since, limit: 500 })
      let count = 0
      for (const row of rows.toReversed()) {
        if (row.ignored || row.data === null || row.receivedAt < since) continue
        const about = await journal.events({ resource: row.subject ?? '', limit: 50 })
        if (about.some((one) => one.type === answered)) continue
        count++
        await work({ ...row, data: eventDataOf(row.data) as SlackData }, true)
      }
      return count
    }
  }
}

/** What was understood when the call came in; what older versions journalled is parsed here. */
const understood = ({ wish, words }: SlackData): ParsedSlackWords =>
  wish === undefined ? parseTyped(words) : { ok: true, command: wish as SlackCommand }

/** Maps a user of Slack, with groups through user groups, to an actor of the guard; null: nobody. */
export function slackActorOf(
  { team, user }: Pick<SlackData, 'team' | 'user'>,
  { team: ours, users }: SlackConfig,
  through: readonly string[]
): Actor | null {
  if (team !== ours) return null
  const known = Object.hasOwn(users, user) ? users[user] : undefined
  if (known !== undefined)
    return { name: known.actor, groups: [...new Set([...known.groups, ...through])], local: false }
  // The name that `requestersOf` has for them: nobody approves their own plan.
  return through.length === 0 ? null : { name: `slack:${user}`, groups: through, local: false }
}

/** Says how a user of Slack who is nobody to the guard gets in; `unread` are user groups of Slack that they may be in. */
export const unknownUser = (user: string, unread: readonly string[] = []): string =>
  unread.length === 0
    ? `you are not known here: whoever runs Stackreflex adds ${user} to slack.users in reflex.yaml`
    : `you (${user}) are not in slack.users, and who is in ${unread.join(', ')} could not be read from Slack: try again in a minute`

/** `reason`: how it begins, where that tells what was meant. */
interface About {
  readonly of: { readonly resource?: string }
  readonly reason?: string
}

function aboutOf(command: SlackCommand): About | null {
  const of = (resource: string): About => ({ of: { resource } })
  switch (command.word) {
    case 'approve':
    case 'reject':
      return of(String(command.id))
    case 'stop':
      return of(command.cluster ?? 'everything')
    case 'resume':
      // It is journalled with the cluster, which a number does not tell.
      return 'stop' in command.which
        ? { of: {}, reason: lifting(command.which.stop) }
        : of(command.which.cluster ?? 'everything')
    case 'undo':
      return of(command.action)
    default:
      return null
  }
}
