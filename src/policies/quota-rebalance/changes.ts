import type { BookEntry, Cell, ChangeRule, LimitChange } from './model.ts'
import { type Net, netOf } from './netting.ts'
import { type Flow, type Member, none, type Pool } from './pool.ts'

const NAMED = 3
const causes: readonly Flow['cause'][] = ['back', 'asked', 'itself', 'over']
const shrinkRules: Readonly<Record<Flow['cause'], ChangeRule>> = {
  back: 'give-back',
  asked: 'give-asked',
  itself: 'give',
  over: 'over-capacity'
}
const growRules: Readonly<Record<Exclude<Flow['cause'], 'over'>, ChangeRule>> = {
  back: 'take-back',
  asked: 'receive-asked',
  itself: 'receive'
}

const nothing: Readonly<Record<string, number>> = {}

/** Lists the shrinking limits of a pool, lowest priority first, and the growing ones, highest first; by name in each. */
export function changesOf(pool: Pool): {
  readonly shrinks: readonly LimitChange[]
  readonly grows: readonly LimitChange[]
} {
  const shrinks: LimitChange[] = []
  const grows: LimitChange[] = []
  const passedOn = pool.members.some(({ gave, got }) => gave.length > 0 && got.length > 0)
  const nets = passedOn ? Map.groupBy(netOf(pool.flows), ({ to }) => to) : null
  for (const tier of pool.tiers) {
    for (const member of tier) {
      if (member.moved >= 0) continue
      const rule = shrinkRules[firstCause(member.gave)]
      for (let n = 0; n < pool.sizes.length; n++) shrinks.push(changeOf(pool, member, n, rule, none))
    }
  }
  for (let t = pool.tiers.length - 1; t >= 0; t--) {
    for (const member of pool.tiers[t]!) {
      if (member.moved <= 0) continue
      const rule = growRules[firstCause(member.got) as keyof typeof growRules]
      const sources = nets === null ? member.got : nets.get(member)!
      for (let n = 0; n < pool.sizes.length; n++) grows.push(changeOf(pool, member, n, rule, sources))
    }
  }
  return { shrinks, grows }
}

function changeOf(pool: Pool, member: Member, n: number, rule: ChangeRule, sources: readonly Net[]): LimitChange {
  const cell = member.cells[n]!
  const size = pool.sizes[n]!
  return {
    resource: pool.resources[n]!,
    project: member.project,
    from: cell.limit,
    to: cell.limit + member.moved * size,
    rule,
    why: `${state(cell)}${said(member.got, size, true)}${said(member.gave, size, false)}`,
    requests: pool.people ? requestsOf(member, size) : nothing,
    freedBy: freedByOf(sources, size)
  }
}

function freedByOf(sources: readonly Net[], size: number): Readonly<Record<string, number>> {
  if (sources.length === 0) return nothing
  if (sources.length === 1) {
    const { from, units } = sources[0]!
    // Most come from free capacity alone: written out, all of these are objects of one shape.
    return from === null ? { '': units * size } : { [from.project]: units * size }
  }
  const freedBy: Record<string, number> = {}
  for (const { from, units } of sources) {
    const project = from?.project ?? ''
    freedBy[project] = (freedBy[project] ?? 0) + units * size
  }
  return freedBy
}

function requestsOf({ got, gave }: Member, size: number): Readonly<Record<string, number>> {
  if (got.every(({ request }) => request === null) && gave.every(({ request }) => request === null)) return nothing
  const requests: Record<string, number> = {}
  for (const { request, units } of [...got, ...gave])
    if (request !== null) requests[request] = (requests[request] ?? 0) + units * size
  return requests
}

/** `39 of 40 used, 1 free, below its low watermark 4` */
function state({ used, limit, low, high }: Cell): string {
  const free = limit - used
  const begin = `${used} of ${limit} used, ${free < 0 ? 'nothing' : free} free, `
  if (free < low) return `${begin}below its low watermark ${low}`
  if (free > high) return `${begin}above its high watermark ${high}`
  return `${begin}between its watermarks ${low} and ${high}`
}

/** `; gets 6 from free capacity, batch`; one part for each cause and request. */
function said(flows: readonly Flow[], size: number, getting: boolean): string {
  if (flows.length === 0) return ''
  if (flows.length === 1) return part(flows[0]!, flows[0]!.units * size, otherOf(flows[0]!, getting), getting)
  let text = ''
  for (const [n, first] of flows.entries()) {
    const isSame = ({ cause, request }: Flow) => cause === first.cause && request === first.request
    if (n > 0 && flows.findIndex(isSame) < n) continue
    let units = 0
    const others: string[] = []
    for (const flow of flows) {
      if (!isSame(flow)) continue
      units += flow.units
      const other = otherOf(flow, getting)
      if (others.length <= NAMED && !others.includes(other)) others.push(other)
    }
    const names = others.length > NAMED ? `${others.slice(0, NAMED).join(', ')} and others` : others.join(', ')
    text += part(first, units * size, names, getting)
  }
  return text
}

function part(flow: Flow, amount: number, others: string, getting: boolean): string {
  const back = flow.cause === 'back' ? ' back' : ''
  const about = aboutOf(flow)
  return getting ? `; gets${back} ${amount}${about} from ${others}` : `; gives${back} ${amount}${about} to ${others}`
}

function aboutOf({ cause, request }: Flow): string {
  if (request === null) return ''
  return cause === 'back' ? ` of request ${request}, whose time is over,` : ` for request ${request}`
}

function otherOf({ from, to, cause }: Flow, getting: boolean): string {
  if (cause === 'over') return 'nobody, the limits together are above the capacity'
  return (getting ? from : to)?.project ?? 'free capacity'
}

/** Lists what requests get and give back; one entry for each request, resource and pair. */
export function entriesOf(pool: Pool): readonly BookEntry[] {
  if (!pool.people) return []
  const entries = new Map<string, Flow>()
  for (const flow of pool.flows) {
    if (flow.request === null) continue
    const key = JSON.stringify([flow.cause, flow.request, flow.from?.project, flow.owedTo ?? flow.to?.project])
    const before = entries.get(key)
    entries.set(key, before === undefined ? flow : { ...flow, units: flow.units + before.units })
  }
  return [...entries.values()].flatMap(({ cause, request, from, to, owedTo, units }) =>
    pool.resources.map((resource, n) => ({
      kind: cause === 'back' ? ('returned' as const) : ('lent' as const),
      request: request!,
      resource,
      from: from?.project ?? '',
      to: owedTo ?? to?.project ?? '',
      amount: units * pool.sizes[n]!
    }))
  )
}

function firstCause(flows: readonly Flow[]): Flow['cause'] {
  return causes.find((cause) => flows.some((flow) => flow.cause === cause))!
}
