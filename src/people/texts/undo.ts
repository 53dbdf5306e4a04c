import type { UndoResult } from '../operations.ts'
import { comesOf, notYet } from './decided.ts'
import type { Voice } from './voice.ts'

/** Renders the result of an undo, a line each. */
export function undoneLines(
  action: string,
  { decision }: Pick<UndoResult, 'decision'>,
  voice: Voice
): readonly string[] {
  if (decision === null) return [`undoing ${action} is asked for; ${notYet}`]
  return [
    `undoing ${action} is decided (decision ${decision.id}): ${comesOf(decision)}`,
    `${voice.command(`explain decision:${decision.id}`)} tells what is done`
  ]
}
