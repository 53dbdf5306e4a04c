import type { OwnRange } from './came-first.ts'
import { overlaps, type Range, within } from './cidr.ts'
import type { ClaimedRange } from './questions/subjects.ts'
import type { Fact } from './rule.ts'
import type { ClusterView, World } from './world.ts'

/** Turns what would be a fact about a resource into a finding on the cluster `on` that caused it, for whom nothing is closed. */
export function blamed(
  { from, ...fact }: Omit<Fact, 'to' | 'summary' | 'blame'>,
  { on, summary, how }: { readonly on: string; readonly summary: string; readonly how: string }
): Fact {
  return { ...fact, from: on, to: from, summary, blame: how, evidence: { ...fact.evidence, blamed: on } }
}

/** The first of the others whose people made a network with one of these ranges; null: nobody did. */
function claimOn(ranges: readonly Range[], owner: ClusterView, world: World) {
  for (const { name, claims } of world.clusters) {
    if (name === owner.name) continue
    const claim = claims.find((one) => ranges.some((range) => overlaps(one.range, range)))
    if (claim !== undefined) return { on: name, ...claim }
  }
  return null
}

/**
 * Says why a cluster may mean a network of its own by a range of others: its people made one with it. Where they made it after the others
 * had theirs, on a network that the configuration does not name, that excuses nothing: it would be a way to keep any crossing open. null:
 * it may not.
 */
export function excuseOf(range: Range, owner: ClusterView, others: readonly OwnRange[]): string | null {
  const since = (at: string | undefined) => (at === undefined ? Number.NaN : Date.parse(at))
  const cameLater = (claim: ClaimedRange) =>
    owner.settings.networks !== undefined &&
    others.every((one) => one.since !== null && one.since < since(claim.createdAt))
  if (!owner.claims.some((claim) => within(range, [claim.range]) && !cameLater(claim))) return null
  return `people of ${owner.name} made networks with that range as well: name them in clusters.${owner.name}.networks, or it in ranges, where it is its own`
}

/** Tells it as the doing of whose people made such a network; nothing where nobody did. `covers`: the resource and what it does. */
export function claimed(
  ranges: readonly Range[],
  owner: ClusterView,
  world: World,
  fact: Pick<Fact, 'detail' | 'evidence'> & { readonly covers: string }
): readonly Fact[] {
  const claim = claimOn(ranges, owner, world)
  if (claim === null) return []
  const { on, cidr, networkId, subnetId } = claim
  const { detail, covers, evidence } = fact
  return [
    blamed(
      { detail, from: owner.name, evidence: { ...evidence, network: networkId, subnet: subnetId, range: cidr } },
      {
        on,
        summary: `people of ${on} made subnet ${subnetId} with ${cidr} (network ${networkId}), which ${covers}`,
        how: `${on}’s people made that range, and a range counts only where the configuration names its network (clusters.${on}.networks), before it came, or it (clusters.${on}.ranges)`
      }
    )
  ]
}
