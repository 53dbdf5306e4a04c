import { nearest } from '../base/nearest.ts'
import { plain } from '../base/plain.ts'
import { durationMs } from '../core/duration.ts'
import type { QuotaWish } from '../people/request-quota.ts'
import { table } from '../people/table.ts'
import { isRefused, type QuotaOutcome, quotaMore, quotaSaid, quotaWish } from '../people/texts/quota.ts'
import { wordOf } from '../people/words.ts'
import { quotaClustersOf, reportOn } from '../policies/quota-rebalance/view/about.ts'
import { quotaVerbs } from '../policies/quota-rebalance/view/words.ts'
import { argumentsOf } from './arguments.ts'
import { ask, read } from './ask.ts'
import { type Command, type Context, type ExitCode, misused } from './command.ts'
import { asJson, type Reached, sayWhereElse } from './place.ts'
import { wished } from './words.ts'

/** `reflex quota`: usage, limits and watermarks; asks for more, for a time or for good, and gives it back. */
export const quotaCommand: Command = {
  name: 'quota',
  usage: `${wordOf('quota').usage} [--for <duration>] [--reason <reason>] [--yes] [--json]`,
  summary: wordOf('quota').summary,
  async run(args, context) {
    const said = argumentsOf(args, { for: 'string', reason: 'string', yes: 'boolean', json: 'boolean' })
    if (!said.ok) return misused(quotaCommand, said.problem, context)
    const wish = wished('quota', said.words, quotaCommand, context)
    if (typeof wish === 'number') return wish
    const { for: time, reason } = said.flags
    const forMs = time === undefined ? null : durationMs(time)
    if (time !== undefined && forMs === null)
      return misused(quotaCommand, `--for '${time}' is not a duration such as 30m, 4h or 2d`, context)
    const { what } = wish.wish
    const misplaced =
      (time !== undefined && what !== 'request' && '--for goes with a request') ||
      (said.flags.yes === true && what !== 'request' && '--yes goes with a request') ||
      (reason !== undefined && what === 'show' && '--reason goes with a request or a release')
    if (misplaced) return misused(quotaCommand, misplaced, context)
    const { json = false } = said.flags
    if (wish.wish.what === 'show') return show(wish.wish.about, json, context)
    if (wish.wish.what === 'release') return release(wish.wish.id, reason ?? wish.wish.reason, json, context)
    const { wish: asked } = wish
    const confirmed = said.flags.yes === true || asked.confirmed === true
    return request({ ...asked, forMs: forMs ?? asked.forMs, reason: reason ?? asked.reason, confirmed }, json, context)
  }
}

const notConfigured = 'no quotas are shared here: quota-rebalance is not configured (policies.quota-rebalance)'

async function show(about: string | null, json: boolean, context: Context): Promise<ExitCode> {
  const shown = await read(context, (operations) => operations.quota())
  if (!shown.ok) return shown.code
  const report = shown.value
  const { groups } = report
  if (groups.length === 0) {
    context.err(`${notConfigured}\n`)
    return 1
  }
  const clusters = quotaClustersOf(report)
  if (about !== null && !clusters.includes(about)) {
    const meant = nearest(about, [...quotaVerbs, ...clusters])
    const hint = meant === null ? '' : `did you mean '${meant}'? `
    context.err(`${plain(about)} is in no group; ${hint}clusters with shared quotas are: ${clusters.join(', ')}\n`)
    return 1
  }
  if (json) {
    context.out(asJson(about === null ? { groups } : reportOn(report, about)))
    return 0
  }
  const { legend, quotaNotes, quotaRows, readAt } = await import('../policies/quota-rebalance/view/render.ts')
  const at = readAt(report)
  const when =
    at === null ? 'nothing was read yet: a running product does' : `as of ${new Date(at).toISOString().slice(0, 19)}Z`
  context.out(`${legend}   (${when})\n\n${table(quotaRows({ groups }, about), context.columns)}`)
  const notes = quotaNotes({ groups }, about, 5)
  if (notes.length > 0) context.out(`\n${notes.map((line) => `${plain(line)}\n`).join('')}`)
  return 0
}

async function request(wish: QuotaWish, json: boolean, context: Context): Promise<ExitCode> {
  const { cluster, resource, amount, forMs } = wish
  const asked = await ask(context, (operations) => operations.requestQuota(wish))
  return told(asked, quotaWish(amount, resource, cluster, forMs), json, context, forMs === null)
}

async function release(id: number, reason: string | null, json: boolean, context: Context): Promise<ExitCode> {
  const asked = await ask(context, (operations) => operations.releaseQuota(id, reason))
  return told(asked, 'its end', json, context)
}

function told(asked: Reached<QuotaOutcome>, what: string, json: boolean, context: Context, lasting = false): ExitCode {
  if (!asked.ok) return asked.code
  const { value, place } = asked
  context.out(json ? asJson(value, place) : `${[quotaSaid(value, what), ...quotaMore(value, lasting)].join('\n')}\n`)
  sayWhereElse(place, context)
  return isRefused(value) ? 1 : 0
}
