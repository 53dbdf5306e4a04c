import type { Check } from '../base/check.ts'
import { plain } from '../base/plain.ts'
import type { Stop } from '../core/stop.ts'
import { liftText, stopText } from '../core/stop-text.ts'
import type { ApprovalView, LaneView } from '../people/explain/views.ts'
import { table } from '../people/table.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, type Context, configured, misused } from './command.ts'
import { atDoors } from './doors.ts'
import type { Place, Reached } from './place.ts'
import { asJson, journalName, runsText } from './reach.ts'
import type { ShapeName } from './shapes.ts'
import { simulatedConfig } from './simulated.ts'
import { wished } from './words.ts'

interface Now {
  /** What a running product says of itself; null: the journal alone was read. */
  readonly product: { readonly ready: boolean; readonly checks: readonly Check[] } | null
  /** What the journal here does not say of itself; left out: a product was asked. */
  readonly doubts?: readonly string[]
  /** Policy → its mode, and where it differs. */
  readonly modes: Readonly<Record<string, string>>
  readonly stops: readonly (Omit<Stop, 'at'> & { readonly at: string })[]
  readonly held: readonly Pick<LaneView, 'key' | 'held'>[]
  readonly parked: readonly Pick<LaneView, 'key'>[]
  readonly approvals: readonly Pick<ApprovalView, 'id'>[]
  /** Names of the configuration that count for nothing, where the journal alone was read: a running product says it itself. */
  readonly names?: readonly string[]
}

/** `reflex status`: whether a product runs at all, what holds now, and what waits for a person. */
export const statusCommand: Command = {
  name: 'status',
  usage: `${wordOf('status').usage} [--json]`,
  summary: 'whether it runs, modes, stops, what is held or parked and by which rule, approvals that are waited for',
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean' })
    if (!said.ok) return misused(statusCommand, said.problem, context)
    const wish = wished('status', said.words, statusCommand, context)
    if (typeof wish === 'number') return wish
    const server = serverOf(context)
    const read = server === null ? await inJournal(context) : await throughApi(server, context)
    if (!read.ok) return read.code
    const { value: now, place } = read
    const running = 'server' in place || place.running !== undefined
    context.out(said.flags.json === true ? asJson({ running, ...now }, place) : render(now, place, context))
    if (!running) return 3
    return now.product?.ready === false ? 1 : 0
  }
}

async function inJournal(context: Context): Promise<Reached<Now>> {
  const config = await configured(context)
  if (config === undefined) return { ok: false, code: 1 }
  const { policies } = config ?? (await simulatedConfig())
  // As /readyz tells them.
  const modes = policies.flatMap(({ name, mode, clusters }) => [
    [name, mode] as const,
    ...Object.entries(clusters).map(([cluster, one]) => [`${name} on ${cluster}`, one] as const)
  ])
  return atDoors<Now>(context, async ({ journal }) => {
    const { approvalView, laneView, stopView } = await import('../people/explain/views.ts')
    const [doubt, unwritten, stops, held, parked, approvals, pins] = await Promise.all([
      journal.doubt(),
      journal.unwrittenStops(),
      journal.stops(),
      journal.lanes({ held: true }),
      journal.lanes({ parked: true }),
      journal.approvals({ state: 'open', limit: 500 }),
      journal.namePins('')
    ])
    const names = pins.flatMap(({ trouble }) => trouble ?? [])
    return {
      ok: true,
      product: null,
      doubts: [
        ...(doubt === null
          ? []
          : [`this may not be the journal that was here: ${doubt}; \`reflex accept journal\` goes on with it`]),
        ...unwritten.map(
          ({ cluster, by, reason }) =>
            `${cluster ?? 'everything'} is stopped by ${by} (${reason}): in force where the product runs, and not written yet`
        )
      ],
      modes: Object.fromEntries(modes),
      stops: stops.map(stopView),
      held: held.map(laneView),
      parked: parked.map(laneView),
      approvals: approvals.map(approvalView),
      ...(names.length > 0 && { names })
    }
  })
}

type Ready = NonNullable<Now['product']> & { readonly modes?: Now['modes'] }

