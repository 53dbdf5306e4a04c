import type { Bundle, Cell, Group, Shared } from './model.ts'
import type { Member, Pool } from './pool.ts'
import { type TakingPart, takePart } from './taking-part.ts'

/** The pools of a group in which anything may have to move; why some resources are in none are findings. */
export function poolsOf(group: Group): { readonly pools: readonly Pool[]; readonly findings: readonly string[] } {
  const findings: string[] = []
  const drafts: Draft[] = []
  const draft = (shared: readonly Shared[], sizes: readonly number[], step: number) => {
    const part = takePart(shared)
    if (part !== null) drafts.push({ shared, sizes, step, ...part })
  }
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
    draft(shared, Object.values(bundle), 1)
  }
  for (const one of group.shared) {
    if (bundled.has(one.resource)) continue
    if (one.capacity === null) findings.push(`${one.resource}: its capacity is not known, so nothing of it is moved`)
    else draft([one], [1], one.quantum)
  }
  const inOrder = nameOrder(drafts)
  const pools = drafts.map((one) => poolOf(one, inOrder(one.members)))
  return { pools, findings }
}

interface Draft extends TakingPart {
  readonly shared: readonly Shared[]
  readonly sizes: readonly number[]
  readonly step: number
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

function poolOf({ shared, sizes, step, people }: Draft, members: readonly Member[]): Pool {
  const resources = shared.map(({ resource }) => resource)
  const capacity = shared.map((one) => one.capacity!)
  const free = shared.map(({ cells }, n) => capacity[n]! - sumOf(cells))
  return { resources, sizes, step, capacity, free, members, tiers: tiersOf(members), people, flows: [], findings: [] }
}

function sumOf(cells: readonly Cell[]): number {
  let sum = 0
  for (const { limit } of cells) sum += limit
  return sum
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

/** Puts members in the order of their names, which are sorted once for all pools. */
function nameOrder(drafts: readonly Draft[]): (members: readonly Member[]) => readonly Member[] {
  const names = new Set<string>()
  for (const { members } of drafts) for (const { project } of members) names.add(project)
  const ranks = new Map([...names].sort().map((name, rank) => [name, rank]))
  return (members) => {
    const placed: (Member | undefined)[] = new Array(ranks.size).fill(undefined)
    for (const member of members) placed[ranks.get(member.project)!] = member
    return placed.filter((member) => member !== undefined)
  }
}
