import { plain } from '../../base/plain.ts'
import type { Explanation } from './chain.ts'
import { renderEntries, WIDTH, wrap } from './layout.ts'
import { actionEntry } from './render-action.ts'
import { approvalEntry } from './render-approval.ts'
import { decisionEntry } from './render-decision.ts'
import { eventEntry, isTold } from './render-event.ts'
import type { LaneView } from './views.ts'

/** Renders the chain as text for somebody who was woken by it. */
export function renderExplanation(explanation: Explanation, width = WIDTH): string {
  const { about, found, cut, lanes, decisions, approvals } = explanation
  if (!found) return renderNothing(explanation)
  const shown = explanation.events.filter((event) => !isTold(event, decisions))
  const entries = [
    ...shown.map((event) => eventEntry(event, decisions)),
    ...decisions.flatMap((one) => [
      decisionEntry(one, decisions),
      ...approvals.filter(({ decision }) => decision === one.id).map(approvalEntry),
      ...one.actions.map((action) => actionEntry(action, one.cameBack))
    ]),
    ...approvals.filter(({ decision }) => !decisions.some(({ id }) => id === decision)).map(approvalEntry)
  ]
  const out = [`${plain(about)}: what happened and why. Times are UTC.`, '', ...renderEntries(entries, width)]
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

function renderLane(lane: LaneView, width: number): string[] {
  const { key, policy, pending, parked, waiting, held, heldUntil, dueAt, openDecision } = lane
  const state: string[] = []
  if (parked !== null) state.push(`PARKED: ${parked}`)
  if (held !== null)
    state.push(`HELD by rule ${held} until ${heldUntil === null ? 'a person acts' : `${heldUntil.slice(0, 19)}Z`}`)
  if (pending > 0) state.push(`${pending} ${pending === 1 ? 'event waits' : 'events wait'}`)
  if (waiting !== null) state.push(held === null ? `waits: ${waiting}` : waiting)
  if (openDecision !== null) state.push(`decision ${openDecision} is being carried out`)
  if (pending > 0 && dueAt !== null && parked === null) state.push(`due at ${dueAt.slice(11, 19)}`)
  return wrap(`${key} (${policy}): ${state.length === 0 ? 'settled' : state.join('; ')}`, width - 4).map(
    (text, i) => `${i === 0 ? '  ' : '    '}${text}`
  )
}
