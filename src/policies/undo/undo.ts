import { Type } from 'typebox'
import { act, type Policy, skip } from '../../core/policy.ts'
import { type UndoableAnswer, undoableQuery } from './undoable.ts'

/** Made by the configuration (`limits.afterUndo`), not written under `policies`. */
export interface UndoSettings {
  /** What was undone is left alone for so long. */
  readonly afterUndoMs: number
  /** What older journals call it: replay decides on settings as they were recorded. */
  readonly leaveAloneMs?: number
}

/**
 * Takes back what a person asked to undo. Lane = `<action id>/<request>`: each request is planned once, from the inverse
 * that the action recorded, and goes through the same guard as any other plan.
 */
export const undo: Policy<UndoSettings> = {
  name: 'undo',
  kind: 'reaction',
  settings: Type.Object({ afterUndoMs: Type.Integer() }),
  // Whatever the action that it takes back has recorded.
  actions: [],
  check: () => [],
  quietMs: 0,
  maxMs: 0,
  // Only people wake it, by its lanes' names.
  lanes: () => ({ none: 'only people ask for an undo' }),
  needs: (lane) => ({ undoable: undoableQuery(lane.key.split('/')[0]!, lane.key) }),
  decide(_lane, answers, { afterUndoMs, leaveAloneMs = afterUndoMs }) {
    const { step, what, ended } = answers.undoable as unknown as UndoableAnswer
    if (ended !== null)
      return skip(
        ended.state === 'done'
          ? `undone: ${what}`
          : `the undo of ${what} is ${ended.state}: ${ended.reason}; ask again if it is still wanted`
      )
    if (step === null) return skip(what)
    return act(`undo of ${what}`, [{ ...step, pinMs: leaveAloneMs }])
  },
  sweep: null
}
