import type { Bundle, Group, SharedResource } from './model.ts'
import { nameOrder } from './name-order.ts'
import type { Member, Pool } from './pool.ts'
import { type TakingPart, takePart } from './taking-part.ts'

/** Makes the pools of a group in which anything may have to move; why some resources are in none are findings. */
export function poolsOf(group: Group): { readonly pools: Iterable<Pool>; readonly findings: readonly string[] } {
  const findings: string[] = []
  const drafts: Draft[] = []
  const draft = (shared: readonly SharedResource[], sizes: readonly number[], step: number) => {
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
  return { pools: inTurn(drafts), findings }
}

/** Each is made when it is its turn: all at once they are so much that the garbage collector has to carry them around. */
function* inTurn(drafts: readonly Draft[]): Iterable<Pool> {
  const inOrder = nameOrder(drafts)
  for (const draft of drafts) yield poolOf(draft, inOrder(draft).map(draft.memberAt))
}

interface Draft extends TakingPart {
  readonly shared: readonly SharedResource[]
  readonly sizes: readonly number[]
  readonly step: number
}

/** Why a bundle cannot be moved, or null. */
function whyNot(bundle: Bundle, shared: readonly SharedResource[], taken: ReadonlySet<string>): string | null {
  for (const [name, size] of Object.entries(bundle)) {
    if (taken.has(name)) return `${name} is in another bundle already`
    if (!Number.isInteger(size) || size < 1) return `${size} ${name} is not a whole number from 1 on`
    const one = shared.find(({ resource }) => resource === name)
    if (one === undefined) return `${name} is not among what can be shared`
    if (one.capacity === null) return `the capacity of ${name} is not known`
  }
  return null
}

function poolOf({ shared, sizes, step, people, sums }: Draft, members: readonly Member[]): Pool {
  const resources = shared.map(({ resource }) => resource)
  const capacity = shared.map((one) => one.capacity!)
  const free = capacity.map((one, n) => one - sums[n]!)
  return { resources, sizes, step, capacity, free, members, tiers: tiersOf(members), people, flows: [], findings: [] }
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
