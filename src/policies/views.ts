import { policyIn } from '../core/instance.ts'
import { hygieneRows } from './server-hygiene/view/rows.ts'
import type { PolicyFinding } from './shared/findings.ts'

/** A heading, then a row for each finding. */
type Rows = readonly (readonly string[])[]

/** How a policy shows what it found, where it does so in its own way. To add one: a line here. */
const own: Readonly<Record<string, (findings: readonly PolicyFinding[]) => Rows>> = {
  'server-hygiene': hygieneRows
}

/** Tables of findings, one for each policy that has any. */
export function findingTables(
  findings: readonly PolicyFinding[]
): readonly { readonly policy: string; readonly rows: Rows }[] {
  return [...Map.groupBy(findings, ({ policy }) => policy)].map(([policy, its]) => ({
    policy,
    rows: (own[policyIn(policy)] ?? usualRows)(its)
  }))
}

const usualRows = (findings: readonly PolicyFinding[]): Rows => [
  ['SEVERITY', 'STATE', 'SINCE', 'RULE', 'WHAT'],
  ...findings.map(({ severity, state, since, rule, summary, decisions }) => [
    severity,
    state,
    `${new Date(since).toISOString().slice(0, 16)}Z`,
    rule,
    `${summary} (reflex explain decision:${decisions.last})`
  ])
]
