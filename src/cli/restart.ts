import { plain } from '../base/plain.ts'
import { comesOf, notYet, type Shown } from '../people/decided-text.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { type Command, misused } from './command.ts'
import { asJson, reach, sayWhereElse } from './reach.ts'
import { wished } from './words.ts'

interface Asked {
  readonly event: number
  /** One for each cluster; none: nobody decided yet. */
  readonly decisions: readonly Shown[]
}

/** `reflex restart`: asks for a restart; the policies decide whether and where. */
export const restartCommand: Command = {
  name: 'restart',
  usage: `${wordOf('restart').usage} [--reason <reason>] [--json]`,
  summary: `${wordOf('restart').summary}; without a cluster: wherever the service is placed`,
  async run(args, context) {
    const said = argumentsOf(args, { reason: 'string', json: 'boolean' })
    if (!said.ok) return misused(restartCommand, said.problem, context)
    const wish = wished('restart', said.words, restartCommand, context)
    if (typeof wish === 'number') return wish
    const { service, cluster } = wish
    const reason = said.flags.reason ?? null
    const body = { service, ...(cluster === null ? {} : { cluster }), ...(reason === null ? {} : { reason }) }
    const question = { path: '/api/v1/restarts', shape: 'restarted', body } as const
    const asked = await reach<Asked>(context, question, async ({ doors, actor, decidedOf }) => {
      const answer = await (await import('../people/people.ts')).restart(doors, actor, service, cluster, reason)
      return answer.ok ? { ok: true, event: answer.event, decisions: await decidedOf(answer) } : answer
    })
    if (!asked.ok) return asked.code
    const { value, place } = asked
    context.out(said.flags.json === true ? asJson(value, place) : told(service, value))
    sayWhereElse(place, context)
    return value.decisions.every((one) => one.outcome === 'act' && one.verdict?.verdict !== 'refuse') ? 0 : 1
  }
}

function told(service: string, { decisions }: Asked): string {
  const name = plain(service)
  if (decisions.length === 0) return `the restart of ${name} is asked for; ${notYet}\n`
  return decisions
    .map((one) => {
      const on = one.plan[0]?.cluster ?? null
      const where = on === null ? '' : ` on ${plain(on)}`
      return (
        `the restart of ${name}${where} is decided (decision ${one.id}): ${comesOf(one)}\n` +
        `\`reflex explain decision:${one.id}\` tells what is done\n`
      )
    })
    .join('')
}
