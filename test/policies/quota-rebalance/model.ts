import fc from 'fast-check'
import type {
  BookEntry,
  Cell,
  Group,
  LimitChange,
  Rebalanced,
  SharedResource
} from '../../../src/policies/quota-rebalance/model.ts'

/** A cell that is inside its watermarks unless told otherwise. */
export const cell = (project: string, more: Partial<Cell> = {}): Cell => ({
  project,
  limit: 20,
  used: 10,
  floor: 0,
  ceiling: null,
  low: 4,
  high: 12,
  priority: 0,
  weight: 1,
  frozen: null,
  kept: 0,
  asked: [],
  owes: [],
  ...more
})

/** One resource whose limits fill the capacity, unless told otherwise. */
export const cores = (cells: readonly Cell[], more: Partial<SharedResource> = {}): Group => ({
  shared: [{ resource: 'cores', capacity: sum(cells), quantum: 1, cells, ...more }],
  bundles: []
})

export const sum = (cells: readonly { limit: number }[]) => cells.reduce((total, { limit }) => total + limit, 0)

/** `web 20 -> 24` for each change, in their order. */
export const said = ({ changes }: Rebalanced) =>
  changes.map(
    ({ resource, project, from, to }) => `${resource === 'cores' ? '' : `${resource} `}${project} ${from} -> ${to}`
  )

/** The group after all changes, with the books kept as the entries say. */
export function applied(group: Group, { changes, entries }: Rebalanced): Group {
  const shared = group.shared.map((one) => ({
    ...one,
    cells: one.cells.map((before) => {
      const change = changes.find(({ resource, project }) => resource === one.resource && project === before.project)
      const own = entries.filter(({ resource }) => resource === one.resource)
      return settled({ ...before, limit: change?.to ?? before.limit }, own)
    })
  }))
  return { ...group, shared }
}

function settled(cell: Cell, entries: readonly BookEntry[]): Cell {
  const lent = entries.filter(({ kind, to }) => kind === 'lent' && to === cell.project)
  const returned = entries.filter(({ kind, from }) => kind === 'returned' && from === cell.project)
  const total = (list: readonly BookEntry[]) => list.reduce((all, { amount }) => all + amount, 0)
  return {
    ...cell,
    kept: cell.kept + total(lent),
    asked: cell.asked
      .map((one) => ({ ...one, amount: one.amount - total(lent.filter(({ request }) => request === one.request)) }))
      .filter(({ amount }) => amount > 0),
    owes: cell.owes.map((one) => ({
      ...one,
      to: Object.fromEntries(
        Object.entries(one.to).map(([to, amount]) => [
          to,
          amount - total(returned.filter((entry) => entry.request === one.request && entry.to === to))
        ])
      )
    }))
  }
}

/** One step after another as the policy does them; who shrinks may fail, who grows takes what is there. */
export function stepByStep(
  group: Group,
  changes: readonly LimitChange[],
  fails: (n: number) => boolean,
  check: (limits: ReadonlyMap<string, ReadonlyMap<string, number>>) => void
): void {
  const limits = new Map(
    group.shared.map(({ resource, cells }) => [resource, new Map(cells.map(({ project, limit }) => [project, limit]))])
  )
  for (const [n, { resource, project, from, to }] of changes.entries()) {
    if (fails(n)) continue
    const own = limits.get(resource)!
    const total = [...own.values()].reduce((all, limit) => all + limit, 0)
    const capacity = group.shared.find((one) => one.resource === resource)!.capacity!
    own.set(project, to < from ? to : from + Math.max(0, Math.min(to - from, capacity - total)))
    check(limits)
  }
}

const names = ['a', 'b', 'c', 'd', 'e', 'f']
const small = fc.nat(12)
const maybe = <T>(value: fc.Arbitrary<T>, none: T, weight = 1) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(none) }, { weight, arbitrary: value })

const owes = fc.uniqueArray(
  fc.record({
    request: fc.constantFrom('o1', 'o2'),
    to: fc.dictionary(fc.constantFrom(...names, 'gone', ''), fc.integer({ min: 1, max: 8 }), { minKeys: 1, maxKeys: 2 })
  }),
  { selector: ({ request }) => request, maxLength: 2 }
)
const asked = fc.uniqueArray(
  fc.record({ request: fc.constantFrom('r1', 'r2', 'r3'), amount: fc.integer({ min: 1, max: 15 }), since: fc.nat(3) }),
  { selector: ({ request }) => request, maxLength: 2 }
)

/** Anything that a cloud may come up with: limits below usage and floor, everybody short, everybody rich. */
const anyCell = (people: boolean): fc.Arbitrary<Omit<Cell, 'project'>> =>
  fc
    .record({
      limit: fc.nat(60),
      used: fc.nat(40),
      floor: maybe(fc.nat(30), 0),
      ceiling: maybe<number | null>(fc.nat(60), null),
      low: small,
      band: small,
      priority: fc.nat(2),
      weight: fc.integer({ min: 1, max: 4 }),
      frozen: maybe<string | null>(fc.constant('cool-down'), null),
      kept: people ? maybe(small, 0) : fc.constant(0),
      asked: people ? maybe(asked, []) : fc.constant([]),
      owes: people ? maybe(owes, []) : fc.constant([])
    })
    .map(({ band, ...rest }) => ({ ...rest, high: rest.low + band }))

/** A group of one to six projects and up to four resources, two of them perhaps bundled; `people` with requests. */
export const anyGroup = (options: { people: boolean; over?: boolean }): fc.Arbitrary<Group> =>
  fc
    .record({
      projects: fc.integer({ min: 1, max: names.length }),
      resources: fc.uniqueArray(fc.constantFrom('cores', 'ram', 'instances', 'volumes'), { minLength: 1 }),
      bundled: fc.boolean()
    })
    .chain(({ projects, resources, bundled }) => {
      const shared = resources.map((resource) =>
        fc
          .record({
            quantum: fc.integer({ min: 1, max: 5 }),
            free: options.over === true ? fc.integer({ min: -60, max: 10 }) : fc.nat(20),
            cells: fc.tuple(...names.slice(0, projects).map(() => anyCell(options.people)))
          })
          .map(({ quantum, free, cells }) => {
            const named = cells.map((one, n) => ({ ...one, project: names[n]! }))
            return { resource, quantum, capacity: Math.max(0, sum(named) + free), cells: named }
          })
      )
      const pair = resources.slice(0, 2)
      const sizes = fc.tuple(...pair.map(() => fc.integer({ min: 1, max: 4 })))
      return fc.record({
        shared: fc.tuple(...shared),
        bundles: bundled
          ? sizes.map((list) => [Object.fromEntries(pair.map((name, n) => [name, list[n]!]))])
          : fc.constant([])
      })
    })
