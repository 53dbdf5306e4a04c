import { Type } from 'typebox'
import { planSteps, skip } from '../../core/policy.ts'
import { definePolicy } from '../shared/define-policy.ts'
import { undoableQuestion } from './undoable.ts'

/**
 * Takes back what a person asked to undo. Lane = `<action id>/<request>`: each request is planned once, from the inverse
 * that the action recorded, and goes through the same guard as any other plan.
 */
export const undo = definePolicy({
  name: 'undo',
  kind: 'reaction',
  // Made by the configuration (`limits.afterUndo`), not written under `policies`: what was undone is left alone for so long.
  // Older journals call it leaveAloneMs: replay decides on settings as they were recorded.
  settings: Type.Object({ afterUndoMs: Type.Integer(), leaveAloneMs: Type.Optional(Type.Integer()) }),
  complete: ({ afterUndoMs }) => ({ afterUndoMs }),
  questions: [undoableQuestion],
  // Whatever the action that it takes back has recorded.
  actions: [],
  // Only people wake it, by its lanes' names.
  lanes: () => ({ none: 'only people ask for an undo' }),
  needs: (lane) => ({ undoable: undoableQuestion({ action: lane.key.split('/')[0]!, lane: lane.key }) }),
  decide(_lane, answers, { afterUndoMs, leaveAloneMs = afterUndoMs }) {
    const { step, what, ended } = answers.undoable
    if (ended !== null)
      return skip(
        ended.state === 'done'
          ? `undone: ${what}`
          : `the undo of ${what} is ${ended.state}: ${ended.reason}; ask again if it is still wanted`
      )
    if (step === null) return skip(what)
    return planSteps(`undo of ${what}`, [{ ...step, pinMs: leaveAloneMs }])
  }
})
