import type { Stop } from '../core/guard.ts'
import type { ApprovalView, LaneView } from '../explain/views.ts'
import type { Check } from '../handlers/health.ts'
import { plain } from '../plain.ts'
import { wordOf } from '../words.ts'
import { argumentsOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, type Context, configured, misused } from './command.ts'
import { atDoors } from './doors.ts'
import { simulatedConfig } from './simulated.ts'
import { stopText } from './stop.ts'
import { table } from './table.ts'
import { wished } from './words.ts'

interface Now {
  /** Where this was read. */
  readonly from: string
  /** Policy → its mode, and where it differs. */
  readonly modes: Readonly<Record<string, string>>
  readonly stops: readonly (Pick<Stop, 'cluster' | 'by' | 'reason'> & { readonly at: string })[]
  readonly held: readonly LaneView[]
  readonly parked: readonly LaneView[]
  readonly approvals: readonly ApprovalView[]
  /** What a running product says of itself; null: the journal alone was read. */
  readonly product: { readonly ready: boolean; readonly checks: readonly Check[] } | null
}

/** `reflex status`: what holds now, and what waits for a person. */
export const statusCommand: Command = {
  name: 'status',
  usage: `${wordOf('status').usage} [--json]`,
  summary: 'modes, stops, what is held or parked and by which rule, approvals that are waited for',
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean' })
    if (!said.ok) return misused(statusCommand, said.problem, context)
    const wish = wished('status', said.words, statusCommand, context)
    if (typeof wish === 'number') return wish
    const server = serverOf(context)
    const now = server === null ? await inJournal(context) : await throughApi(server, context)
    if (now === null) return 1
    context.out(said.flags.json === true ? `${JSON.stringify(now, null, 2)}\n` : render(now))
    return now.product?.ready === false ? 1 : 0
  }
}

async function inJournal(context: Context): Promise<Now | null> {
  const config = await configured(context)
  if (config === undefined) return null
  const { policies } = config ?? (await simulatedConfig())
  const modes = policies.map(({ name, mode, clusters }) => {
    const differing = Object.entries(clusters).map(([cluster, one]) => `${cluster}: ${one}`)
    return [name, differing.length === 0 ? mode : `${mode} (${differing.join(', ')})`] as const
  })
  return atDoors<Now>(context, async ({ journal }) => {
    const { approvalView, laneView } = await import('../explain/views.ts')
    const [stops, held, parked, approvals] = await Promise.all([
      journal.stops(),
      journal.lanes({ held: true }),
      journal.lanes({ parked: true }),
      journal.approvals({ state: 'open', limit: 500 })
    ])
    return {
      ok: true,
      from: config === null ? 'the journal of the simulated cloud' : 'the configuration and the journal here',
      modes: Object.fromEntries(modes),
      stops: stops.map((one) => ({ ...one, at: new Date(one.at).toISOString() })),
      held: held.map(laneView),
      parked: parked.map(laneView),
      approvals: approvals.map(approvalView),
      product: null
    }
  })
}

async function throughApi(server: string, context: Context): Promise<Now | null> {
  const get = <T>(path: string) => ask<T>(server, path, context)
  const ready = await get<{ ready: boolean; modes: Record<string, string>; checks: Check[] }>('/readyz')
  // One after the other: what is wrong is said once.
  const stops = ready && (await get<{ items: Now['stops'] }>('/api/v1/stops'))
  const held = stops && (await get<{ items: LaneView[] }>('/api/v1/lanes?held=true'))
  const parked = held && (await get<{ items: LaneView[] }>('/api/v1/lanes?parked=true'))
  const approvals = parked && (await get<{ items: ApprovalView[] }>('/api/v1/approvals?state=open'))
  if (ready === null || stops === null || held === null || parked === null || approvals === null) return null
  return {
    from: server,
    modes: ready.modes,
    stops: stops.items,
    held: held.items,
    parked: parked.items,
    approvals: approvals.items,
    product: { ready: ready.ready, checks: ready.checks }
  }
}

const told = ['stop', 'parked lanes']

function render({ from, modes, stops, held, parked, approvals, product }: Now): string {
  const policies = Object.entries(modes).map(([name, mode]) => `${name} ${mode}`)
  // Stops and parked lanes have lines of their own.
  const bad = product?.checks.filter(({ name, level }) => level !== 'ok' && !told.includes(name)) ?? []
  return table([
    ...rows('from', [from]),
    ...(product === null ? [] : rows('product', [product.ready ? 'ready' : 'NOT READY'])),
    ...rows('policies', policies.length === 0 ? ['none: nothing is decided'] : policies),
    ...rows('stopped', stops.length === 0 ? ['nothing'] : stops.map(stopLine)),
    ...rows('held', [heldLine(held)]),
    ...rows('parked', [parked.length === 0 ? 'no lane' : `${lanes(parked.length)}: \`reflex parked\``]),
    ...rows('approvals', [
      approvals.length === 0 ? 'none is waited for' : `${approvals.length} waited for: \`reflex approvals\``
    ]),
    ...bad.flatMap(({ name, level, detail }) => rows(level, [`${plain(name)}: ${detail}`]))
  ])
}

const lanes = (count: number): string => (count === 1 ? '1 lane' : `${count} lanes`)

const rows = (name: string, lines: readonly string[]): readonly (readonly string[])[] =>
  lines.map((line, n) => [n === 0 ? name : '', line])

const stopLine = (stop: Now['stops'][number]): string =>
  `${stopText(stop)} since ${stop.at.slice(0, 19)}Z: \`reflex resume ${stop.cluster ?? 'all'}\` goes on`

/** `3 lanes: 2 by stop, 1 by window` */
function heldLine(held: readonly LaneView[]): string {
  if (held.length === 0) return 'no lane'
  const rules = Object.entries(Object.groupBy(held, (lane) => lane.held ?? 'a rule'))
  const counts = rules.map(([rule, of = []]) => ({ rule, count: of.length })).sort((a, b) => b.count - a.count)
  return `${lanes(held.length)}: ${counts.map(({ rule, count }) => `${count} by ${rule}`).join(', ')}`
}
