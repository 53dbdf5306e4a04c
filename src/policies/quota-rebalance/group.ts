import { durationMs } from '../../core/duration.ts'
import { type QuotaCell, type QuotaService, quotaServiceOf } from '../../core/quota.ts'
import { booksOf, lentFor, type QuotaApplied } from './books.ts'
import type { Cell, Group, SharedResource } from './model.ts'
import { mostEver } from './most.ts'
import { type QuotaGroupAnswer, quotaTarget } from './questions/quota-group.ts'
import { type GroupSettings, markOf, type QuotaSettings, type ResourceSettings } from './settings.ts'

/** The group as the algorithm sees it, what it does not get to see and why, and when that may change by itself. */
export interface Seen {
  readonly group: Group
  readonly findings: readonly string[]
  /** ms since the epoch, each a moment at which something that is left alone may be moved again. */
  readonly moments: readonly number[]
}

interface Known {
  readonly settings: QuotaSettings
  readonly group: GroupSettings
  readonly answer: QuotaGroupAnswer
  readonly findings: string[]
  readonly moments: number[]
}

/** Settings and answers together; a resource that some project has without a limit, or not at all, is left out. */
export function groupOf(settings: QuotaSettings, group: GroupSettings, answer: QuotaGroupAnswer): Seen {
  const known: Known = { settings, group, answer, findings: [], moments: [] }
  const shared = Object.entries(group.resources).flatMap(([resource, one]) => sharedOf(resource, one, known) ?? [])
  const there = new Set(shared.map((one) => one.resource))
  const whole = group.together.filter((bundle) => Object.keys(bundle).every((resource) => there.has(resource)))
  const broken = new Set(group.together.filter((one) => !whole.includes(one)).flatMap((one) => Object.keys(one)))
  const moved = shared.filter((one) => !broken.has(one.resource))
  for (const { resource } of shared)
    if (broken.has(resource))
      known.findings.push(`${resource} is left alone: what it moves together with is left alone`)
  const { findings, moments } = known
  return { group: { shared: moved, bundles: whole }, findings, moments }
}

function sharedOf(resource: string, one: ResourceSettings, known: Known): SharedResource | null {
  const { group, answer, findings } = known
  const clusters = Object.keys(group.projects)
  const absurd = clusters.flatMap((cluster) => {
    const cell = answer.cells[cluster]?.[resource]
    const wrong = answer.unknown?.[cluster]?.[resource] ?? (cell === undefined ? null : whatCannotBe(cell))
    return wrong === null ? [] : `${cluster} (${wrong})`
  })
  if (absurd.length > 0) {
    findings.push(
      `${resource} is left alone: ${quotaServiceOf(resource)} says of it what cannot be, of ${absurd.join(', ')}; nothing of it is moved until that is put right there`
    )
    return null
  }
  const missing = clusters.filter((cluster) => answer.cells[cluster]?.[resource] === undefined)
  if (missing.length > 0) {
    findings.push(
      `${resource} is left alone: ${quotaServiceOf(resource)} tells no limit of it for ${missing.join(', ')}`
    )
    return null
  }
  const endless = clusters.filter((cluster) => answer.cells[cluster]![resource]!.limit < 0)
  if (endless.length > 0) {
    findings.push(
      `${resource} is left alone: ${endless.join(' and ')} ${endless.length === 1 ? 'has' : 'have'} no limit (-1), so there is nothing to share; set one`
    )
    return null
  }
  const capacity = capacityOf(resource, one, answer)
  if (capacity === null) findings.push(`${resource}: the OpenStack tells no capacity; configure a number`)
  const cells = clusters.map((cluster) => cellOf(resource, cluster, { one, capacity, known }))
  const possible =
    capacity === null
      ? cells
      : cells.map((cell) => withoutTheImpossible(cell, cells, { resource, one, capacity, findings }))
  return { resource, capacity, quantum: one.quantum, cells: possible }
}

/** What can never be given whole would take all that others can spare and wait for ever: nothing of it is moved. */
function withoutTheImpossible(
  cell: Cell,
  cells: readonly Cell[],
  {
    resource,
    one,
    capacity,
    findings
  }: Pick<Known, 'findings'> & { resource: string; one: ResourceSettings; capacity: number }
): Cell {
  if (cell.asked.length === 0) return cell
  const { project, limit } = cell
  // A ceiling that a cool-down sets is none for ever.
  const ceilingOf = (name: string) => ({ ...one, ...one.projects[name] }).ceiling ?? null
  const keeps = cells.map((other) => ({
    ...other,
    low: markOf({ ...one, ...one.projects[other.project] }.low ?? 0, capacity),
    ceiling: null
  }))
  const most = mostEver(project, keeps, capacity)
  const ceiling = ceilingOf(project)
  const asked = cell.asked.filter(({ request, amount }) => {
    // Up to a ceiling, which is this project's own, the part below it is given: it takes no more from others than it may have.
    if (ceiling !== null && ceiling <= most.limit) return true
    const can = amount <= most.limit - limit
    if (!can)
      findings.push(
        `request ${request}: ${project} waits for ${amount} ${resource}, and no more than ${Math.max(0, most.limit - limit)} can ever be given: ${most.why}; release it and ask for less`
      )
    return can
  })
  return { ...cell, asked }
}

/** Of answers from elsewhere as well: nobody has less than nothing, and below -1 there is no limit. */
function whatCannotBe({ limit, used }: QuotaCell): string | null {
  if (!Number.isFinite(limit) || limit < -1) return `limit is ${limit}`
  return Number.isFinite(used) && used >= 0 ? null : `usage is ${used}`
}

