import type { SharedResource } from './model.ts'

interface Part {
  readonly shared: readonly SharedResource[]
  /** In the list of the first resource. */
  readonly places: readonly number[]
}

/**
 * Puts places in the order of the projects' names, which are sorted once for all parts. Mostly a project has the same place
 * in every list, so names are compared with what stands there in one of them, and looked up only where they differ.
 */
export function nameOrder(parts: readonly Part[]): (part: Part) => readonly number[] {
  const names = (parts[0]?.shared[0]?.cells ?? []).map(({ project }) => project)
  let byName: Map<string, number> | null = null
  const numberOf = (project: string, place: number): number => {
    if (names[place] === project) return place
    byName ??= new Map(names.map((name, n) => [name, n]))
    const known = byName.get(project)
    if (known !== undefined) return known
    byName.set(project, names.length)
    return names.push(project) - 1
  }
  const present: boolean[] = new Array(names.length).fill(false)
  for (const { shared, places } of parts) {
    const { cells } = shared[0]!
    for (const place of places) present[numberOf(cells[place]!.project, place)] = true
  }
  const order: number[] = []
  for (let n = 0; n < names.length; n++) if (present[n]) order.push(n)
  order.sort((a, b) => (names[a]! < names[b]! ? -1 : 1))
  const ranks = new Uint32Array(names.length)
  for (let rank = 0; rank < order.length; rank++) ranks[order[rank]!] = rank
  return ({ shared, places }) => {
    const { cells } = shared[0]!
    const placed: number[] = new Array(order.length).fill(-1)
    for (const place of places) placed[ranks[numberOf(cells[place]!.project, place)]!] = place
    return placed.filter((place) => place !== -1)
  }
}
