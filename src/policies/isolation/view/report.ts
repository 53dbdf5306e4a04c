import { type Layer, layers, type Severity } from '../../../core/breach.ts'
import { openstackIn } from '../../../core/instance.ts'
import type { BreachRow } from '../../../store/policy-rows.ts'
import {
  type BreachState,
  type Finding,
  findingsOf,
  type HeldLane,
  type PolicyFinding,
  worse
} from '../../shared/findings.ts'

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

/** Counts what crosses from one cluster to another in one layer. */
export interface Crossing {
  readonly from: string
  readonly to: string
  readonly layer: Layer
  /** By state; a state that nothing is in is left out. */
  readonly counts: Readonly<Partial<Record<BreachState, number>>>
  /** The worst of what nobody answers for; null: all of it is exempt. */
  readonly worst: Severity | null
}

/** Makes the report on these breaches; `lanes` are those that the guard holds. */
export function isolationReport(
  breaches: readonly BreachRow[],
  clusters: readonly string[],
  lanes: readonly HeldLane[] = []
): IsolationReport {
  const all = findingsOf(breaches, lanes)
  const [findings, history] = [all.findings.map(withoutName), all.history.map(withoutName)]
  return { clusters, layers, matrix: matrixOf(findings), findings, history }
}

/** Only an instance is named: where there is one for all, everybody knows whose it is. */
const withoutName = ({ policy, ...one }: PolicyFinding): Finding =>
  openstackIn(policy) === null ? one : { ...one, policy }

/** Narrows a report to what is in one of these states. */
export function inStates(report: IsolationReport, states: readonly BreachState[]): IsolationReport {
  const [findings, history] = [report.findings, report.history].map((all) =>
    all.filter(({ state }) => states.includes(state))
  )
  return { ...report, findings: findings!, history: history!, matrix: matrixOf(findings!) }
}

/** Narrows a report to what is open from or to one cluster. */
export function ofCluster(report: IsolationReport, cluster: string): IsolationReport {
  const concerns = ({ from, to }: Finding) => from === cluster || to === cluster
  const findings = report.findings.filter(concerns)
  return { ...report, findings, history: report.history.filter(concerns), matrix: matrixOf(findings) }
}

/** Lists the places of a report: its clusters, then whatever else something is open to. */
export function placesOf({ clusters, matrix }: Pick<IsolationReport, 'clusters' | 'matrix'>): {
  readonly from: readonly string[]
  readonly to: readonly string[]
} {
  const withOthers = (found: readonly string[]) => [...new Set([...clusters, ...found.toSorted().reverse()])]
  return { from: withOthers(matrix.map(({ from }) => from)), to: withOthers(matrix.map(({ to }) => to)) }
}

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
