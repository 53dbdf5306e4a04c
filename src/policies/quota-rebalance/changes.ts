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
  const requests: Record<string, number> = {}
  for (const { request, units } of [...reasons.in, ...reasons.out]) {
    if (request !== null) requests[request] = (requests[request] ?? 0) + units * size
  }
  const freedBy: Record<string, number> = {}
  for (const [project, units] of reasons.freedBy ?? []) freedBy[project] = units * size
  return {
    resource: pool.resources[n]!,
    project: member.project,
    from: cell.limit,
    to: cell.limit + member.moved * size,
    rule: reasons.rule,
    why: `${state(cell)}: ${[...said(reasons.in, size, true), ...said(reasons.out, size, false)].join('; ')}`,
    requests,
    freedBy
  }
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

/** `gets 6 from free capacity, batch` */
function said(flows: readonly Flow[], size: number, getting: boolean): readonly string[] {
  const parts = new Map<string, { units: number; others: Set<string> }>()
  for (const { cause, request, units, from, to } of flows) {
    const about =
      request === null
        ? ''
        : cause === 'back'
          ? ` of request ${request}, whose time is over,`
          : ` for request ${request}`
    const key = `${getting ? 'gets' : 'gives'}${cause === 'back' ? ' back' : ''} #${about}`
    const part = parts.get(key) ?? { units: 0, others: new Set() }
    part.units += units
    const other = getting ? from : to
    part.others.add(
      other?.project ?? (cause === 'over' ? 'nobody, the limits together are above the capacity' : 'free capacity')
    )
    parts.set(key, part)
  }
  return [...parts].map(([key, { units, others }]) => {
    const names = [...others].slice(0, NAMED).join(', ')
    const more = others.size > NAMED ? ` and ${others.size - NAMED} more` : ''
    return `${key.replace('#', String(units * size))} ${getting ? 'from' : 'to'} ${names}${more}`
  })
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
