import type { Query } from '../../../core/query.ts'
import type { AppliedRow } from '../../../store/policy-rows.ts'
import { defineQuestion } from '../../shared/define-question.ts'
import type { Tools } from '../../shared/tools.ts'
import { loadRecordsetsAt, type RecordsetsAtAnswer } from './recordsets-at.ts'
import { loadResource } from './resource.ts'
import type { ResourceAnswer } from './resource-answer.ts'

/** A name that has to do with some resources: all that its own lane must know, and nothing that it decided. */
export interface NameAnswer {
  readonly name: string
  readonly resources: readonly string[]
  readonly applied: readonly AppliedRow[]
  readonly at: RecordsetsAtAnswer
  /** Its own lane is on its way: what it wrote may stand there before the journal says so. */
  readonly moving: boolean
}

/** The names of some resources, and every resource of theirs beside those. */
export interface NamesOfAnswer {
  readonly names: readonly NameAnswer[]
  readonly others: readonly ResourceAnswer[]
}

type Params = {
  readonly policy: string
  readonly cloud: string
  readonly resources: readonly string[]
  readonly optOut: string
  readonly vips?: true
  readonly bare?: readonly string[]
}

/** Answers `names-of`, by the lanes that the journal knows. */
async function load(params: Params, tools: Tools): Promise<NamesOfAnswer> {
  const { policy, cloud, resources, optOut, vips, bare } = params
  const about = await Promise.all(resources.map((resource) => tools.journal.lanesAbout(policy, resource)))
  const lanes = new Map(about.flat().map((lane) => [lane.key, lane]))
  const names = await Promise.all(
    [...lanes.values()]
      .filter(({ key }) => key.startsWith('name:'))
      .sort((one, other) => (one.key < other.key ? -1 : 1))
      .map(async ({ key, applied }): Promise<NameAnswer> => {
        const name = key.slice('name:'.length)
        const before = await tools.journal.laneNow(policy, key)
        const at = await loadRecordsetsAt({ cloud, name }, tools)
        const { resources, moving } = await tools.journal.laneNow(policy, key)
        return { name, resources, applied, at, moving: before.moving || moving }
      })
  )
  const others = [...new Set(names.flatMap((one) => one.resources))].filter((one) => !resources.includes(one)).sort()
  const read = (resource: string) =>
    loadResource(
      { resource, optOut, ...(vips && resource.startsWith('floatingip/') ? { vips } : {}), ...(bare && { bare }) },
      tools
    )
  return { names, others: await Promise.all(others.map(read)) }
}

/** Defines the question `names-of`; `namesOfQuery` makes its params. */
export const namesOfQuestion = defineQuestion('names-of', load)

/** Makes the query: which names have to do with these resources, and what is there at each? */
export function namesOfQuery(
  policy: string,
  cloud: string,
  resources: readonly string[],
  { optOut, vips, bare = [] }: { readonly optOut: string; readonly vips: boolean; readonly bare?: readonly string[] }
): Query<NamesOfAnswer, 'names-of'> {
  return namesOfQuestion({
    ...{ policy, cloud, resources, optOut },
    ...(vips && { vips }),
    ...(bare.length > 0 && { bare })
  })
}
