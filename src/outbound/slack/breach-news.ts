import type { SlackConfig } from '../../config/config.ts'
import { type Severity, severities } from '../../core/breach.ts'
import { policyIn, policyNamed } from '../../core/instance.ts'
import { policies } from '../../policies/index.ts'
import { type Finding, readFindings } from '../../policies/shared/findings.ts'
import type { Journal } from '../../store/journal.ts'
import { type Message, messageOf } from './blocks.ts'
import type { Posts } from './posts.ts'

interface Parts {
  readonly journal: Journal
  readonly settings: () => SlackConfig | null
  readonly now: () => number
}

/** What a policy tells: what is high or critical, where it does not say otherwise. */
const isTold = (policy: string, severity: Severity): boolean =>
  severities.indexOf(severity) >= severities.indexOf(policyNamed(policies, policy)?.tells ?? 'high')
/** What began longer ago is no news any more; what was told is kept up to date. */
const freshMs = 3_600_000
/** So many messages for what begins within one minute; the rest of it is one message. */
const mostInAMinute = 5
const minuteMs = 60_000
const historyLength = 500

/**
 * Posts one message for each new breach that its policy reports, and updates it with the breach's state: being closed, held, exempt, over.
 * Those of a storm of one policy share one. Which breach goes where follows from the journal alone, so that a restart repeats nothing.
 */
export function createBreachNews({ journal, settings, now }: Parts, posts: Posts): () => Promise<void> {
  let seen = 0

  async function tell(about: string, at: number, channel: string, message: () => Message, shown: string) {
    const standing = await posts.standing(about)
    if (standing === 'lost') return true
    if (standing === 'none') return at < now() - freshMs || posts.post({ about, at }, channel, message(), shown)
    return standing.shown === shown || posts.update(about, standing, message(), shown)
  }

  async function tellMinute(storm: string, all: readonly Finding[], channel: string): Promise<boolean> {
    let told = true
    for (const one of all.slice(0, mostInAMinute)) {
      const about = `breach:${one.id}`
      // What somebody answers for from the first is no alarm.
      if (one.state === 'exempt' && (await posts.standing(about)) === 'none') continue
      const { rule = '', until = null } = one.held ?? {}
      const shown = `${one.state}:${rule}:${until ?? ''}`
      if (!(await tell(about, one.since, channel, () => breachMessage(one), shown))) told = false
    }
    const rest = all.slice(mostInAMinute)
    if (rest.length === 0) return told
    const over = rest.filter(({ state }) => state === 'fixed').length
    const shown = `${rest.length}:${over}`
    return (await tell(storm, rest[0]!.since, channel, () => stormMessage(rest, over), shown)) && told
  }

  return async () => {
    const channel = settings()?.channel ?? null
    const [newest] = await journal.decisions({ limit: 1 })
    if (channel === null || newest === undefined || newest.id === seen) return
    const { findings, history } = await readFindings(journal, historyLength)
    const since = now() - freshMs
    const ofPolicies = Map.groupBy(
      [...findings, ...history].filter(({ policy, severity }) => isTold(policy, severity)),
      ({ policy }) => policyIn(policy)
    )
    let told = true
    for (const [policy, its] of ofPolicies) {
      const inOrder = its.sort((a, b) => a.id - b.id)
      const minutes = Map.groupBy(inOrder, (one) => Math.floor(one.since / minuteMs))
      for (const [minute, all] of minutes) {
        if (all.every(({ ended }) => ended !== null && ended < since)) continue
        if (!(await tellMinute(`breaches:${minute}:${policy}`, all, channel))) told = false
      }
    }
    // What Slack did not take is tried again, whether or not anything is decided.
    if (told) seen = newest.id
  }
}

function breachMessage({ id, rule, severity, summary, because, state, held, since, ended, ...more }: Finding): Message {
  const { userId, userName, requestId, lane } = more
  const what = state === 'held' ? `held by rule ${held!.rule}` : state === 'fixed' ? 'over' : state
  const by =
    userId === null
      ? 'nobody says by whom'
      : `by ${userName ?? `user ${userId}`}${requestId === null ? '' : ` (${requestId})`}`
  const lines = [
    `since  ${new Date(since).toISOString().slice(0, 19)}Z, ${by}`,
    ...(ended === null ? [] : [`ended  ${new Date(ended).toISOString().slice(0, 19)}Z`]),
    `state  ${what}: ${because}`
  ]
  const say = `Breach ${id} ${what} (${severity}, ${rule}): ${summary}; /reflex explain ${lane} tells all of it`
  return messageOf({ say, lines: lines.join('\n') })
}

function stormMessage(rest: readonly Finding[], over: number): Message {
  const byRule = Object.entries(Object.groupBy(rest, ({ rule }) => rule)).map(
    ([rule, of = []]) => `${of.length} ${rule}`
  )
  return messageOf({
    say: `${rest.length} more breaches within a minute, ${over} of them over: ${byRule.join(', ')}; /reflex findings lists those that are there`
  })
}
