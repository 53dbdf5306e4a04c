import type { ActionRequest } from '../../core/action.ts'
import { defineQuestion } from '../shared/define-question.ts'
import type { Tools } from '../shared/tools.ts'

/** An action that somebody wants undone, and what came of it so far. */
export interface UndoableAnswer {
  /** The step that takes it back; null: there is none, for this reason. */
  readonly step: ActionRequest | null
  readonly what: string
  /** How the attempt of this very request ended; null: it was not tried yet. */
  readonly ended: { readonly state: string; readonly reason: string | null } | null
}

type Params = { readonly action: string; readonly lane: string }

/** Answers `undoable` from the journal alone; what is there now, the step itself looks at. */
async function load({ action, lane }: Params, { journal }: Tools): Promise<UndoableAnswer> {
  const [[found], tried] = await Promise.all([
    journal.actions({ limit: 1, id: action }),
    journal.actions({ limit: 20, lane })
  ])
  // A step that the guard interrupted was not tried.
  const last = tried.find((one) => ['done', 'stale', 'failed', 'refused'].includes(one.state))
  const ended = last === undefined ? null : { state: last.state, reason: last.reason }
  if (found === undefined) return { step: null, what: `action ${action} is not in the journal any more`, ended }
  const what = `${found.type} on ${found.target}`
  if (found.inverse === null) return { step: null, what: `${what} cannot be taken back`, ended }
  const { policy, cluster, target, scope } = found
  const step = { ...found.inverse, cluster, target, scope, holder: found.holder ?? { policy, lane: found.lane } }
  return { step, what, ended }
}

/** Defines the question: what would take this action back, and was that tried in this lane already? */
export const undoableQuestion = defineQuestion('undoable', load)
