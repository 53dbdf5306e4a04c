import { nameWithin } from '../../../core/instance.ts'
import { durationInWords } from '../forecast.ts'
import type { GroupReport, MoveReport, ProjectReport, QuotaReport, RequestReport, ResourceReport } from './report.ts'

const width = 24

/** What a bar is made of, for the line above it. */
export const legend = '# used   . free   | low watermark: beyond it quota is moved here   ! above the limit'

/**
 * Renders a limit as a bar, over the greatest of its resource: `#` used, `.` free, `!` where usage is above the limit; `|` where the low
 * watermark of headroom begins, unless usage is there already.
 */
export function bar({ limit, used, low }: Pick<ProjectReport, 'limit' | 'used' | 'low'>, greatest: number): string {
  if (limit === null || used === null) return '?'.padEnd(width)
  if (limit < 0) return 'no limit'.padEnd(width)
  const at = (amount: number) => Math.round((Math.min(Math.max(amount, 0), greatest) / Math.max(1, greatest)) * width)
  // One of many is still one: it shows.
  const full = used > 0 ? Math.max(1, at(Math.min(used, limit))) : 0
  // So is one too many.
  const end = used > limit ? Math.min(at(limit), width - 1) : at(limit)
  const line = Math.min(at(limit - low), end - 1)
  const cells = Array.from({ length: width }, (_, n) => {
    if (n < full && n < end) return '#'
    if (n < end) return n === line && low > 0 ? '|' : '.'
    return used > limit && n < Math.max(at(used), end + 1) ? '!' : ' '
  })
  return cells.join('')
}

/** What is in units of its own. */
const units: Readonly<Record<string, string>> = { ram: 'ram (MiB)' }

const states: Readonly<Record<ProjectReport['state'], string>> = {
  'not read': 'not read yet',
  'no limit': 'NO LIMIT: nothing of it is moved',
  over: 'OVER ITS LIMIT',
  short: 'SHORT',
  inside: 'in balance',
  spare: 'can give'
}

const heading = ['RESOURCE', 'CLUSTER', '', 'USED', 'LIMIT', 'FREE', 'LOW-HIGH', 'FLOOR', 'FULL IN', '']
const numbers = [3, 4, 5, 7]

/** Renders rows for a table: a heading, then a row for each project and resource; with `about` only those of one cluster. */
export function quotaRows(report: QuotaReport, about: string | null): readonly (readonly string[])[] {
  const several = report.groups.length > 1
  const rows = [
    heading,
    ...report.groups.flatMap((group) =>
      group.resources.flatMap((resource) =>
        resourceRows(resource, several ? `${nameWithin(group.policy ?? '', group.group)}/` : '', about)
      )
    )
  ]
  const widths = heading.map((_, n) => Math.max(...rows.map((row) => row[n]!.length)))
  return rows.map((row) => row.map((cell, n) => (numbers.includes(n) ? cell.padStart(widths[n]!) : cell)))
}

function resourceRows(resource: ResourceReport, prefix: string, about: string | null): readonly (readonly string[])[] {
  const greatest = Math.max(1, ...resource.projects.map(({ limit, used }) => Math.max(limit ?? 0, used ?? 0)))
  const shown = resource.projects.filter(({ cluster }) => about === null || cluster === about)
  const number = (value: number | null) => (value === null ? '-' : String(value))
  const rows = shown.map((one, n) => {
    const { cluster, limit, used, low, high, floor } = one
    const free = limit === null || used === null || limit < 0 ? null : limit - used
    return [
      n === 0 ? `${prefix}${units[resource.resource] ?? resource.resource}` : '',
      cluster,
      bar(one, greatest),
      number(used),
      limit === -1 ? 'none' : number(limit),
      number(free),
      `${low}-${high}`,
      String(floor),
      one.fullInMs === null ? '' : durationInWords(one.fullInMs),
      states[one.state]
    ]
  })
  if (about !== null) return rows
  const { sum, capacity } = resource
  const all = ['', 'all', allOf(sum, capacity), number(usedOf(resource)), number(sum), '', '', '', '', '']
  return [...rows, all]
}

const usedOf = ({ projects }: ResourceReport): number | null =>
  projects.some(({ used }) => used === null) ? null : projects.reduce((total, { used }) => total + used!, 0)

/** What of the capacity is not in anybody's limit. */
function allOf(sum: number | null, capacity: number | null): string {
  if (capacity === null) return 'capacity not known'
  if (sum === null) return `of ${capacity}`
  if (sum > capacity) return `of ${capacity}: ${sum - capacity} TOO MANY`
  return `of ${capacity}: ${sum === capacity ? 'all is given' : `${capacity - sum} to give`}`
}

/** Returns the time of the limits and usage that are shown: the oldest of the readings; null: nothing was read yet. */
export function readAt(report: QuotaReport): number | null {
  const all = report.groups.flatMap(({ resources }) => resources.flatMap(({ projects }) => projects))
  const times = all.flatMap((one) => one.readAt ?? [])
  return times.length === 0 ? null : Math.min(...times)
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
  if (state === 'open') return [`${what}: ${got} of it is there, the rest is not there yet`]
  return [`${what}: over; ${got} of it is not given back yet: what is in use goes back when it is free`]
}

const movesOf = ({ moves }: GroupReport, about: string | null) =>
  moves.filter(({ cluster }) => about === null || cluster === about)

const moveLine = ({ at, cluster, resource, from, to, state, action }: MoveReport): string =>
  `${time(at)} ${cluster} ${resource} ${from} → ${to} (${state}): reflex explain ${action}`
