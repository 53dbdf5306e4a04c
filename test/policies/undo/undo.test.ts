import t from 'tap'
import { undo } from '../../../src/policies/undo/undo.ts'

const step = { type: 'recordset-delete', cluster: 'dev', target: 'web', args: {} }
const answers = { undoable: { step, what: 'the record', ended: null } }
const lane = { policy: 'undo', key: 'a1/r1' } as never

t.test('what was undone is left alone for limits.afterUndo', async (t) => {
  t.match(undo.decide(lane, answers as never, { afterUndoMs: 5 }), { steps: [{ pinMs: 5 }] })
})

t.test('a decision that an older journal holds is made again from the setting as it was called then', async (t) => {
  const recorded = { leaveAloneMs: 7 } as never
  t.match(undo.decide(lane, answers as never, recorded), { steps: [{ pinMs: 7 }] })
})
