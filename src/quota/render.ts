import { inWords } from '../policies/quota-rebalance/forecast.ts'
import type { GroupReport, MoveReport, ProjectReport, QuotaReport, RequestReport, ResourceReport } from './report.ts'

const width = 24

/**
 * A limit as a bar, over the greatest of its resource: `#` used, `.` free, `!` where it is above the limit; `|` stands
 * where the low watermark of headroom begins.
 */
export function bar({ limit, used, low }: Pick<ProjectReport, 'limit' | 'used' | 'low'>, greatest: number): string {
  if (limit === null || used === null) return '?'.padEnd(width)
  const at = (amount: number) => Math.round((Math.min(Math.max(amount, 0), greatest) / Math.max(1, greatest)) * width)
  const [full, end, line] = [at(Math.min(used, limit)), at(limit), at(limit - low)]
  const cells = Array.from({ length: width }, (_, n) => {
    if (n < full) return '#'
    if (n < end) return n === line && low > 0 ? '|' : '.'
    return n < at(used) ? '!' : ' '
  })
  return cells.join('')
}

/** Rows for a table: a heading, then a row for each project and resource; with `about` only those of one cluster. */
export function quotaRows(report: QuotaReport, about: string | null): readonly (readonly string[])[] {
  const heading = ['RESOURCE', 'CLUSTER', 'USED', 'LIMIT', 'FREE', 'LOW-HIGH', 'FLOOR', 'FULL IN', '', '']
  const several = report.groups.length > 1
  return [
    heading,
    ...report.groups.flatMap((group) =>
      group.resources.flatMap((resource) => resourceRows(resource, several ? `${group.group}/` : '', about))
    )
  ]
}

function resourceRows(resource: ResourceReport, prefix: string, about: string | null): readonly (readonly string[])[] {
  const greatest = Math.max(1, ...resource.projects.map(({ limit, used }) => Math.max(limit ?? 0, used ?? 0)))
  const shown = resource.projects.filter(({ cluster }) => about === null || cluster === about)
  const rows = shown.map((one, n) => {
    const { cluster, limit, used, low, high, floor } = one
    const number = (value: number | null) => (value === null ? '-' : String(value))
    const free = limit === null || used === null || limit < 0 ? '-' : String(limit - used)
    const full = one.fullInMs === null ? '' : inWords(one.fullInMs)
    const name = n === 0 ? `${prefix}${resource.resource}` : ''
    const what = one.state === 'inside' ? '' : one.state
    return [
      name,
      cluster,
      number(used),
      limit === -1 ? 'none' : number(limit),
      free,
      `${low}-${high}`,
      String(floor),
      full,
      bar(one, greatest),
      what
    ]
  })
  if (about !== null || rows.length === 0) return rows
  const { sum, capacity } = resource
  const total = `of ${capacity === null ? 'an unknown capacity' : capacity}`
  const left = sum === null || capacity === null ? '' : sum > capacity ? 'above capacity' : `${capacity - sum} free`
  return [...rows, ['', 'all', '', sum === null ? '-' : String(sum), '', total, '', '', '', left]]
}

/** Requests, findings and the last moves, as lines. */
export function quotaNotes(report: QuotaReport, about: string | null, moves: number): readonly string[] {
  const lines = report.groups.flatMap((group) => [
    ...group.requests.filter(({ cluster }) => about === null || cluster === about).flatMap(requestLine),
    ...group.findings,
    ...movesOf(group, about).slice(0, moves).map(moveLine)
  ])
  return [...new Set(lines)]
}

const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`

function requestLine({ id, cluster, resource, amount, got, until, by, state }: RequestReport): readonly string[] {
  if (state === 'over') return []
  const end = until === null ? 'lasting' : `until ${time(until)}`
  const what = `request ${id} by ${by}: ${cluster} ${resource} +${amount}, ${end}`
  if (state === 'lent') return [`${what}: all of it is there`]
  if (state === 'open') return [`${what}: ${got} of it is there, the rest is not free yet`]
  return [`${what}: over; ${got} of it is still in use, and goes back when it is free`]
}

const movesOf = ({ moves }: GroupReport, about: string | null) =>
  moves.filter(({ cluster }) => about === null || cluster === about)

const moveLine = ({ at, cluster, resource, from, to, state, action }: MoveReport): string =>
  `${time(at)} ${cluster} ${resource} ${from} → ${to} (${state}): reflex explain ${action}`
