import { plain } from '../plain.ts'
import type { ExplainedDecision, Explanation } from './chain.ts'
import type { ActionView, AttemptView, EventView, LaneView } from './views.ts'

const WIDTH = 110
/** `12:00:01.123  ` and `decision 123   `: where the text begins. */
const LABEL = 15
const INDENT = 14 + LABEL
/** Of one answer, so much is shown; --json names its hash. */
const KNOWN = 180

/** One thing that happened: when, what, and lines about it. */
interface Entry {
  readonly at: string
  readonly label: string
  readonly lines: readonly string[]
}

/** The chain as text for somebody who was woken by it. */
export function renderExplanation(explanation: Explanation, width = WIDTH): string {
  const { about, found, cut, lanes, decisions } = explanation
  if (!found) return renderNothing(explanation)
  const shown = explanation.events.filter((event) => !isTold(event, decisions))
  const entries = [
    ...shown.map((event) => eventEntry(event, decisions)),
    ...decisions.flatMap((one) => [
      decisionEntry(one, decisions),
      ...one.actions.map((action) => actionEntry(action, one.cameBack))
    ])
  ]
  // Stable: what happened in one millisecond stays in the order of the chain.
  const ordered = entries.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const out = [`${plain(about)}: what happened and why. Times are UTC.`, '']
  let day = ''
  for (const entry of ordered) {
    if (entry.at.slice(0, 10) !== day) {
      if (day !== '') out.push('')
      day = entry.at.slice(0, 10)
      out.push(day)
    }
    out.push(...renderEntry(entry, width))
  }
  if (lanes.length > 0) out.push('', 'Now', ...lanes.flatMap((lane) => renderLane(lane, width)))
  if (cut) out.push('', 'There is more, older than this: GET /api/v1/decisions has all of it.')
  return `${out.join('\n')}\n`
}

