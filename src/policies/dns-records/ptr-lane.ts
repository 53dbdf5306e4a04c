import { mark } from '../../core/ownership.ts'
import type { Decision, Hint, Lane } from '../../core/policy.ts'
import type { AppliedRow } from '../../store/policy-rows.ts'
import type { ClustersAnswer } from '../shared/clusters.ts'
import { floatingIpPtrSet } from './actions/floating-ip-ptr-set.ts'
import { floatingIpPtrUnset } from './actions/floating-ip-ptr-unset.ts'
import type { Claim } from './claims.ts'
import { claimsOn, forwardOf, type MayPoint, mayPoint } from './forward.ts'
import { conclude } from './name-lane.ts'
import { absolute, reservedReason, reverseName } from './names.ts'
import { type AppliedFloatingPtr, floatingPtrIn } from './ownership.ts'
import type { FloatingIpPtrAnswer } from './questions/floating-ip-ptr.ts'
import type { ResourceAnswer } from './questions/resource-answer.ts'
import type { RecordLaneState } from './record-lane-state.ts'
import { decideRecordset, hostKind, isGone, type RecordDecision, withoutEvidence } from './recordset.ts'
import type { DnsSettings } from './settings.ts'

/** What the lane of one address must know. */
export interface PtrLaneState extends RecordLaneState {
  readonly ptrs: readonly FloatingIpPtrAnswer[]
  /** All that the lanes of these names must know; null in what was recorded before PTRs asked for it. */
  readonly names: ReadonlyMap<string, RecordLaneState> | null
}

/**
 * Decides the PTR of one address: in a reverse zone of ours for fixed addresses, by the reverse API for floating IPs. It
 * points only to a name that has the address because of us; what pointed there before goes with it.
 */
export function decidePtr(lane: Lane, address: string, state: PtrLaneState, settings: DnsSettings): Decision {
  const { all, findings } = claimsOn(lane.key, state.resources, settings)
  const notes = [...findings]
  const missing: Hint[] = []
  let because: string | undefined
  const pointing = all.flatMap((claim): Claim[] => {
    const verdict = pointsTo(claim, state, settings)
    if (verdict.may === 'yes') return [claim]
    if (verdict.may === 'ask')
      missing.push({ lane: `name:${claim.name}`, reason: verdict.reason, resources: claim.resources })
    notes.push(verdict.reason)
    const stands = state.applied.rows.some((row) => floatingPtrIn(row).by[claim.record])
    if (verdict.may !== 'no' && stands) return [{ ...claim, keepOnly: true }]
    because ??= verdict.reason
    return []
  })
  const { usable, refused } = ofOneProject(pointing, state)
  notes.push(...refused)
  const fixed = onePerAddress(
    usable.filter((claim) => claim.floatingIp === null),
    address,
    notes
  )
  const floating = usable.filter((claim) => claim.floatingIp !== null)
  const { installId } = state.applied
  const recordsets = state.applied.rows.filter((row) => (row.value as { kind: string }).kind === 'recordset')
  const outcomes: RecordDecision[] = []
  if (fixed.length > 0 || recordsets.length > 0)
    outcomes.push(
      decideRecordset(
        {
          name: reverseName(address),
          type: 'PTR',
          claims: fixed,
          at: state.at,
          applied: recordsets,
          installId,
          resources: state.resources,
          clusters: state.clusters,
          ...(because !== undefined && { because })
        },
        settings
      )
    )
  const remembered = state.applied.rows.filter((row) => (row.value as { kind: string }).kind === 'floating-ptr')
  const floatingIps = new Set([...floating.map((claim) => claim.resources.at(-1)!), ...remembered.map(resourceOf)])
  for (const resource of floatingIps)
    outcomes.push(
      decideFloatingPtr({
        address,
        resource,
        claim: floating.find((claim) => claim.resources.includes(resource)),
        row: remembered.find((row) => resourceOf(row) === resource),
        ptr: state.ptrs.find((one) => resource.endsWith(`/${one.floatingIp}`)),
        installId,
        resources: state.resources,
        clusters: state.clusters,
        because,
        settings
      })
    )
  if (outcomes.length === 0)
    outcomes.push({ step: null, finding: `${address}: no PTR is wanted, none is ours`, inOrder: true })
  return { ...conclude(address, outcomes, notes, all, state), hints: missing }
}

/** What the PTR's name came to; `ask`: its lane does not know of this resource yet. */
function pointsTo(
  claim: Claim,
  state: PtrLaneState,
  settings: DnsSettings
): MayPoint | { readonly may: 'ask'; readonly reason: string } {
  if (state.names === null) {
    const reserved = reservedReason(claim.record, settings[claim.kind]!.zone, settings.reserved)
    return reserved === null ? { may: 'yes' } : { may: 'no', reason: reserved }
  }
  const name = state.names.get(claim.name)
  if (name === undefined) return { may: 'ask', reason: `${claim.name} is looked at first, and it has not been` }
  return mayPoint(forwardOf(claim.name, name, settings), claim)
}

