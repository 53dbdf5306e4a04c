import type { Json, JsonForm, Query } from '../../core/query.ts'
import type { Tools } from './tools.ts'

/** What a question's own name in the journal is, and how it is answered. */
export interface Question<Name extends string = string> {
  /** Its name in recorded decisions; a policy lists the questions that it may ask. */
  readonly question: Name
  /** Answers it; rejects where any part could not be read. */
  load(params: Json, tools: Tools): Promise<Json>
}

/** A question that is called with its params: the query for `needs`, which knows the type of its answer. */
export type DefinedQuestion<Name extends string, Params, Answer> = Question<Name> & {
  (params: Params & JsonForm<Params>): Query<Answer, Name>
  load(params: Params, tools: Tools): Promise<Answer>
}

/**
 * Defines a question: its name in the journal, and `load`, which reads the answer. What is returned makes the query:
 * `needs: () => ({ servers: serversQuestion({ cloud }) })` gives `decide` an `answers.servers` of what `load` answers.
 * Params and answer are journalled, so both must be JSON.
 */
export function defineQuestion<const Name extends string, Params, Answer>(
  name: Name,
  load: (params: Params, tools: Tools) => Promise<Answer & JsonForm<Answer>>
): DefinedQuestion<Name, Params, Answer> {
  const query = (params: Params): Query<Answer, Name> => ({ name, params: params as Json })
  return Object.assign(query, { question: name, load }) as DefinedQuestion<Name, Params, Answer>
}
