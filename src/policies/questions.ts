import type { Json, Query } from '../core/query.ts'
import { policies, standing } from './index.ts'
import type { Question } from './shared/define-question.ts'
import type { Tools } from './shared/tools.ts'

/** Indexes the questions of some policies by their names; two of one name are a mistake, as the journal could not tell them apart. */
export function byName(all: readonly Question[]): ReadonlyMap<string, Question> {
  const known = new Map<string, Question>()
  for (const one of all) {
    if ((known.get(one.question) ?? one) !== one) throw new Error(`two questions are called '${one.question}'`)
    known.set(one.question, one)
  }
  return known
}

const questions = byName([...policies, ...standing].flatMap((policy) => policy.questions))

/** Answers one question of some policy; rejects where any part could not be read. */
export async function load(query: Query, tools: Tools): Promise<Json> {
  const question = questions.get(query.name)
  if (question === undefined)
    throw new Error(`no question is called '${query.name}'; questions are: ${[...questions.keys()].sort().join(', ')}`)
  return question.load(query.params, tools)
}
