import { eventDataOf } from '../../core/event-data.ts'
import type { Json, Query } from '../../core/query.ts'
import type { PersonData } from '../../events/event.ts'
import type { Reading } from '../../store/journal.ts'
import type { ActionRow, DecisionRow, EventRow } from '../../store/rows.ts'
import { short } from './short.ts'
import { type ActionView, actionView, type DecisionView, decisionView, type EventView, eventView } from './views.ts'

/** A decision with what it knew, what it did, and what came of that. */
export interface ExplainedDecision extends Omit<DecisionView, 'answers'> {
  /** The decision whose hint woke this lane. */
  readonly because: number | null
  readonly known: readonly KnownAnswer[]
  readonly actions: readonly ExplainedAction[]
  /** Notifications that carry the request id of one of the actions. */
  readonly cameBack: readonly EventView[]
}

/** An answer that a decision was made on, with its question and its SHA-256. */
export interface KnownAnswer {
  readonly name: string
  readonly query: Query
  readonly sha256: string
  readonly short: string
  /** null also where it is no longer kept; `short` says so. */
  readonly answer: Json
}

/** A step with the one that it takes back, and who asked to undo it. */
export interface ExplainedAction extends ActionView {
  /** The action that this one takes back. */
  readonly undoes: string | null
  /** Who asked to take this one back, and what became of it; newest first. */
  readonly undone: readonly UndoRequest[]
}

/** A person's undo of a step, with what was decided about it. */
export interface UndoRequest {
  readonly event: number
  readonly actor: string
  readonly reason: string | null
  /** null: not decided yet. */
  readonly decision: { readonly id: number; readonly reason: string } | null
  /** null: nothing was planned (yet). */
  readonly action: { readonly id: string; readonly state: string } | null
}

/** What an action causes is journalled soon after it. */
const ECHO_ROWS = 500

/** Reads everything that belongs to one decision. */
export async function withParts(
  journal: Reading,
  row: DecisionRow,
  because: number | null
): Promise<ExplainedDecision> {
  const { answers, ...view } = decisionView(row)
  const known = await Promise.all(
    Object.entries(answers).map(async ([name, { query, sha256 }]) => {
      const answer = await journal.answer(sha256)
      return {
        name,
        query,
        sha256,
        short: answer === undefined ? 'no longer kept' : short(answer),
        answer: answer ?? null
      }
    })
  )
  const settings = (await journal.answer(row.settings)) ?? view.settings
  const actions = (await journal.actions({ limit: 100, decision: row.id })).toSorted((a, b) => a.ordinal - b.ordinal)
  // Nova says the id that we sent, Designate and Neutron only the one that they answered with.
  const requestIds = new Set(
    actions.flatMap((action) => [action.requestId, ...action.attempts.flatMap(({ requestId }) => requestId ?? [])])
  )
  const echoes = actions.length === 0 ? [] : await echoesOf(journal, requestIds, Math.max(0, ...row.events))
  const explained = await Promise.all(
    actions.map(async (action) => ({
      ...actionView(action),
      undoes: action.policy === 'undo' ? action.lane.split('/')[0]! : null,
      undone: await undoneBy(journal, action)
    }))
  )
  return { ...view, settings, because, known, actions: explained, cameBack: echoes.map(eventView) }
}

async function echoesOf(
  journal: Reading,
  requestIds: ReadonlySet<string>,
  after: number
): Promise<readonly EventRow[]> {
  const rows = await journal.events({ limit: ECHO_ROWS, before: after + ECHO_ROWS + 1 })
  const ours = rows.filter(
    (row) => row.seq > after && (requestIds.has(row.globalRequestId ?? '') || requestIds.has(row.requestId ?? ''))
  )
  return ours.toReversed()
}

/** Each request to undo has a lane of its own, woken by the event that says who asked. */
async function undoneBy(journal: Reading, { id, inverse }: ActionRow): Promise<readonly UndoRequest[]> {
  if (inverse === null) return []
  const asked = await journal.events({ limit: 5, resource: id, type: 'stackreflex.undo' })
  return Promise.all(
    asked.map(async ({ seq, data }) => {
      const said = eventDataOf(data)
      // What asks for an undo is what a person said.
      const { actor, reason } = said as PersonData
      const [first] = await journal.decisions({ limit: 1, event: seq })
      if (first === undefined) return { event: seq, actor, reason, decision: null, action: null }
      const [[last = first], [action]] = await Promise.all([
        journal.decisions({ limit: 1, lane: first.lane }),
        journal.actions({ limit: 1, lane: first.lane })
      ])
      const tried = action === undefined ? null : { id: action.id, state: action.state }
      return { event: seq, actor, reason, decision: { id: last.id, reason: last.reason }, action: tried }
    })
  )
}
