import type { Cell, SharedResource } from './model.ts'
import { type Member, none } from './pool.ts'

/** The members of a group that take part in a resource. */
export interface TakingPart {
  /** Of the projects, in the list of the first resource. */
  readonly places: readonly number[]
  readonly memberAt: (place: number) => Member
  /** Whether anybody asks for or owes anything. */
  readonly people: boolean
  /** All limits of each resource together. */
  readonly sums: readonly number[]
}

/**
 * Selects who may give or receive anything of these resources, in no order; most projects of a group are inside their watermarks and are
 * left out at once. null: nobody is short, nothing is asked or owed, and all limits are within the capacity.
 */
export function takePart(shared: readonly SharedResource[]): TakingPart | null {
  const { wanted, plenty, asked, lenders, sums } = wishesAndSums(shared)
  if (!wanted) return null
  const mark = asked ? 'low' : 'high'
  const places: number[] = []
  const [first, ...others] = shared.map(({ cells }) => cells)
  const atPlace = others.map(cellFinder)
  const cellsAt = (place: number): readonly Cell[] => {
    const cell = first![place]!
    const cells = [cell]
    for (const find of atPlace) {
      const other = find(cell.project, place)
      if (other !== undefined) cells.push(other)
    }
    return cells
  }
  // Counted: this loop sees every cell, and pairs of entries() would be most of what a plan allocates.
  for (let n = 0; n < first!.length; n++) {
    const cell = first![n]!
    if (others.length === 0) {
      if ((!plenty && canGive(cell, mark)) || wants(cell) || lenders.has(cell.project)) places.push(n)
      continue
    }
    const cells = cellsAt(n)
    // Without a limit in one of them it has no part in what moves together.
    if (cells.length < shared.length) continue
    if (cells.every((one) => canGive(one, mark)) || cells.some(wants) || lenders.has(cell.project)) places.push(n)
  }
  const memberAt = (place: number) => memberOf(first![place]!.project, cellsAt(place))
  return { places, memberAt, people: asked || lenders.size > 0, sums }
}

/**
 * Whether there is anything to do, and whether free capacity is enough for it, so that nobody has to give; who is owed
 * something takes part as well.
 */
function wishesAndSums(shared: readonly SharedResource[]) {
  let wanted = false
  let asked = false
  let plenty = shared.length === 1
  const lenders = new Set<string>()
  const sums: number[] = []
  for (const { capacity, quantum, cells } of shared) {
    let sum = 0
    // No project needs more: one step above its low watermark, or up to its high one.
    let most = quantum
    for (const cell of cells) {
      sum += cell.limit
      if (wants(cell)) wanted = true
      if (isShort(cell)) most += cell.high - cell.limit + cell.used + quantum
      if (cell.asked.length > 0) asked = true
      if (cell.owes.length === 0) continue
      for (const { to } of cell.owes) for (const lender of Object.keys(to)) lenders.add(lender)
    }
    sums.push(sum)
    if (sum > capacity!) wanted = true
    if (sum + most > capacity!) plenty = false
  }
  return { wanted, plenty: plenty && !asked && lenders.size === 0, asked, lenders, sums }
}

function wants(cell: Cell): boolean {
  return isShort(cell) || cell.asked.length > 0 || cell.owes.length > 0
}

function isShort({ limit, used, low }: Cell): boolean {
  return limit - used < low
}

function canGive(cell: Cell, mark: 'low' | 'high'): boolean {
  return cell.limit - cell.used > cell[mark]
}

/** Mostly a project has the same place in every list. */
function cellFinder(cells: readonly Cell[]): (project: string, place: number) => Cell | undefined {
  let byProject: Map<string, Cell> | null = null
  return (project, place) => {
    if (cells[place]?.project === project) return cells[place]
    byProject ??= new Map(cells.map((cell) => [cell.project, cell]))
    return byProject.get(project)
  }
}

function memberOf(project: string, cells: readonly Cell[]): Member {
  let { priority, weight, frozen } = cells[0]!
  let short = isShort(cells[0]!)
  for (let n = 1; n < cells.length; n++) {
    const cell = cells[n]!
    priority = Math.max(priority, cell.priority)
    weight = Math.max(weight, cell.weight)
    frozen ??= cell.frozen
    short ||= isShort(cell)
  }
  return {
    project,
    cells,
    priority,
    weight,
    frozen,
    short,
    moved: 0,
    promised: 0,
    waiting: 0,
    owing: 0,
    gave: none,
    got: none
  }
}
