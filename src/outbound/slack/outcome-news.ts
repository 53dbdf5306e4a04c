import type { SlackConfig } from '../../config/config.ts'
import { callerOf } from '../../core/caller.ts'
import { eventDataOf } from '../../core/event-data.ts'
import type { PersonData, QuotaRequestData, SlackData } from '../../events/event.ts'
import { comesOf } from '../../people/texts/decided.ts'
import type { Journal } from '../../store/journal.ts'
import type { ActionRow, DecisionRow, EventRow } from '../../store/rows.ts'
import { messageOf, type Reply } from './blocks.ts'
import type { MessageTarget, Posts } from './posts.ts'
import type { Replies } from './replies.ts'
import type { Said } from './said.ts'

interface Parts {
  readonly journal: Journal
  readonly settings: () => SlackConfig | null
  readonly replies: Pick<Replies, 'atAddress'>
  readonly said: Said
  readonly now: () => number
}

/** A plan may wait for a window overnight. */
const followMs = 24 * 3_600_000
const mostLanes = 100
const pageSize = 100
const mostPages = 5

/** The call of Slack in which something was asked for. */
interface Call {
  readonly event: string
  readonly channel: string | null
  readonly by: string
}

interface Followed {
  readonly policy: string
  readonly lane: string
  /** null: asked for elsewhere than in Slack. */
  readonly call: Call | null
  readonly who: string
  readonly until: number
}

/** The notifications of what came of people's requests, in two steps: between them the questions are posted that they name. */
export interface OutcomeNews {
  /** Takes note of what is decided by now. */
  look(): Promise<void>
  /** Tells what came of it, and nothing of what was decided since. */
  tell(): Promise<void>
}

/** Sends the outcome of what people in Slack asked for: at the call's `response_url`, else where they asked, else in the configured channel. */
export function createOutcomeNews({ journal, settings, replies, said, now }: Parts, posts: Posts): OutcomeNews {
  let seen = 0
  const lanes = new Map<string, Followed>()

  /** Decisions that are new since the last look, oldest first; at first, those of a day. */
  async function fresh(): Promise<readonly DecisionRow[]> {
    const from = seen
    const [newest] = await journal.decisions({ limit: 1 })
    const to = Math.max(from, newest?.id ?? 0)
    const rows: DecisionRow[] = []
    let before = to + 1
    for (let page = 0; page < mostPages && before > from + 1; page++) {
      const some = await journal.decisions({ limit: pageSize, before })
      rows.push(...some.filter((row) => row.id > from && row.at >= now() - followMs))
      before = some.length < pageSize ? 0 : some.at(-1)!.id
    }
    // Not before all of them are read: what a journal that fails in between kept back is read in the next round.
    seen = to
    return rows.toReversed()
  }

  async function follow(decision: DecisionRow, { users, channel }: SlackConfig): Promise<void> {
    const actors = new Set(Object.values(users).map((user) => user.actor))
    const who = decision.requesters.find((name) => actors.has(name) || name.startsWith('slack:'))
    if (who === undefined) return
    const { policy, lane } = decision
    const key = `${policy} ${lane}`
    const before = lanes.get(key)
    // A lane that is decided again by itself is still about what was asked for.
    const call = (await callOf(decision)) ?? (before?.who === who ? before.call : null)
    if (call === null && channel === null) return
    // A decision that is held gives way to another of the same lane, which nobody asks for anew.
    lanes.set(key, { policy, lane, call, who, until: now() + followMs })
    for (const key of lanes.keys()) if (lanes.size > mostLanes) lanes.delete(key)
  }

  /** The call itself, or the one in which a person said what is decided about. */
  async function callOf({ events }: DecisionRow): Promise<Call | null> {
    for (const seq of events.slice(-5).toReversed()) {
      const row = await journal.event(String(seq))
      const data = row?.data as Partial<PersonData | QuotaRequestData | SlackData> | null | undefined
      if (row == null || data == null) continue
      if (data.kind === 'slack') return callIn(row)
      const via = data.kind === 'person' || data.kind === 'quota-request' ? data.via : undefined
      const call = via === undefined ? null : await journal.event(via)
      if (call?.data != null) return callIn(call)
    }
    return null
  }

  async function tell(key: string, { policy, lane, call, who, until }: Followed): Promise<void> {
    if (now() >= until) lanes.delete(key)
    // The conversation waits for the decision and tells it in its reply.
    if (call !== null && said.working.has(call.event)) return
    const rows = await journal.decisions({ limit: 10, lane, type: policy, before: seen + 1 })
    for (const decision of rows.toReversed()) {
      const about = `decision:${decision.id}`
      if ((await posts.standing(about)) !== 'none') continue
      const actions = await journal.actions({ decision: decision.id, limit: 50 })
      const outcome = outcomeOf(decision, actions)
      if (outcome === null) return
      if (actions.length === 0 && said.isTold(decision.id)) continue
      const message = messageOf({ ...outcome, say: `For ${call?.by ?? who}: ${outcome.say}` })
      if (!(await posts.post({ about, at: decision.at }, placesOf(call), message, 'told'))) return
    }
    const [last] = rows
    if (last !== undefined && !isHeld(last)) lanes.delete(key)
  }

  function placesOf(call: Call | null): readonly MessageTarget[] {
    const channel = settings()?.channel ?? null
    const channels = [...new Set([call?.channel ?? null, channel])].filter((one) => one !== null)
    if (call === null) return channels
    // Whom the channel of the product is for sees it as before; elsewhere it is nobody's but theirs who asked.
    const everybody = channel !== null && call.channel === channel
    return [(message) => replies.atAddress(call.event, message, everybody), ...channels]
  }

  return {
    async look() {
      const config = settings()
      if (config === null) return
      for (const decision of await fresh()) await follow(decision, config)
    },
    async tell() {
      for (const [key, followed] of [...lanes]) await tell(key, followed)
    }
  }
}

const callIn = ({ id, data }: EventRow): Call => {
  // Only what came from Slack is followed.
  const said = eventDataOf(data) as SlackData
  return { event: id, channel: said.channel, by: callerOf(said) }
}

const isHeld = ({ outcome, verdict, mode }: DecisionRow): boolean =>
  outcome === 'act' && mode !== 'observe' && verdict !== null && ['hold', 'defer', 'again'].includes(verdict.verdict)

/** What is to be said of a decision; null: it is not finished. */
function outcomeOf(decision: DecisionRow, actions: readonly ActionRow[]): Reply | null {
  const { id, policy, lane, approval } = decision
  const about = `decision ${id} (${policy}, ${lane})`
  if (actions.length === 0) {
    // Held or put off; where it waits for people, they are asked by a message of its own.
    const asked = approval === null ? '' : ` (approval ${approval})`
    return { say: `${about}: ${comesOf(decision)}${asked}; /reflex explain decision:${id} tells why` }
  }
  if (actions.some(({ state }) => state === 'waiting' || state === 'ready' || state === 'claimed')) return null
  const bad = actions.filter(({ state }) => state !== 'done').length
  const lines = actions
    .toSorted((a, b) => a.ordinal - b.ordinal)
    .map(({ type, target, state, reason, attempts }) => {
      const note = reason ?? attempts.at(-1)?.note ?? null
      return `${state}  ${type} ${target}${note === null ? '' : `: ${note}`}`
    })
  const said = bad === 0 ? 'done' : `${actions.length - bad} of ${actions.length} steps done`
  return { say: `${about}: ${said}; /reflex explain decision:${id} tells all of it`, lines: lines.join('\n') }
}
