import type { Actor } from '../core/approval.ts'
import { resumeWord, stopText } from '../core/stop-text.ts'
import type { Reply } from '../outbound/slack/blocks.ts'
import { stateNow } from '../outbound/slack/blocks.ts'
import type { Said } from '../outbound/slack/said.ts'
import { comesOf, notYet, steps } from '../people/decided-text.ts'
import { explain } from '../people/explain/chain.ts'
import { countOfOurs, heldFor, renderNamed } from '../people/explain/named.ts'
import { renderExplanation } from '../people/explain/render.ts'
import { type Answer, type Doors, decisionAfter, readingOf, resume, stop, undo, vote } from '../people/people.ts'
import { table } from '../people/table.ts'
import { findings } from './findings.ts'
import { isolation } from './isolation.ts'
import { quota } from './quota.ts'
import { helpText, type SlackCommand } from './words.ts'

/** So long a reply waits for the lane to be decided anew. */
const patienceMs = 10_000
/** Lines in Slack are narrow. */
const columns = 90
const mostRows = 30

export interface CommandParts {
  readonly doors: Doors
  /** As `slack.users` and `slack.userGroups` say; never from the call itself. */
  readonly actor: Actor
  /** Something may be due. */
  readonly wake: () => void
  readonly sleep: (ms: number) => Promise<void>
  /** Takes which decisions were told. */
  readonly said: Pick<Said, 'tell'>
}

/** Does what somebody said, through the same doors as everything, and says what came of it. */
export async function carryOut(command: SlackCommand, parts: CommandParts): Promise<Reply> {
  switch (command.word) {
    case 'help':
      return { say: 'What there is:', lines: helpText() }
    case 'status':
      return status(parts)
    case 'approvals':
      return approvals(parts)
    case 'explain':
      return told(command.about, parts)
    case 'dns':
      return dns(command.about, parts)
    case 'quota':
      return quota(command.wish, { ...parts, patienceMs })
    case 'isolation':
      return isolation(command.about, parts.doors)
    case 'findings':
      return findings(command.about, parts.doors)
    case 'restart':
      return { say: `${command.service}: asked; I'll tell you here what comes of it` }
    case 'approve':
    case 'reject':
      return voted(command, parts)
    case 'stop':
      return stopped(command, parts)
    case 'resume':
      return resumed(command, parts)
    case 'undo':
      return undone(command, parts)
  }
}

async function status({ doors }: CommandParts): Promise<Reply> {
  const journal = readingOf(doors)
  const [stops, held, parked, open] = await Promise.all([
    journal.stops(),
    journal.lanes({ held: true }),
    journal.lanes({ parked: true }),
    journal.approvals({ state: 'open', limit: mostRows })
  ])
  const rules = Object.entries(Object.groupBy(held, (lane) => lane.held ?? 'a rule'))
  const by = rules.map(([rule, of = []]) => `${of.length} by ${rule}`).join(', ')
  const rows = [
    ...(stops.length === 0 ? [['stopped', 'nothing']] : []),
    ...stops.map((one) => ['stopped', `${stopText(one)}: ${one.memory ?? `/reflex resume ${resumeWord(one, stops)}`}`]),
    ['held', held.length === 0 ? 'no lane' : `${lanes(held.length)}: ${by}`],
    ['parked', parked.length === 0 ? 'no lane' : `${lanes(parked.length)}: reflex parked lists them`],
    ['approvals', open.length === 0 ? 'none is waited for' : `${open.length} waited for: /reflex approvals`]
  ]
  return { say: stops.length === 0 ? 'Now' : 'Now: something is stopped', lines: table(rows) }
}

const lanes = (count: number): string => (count === 1 ? '1 lane' : `${count} lanes`)

async function approvals({ doors }: CommandParts): Promise<Reply> {
  const { now } = doors
  const rows = await readingOf(doors).approvals({ state: 'open', limit: mostRows })
  const open = rows.filter((one) => stateNow(one, now()) === 'open')
  if (open.length === 0) return { say: 'no approval is waited for' }
  const shown = open.map(({ id, expires, clusters, policy, lane, plan, summary }) => [
    String(id),
    `${new Date(expires).toISOString().slice(0, 16)}Z`,
    clusters.join(', ') || '-',
    `${policy} ${lane}: ${steps(plan.length)}: ${summary}`
  ])
  return {
    say: '/reflex explain approval:<id> shows the plan; /reflex approve <id> or /reflex reject <id> answers',
    lines: table([['ID', 'UNTIL', 'CLUSTERS', 'PLAN'], ...shown])
  }
}

