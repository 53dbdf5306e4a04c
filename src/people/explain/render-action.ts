import { inShort } from '../../core/step-text.ts'
import type { TimelineEntry } from './layout.ts'
import type { ExplainedAction, UndoRequest } from './parts.ts'
import type { ActionView, AttemptView, EventView } from './views.ts'

/** The states of a step, for people. */
export const STATES: Readonly<Record<ActionView['state'], string>> = {
  waiting: 'waits for the step before it',
  ready: 'ready, not started',
  claimed: 'under way',
  done: 'done',
  stale: 'stale: the world was not as planned, so the lane is decided again',
  failed: 'FAILED: a person has to look',
  refused: 'REFUSED by the guard',
  cancelled: 'cancelled',
  interrupted: 'INTERRUPTED by the guard, the lane is decided again when it may go on'
}

function attemptLine({ n, startedAt, endedAt, outcome, note, requestId }: AttemptView): string {
  const took = endedAt === null ? 'not ended' : `${((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1)} s`
  return `attempt ${n} at ${startedAt.slice(11, 23)}, ${took}: ${outcome ?? 'no outcome yet'}${note === null ? '' : `, ${note}`}${requestId === null ? '' : ` (answered as ${requestId})`}`
}

/** Builds one step: what was tried, what was answered, what came back, and who took it back. */
export function actionEntry(action: ExplainedAction, cameBack: readonly EventView[]): TimelineEntry {
  const { decision, ordinal, type, target, state, reason, attempts, requestId, id, undoes, undone } = action
  const what = inShort(action)
  const lines = [`${type} on ${target}${what === null ? '' : `: ${what}`}`]
  if (undoes !== null) lines.push(`takes back action ${undoes}`)
  if (state !== 'done' || reason !== null) lines.push(`${STATES[state]}${reason === null ? '' : `: ${reason}`}`)
  lines.push(...attempts.map(attemptLine))
  lines.push(attempts.length > 0 ? `sent as ${requestId}, action ${id}` : `action ${id}`)
  const echoes = cameBack.filter((event) => event.globalRequestId === requestId)
  if (echoes.length > 0)
    lines.push(`came back as ${echoes.map((event) => `event ${event.seq} ${event.type}`).join(', ')}`)
  lines.push(...undone.map(undoneLine))
  return { at: attempts[0]?.startedAt ?? action.createdAt, label: `step ${decision}.${ordinal + 1}`, lines }
}

function undoneLine({ actor, reason, decision, action }: UndoRequest): string {
  const why = reason === null ? '' : ` (${reason})`
  if (decision === null) return `${actor} asked to undo it${why}: not decided yet`
  if (action?.state === 'done')
    return `undone by action ${action.id} (decision ${decision.id}), asked for by ${actor}${why}`
  const became = action === null ? decision.reason : `action ${action.id} is ${action.state}`
  return `${actor} asked to undo it${why}: decision ${decision.id}, ${became}`
}