function renderNothing({ about, searched }: Explanation): string {
  const out = [`The journal knows nothing about '${plain(about)}'.`, '', 'Looked for']
  out.push(...searched.map((what) => `  ${plain(what)}`), '', 'Try')
  out.push('  the full name as in DNS, the id of the server, port or floating IP, or its address')
  out.push('  GET /api/v1/events?since=15m to see whether notifications arrive at all')
  out.push('  GET /readyz to see whether the broker is connected')
  return `${out.join('\n')}\n`
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of plain(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function renderEntry({ at, label, lines }: Entry, width: number): string[] {
  const wrapped = lines.flatMap((line) => wrap(line, width - INDENT).map((text, i) => (i === 0 ? text : `  ${text}`)))
  return wrapped.map((text, i) =>
    `${i === 0 ? `${at.slice(11, 23)}  ${label.padEnd(LABEL)}` : ' '.repeat(INDENT)}${text}`.trimEnd()
  )
}

interface HintShape {
  readonly kind?: string
  readonly name?: string | null
  readonly reason?: string
  readonly lane?: string
}

const dataOf = (event: EventView): HintShape => (event.data ?? {}) as HintShape

/** A hint is told with the decision that gave it. */
const isTold = (event: EventView, decisions: readonly ExplainedDecision[]): boolean =>
  dataOf(event).kind === 'hint' && decisions.some((one) => one.because !== null && one.events.includes(event.seq))

const place = (source: string): string => source.replace(/^\/openstack\//, '')

function eventEntry(event: EventView, decisions: readonly ExplainedDecision[]): Entry {
  const data = dataOf(event)
  const hint = data.kind === 'hint'
  const about = hint
    ? ` to ${data.lane}`
    : event.subject === null
      ? ''
      : ` of ${[data.name, event.subject].filter(Boolean).join(' ')}`
  const lines = [`${event.type}${about}`]
  if (hint) lines.push(data.reason ?? '')
  lines.push(`from ${place(event.source)}${event.requestId === null ? '' : `, asked for by ${event.requestId}`}`)
  const late = Date.parse(event.receivedAt) - Date.parse(event.time)
  if (Math.abs(late) > 2000)
    lines.push(`sent at ${event.time}, ${(late / 1000).toFixed(1)} s before it was written here`)
  if (event.ignored) lines.push(`ignored: ${event.reason}`)
  else if (event.reason !== null) lines.push(`woke nothing: ${event.reason}`)
  else {
    const woke = decisions.filter((one) => one.events.includes(event.seq)).map((one) => `decision ${one.id}`)
    lines.push(woke.length > 0 ? `led to ${woke.join(', ')}` : 'not decided yet, or its decision is no longer kept')
  }
  return { at: event.receivedAt, label: `${hint ? 'hint' : 'event'} ${event.seq}`, lines }
}

const events = (seqs: readonly number[]): string =>
  seqs.length > 6
    ? `${seqs.length} events, ${seqs[0]} to ${seqs.at(-1)}`
    : `${seqs.length === 1 ? 'event' : 'events'} ${seqs.join(', ')}`

function verdict({ outcome, mode, hints }: ExplainedDecision): string {
  if (outcome === 'failed') return 'FAILED, LANE PARKED'
  if (outcome === 'act') return mode === 'observe' ? 'WOULD ACT' : 'ACT'
  return hints.length > 0 ? 'PASS ON' : 'LEAVE ALONE'
}

/** `557b0c6165ce42ea9bf5e3ffa19bb056` → `557b0c61…`: in what was known, whole ids only hide the rest. */
const briefly = (text: string): string => {
  const brief = text.replace(
    /\b([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b([0-9a-f]{8})[0-9a-f]{24}\b/g,
    '$1$2…'
  )
  return brief.length > KNOWN ? `${brief.slice(0, KNOWN)}…` : brief
}

function decisionEntry(one: ExplainedDecision, all: readonly ExplainedDecision[]): Entry {
  const lines = [
    `${verdict(one)}: ${one.reason}`,
    `lane ${one.lane}, policy ${one.policy}${one.mode === null ? '' : `, ${one.mode}`}`
  ]
  lines.push(
    one.because === null
      ? `from ${events(one.events)}`
      : `because decision ${one.because} gave a hint (${events(one.events)})`
  )
  lines.push(...one.known.map(({ name, short }) => briefly(`knew ${name}: ${short}`)))
  lines.push(...new Set(one.findings.filter((finding) => finding !== one.reason).map((finding) => `found: ${finding}`)))
  if (one.mode === 'observe')
    lines.push(...one.plan.map((step) => `would do, were it not for observe: ${step.type} on ${step.target}`))
  for (const { lane, reason } of one.hints) {
    const then = all.find((other) => other.because === one.id && other.lane === lane)
    lines.push(`hint to ${lane}: ${reason}${then === undefined ? '' : ` → decision ${then.id}`}`)
  }
  return { at: one.at, label: `decision ${one.id}`, lines }
}

const STATES: Readonly<Record<ActionView['state'], string>> = {
  waiting: 'waits for the step before it',
  ready: 'ready, not started',
  claimed: 'under way',
  done: 'done',
  stale: 'stale: the world was not as planned, so the lane is decided again',
  failed: 'FAILED: a person has to look',
  refused: 'REFUSED by the guard',
  cancelled: 'cancelled'
}

function attemptLine({ n, startedAt, endedAt, outcome, note, requestId }: AttemptView): string {
  const took = endedAt === null ? 'not ended' : `${((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1)} s`
  return `attempt ${n} at ${startedAt.slice(11, 23)}, ${took}: ${outcome ?? 'no outcome yet'}${note === null ? '' : `, ${note}`}${requestId === null ? '' : ` (answered as ${requestId})`}`
}

function actionEntry(action: ActionView, cameBack: readonly EventView[]): Entry {
  const { decision, ordinal, type, target, state, reason, attempts, requestId, id } = action
  const lines = [`${type} on ${target}`]
  if (state !== 'done' || reason !== null) lines.push(`${STATES[state]}${reason === null ? '' : `: ${reason}`}`)
  lines.push(...attempts.map(attemptLine))
  lines.push(attempts.length > 0 ? `sent as ${requestId}, action ${id}` : `action ${id}`)
  const echoes = cameBack.filter((event) => event.globalRequestId === requestId)
  if (echoes.length > 0)
    lines.push(`came back as ${echoes.map((event) => `event ${event.seq} ${event.type}`).join(', ')}`)
  return { at: attempts[0]?.startedAt ?? action.createdAt, label: `step ${decision}.${ordinal + 1}`, lines }
}

function renderLane({ key, policy, pending, parked, waiting, dueAt, openDecision }: LaneView, width: number): string[] {
  const state: string[] = []
  if (parked !== null) state.push(`PARKED: ${parked}`)
  if (pending > 0) state.push(`${pending} ${pending === 1 ? 'event waits' : 'events wait'}`)
  if (waiting !== null) state.push(`waits: ${waiting}`)
  if (openDecision !== null) state.push(`decision ${openDecision} is being carried out`)
  if (state.length > 0 && dueAt !== null && parked === null) state.push(`due at ${dueAt.slice(11, 19)}`)
  return wrap(`${key} (${policy}): ${state.length === 0 ? 'settled' : state.join('; ')}`, width - 4).map(
    (text, i) => `${i === 0 ? '  ' : '    '}${text}`
  )
}
