import { type Breach, type Layer, layers, type Severity, severities } from '../../../core/breach.ts'
import { openstackIn } from '../../../core/instance.ts'
import type { BreachRow } from '../../../store/policy-rows.ts'
import type { LaneRow } from '../../../store/rows.ts'

/** held: it would be closed, and a rule of the guard keeps its lane from acting. fixed: it is over. */
export const breachStates = ['open', 'exempt', 'noticed', 'closing', 'held', 'fixed'] as const
export type BreachState = (typeof breachStates)[number]

/** What people see of isolation: as of the last decision of each lane; nothing is read for it. */
export interface IsolationReport {
  /** As configured. */
  readonly clusters: readonly string[]
  readonly layers: readonly Layer[]
  /** Only where something was found; a place is a cluster, `outside` (projects of no cluster) or `*` (everybody). */
  readonly matrix: readonly Crossing[]
  /** All that is there, worst first. */
  readonly findings: readonly Finding[]
  /** What is over, the newest end first. */
  readonly history: readonly Finding[]
}

export interface Crossing {
  readonly from: string
  readonly to: string
  readonly layer: Layer
  /** By state; a state that nothing is in is left out. */
  readonly counts: Readonly<Partial<Record<BreachState, number>>>
  /** The worst of what nobody answers for; null: all of it is exempt. */
  readonly worst: Severity | null
}

export interface Finding extends Omit<Breach, 'state'> {
  readonly id: number
  readonly state: BreachState
  /** The instance of `isolation` that found it, where there are several. */
  readonly policy?: string
  readonly lane: string
  /** ms since the epoch, when it was first decided on. */
  readonly since: number
  /** ms since the epoch; null: it is there still. */
  readonly ended: number | null
  /** Who made it and by which call, as far as an event said. */
  readonly userId: string | null
  readonly userName: string | null
  readonly requestId: string | null
  /** The rule of the guard that holds its lane, and until when (ms; null: until a person acts); null: nothing holds it. */
  readonly held: { readonly rule: string; readonly until: number | null } | null
  /** The decision that found it, and the newest that did. */
  readonly decisions: { readonly first: number; readonly last: number }
}

type Held = Pick<LaneRow, 'policy' | 'key' | 'held' | 'heldUntil'>

/** The report on these breaches; `lanes` are those that the guard holds. */
export function isolationReport(
  breaches: readonly BreachRow[],
  clusters: readonly string[],
  lanes: readonly Held[] = []
): IsolationReport {
  const holds = new Map(lanes.map((lane) => [`${lane.policy} ${lane.key}`, lane]))
  const all = breaches.map((row) => findingOf(row, holds.get(`${row.policy} ${row.lane}`)))
  const findings = all.filter(({ ended }) => ended === null).sort(worstFirst)
  const history = all.filter(({ ended }) => ended !== null).sort((a, b) => b.ended! - a.ended! || b.id - a.id)
  return { clusters, layers, matrix: matrixOf(findings), findings, history }
}

/** The same, with what is in one of these states only. */
export function inStates(report: IsolationReport, states: readonly BreachState[]): IsolationReport {
  const [findings, history] = [report.findings, report.history].map((all) =>
    all.filter(({ state }) => states.includes(state))
  )
  return { ...report, findings: findings!, history: history!, matrix: matrixOf(findings!) }
}

/** The same, with what is open from or to one cluster only. */
export function ofCluster(report: IsolationReport, cluster: string): IsolationReport {
  const concerns = ({ from, to }: Finding) => from === cluster || to === cluster
  const findings = report.findings.filter(concerns)
  return { ...report, findings, history: report.history.filter(concerns), matrix: matrixOf(findings) }
}

/** The places of a report: its clusters, then whatever else something is open to. */
export function placesOf({ clusters, matrix }: Pick<IsolationReport, 'clusters' | 'matrix'>): {
  readonly from: readonly string[]
  readonly to: readonly string[]
} {
  const withOthers = (found: readonly string[]) => [...new Set([...clusters, ...found.toSorted().reverse()])]
  return { from: withOthers(matrix.map(({ from }) => from)), to: withOthers(matrix.map(({ to }) => to)) }
}

function findingOf({ policy, first, last, ...row }: BreachRow, lane: Held | undefined): Finding {
  const rule = row.ended === null && ['open', 'closing'].includes(row.state) ? (lane?.held ?? null) : null
  const state = row.ended !== null ? 'fixed' : rule !== null ? 'held' : row.state
  const held = rule === null ? null : { rule, until: lane?.heldUntil ?? null }
  const instance = openstackIn(policy) === null ? {} : { policy }
  return { ...row, ...instance, state, held, decisions: { first, last } }
}

const worse = (a: Severity, b: Severity) => severities.indexOf(b) - severities.indexOf(a)

const worstFirst = (a: Finding, b: Finding) =>
  Number(a.state === 'exempt') - Number(b.state === 'exempt') || worse(a.severity, b.severity) || b.id - a.id

function matrixOf(findings: readonly Finding[]): readonly Crossing[] {
  const cells = Map.groupBy(findings, ({ from, to, layer }) => JSON.stringify([from, to, layer]))
  return [...cells.values()].map((cell) => {
    const { from, to, layer } = cell[0]!
    const byState = Map.groupBy(cell, ({ state }) => state)
    const counts = Object.fromEntries([...byState].map(([state, of]) => [state, of.length]))
    const answered = cell.filter(({ state }) => state !== 'exempt')
    return { from, to, layer, counts, worst: answered.map(({ severity }) => severity).sort(worse)[0] ?? null }
  })
}
