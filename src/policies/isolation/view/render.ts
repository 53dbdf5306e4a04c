import type { Finding } from '../../shared/findings.ts'
import { type IsolationReport, placesOf } from './report.ts'

/** Renders rows for a table: a heading, then a row for each place with what is open to the others, e.g. `network 2, storage 1`. */
export function matrixRows(report: IsolationReport): readonly (readonly string[])[] {
  const { from, to } = placesOf(report)
  return [
    ['FROM \\ TO', ...to.map(placeName)],
    ...from.map((row) => [placeName(row), ...to.map((column) => cell(report, row, column))])
  ]
}

function cell({ matrix, layers }: IsolationReport, from: string, to: string): string {
  const here = layers.flatMap((layer) =>
    matrix.filter((one) => one.from === from && one.to === to && one.layer === layer)
  )
  const count = (counts: object) => Object.values(counts).reduce((total: number, of: number) => total + of, 0)
  const said = here.map(({ layer, counts, worst }) => `${layer} ${count(counts)}${worst === null ? ' exempt' : ''}`)
  return said.join(', ') || (from === to ? '' : '-')
}

/** `*` is everybody. */
const placeName = (place: string): string => (place === '*' ? 'everybody' : place)

const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`

/** Who made it: by name, as far as an event said one. */
const madeBy = ({ userId, userName }: Pick<Finding, 'userId' | 'userName'>): string => userName ?? userId ?? '-'

/** Renders rows for a table: a heading, then a row for each finding; of what is over, when that was. */
export function findingRows(findings: readonly Finding[]): readonly (readonly string[])[] {
  const over = findings.some(({ ended }) => ended !== null)
  return [
    ['SEVERITY', 'STATE', 'LAYER', 'FROM', 'TO', 'SINCE', ...(over ? ['OVER'] : []), 'BY', 'RULE', 'WHAT'],
    ...findings.map((one) => [
      one.severity,
      one.held === null ? one.state : `held (${one.held.rule})`,
      one.layer,
      placeName(one.from),
      placeName(one.to),
      time(one.since),
      ...(over ? [one.ended === null ? '-' : time(one.ended)] : []),
      madeBy(one),
      one.rule,
      `${one.summary} (reflex explain decision:${one.decisions.last})`
    ])
  ]
}
