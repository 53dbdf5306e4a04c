import type { PolicyFinding } from '../../shared/findings.ts'

/** Renders rows for a table of what nobody seems to use, by cluster: since when it is so, and what comes next. */
export function hygieneRows(findings: readonly PolicyFinding[]): readonly (readonly string[])[] {
  const byCluster = [...findings].sort((a, b) =>
    a.from === b.from ? sinceOf(a) - sinceOf(b) : a.from < b.from ? -1 : 1
  )
  return [
    ['CLUSTER', 'WHAT', 'NAME', 'SINCE', 'STATE', 'NEXT'],
    ...byCluster.map((one) => [
      one.from,
      one.rule,
      one.name,
      `${new Date(sinceOf(one)).toISOString().slice(0, 16)}Z`,
      one.held === null ? one.state : `held (${one.held.rule})`,
      `${one.because} (reflex explain decision:${one.decisions.last})`
    ])
  ]
}

/** Since when it is idle, which is before it was found. */
function sinceOf({ evidence, since }: PolicyFinding): number {
  const said = Date.parse(String((evidence as { readonly since?: unknown } | null)?.since))
  return Number.isNaN(said) ? since : said
}
