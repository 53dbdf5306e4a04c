import { plain } from '../plain.ts'
import { wordOf } from '../words.ts'
import { argumentsOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, misused } from './command.ts'
import { comesOf, notYet, type Shown } from './decided-text.ts'
import { atDoors } from './doors.ts'
import { wished } from './words.ts'

interface Asked {
  /** One for each cluster; none: nobody decided yet. */
  readonly decisions: readonly Shown[]
}

/** `reflex restart`: asks for a restart; the policies decide whether and where. */
export const restartCommand: Command = {
  name: 'restart',
  usage: `${wordOf('restart').usage} [--reason <reason>]`,
  summary: `${wordOf('restart').summary}; without a cluster: wherever the service is placed`,
  async run(args, context) {
    const said = argumentsOf(args, { reason: 'string' })
    if (!said.ok) return misused(restartCommand, said.problem, context)
    const wish = wished('restart', said.words, restartCommand, context)
    if (typeof wish === 'number') return wish
    const { service, cluster } = wish
    const reason = said.flags.reason ?? null
    const server = serverOf(context)
    const asked =
      server === null
        ? await atDoors<Asked>(context, async ({ doors, actor, decidedOf }) => {
            const answer = await (await import('../people.ts')).restart(doors, actor, service, cluster, reason)
            return answer.ok ? { ok: true, decisions: await decidedOf(answer) } : answer
          })
        : await ask<Asked>(server, '/api/v1/restarts', context, {
            service,
            ...(cluster === null ? {} : { cluster }),
            ...(reason === null ? {} : { reason })
          })
    if (asked === null) return 1
    const name = plain(service)
    const { decisions } = asked
    if (decisions.length === 0) context.out(`the restart of ${name} is asked for; ${notYet}\n`)
    for (const one of decisions) {
      const on = one.plan[0]?.cluster ?? null
      const where = on === null ? '' : ` on ${plain(on)}`
      context.out(`the restart of ${name}${where} is decided (decision ${one.id}): ${comesOf(one)}\n`)
      context.out(`\`reflex explain decision:${one.id}\` tells what is done\n`)
    }
    return decisions.every((one) => one.outcome === 'act' && one.verdict?.verdict !== 'refuse') ? 0 : 1
  }
}
