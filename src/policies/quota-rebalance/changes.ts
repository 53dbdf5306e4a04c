import type { Cell, Change, Entry, Rule } from './model.ts'
import { netOf } from './netting.ts'
import type { Flow, Member, Pool } from './pool.ts'

const NAMED = 3
const causes: readonly Flow['cause'][] = ['back', 'asked', 'itself', 'over']
const shrinkRules: Readonly<Record<Flow['cause'], Rule>> = {
  back: 'give-back',
  asked: 'give-asked',
  itself: 'give',
  over: 'over-capacity'
}
const growRules: Readonly<Record<Exclude<Flow['cause'], 'over'>, Rule>> = {
  back: 'take-back',
  asked: 'receive-asked',
  itself: 'receive'
}

/** The shrinking and the growing limits of a pool: who gives first and who receives first come first. */
export function changesOf(pool: Pool): { readonly shrinks: readonly Change[]; readonly grows: readonly Change[] } {
  const took = new Map<Member, Flow[]>()
  const got = new Map<Member, Flow[]>()
  for (const flow of pool.flows) {
    if (flow.from !== null) append(took, flow.from, flow)
    if (flow.to !== null) append(got, flow.to, flow)
  }
  const sources = new Map<Member, Map<string, number>>()
  for (const { from, to, units } of netOf(pool.flows)) {
    if (to === null) continue
    const own = sources.get(to) ?? new Map<string, number>()
    const name = from?.project ?? ''
    own.set(name, (own.get(name) ?? 0) + units)
    sources.set(to, own)
  }

  const shrinks: Change[] = []
  const grows: Change[] = []
  for (const [member, flows] of took) {
    if (member.moved >= 0) continue
    const rule = shrinkRules[firstCause(flows)]
    for (let n = 0; n < pool.sizes.length; n++)
      shrinks.push(changeOf(pool, member, n, { rule, out: flows, in: got.get(member) ?? [] }))
  }
  for (const [member, flows] of got) {
    if (member.moved <= 0) continue
    const rule = growRules[firstCause(flows) as keyof typeof growRules]
    for (let n = 0; n < pool.sizes.length; n++)
      grows.push(
        changeOf(pool, member, n, { rule, out: took.get(member) ?? [], in: flows, freedBy: sources.get(member)! })
      )
  }
  return { shrinks, grows }
}

interface Reasons {
  readonly rule: Rule
  readonly in: readonly Flow[]
  readonly out: readonly Flow[]
  readonly freedBy?: ReadonlyMap<string, number>
}

function changeOf(pool: Pool, member: Member, n: number, reasons: Reasons): Change {
  const cell = member.cells[n]!
  const size = pool.sizes[n]!
  const freedBy: Record<string, number> = {}
  if (reasons.freedBy !== undefined) for (const [project, units] of reasons.freedBy) freedBy[project] = units * size
  return {
    resource: pool.resources[n]!,
    project: member.project,
    from: cell.limit,
    to: cell.limit + member.moved * size,
    rule: reasons.rule,
    why: `${state(cell)}: ${[...said(reasons.in, size, true), ...said(reasons.out, size, false)].join('; ')}`,
    requests: requestsOf([...reasons.in, ...reasons.out], size),
    freedBy
  }
}

function requestsOf(flows: readonly Flow[], size: number): Readonly<Record<string, number>> {
  const requests: Record<string, number> = {}
  for (const { request, units } of flows)
    if (request !== null) requests[request] = (requests[request] ?? 0) + units * size
  return requests
}

/** `39 of 40 used, 1 free, below its low watermark 4` */
function state({ used, limit, low, high }: Cell): string {
  const free = limit - used
  const where =
    free < low
      ? `below its low watermark ${low}`
      : free > high
        ? `above its high watermark ${high}`
        : `between its watermarks ${low} and ${high}`
  return `${used} of ${limit} used, ${free < 0 ? 'nothing' : free} free, ${where}`
}

/** `gets 6 from free capacity, batch`; one part for each cause and request. */
function said(flows: readonly Flow[], size: number, getting: boolean): readonly string[] {
  const parts: { readonly first: Flow; units: number; others: string[] }[] = []
  for (const flow of flows) {
    let part = parts.find(({ first }) => first.cause === flow.cause && first.request === flow.request)
    if (part === undefined) {
      part = { first: flow, units: 0, others: [] }
      parts.push(part)
    }
    part.units += flow.units
    const other = otherOf(flow, getting)
    if (part.others.length <= NAMED && !part.others.includes(other)) part.others.push(other)
  }
  return parts.map(({ first: { cause, request }, units, others }) => {
    const verb = getting ? 'gets' : 'gives'
    const back = cause === 'back' ? ' back' : ''
    const about =
      request === null
        ? ''
        : cause === 'back'
          ? ` of request ${request}, whose time is over,`
          : ` for request ${request}`
    const names = others.length > NAMED ? `${others.slice(0, NAMED).join(', ')} and others` : others.join(', ')
    return `${verb}${back} ${units * size}${about} ${getting ? 'from' : 'to'} ${names}`
  })
}

function otherOf({ from, to, cause }: Flow, getting: boolean): string {
  if (cause === 'over') return 'nobody, the limits together are above the capacity'
  return (getting ? from : to)?.project ?? 'free capacity'
}

/** What requests get and give back; one entry for each request, resource and pair. */
export function entriesOf(pool: Pool): readonly Entry[] {
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

function append(lists: Map<Member, Flow[]>, member: Member, flow: Flow): void {
  const list = lists.get(member)
  if (list === undefined) lists.set(member, [flow])
  else list.push(flow)
}
