import type { Json, Query } from '../core/query.ts'
import { policies, standing } from './index.ts'
import type { Question } from './shared/define-question.ts'
import type { Tools } from './shared/tools.ts'

const questions: ReadonlyMap<string, Question> = new Map(
  [...policies, ...standing].flatMap((policy) => policy.questions.map((one) => [one.question, one] as const))
)

/** Answers one question of some policy; rejects where any part could not be read. */
export async function load(query: Query, tools: Tools): Promise<Json> {
  const question = questions.get(query.name)
  if (question === undefined)
    throw new Error(`no question is called '${query.name}'; questions are: ${[...questions.keys()].sort().join(', ')}`)
  return question.load(query.params, tools)
}