function capacityOf(resource: string, { capacity }: ResourceSettings, answer: QuotaGroupAnswer): number | null {
  if (typeof capacity === 'number') return capacity
  const found = answer.capacity[resource] ?? null
  return found === null ? null : Math.floor(found * capacity.share)
}

interface Of {
  readonly one: ResourceSettings
  readonly capacity: number | null
  readonly known: Known
}

function cellOf(resource: string, cluster: string, { one, capacity, known }: Of): Cell {
  const { settings, group, answer } = known
  const { limit, used } = answer.cells[cluster]![resource]!
  const { floor = 0, ceiling = null, low = 0, high = 0 } = { ...one, ...one.projects[cluster] }
  const { priority, weight } = group.projects[cluster]!
  const of = capacity ?? 0
  const marks = { floor, low: markOf(low, of), high: Math.max(markOf(low, of), markOf(high, of)) }
  const books = booksOfCell(resource, cluster, settings, answer)
  const people = requestsOf(resource, cluster, books, answer)
  // Only what is not used of it is promised: otherwise whoever uses what they asked for would get it once more.
  const kept = Math.min(people.got, Math.max(0, limit - used - marks.low))
  const cell = { project: cluster, limit, used, ...marks, ceiling, priority, weight, kept }
  return {
    ...cell,
    frozen: null,
    asked: people.asked,
    owes: people.owes,
    ...calmed(resource, cell, { books, owes: people.owes }, known)
  }
}

function booksOfCell(resource: string, cluster: string, settings: QuotaSettings, answer: QuotaGroupAnswer) {
  const target = quotaTarget(settings.cloud, cluster, quotaServiceOf(resource) as QuotaService)
  return booksOf(answer.applied.find((row) => row.target === target))
}

/** What people asked for there: what is still to come, what they have, and what is to go back. */
function requestsOf(resource: string, cluster: string, books: QuotaApplied, answer: QuotaGroupAnswer) {
  // Of a bundle as well: what moved together with what was asked for is kept, and goes back, with it.
  const open = answer.requests.filter(
    (one) => one.cluster === cluster && (one.until === null || one.until > answer.now)
  )
  const asked = open
    .filter((one) => one.resource === resource)
    .map(({ id, amount, at }) => {
      const request = String(id)
      return { request, amount: amount - lentFor(books, request, resource), since: at }
    })
    .filter(({ amount }) => amount > 0)
  const got = open.reduce((sum, { id }) => sum + lentFor(books, String(id), resource), 0)
  const owes = Object.entries(books.lent)
    .filter(([request, of]) => of[resource] !== undefined && !open.some(({ id }) => String(id) === request))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([request, of]) => ({ request, to: of[resource]! }))
  return { asked, got, owes }
}

const owedIn = (owes: Cell['owes'], giver?: string): number =>
  owes
    .flatMap(({ to }) => Object.entries(to))
    .reduce((sum, [of, n]) => sum + (giver === undefined || of === giver ? n : 0), 0)

/** What others got of this project for requests whose time is over. */
function dueBack(resource: string, cluster: string, { settings, group, answer }: Known): number {
  return Object.keys(group.projects).reduce((sum, borrower) => {
    const books = booksOfCell(resource, borrower, settings, answer)
    return sum + owedIn(requestsOf(resource, borrower, books, answer).owes, cluster)
  }, 0)
}

const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`

/** What keeps a limit where it is for now: an undo, somebody else's change, or our own last one. */
function calmed(
  resource: string,
  cell: Pick<Cell, 'project' | 'limit' | 'used' | 'low' | 'high' | 'ceiling' | 'kept'>,
  { books, owes }: { readonly books: QuotaApplied; readonly owes: Cell['owes'] },
  known: Known
): Partial<Pick<Cell, 'frozen' | 'kept' | 'keptWhy' | 'ceiling' | 'ceilingWhy'>> {
  const { settings, answer, findings, moments } = known
  const { project, limit, used } = cell
  const target = quotaTarget(settings.cloud, project, quotaServiceOf(resource) as QuotaService)
  const frozen = (reason: string, until: number) => {
    moments.push(until)
    findings.push(`${project} ${resource}: ${reason}: left alone until ${time(until)}`)
    return { frozen: reason }
  }
  const pin = answer.pins.find((one) => one.target === target && one.until > answer.now)
  if (pin !== undefined) return frozen(pin.reason, pin.until)
  const { since, before } = answer.history[project]![resource]!.limit
  if (since === null || before === null) return {}
  if (books.limits[resource] !== limit) {
    const until = since + durationMs(settings.respect)!
    if (until <= answer.now) return {}
    return frozen(`somebody else changed the limit from ${before} to ${limit} at ${time(since)}`, until)
  }
  const until = since + durationMs(settings.coolDown)!
  if (until <= answer.now) return {}
  moments.push(until)
  // Against flapping: who has just received does not give, and the other way round; but for what goes back.
  const moved = `its limit was ${limit > before ? 'raised' : 'lowered'} from ${before} to ${limit} at ${time(since)}`
  const wait = `before ${time(until)} (coolDown ${settings.coolDown})`
  if (limit > before) {
    const kept = Math.max(cell.kept, limit - used - cell.low - owedIn(owes))
    return kept > cell.kept ? { kept, keptWhy: `${moved}, and it gives nothing ${wait}` } : {}
  }
  const ceiling = limit + dueBack(resource, project, known)
  if (cell.ceiling !== null && cell.ceiling <= ceiling) return {}
  return { ceiling, ceilingWhy: `${moved}, and it receives nothing ${wait}` }
}