async function throughApi(server: string, context: Context): Promise<Reached<Now>> {
  const get = <T>(path: string, shape: ShapeName) => ask<T>(server, path, shape, context)
  const ready = await get<Ready>('/readyz', 'ready')
  // One after the other: what is wrong is said once.
  const stops = ready.ok ? await get<{ items: Now['stops'] }>('/api/v1/stops', 'stops') : ready
  const held = stops.ok ? await get<{ items: LaneView[] }>('/api/v1/lanes?held=true', 'lanes') : stops
  const parked = held.ok ? await get<{ items: LaneView[] }>('/api/v1/lanes?parked=true', 'lanes') : held
  const approvals = parked.ok
    ? await get<{ items: ApprovalView[] }>('/api/v1/approvals?state=open', 'approvals')
    : parked
  if (!ready.ok || !stops.ok || !held.ok || !parked.ok || !approvals.ok)
    return { ok: false, code: [ready, stops, held, parked, approvals].some((one) => !one.ok && one.refused) ? 1 : 3 }
  const { modes = {}, ...product } = ready.value
  const value = {
    product: { ready: product.ready, checks: product.checks },
    modes,
    stops: stops.value.items,
    held: held.value.items,
    parked: parked.value.items,
    approvals: approvals.value.items
  }
  return { ok: true, value, place: { server, installation: stops.installation ?? ready.installation } }
}

const told = ['stop', 'parked lanes']

function render(
  { modes, stops, held, parked, approvals, product, doubts = [], names = [] }: Now,
  place: Place,
  { columns }: Context
): string {
  const policies = Object.entries(modes).map(([name, mode]) => `${name} ${mode}`)
  // Stops and parked lanes have lines of their own.
  const bad = product?.checks.filter(({ name, level }) => level !== 'ok' && !told.includes(name)) ?? []
  return table(
    [
      ...rows('product', [productLine(product, place)]),
      ...rows('from', [fromLine(place)]),
      ...rows('policies', policies.length === 0 ? ['none: nothing is decided'] : policies),
      ...rows('stopped', stops.length === 0 ? ['nothing'] : stops.map((one) => stopLine(one, stops))),
      ...rows('held', [heldLine(held)]),
      ...rows('parked', [parked.length === 0 ? 'no lane' : `${lanes(parked.length)}: \`reflex parked\``]),
      ...rows('approvals', [
        approvals.length === 0 ? 'none is waited for' : `${approvals.length} waited for: \`reflex approvals\``
      ]),
      ...doubts.flatMap((doubt) => rows('warning', [plain(doubt)])),
      ...rows('warning', names),
      ...bad.flatMap(({ name, level, detail }) => rows(level, [`${plain(name)}: ${detail}`]))
    ],
    columns
  )
}

function productLine(product: Now['product'], place: Place): string {
  if ('server' in place) return `runs, ${product?.ready === true ? 'ready' : 'NOT READY'}`
  return place.running === undefined
    ? `DOES NOT RUN here: ${runsText(undefined)}`
    : `runs here (pid ${place.running.pid ?? 'unknown'})`
}

function fromLine(place: Place): string {
  if ('server' in place) return `${place.server}, installation ${place.installation ?? 'not told'}`
  return journalName(place)
}

const lanes = (count: number): string => (count === 1 ? '1 lane' : `${count} lanes`)

const rows = (name: string, lines: readonly string[]): readonly (readonly string[])[] =>
  lines.map((line, n) => [n === 0 ? name : '', line])

const stopLine = (stop: Now['stops'][number], all: Now['stops']): string => `${stopText(stop)}: ${liftText(stop, all)}`

/** `3 lanes: 2 by stop, 1 by window` */
function heldLine(held: Now['held']): string {
  if (held.length === 0) return 'no lane'
  const rules = Object.entries(Object.groupBy(held, (lane) => lane.held ?? 'a rule'))
  const counts = rules.map(([rule, of = []]) => ({ rule, count: of.length })).sort((a, b) => b.count - a.count)
  return `${lanes(held.length)}: ${counts.map(({ rule, count }) => `${count} by ${rule}`).join(', ')}`
}
