import { comesOf } from '../commands/decided-text.ts'
import type { SlackConfig } from '../config.ts'
import type { SlackData } from '../events/event.ts'
import type { ActionRow, DecisionRow, Journal } from '../store/journal.ts'
import { messageOf, type Reply } from './blocks.ts'
import type { Posts } from './posts.ts'

interface Parts {
  readonly journal: Journal
  readonly settings: () => SlackConfig | null
  readonly now: () => number
}

/** A plan may wait for a window overnight. */
const followMs = 24 * 3_600_000
const mostLanes = 100
const pageSize = 100
const mostPages = 5

interface Followed {
  readonly policy: string
  readonly lane: string
  readonly channel: string
  readonly who: string
  readonly until: number
}

/** Tells what came of what people in Slack asked for: where they asked, or else in the configured channel. */
export function createOutcomeNews({ journal, settings, now }: Parts, posts: Posts): () => Promise<void> {
  let seen = 0
  const lanes = new Map<string, Followed>()

  /** Decisions that are new since the last look, oldest first; at first, those of a day. */
  async function fresh(): Promise<readonly DecisionRow[]> {
    const from = seen
    const [newest] = await journal.decisions({ limit: 1 })
    seen = Math.max(from, newest?.id ?? 0)
    const rows: DecisionRow[] = []
    let before = seen + 1
    for (let page = 0; page < mostPages && before > from + 1; page++) {
      const some = await journal.decisions({ limit: pageSize, before })
      rows.push(...some.filter((row) => row.id > from && row.at >= now() - followMs))
      before = some.length < pageSize ? 0 : some.at(-1)!.id
    }
    return rows.toReversed()
  }

  async function follow(decision: DecisionRow, { users, channel }: SlackConfig): Promise<void> {
    const actors = new Set(Object.values(users).map((user) => user.actor))
    const who = decision.requesters.find((name) => actors.has(name) || name.startsWith('slack:'))
    if (who === undefined) return
    const where = (await channelOf(decision)) ?? channel
    if (where === null) return
    const { policy, lane } = decision
    // A decision that is held gives way to another of the same lane, which nobody asks for anew.
    lanes.set(`${policy} ${lane}`, { policy, lane, channel: where, who, until: now() + followMs })
    for (const key of lanes.keys()) if (lanes.size > mostLanes) lanes.delete(key)
  }

  async function channelOf({ events }: DecisionRow): Promise<string | null> {
    for (const seq of events.slice(-5)) {
      const data = (await journal.event(String(seq)))?.data as SlackData | null | undefined
      if (data?.kind === 'slack' && data.channel !== null) return data.channel
    }
    return null
  }

  async function tell(key: string, { policy, lane, channel, who, until }: Followed): Promise<void> {
    if (now() >= until) lanes.delete(key)
    const rows = (await journal.decisions({ limit: 10, lane })).filter((row) => row.policy === policy)
    for (const decision of rows.toReversed()) {
      const about = `decision:${decision.id}`
      if ((await posts.standing(about)) !== 'none') continue
      const outcome = outcomeOf(decision, await journal.actions({ decision: decision.id, limit: 50 }))
      if (outcome === null) return
      const message = messageOf({ ...outcome, say: `For ${who}: ${outcome.say}` })
      if (!(await posts.post({ about, at: decision.at }, channel, message, 'told'))) return
    }
    const [last] = rows
    if (last !== undefined && !isHeld(last)) lanes.delete(key)
  }

  return async () => {
    const config = settings()
    if (config === null) return
    for (const decision of await fresh()) await follow(decision, config)
    for (const [key, followed] of [...lanes]) await tell(key, followed)
  }
}

const isHeld = ({ outcome, verdict, mode }: DecisionRow): boolean =>
  outcome === 'act' && mode !== 'observe' && verdict !== null && ['hold', 'defer', 'again'].includes(verdict.verdict)

/** What is to be said of a decision; null: it is not finished. */
export function outcomeOf(decision: DecisionRow, actions: readonly ActionRow[]): Reply | null {
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
