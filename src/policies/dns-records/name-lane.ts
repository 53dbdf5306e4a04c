import { act, type Decision, type Lane, skip } from '../../core/policy.ts'
import type { ClustersAnswer } from '../../state/clusters.ts'
import type { AppliedAnswer } from '../../state/journal-memory.ts'
import type { RecordsetsAtAnswer } from '../../state/recordsets-at.ts'
import type { ResourceAnswer } from '../../state/resource.ts'
import { type Claim, claimsOf } from './claims.ts'
import { reservedReason } from './names.ts'
import type { AppliedRecordset } from './ownership.ts'
import { decideRecordset, type Outcome } from './recordset.ts'
import type { DnsSettings } from './settings.ts'

/** What the lane of one name or one reverse name must know. */
export interface RecordLaneState {
  readonly resources: readonly ResourceAnswer[]
  readonly at: RecordsetsAtAnswer
  readonly applied: AppliedAnswer
  readonly clusters: ClustersAnswer
}

/** Decides the A and AAAA recordsets of one name. */
export function decideName(lane: Lane, name: string, state: RecordLaneState, settings: DnsSettings): Decision {
  const { claims, findings } = claimsOn(lane, state, settings)
  const reserved = state.at.zone === null ? null : reservedReason(name, state.at.zone.name, settings.reserved)
  if (reserved !== null) return conclude(reserved, [], [...findings, reserved], claims, state)
  const outcomes = (['A', 'AAAA'] as const).map((type) =>
    decideRecordset(
      {
        name,
        type,
        claims: claims.filter((claim) => claim.type === type),
        at: state.at,
        applied: state.applied.rows,
        installId: state.applied.installId,
        resources: state.resources,
        clusters: state.clusters
      },
      settings
    )
  )
  const telling = outcomes.filter((one) => !one.finding.endsWith('nothing is wanted, nothing is there'))
  return conclude(name, telling.length > 0 ? telling : outcomes.slice(0, 1), findings, claims, state)
}

/** Claims of this lane, those of one project only: whoever holds the name keeps it, else the oldest server or load balancer. */
export function claimsOn(
  lane: Lane,
  state: RecordLaneState,
  settings: DnsSettings
): { claims: readonly Claim[]; findings: readonly string[] } {
  const findings: string[] = []
  const all: Claim[] = []
  for (const answer of state.resources) {
    const { claims, notes } = claimsOf(answer, settings)
    findings.push(...notes)
    all.push(...claims.filter((claim) => claim.lane === lane.key))
  }
  const unique = new Map(all.map((claim) => [`${claim.record} ${claim.resources.join()}`, claim]))
  const claims = [...unique.values()].sort(
    (a, b) => order(a.created, b.created) || order(a.resources[0]!, b.resources[0]!)
  )
  const holder = (state.applied.rows[0]?.value as unknown as AppliedRecordset | undefined)?.project
  const winner = claims.some((claim) => claim.project === holder) ? holder : claims[0]?.project
  for (const claim of claims)
    if (claim.project !== winner)
      findings.push(
        `${lane.key} is held by project ${winner}: refused to ${claim.resources[0]} of project ${claim.project}; names merge within one project only`
      )
  return { claims: claims.filter((claim) => claim.project === winner), findings: [...new Set(findings)] }
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** One decision out of the outcomes of a lane. */
export function conclude(
  about: string,
  outcomes: readonly Outcome[],
  notes: readonly string[],
  claims: readonly Claim[],
  state: RecordLaneState
): Decision {
  const steps = outcomes.flatMap((one) => (one.step === null ? [] : [one.step]))
  const findings = [...outcomes.map((one) => one.finding), ...notes]
  const applied = state.applied.rows.flatMap((row) =>
    Object.values((row.value as unknown as AppliedRecordset).by).flat()
  )
  const resources = [...new Set([...claims.flatMap((claim) => claim.resources), ...applied])].sort()
  if (steps.length > 0)
    return act(outcomes.find((one) => one.step !== null)!.finding, steps, { findings, resources, independent: true })
  const reason = outcomes.find((one) => !one.inOrder)?.finding ?? outcomes[0]?.finding ?? about
  return skip(reason, { findings, resources })
}
