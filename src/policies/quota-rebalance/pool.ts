import type { Cell } from './model.ts'

/**
 * What moves by itself: one resource, or a bundle of them. Everything in it is counted in units: 1 of a resource, one
 * bundle of bundled ones.
 */
export interface Pool {
  readonly resources: readonly string[]
  /** How much of each resource a unit is. */
  readonly sizes: readonly number[]
  /** What moves by itself moves so many units at a time. */
  readonly step: number
  readonly capacity: readonly number[]
  /** Capacity minus all limits; kept up to date by `move`. */
  readonly free: number[]
  /** By name. */
  readonly members: readonly Member[]
  /** Lowest priority first, by name in each. */
  readonly tiers: readonly (readonly Member[])[]
  /** Whether anybody asks for or owes anything. */
  readonly people: boolean
  readonly flows: Flow[]
  readonly findings: string[]
}

/** A project in a pool. */
export interface Member {
  readonly project: string
  /** In the order of the pool's resources. */
  readonly cells: readonly Cell[]
  readonly priority: number
  readonly weight: number
  readonly frozen: string | null
  /** Below its low watermark in the beginning; nobody comes there later. */
  readonly short: boolean
  /** Units it has more (or less) than in the beginning. */
  moved: number
  /** Units of these that people asked for. */
  promised: number
  /** Wishes of people that are not served yet. */
  waiting: number
  /** Units that it should have given back and has not. */
  owing: number
  gave: Flow[]
  got: Flow[]
}

/** Units that move from one member to another, and for what cause. */
export interface Flow {
  /** null: free capacity. */
  readonly from: Member | null
  readonly to: Member | null
  readonly units: number
  readonly cause: 'back' | 'asked' | 'itself' | 'over'
  readonly request: string | null
  /** Whose it was, of what is given back; '' = free capacity. It may go elsewhere. */
  readonly owedTo?: string
}

/** Most members neither give nor get: they share one list. */
export const none: Flow[] = []

/** Moves units between members of a pool, and books the flow with both. */
export function move(pool: Pool, flow: Flow): void {
  pool.flows.push(flow)
  if (flow.from !== null) {
    flow.from.moved -= flow.units
    if (flow.from.gave === none) flow.from.gave = [flow]
    else flow.from.gave.push(flow)
  }
  if (flow.to !== null) {
    flow.to.moved += flow.units
    if (flow.to.got === none) flow.to.got = [flow]
    else flow.to.got.push(flow)
  }
  const freed = (flow.to === null ? flow.units : 0) - (flow.from === null ? flow.units : 0)
  for (let n = 0; n < pool.sizes.length; n++) pool.free[n]! += freed * pool.sizes[n]!
}

/** Computes the units of free capacity; negative where the limits are above it. */
export function freeUnits(pool: Pool): number {
  let units = Number.POSITIVE_INFINITY
  for (let n = 0; n < pool.sizes.length; n++) units = Math.min(units, Math.floor(pool.free[n]! / pool.sizes[n]!))
  return units
}

/** Computes the units that a member can give and still have this headroom, what people got, and its floor. */
export function spare(pool: Pool, member: Member, mark: 'low' | 'high'): number {
  if (member.frozen !== null) return 0
  let units = Number.POSITIVE_INFINITY
  for (let n = 0; n < pool.sizes.length; n++) {
    const cell = member.cells[n]!
    const size = pool.sizes[n]!
    const least = Math.max(cell.used + cell[mark] + cell.kept + member.promised * size, cell.floor)
    const room = cell.limit + member.moved * size - least
    if (room < size) return 0
    units = Math.min(units, Math.floor(room / size))
  }
  return units
}

/** Computes the units up to the ceiling. */
export function roomBelowCeiling(pool: Pool, member: Member): number {
  let units = Number.POSITIVE_INFINITY
  for (let n = 0; n < pool.sizes.length; n++) {
    const cell = member.cells[n]!
    if (cell.ceiling === null) continue
    units = Math.min(units, Math.floor((cell.ceiling - cell.limit) / pool.sizes[n]!) - member.moved)
  }
  return Math.max(0, units)
}

/** Says why a member gets no more: its ceiling, or what makes one of it for a while. */
export function whyNoRoom(pool: Pool, member: Member): { readonly why: string; readonly calm: boolean } {
  const room = roomBelowCeiling(pool, member)
  const binding = member.cells.flatMap((cell, n) => {
    const { ceiling, limit, ceilingWhy } = cell
    const units = ceiling === null ? Infinity : Math.floor((ceiling - limit) / pool.sizes[n]!) - member.moved
    return Math.max(0, units) <= room ? [{ at: `${ceiling} ${pool.resources[n]}`, ceilingWhy }] : []
  })
  // What is configured stays when the rest is over.
  const set = binding.find(({ ceilingWhy }) => ceilingWhy === undefined)
  if (set !== undefined) return { why: `more would be above its ceiling (${set.at})`, calm: false }
  return { why: binding[0]?.ceilingWhy ?? 'there is no room', calm: true }
}

const mostNamed = 3

/** Names who would have more than its low watermark and is left alone, or keeps it for now, and why; for the end of a sentence. */
export function whoIsCalm(pool: Pool): string {
  const calm = pool.members.flatMap(({ project, frozen, cells }) => {
    if (cells.some(({ limit, used, low }) => limit - used <= low)) return []
    const kept = cells.find(({ keptWhy }) => keptWhy !== undefined)?.keptWhy
    if (frozen !== null) return [`${project} is left alone: ${frozen}`]
    return kept === undefined ? [] : [`${project}: ${kept}`]
  })
  const more = calm.length > mostNamed ? [`and ${calm.length - mostNamed} more`] : []
  return [...calm.slice(0, mostNamed), ...more].map((one) => `; ${one}`).join('')
}

/** Computes what is free of a resource, as it is after what moved. */
export function headroom(pool: Pool, member: Member, n: number): number {
  const cell = member.cells[n]!
  return cell.limit + member.moved * pool.sizes[n]! - cell.used
}

/** Rounds units down to a multiple of the step. */
export function whole(units: number, step: number): number {
  return Math.floor(units / step) * step
}

/** Renders units: `4 cores`, `4 cores, 16384 ram, 4 instances` */
export function amount(pool: Pool, units: number): string {
  return pool.resources.map((resource, n) => `${units * pool.sizes[n]!} ${resource}`).join(', ')
}
