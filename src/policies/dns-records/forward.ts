import { mark } from '../../core/ownership.ts'
import { type Claim, claimsOf } from './claims.ts'
import { reservedReason } from './names.ts'
import { recordsetIn } from './ownership.ts'
import type { RecordLaneState } from './record-lane-state.ts'
import { decideRecordset, type Outcome } from './recordset.ts'
import { type Settled, settle } from './same-name.ts'
import type { DnsSettings } from './settings.ts'

/** What is to become of a name: its A and AAAA recordsets, and who gets none. */
export interface Forward {
  readonly name: string
  /** A first, then AAAA; none where the name is reserved. */
  readonly outcomes: readonly Outcome[]
  readonly reserved: string | null
  readonly refused: Settled['refused']
  readonly claims: readonly Claim[]
  /** Those that were refused too: when one of them goes, the others may have the name. */
  readonly all: readonly Claim[]
  readonly findings: readonly string[]
  /** Addresses under our mark that its lane may have written a moment ago, before the journal had it. */
  readonly arriving: readonly string[]
}

/** Applies the rules of a name; asked by its own lane, by the PTRs that point to it, and by the sweep. */
export function forwardOf(name: string, state: RecordLaneState, settings: DnsSettings): Forward {
  const { all, findings: notes } = claimsOn(`name:${name}`, state.resources, settings)
  const rows = state.applied.rows.map(recordsetIn)
  const holds = ({ record, resources }: Claim) => rows.some((row) => row.by[record]?.includes(resources[0]!) ?? false)
  const passing = state.resources.find((one) => one.passing === true)
  const { claims, refused } =
    passing === undefined
      ? settle(all, { holder: rows[0]?.project, holds })
      : untilKnown(all, holds, `${passing.reason}, and may want it as well`)
  const findings = [...new Set([...notes, ...refused.map(({ reason }) => reason)])]
  const reserved = state.at.zone === null ? null : reservedReason(name, state.at.zone.name, settings.reserved)
  const decided = (type: 'A' | 'AAAA') =>
    decideRecordset(
      {
        ...{ name, type, at: state.at, resources: state.resources, clusters: state.clusters },
        claims: claims.filter((claim) => claim.type === type),
        applied: state.applied.rows,
        installId: state.applied.installId
      },
      settings
    )
  const outcomes = reserved === null ? (['A', 'AAAA'] as const).map(decided) : []
  const arriving = state.at.recordsets
    .filter((one) => state.moving === true && one.name === name && one.description === mark(state.applied.installId))
    .flatMap((one) => one.records)
  return { name, outcomes, reserved, refused, claims, all, findings, arriving }
}

/**
 * While somebody of the lane cannot be read, whoever has the name keeps it and nobody else gets it: who came to the lane
 * first, or was read first, decides nothing.
 */
function untilKnown(all: readonly Claim[], holds: (claim: Claim) => boolean, why: string): Settled {
  const refused = all
    .filter((claim) => !holds(claim))
    .map((claim) => ({ claim, reason: `${claim.lane} waits for ${claim.resources[0]}: ${why}` }))
  return { claims: all.filter(holds), refused }
}

/** Collects what resources want in one lane, the oldest first, and why some want nothing. */
export function claimsOn(
  lane: string,
  resources: RecordLaneState['resources'],
  settings: DnsSettings
): { readonly all: readonly Claim[]; readonly findings: readonly string[] } {
  const found = resources.map((answer) => claimsOf(answer, settings))
  const claims = found.flatMap((one) => one.claims).filter((claim) => claim.lane === lane)
  const unique = new Map(claims.map((claim) => [`${claim.record} ${claim.resources.join()}`, claim]))
  const all = [...unique.values()].sort(
    (a, b) => order(a.created, b.created) || order(a.resources[0]!, b.resources[0]!) || order(a.record, b.record)
  )
  return { all, findings: [...new Set(found.flatMap((one) => one.notes))] }
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Whether an address may point to a name: only where the name has that address because of us. */
export type MayPoint = { readonly may: 'yes' } | { readonly may: 'no' | 'unclear'; readonly reason: string }

/** Tells whether a PTR may point to a name. `ptr`: the claim of a PTR. `unclear`: nothing new, and nothing is taken away because of it. */
export function mayPoint(forward: Forward, ptr: Claim): MayPoint {
  const address = ptr.lane.slice('ptr:'.length)
  const { name, reserved, outcomes, refused } = forward
  if (reserved !== null) return { may: 'no', reason: reserved }
  const { holds, finding } = outcomes[address.includes(':') ? 1 : 0]!
  const refusal = refused.find(({ claim }) => claim.record === address)?.reason
  if (refusal === undefined && forward.arriving.includes(address)) return { may: 'yes' }
  if (holds === null) return { may: 'unclear', reason: `whether ${name} has ${address} cannot be told: ${finding}` }
  if (holds.includes(address)) return { may: 'yes' }
  // It keeps what it has while it is in this status; that is no reason to take anything away.
  if (ptr.keepOnly) return { may: 'unclear', reason: `${name} does not have ${address}, and gets nothing new now` }
  return { may: 'no', reason: `its name ${name} is not ours to point to: ${refusal ?? finding}` }
}
