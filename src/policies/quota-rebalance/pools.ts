import type { Bundle, Cell, Group, Shared } from './model.ts'
import type { Member, Pool } from './pool.ts'

/** The pools of a group in which anything may have to move; why some resources are in none are findings. */
export function poolsOf(group: Group): { readonly pools: readonly Pool[]; readonly findings: readonly string[] } {
  const findings: string[] = []
  const order = nameOrder(group)
  const pools: Pool[] = []
  const bundled = new Set<string>()
  for (const bundle of group.bundles) {
    const names = Object.keys(bundle)
    const reason = whyNot(bundle, group.shared, bundled)
    for (const name of names) bundled.add(name)
    if (reason !== null) {
      findings.push(`${names.join(', ')} move together or not at all, and now not: ${reason}`)
      continue
    }
    const shared = names.map((name) => group.shared.find(({ resource }) => resource === name)!)
    const pool = poolOf(shared, Object.values(bundle), 1, order)
    if (pool !== null) pools.push(pool)
  }
  for (const one of group.shared) {
    if (bundled.has(one.resource)) continue
    if (one.capacity === null) {
      findings.push(`${one.resource}: its capacity is not known, so nothing of it is moved`)
      continue
    }
    const pool = poolOf([one], [1], one.quantum, order)
    if (pool !== null) pools.push(pool)
  }
  return { pools, findings }
}

/** Why a bundle cannot be moved, or null. */
function whyNot(bundle: Bundle, shared: readonly Shared[], taken: ReadonlySet<string>): string | null {
  for (const [name, size] of Object.entries(bundle)) {
    if (taken.has(name)) return `${name} is in another bundle already`
    if (!Number.isInteger(size) || size < 1) return `${size} ${name} is not a whole number from 1 on`
    const one = shared.find(({ resource }) => resource === name)
    if (one === undefined) return `${name} is not among what can be shared`
    if (one.capacity === null) return `the capacity of ${name} is not known`
  }
  return null
}

/** null: everybody is inside, and all of it within the capacity. */
function poolOf(
  shared: readonly Shared[],
  sizes: readonly number[],
  step: number,
  order: (cells: readonly Cell[]) => readonly Cell[]
): Pool | null {
  const free = shared.map(({ capacity, cells }) => capacity! - sumOf(cells))
  if (free.every((units) => units >= 0) && !shared.some(({ cells }) => cells.some(wantsSomething))) return null
  const [first, ...others] = shared.map(({ cells }) => order(cells))
  const members: Member[] = []
  if (others.length === 0) for (const cell of first!) members.push(member([cell]))
  else {
    const byProject = others.map((cells) => new Map(cells.map((cell) => [cell.project, cell])))
    for (const cell of first!) {
      const rest = byProject.map((cells) => cells.get(cell.project))
      // Without a limit in one of them it has no part in what moves together.
      if (rest.every((one) => one !== undefined)) members.push(member([cell, ...rest]))
    }
  }
  const resources = shared.map(({ resource }) => resource)
  const capacity = shared.map((one) => one.capacity!)
  return { resources, sizes, step, capacity, free, members, tiers: tiersOf(members), flows: [], findings: [] }
}

function sumOf(cells: readonly Cell[]): number {
  let sum = 0
  for (const { limit } of cells) sum += limit
  return sum
}

function wantsSomething(cell: Cell): boolean {
  return cell.limit - cell.used < cell.low || cell.asked.length > 0 || cell.owes.length > 0
}

function member(cells: readonly Cell[]): Member {
  let { project, priority, weight, frozen } = cells[0]!
  for (let n = 1; n < cells.length; n++) {
    const cell = cells[n]!
    priority = Math.max(priority, cell.priority)
    weight = Math.max(weight, cell.weight)
    frozen ??= cell.frozen
  }
  return { project, cells, priority, weight, frozen, moved: 0, promised: 0, waiting: 0, owing: 0 }
}

function tiersOf(members: readonly Member[]): readonly (readonly Member[])[] {
  const tiers = new Map<number, Member[]>()
  for (const one of members) {
    const tier = tiers.get(one.priority)
    if (tier === undefined) tiers.set(one.priority, [one])
    else tier.push(one)
  }
  return [...tiers].sort(([a], [b]) => a - b).map(([, tier]) => tier)
}

/** Puts cells in the order of their projects' names; names are sorted once for all resources, and only if they have to be. */
function nameOrder(group: Group): (cells: readonly Cell[]) => readonly Cell[] {
  let ranks: Map<string, number> | null = null
  return (cells) => {
    if (cells.every(({ project }, n) => n === 0 || cells[n - 1]!.project < project)) return cells
    ranks ??= new Map(namesOf(group).map((name, rank) => [name, rank]))
    const placed: (Cell | undefined)[] = new Array(ranks.size)
    for (const cell of cells) placed[ranks.get(cell.project)!] = cell
    return placed.filter((cell) => cell !== undefined)
  }
}

function namesOf(group: Group): readonly string[] {
  const names = new Set<string>()
  for (const { cells } of group.shared) for (const { project } of cells) names.add(project)
  return [...names].sort()
}