async function told(about: string, { doors }: CommandParts): Promise<Reply> {
  const explanation = await explain(readingOf(doors), about)
  return {
    say: explanation.found ? `${about}: what happened and why` : `the journal knows nothing about '${about}'`,
    lines: renderExplanation(explanation, columns)
  }
}

async function dns(name: string, { doors }: CommandParts): Promise<Reply> {
  const journal = readingOf(doors)
  const explanation = await explain(journal, name)
  if (!explanation.found)
    return { say: `the journal knows nothing about '${name}'`, lines: renderExplanation(explanation) }
  const applied = await heldFor(explanation, journal)
  return { say: `${name}: ${countOfOurs(applied)}`, lines: renderNamed(explanation, applied, columns) }
}

async function voted(
  { word, id, reason }: Extract<SlackCommand, { word: 'approve' | 'reject' }>,
  parts: CommandParts
): Promise<Reply> {
  const after = await newest(parts)
  const answer = await vote(parts.doors, parts.actor, id, word, reason)
  if (!answer.ok) return refusal(answer)
  parts.wake()
  const { approval, missing } = answer
  if (missing > 0 && approval.state === 'open')
    return { say: `approval ${id}: your approval counts, ${missing} more ${missing === 1 ? 'is' : 'are'} needed` }
  const decision = await decided(approval, after, parts)
  const then = decision === null ? notYet : `decided again (decision ${decision.id}): ${comesOf(decision)}`
  if (word === 'reject') return { say: `approval ${id} rejected: nothing of its plan is carried out; ${then}` }
  const [now = approval] = await parts.doors.journal.approvals({ id })
  if (now.state !== 'superseded') return { say: `approval ${id} granted; ${then}` }
  const [why = '', ...diff] = (now.reason ?? '').split('\n')
  const next = decision?.approval ?? null
  return {
    say: `approval ${id} was superseded: ${why}${next === null ? `; ${then}` : `; approval ${next} asks for that one`}`,
    ...(diff.length === 0 ? {} : { lines: diff.join('\n') })
  }
}

async function stopped(
  { cluster, reason }: Extract<SlackCommand, { word: 'stop' }>,
  { doors, actor }: CommandParts
): Promise<Reply> {
  const answer = await stop(doors, actor, cluster, reason)
  if (!answer.ok) return refusal(answer)
  const { stop: id, others, memory } = answer
  const where = resumeWord({ id, cluster }, [{ cluster }, ...others])
  const beside = others.map((one) => `also stopped: ${stopText(one)}`)
  const name = cluster ?? 'everything'
  const say =
    memory === undefined
      ? `${name} is stopped (stop ${id}): nothing is changed until /reflex resume ${where}; decisions go on`
      : `${name} is stopped (stop ${id}): nothing is changed; ${memory}`
  return { say: [say, ...beside].join('; ') }
}

async function resumed(
  { which, reason }: Extract<SlackCommand, { word: 'resume' }>,
  { doors, actor, wake }: CommandParts
): Promise<Reply> {
  const answer = await resume(doors, actor, which, reason)
  if (!answer.ok) return refusal(answer)
  wake()
  const { lifted, left } = answer
  const still = left.map(
    (one) => `still stopped: ${stopText(one)}: ${one.memory ?? `/reflex resume ${resumeWord(one, left)}`}`
  )
  const held = answer.lanes === 0 ? 'no lane was held' : `${lanes(answer.lanes)} that it held: decided again`
  return { say: [`lifted: ${stopText(lifted)}: ${held}`, ...still].join('; ') }
}

async function undone(
  { action, reason }: Extract<SlackCommand, { word: 'undo' }>,
  parts: CommandParts
): Promise<Reply> {
  const after = await newest(parts)
  const answer = await undo(parts.doors, parts.actor, action, reason)
  if (!answer.ok) return refusal(answer)
  parts.wake()
  const decision = await decided(answer, after, parts)
  if (decision === null) return { say: `undoing ${action} is asked for; ${notYet}` }
  return { say: `undoing ${action} is decided (decision ${decision.id}): ${comesOf(decision)}` }
}

const refusal = ({ reason }: Extract<Answer<object>, { ok: false }>): Reply => ({ say: reason })

async function newest({ doors: { journal } }: CommandParts): Promise<number> {
  return (await journal.decisions({ limit: 1 }))[0]?.id ?? 0
}

async function decided(of: { policy: string; lane: string }, after: number, { doors, sleep, said }: CommandParts) {
  const decision = await decisionAfter(doors.journal, of, after, { withinMs: patienceMs, sleep })
  if (decision !== null) said.tell(decision.id)
  return decision
}
