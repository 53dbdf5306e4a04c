import { renderEntries } from './layout.ts'
import type { ExplainedRange } from './range.ts'
import { shortIds } from './short.ts'

/** Renders what happened within some time, as text; one line each, unless a width is given. */
export function renderRange(
  { since, until, policy, items, cut }: ExplainedRange,
  width = Number.POSITIVE_INFINITY
): string {
  const whose = policy === null ? '' : ` of ${policy}, and what people did`
  const time = `${since.slice(0, 19)}Z until ${until === null ? 'now' : `${until.slice(0, 19)}Z`}`
  if (items.length === 0)
    return `Nothing was decided or done${policy === null ? '' : ` by ${policy}`} from ${time}.\nGET /api/v1/events?since=1h shows whether notifications arrive at all.\n`
  const out = [`What happened${whose}, from ${time}. Times are UTC.`, '']
  out.push(
    ...renderEntries(
      items.map(({ at, label, text }) => ({ at, label, lines: [shortIds(text)] })),
      width
    )
  )
  if (cut) out.push('', `There is more before this: \`--until ${items[0]!.at}\` shows what came first.`)
  out.push(
    '',
    '`reflex explain decision:<number>` (or an event number, an action id, a name) tells the whole story of one.'
  )
  return `${out.join('\n')}\n`
}
