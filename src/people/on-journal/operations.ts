import type { Actor } from '../../core/approval.ts'
import type { Operations } from '../operations.ts'
import { changesOnJournal, type Following } from './changes.ts'
import type { OperationsContext } from './context.ts'
import { questionsOnJournal } from './questions.ts'

/** Makes all operations on the journal, for this actor. */
export const operationsOnJournal = (context: OperationsContext, actor: Actor, following: Following): Operations => ({
  ...questionsOnJournal(context),
  ...changesOnJournal(context, actor, following)
})
