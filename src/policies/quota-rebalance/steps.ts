import type { ActionRequest } from '../../core/action.ts'
import { type QuotaService, quotaServiceOf } from '../../core/quota.ts'
import { quotaSet } from './actions/quota-set.ts'
import type { Posting, QuotaChange, QuotaSet } from './books.ts'
import type { BookEntry, Group, LimitChange, Rebalanced } from './model.ts'
import { type QuotaGroupAnswer, quotaTarget } from './questions/quota-group.ts'

interface Planned {
  readonly project: string
  readonly service: QuotaService
  readonly direction: QuotaSet['direction']
  readonly changes: readonly LimitChange[]
}

/** Changes as steps: for each project and service one that shrinks, and behind all of those one that grows. */
export function stepsOf(
  { changes, entries }: Rebalanced,
  { name, cloud, group, answer }: { name: string; cloud: string; group: Group; answer: QuotaGroupAnswer }
): readonly ActionRequest[] {
  const planned = [...together(changes, 'shrink'), ...together(changes, 'grow')]
  const ids = Object.values(answer.projects).toSorted()
  return planned.map((one): ActionRequest => {
    const { project, service, direction } = one
    const resources = one.changes.map((change) => change.resource)
    const input: QuotaSet = {
      cloud,
      service,
      project,
      projectId: answer.projects[project]!,
      direction,
      changes: Object.fromEntries(one.changes.map((change) => [change.resource, changeOf(change, group)])),
      group: ids,
      bundles: group.bundles.filter((bundle) => Object.keys(bundle).some((resource) => resources.includes(resource))),
      postings: postingsOf(one, entries, planned),
      after: direction === 'shrink' ? [] : freeing(one, planned)
    }
    const scope = `quota/${cloud}/${name}`
    return quotaSet.request({ cluster: project, target: quotaTarget(cloud, project, service), scope, input })
  })
}

function together(changes: readonly LimitChange[], direction: Planned['direction']): readonly Planned[] {
  const ours = changes.filter(({ from, to }) => to < from === (direction === 'shrink'))
  const groups = Map.groupBy(ours, ({ project, resource }) => `${project} ${quotaServiceOf(resource)}`)
  return [...groups.values()].map((all) => {
    const { project, resource } = all[0]!
    return { project, service: quotaServiceOf(resource) as QuotaService, direction, changes: all }
  })
}

function changeOf({ resource, project, from, to }: LimitChange, { shared }: Group): QuotaChange {
  const one = shared.find((other) => other.resource === resource)!
  const { low } = one.cells.find((cell) => cell.project === project)!
  return { from, to, leave: low, capacity: one.capacity! }
}

/** What is lent stands with who grows by it, what is returned with who shrinks by it; else where there is any step. */
function postingsOf(one: Planned, entries: readonly BookEntry[], planned: readonly Planned[]): readonly Posting[] {
  return entries.flatMap(({ kind, request, resource, from, to, amount }) => {
    const [borrower, giver, sign] = kind === 'lent' ? [to, from, 1] : [from, to, -1]
    if (borrower !== one.project || quotaServiceOf(resource) !== one.service) return []
    const fits = kind === 'lent' ? 'grow' : 'shrink'
    const best = planned.find((other) => other.project === borrower && other.direction === fits && has(other, resource))
    const any = planned.find((other) => other.project === borrower && other.service === one.service)
    return (best ?? any) === one ? [{ request, resource, giver, amount: sign * amount }] : []
  })
}

const has = ({ changes }: Planned, resource: string) => changes.some((change) => change.resource === resource)

function freeing(one: Planned, planned: readonly Planned[]): readonly number[] {
  const givers = new Set(
    one.changes.flatMap(({ resource, freedBy }) => Object.keys(freedBy).map((by) => `${by} ${resource}`))
  )
  return planned.flatMap(({ project, direction, changes }, ordinal) =>
    direction === 'shrink' && changes.some(({ resource }) => givers.has(`${project} ${resource}`)) ? [ordinal] : []
  )
}