/** Whoever has the PTR keeps it, else who was made first: names of two projects are never mixed. */
function ofOneProject(claims: readonly Claim[], state: RecordLaneState) {
  const [row] = state.applied.rows
  const holder = row === undefined ? undefined : floatingPtrIn(row).project
  const winner = claims.some((claim) => claim.project === holder) ? holder : claims[0]?.project
  const refused = claims
    .filter((claim) => claim.project !== winner)
    .map(
      (claim) =>
        `${claim.lane} is held by project ${winner}: refused to ${claim.resources[0]} of project ${claim.project}; names merge within one project only`
    )
  return { usable: claims.filter((claim) => claim.project === winner), refused: [...new Set(refused)] }
}

const resourceOf = (row: AppliedRow) => floatingPtrIn(row).resource

/** An address has one name; on overlapping networks that of who was made first. */
function onePerAddress(claims: readonly Claim[], address: string, notes: string[]): readonly Claim[] {
  const [first, ...rest] = claims
  for (const claim of rest)
    if (claim.record !== first!.record)
      notes.push(
        `${address} is ${first!.record} already: ${claim.record} refused (one PTR for an address; overlapping networks?)`
      )
  return claims.filter((claim) => claim.record === first!.record)
}

interface FloatingPtr {
  readonly address: string
  readonly resource: string
  readonly claim: Claim | undefined
  readonly row: AppliedRow | undefined
  readonly ptr: FloatingIpPtrAnswer | undefined
  readonly installId: string
  readonly resources: readonly ResourceAnswer[]
  readonly clusters: ClustersAnswer
  readonly settings: DnsSettings
  readonly because: string | undefined
}

function decideFloatingPtr({
  address,
  resource,
  claim,
  row,
  ptr,
  installId,
  resources,
  clusters,
  settings,
  because
}: FloatingPtr): RecordDecision {
  const no = (finding: string, inOrder = false): RecordDecision => ({ step: null, finding, inOrder })
  const applied = row?.value as AppliedFloatingPtr | undefined
  const target = `floating-ptr/${resource}`
  const cluster = clusters[claim?.project ?? applied?.project ?? ''] ?? null
  const place = { cluster, target, scope: 'floating-ip-ptr' }
  if (ptr === undefined) return no(`PTR of floating IP ${address} was not read`)
  const there = ptr.ptrdname === null ? null : absolute(ptr.ptrdname)
  const ours = applied !== undefined && ptr.description === mark(installId) && there === absolute(applied.ptrdname)

  if (claim === undefined || (claim.keepOnly && !ours)) {
    if (applied === undefined) return no(`PTR of floating IP ${address}: nothing is wanted, nothing is ours`, true)
    if (there !== null && !ours)
      return no(
        `PTR of floating IP ${address} is ${there} now, set by somebody else after us (${applied.ptrdname}): hands off`
      )
    const unread = withoutEvidence(applied.by, {}, resources)
    if (unread !== null) return no(`PTR of floating IP ${address}: ${unread}`)
    const gone =
      ptr.status === 'gone'
        ? 'the floating IP is gone'
        : (because ?? `no ${hostKind(applied.by)} stands behind it any more`)
    const { ptrdname: expects, by, project } = applied
    const unset = floatingIpPtrUnset.request({
      ...{ risk: there === null ? 'update' : 'delete', ...place },
      input: { resource, address, expects, by, project, ttl: settings.ttl ?? null }
    })
    return {
      step: isGone(applied.by, resources) ? { ...unset, gone: true } : unset,
      finding: `PTR of floating IP ${address}: ${gone}`,
      inOrder: false
    }
  }
  if (ptr.status === 'gone')
    return no(`floating IP ${address} has no entry in Designate's reverse API: it was just deleted`)
  const by = { [claim.record]: [...claim.resources].sort() }
  const wanted = { ptrdname: claim.record, ttl: settings.ttl ?? null, by, project: claim.project }
  const set = (risk: 'create' | 'update', expects: string | null) =>
    floatingIpPtrSet.request({ ...{ risk, ...place }, input: { resource, address, ...wanted, expects } })
  if (there === null)
    return {
      step: set('create', null),
      finding: `PTR of floating IP ${address} is missing`,
      inOrder: false
    }
  if (!ours)
    return no(
      ptr.description === mark(installId)
        ? `PTR of floating IP ${address} (${there}) carries our mark, but this journal did not write it: hands off; \`reflex adopt ${address}\` takes it over`
        : `PTR of floating IP ${address} is ${there}, set by somebody else: never touched`
    )
  if (there === claim.record && JSON.stringify(applied.by) === JSON.stringify(by))
    return no(`PTR of floating IP ${address} is in order`, true)
  return {
    step: set('update', there),
    finding: `PTR of floating IP ${address}: ${there} becomes ${claim.record}`,
    inOrder: false
  }
}
