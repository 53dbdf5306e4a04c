import type { Claim } from './claims.ts'

/** Who gets a name that several want: only those of one project, and only those whose names are equal as they were written. */
export interface Settled {
  readonly claims: readonly Claim[]
  readonly refused: readonly { readonly claim: Claim; readonly reason: string }[]
}

/**
 * Settles who gets a DNS name. `claims`: of one DNS name, the oldest first. `holder`: the project that has it; `holds`: whether a claim's
 * record stands there because of it. What came of it is the same in whatever order they were heard of.
 */
export function settle(
  claims: readonly Claim[],
  { holder, holds }: { readonly holder: string | undefined; readonly holds: (claim: Claim) => boolean }
): Settled {
  // Nobody takes a name from another project. Where nobody has it, a name that is meant comes before one that only became it.
  const meant = claims.find((claim) => !claim.written.changed && !claim.written.placeChanged)
  const winner = claims.some((claim) => claim.project === holder) ? holder : (meant ?? claims[0])?.project
  const own = claims.filter((claim) => claim.project === winner)
  const across = claims
    .filter((claim) => claim.project !== winner)
    .map((claim) => ({
      claim,
      reason: `${claim.lane} is held by project ${winner}: refused to ${claim.resources[0]} of project ${claim.project}; names merge within one project only`
    }))
  const within = settleWithin(own, holds)
  return { claims: within.claims, refused: [...across, ...within.refused] }
}

/** As it was written: the thing's own name, and what its template makes of it unchanged. */
const identity = ({ written }: Claim): string => JSON.stringify([written.own, written.text])

function settleWithin(claims: readonly Claim[], holds: (claim: Claim) => boolean): Settled {
  const names = Map.groupBy(claims, identity)
  if (names.size < 2) return { claims, refused: [] }
  const unchanged = [...names.values()].filter(([first]) => !first!.written.changed)
  // Its very name, or else who has the record already: what stands is not taken down because of a neighbour's name.
  const [meant] = unchanged.length === 1 ? unchanged : []
  const kept = meant ?? names.get(identity(claims.find(holds) ?? claims[0]!))!
  const keepers = meant ?? (claims.some(holds) ? kept.map((claim) => ({ ...claim, keepOnly: true })) : [])
  const refused = claims.filter((claim) => keepers.length === 0 || !kept.includes(claim))
  return { claims: keepers, refused: refused.map((claim) => ({ claim, reason: reasonOf(claim, claims) })) }
}

const MOST = 3

function reasonOf(claim: Claim, claims: readonly Claim[]): string {
  const others = new Map(
    claims.filter((one) => identity(one) !== identity(claim)).map((one) => [identity(one), one] as const)
  )
  const met = [...others.values()].slice(0, MOST).map((one) => `'${one.written.text}' of ${one.resources[0]}`)
  const more = others.size > MOST ? ` and ${others.size - MOST} more` : ''
  const became = claim.written.changed ? ` becomes ${claim.name} and` : ''
  return `${claim.lane} refused to ${claim.resources[0]}: its name '${claim.written.text}'${became} meets ${met.join(', ')}${more}; only equal names share a record: rename one of them`
}
