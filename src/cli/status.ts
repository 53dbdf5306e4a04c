import { plain } from '../base/plain.ts'
import type { Status } from '../people/operations.ts'
import { table } from '../people/table.ts'
import { rowsOf, statusRows } from '../people/texts/status.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { ask } from './ask.ts'
import { type Command, type Context, misused } from './command.ts'
import { asJson, journalName, type Place, runsText } from './place.ts'
import { cliVoice } from './voice.ts'
import { wished } from './words.ts'

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
    const read = await ask(context, (operations) => operations.status())
    if (!read.ok) return read.code
    const { value: now, place } = read
    const running = 'server' in place || place.running !== undefined
    context.out(said.flags.json === true ? asJson({ running, ...now }, place) : render(now, place, context))
    if (!running) return 3
    return now.product?.ready === false ? 1 : 0
  }
}

const told = ['stop', 'parked lanes']

function render(
  { modes, stops, held, parked, approvals, product, doubts = [], names = [] }: Status,
  place: Place,
  { columns }: Context
): string {
  const policies = Object.entries(modes).map(([name, mode]) => `${name} ${mode}`)
  // Stops and parked lanes have lines of their own.
  const bad = product?.checks.filter(({ name, level }) => level !== 'ok' && !told.includes(name)) ?? []
  return table(
    [
      ...rowsOf('product', [productLine(product, place)]),
      ...rowsOf('from', [fromLine(place)]),
      ...rowsOf('policies', policies.length === 0 ? ['none: nothing is decided'] : policies),
      ...statusRows({ stops, held, parked, approvals }, cliVoice),
      ...doubts.flatMap((doubt) => rowsOf('warning', [plain(doubt)])),
      ...rowsOf('warning', names),
      ...bad.flatMap(({ name, level, detail }) => rowsOf(level, [`${plain(name)}: ${detail}`]))
    ],
    columns
  )
}

function productLine(product: Status['product'], place: Place): string {
  if ('server' in place) return `runs, ${product?.ready === true ? 'ready' : 'NOT READY'}`
  return place.running === undefined
    ? `DOES NOT RUN here: ${runsText(undefined)}`
    : `runs here (pid ${place.running.pid ?? 'unknown'})`
}

function fromLine(place: Place): string {
  if ('server' in place) return `${place.server}, installation ${place.installation ?? 'not told'}`
  return journalName(place)
}
