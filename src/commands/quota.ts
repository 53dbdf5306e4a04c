import { durationMs } from '../core/duration.ts'
import { plain } from '../plain.ts'
import { clustersOf, reportOn } from '../quota/about.ts'
import type { QuotaWish } from '../quota/doors.ts'
import type { QuotaReport } from '../quota/report.ts'
import { wordOf } from '../words.ts'
import { argumentsOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, type Context, type ExitCode, misused } from './command.ts'
import { atDoors } from './doors.ts'
import { type Asked, isRefused, quotaMore, quotaSaid, quotaWish } from './quota-text.ts'
import { table } from './table.ts'
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
      (reason !== undefined && what === 'show' && '--reason goes with a request or a release') ||
      (said.flags.json === true && what !== 'show' && '--json goes with the list')
    if (misplaced) return misused(quotaCommand, misplaced, context)
    if (wish.wish.what === 'show') {
      return show(wish.wish.about, said.flags.json === true, context)
    }
    if (wish.wish.what === 'release') return release(wish.wish.id, reason ?? wish.wish.reason, context)
    const { wish: asked } = wish
    const confirmed = said.flags.yes === true || asked.confirmed === true
    return request({ ...asked, forMs: forMs ?? asked.forMs, reason: reason ?? asked.reason, confirmed }, context)
  }
}

const notConfigured = 'no quotas are shared here: quota-rebalance is not configured (policies.quota-rebalance)'

async function show(about: string | null, json: boolean, context: Context): Promise<ExitCode> {
  const server = serverOf(context)
  const report =
    server === null
      ? await atDoors<QuotaReport>(context, async ({ journal, doors }) => {
          const { quotas = null, now } = doors
          if (quotas === null) return { ok: false, why: 'conflict', reason: notConfigured }
          const { quotaReport } = await import('../quota/report.ts')
          return { ok: true, ...(await quotaReport(journal, quotas, now())) }
        })
      : await ask<QuotaReport>(server, '/api/v1/quota', context)
  if (report === null) return 1
  const { groups } = report
  if (groups.length === 0) {
    context.err(`${notConfigured}\n`)
    return 1
  }
  const clusters = clustersOf(report)
  if (about !== null && !clusters.includes(about)) {
    context.err(`${plain(about)} is in no group; clusters with shared quotas are: ${clusters.join(', ')}\n`)
    return 1
  }
  if (json) {
    context.out(`${JSON.stringify(about === null ? { groups } : reportOn(report, about), null, 2)}\n`)
    return 0
  }
  const { legend, quotaNotes, quotaRows, readAt } = await import('../quota/render.ts')
  const at = readAt(report)
  const when =
    at === null ? 'nothing was read yet: a running product does' : `as of ${new Date(at).toISOString().slice(0, 19)}Z`
  context.out(`${legend}   (${when})\n\n${table(quotaRows({ groups }, about))}`)
  const notes = quotaNotes({ groups }, about, 5)
  if (notes.length > 0) context.out(`\n${notes.map((line) => `${plain(line)}\n`).join('')}`)
  return 0
}

async function request(wish: QuotaWish, context: Context): Promise<ExitCode> {
  const server = serverOf(context)
  const { cluster, resource, amount, forMs, reason, confirmed = false } = wish
  const asked =
    server === null
      ? await atDoors<Asked>(context, async ({ doors, actor, decidedOf }) => {
          const { requestQuota } = await import('../quota/doors.ts')
          const answer = await requestQuota(doors, doors.quotas ?? null, actor, wish)
          return answer.ok ? { ...answer, decision: (await decidedOf(answer)).at(-1) ?? null } : answer
        })
      : await ask<Asked>(server, '/api/v1/quota/requests', context, {
          cluster,
          resource,
          amount: String(amount),
          ...(forMs === null ? {} : { for: `${forMs}ms` }),
          ...(reason === null ? {} : { reason }),
          ...(confirmed ? { confirm: 'yes' } : {})
        })
  return told(asked, quotaWish(amount, resource, cluster, forMs), context, forMs === null)
}

async function release(id: number, reason: string | null, context: Context): Promise<ExitCode> {
  const server = serverOf(context)
  const asked =
    server === null
      ? await atDoors<Asked>(context, async ({ doors, actor, decidedOf }) => {
          const { releaseQuota } = await import('../quota/doors.ts')
          const answer = await releaseQuota(doors, doors.quotas ?? null, actor, id, reason)
          return answer.ok ? { ...answer, decision: (await decidedOf(answer)).at(-1) ?? null } : answer
        })
      : await ask<Asked>(server, `/api/v1/quota/requests/${id}/release`, context, reason === null ? {} : { reason })
  return told(asked, 'its end', context)
}

function told(asked: Asked | null, what: string, context: Context, lasting = false): ExitCode {
  if (asked === null) return 1
  context.out(`${[quotaSaid(asked, what), ...quotaMore(asked, lasting)].join('\n')}\n`)
  return isRefused(asked) ? 1 : 0
}
