import { plain } from '../base/plain.ts'
import type { Restarted } from '../people/operations.ts'
import { comesOf, notYet } from '../people/texts/decided.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { ask } from './ask.ts'
import { type Command, misused } from './command.ts'
import { asJson, sayWhereElse } from './place.ts'
import { wished } from './words.ts'

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
    const asked = await ask(context, (operations) => operations.restart(service, cluster, reason))
    if (!asked.ok) return asked.code
    const { value, place } = asked
    context.out(said.flags.json === true ? asJson(value, place) : told(service, value))
    sayWhereElse(place, context)
    return value.decisions.every((one) => one.outcome === 'act' && one.verdict?.verdict !== 'refuse') ? 0 : 1
  }
}

function told(service: string, { decisions }: Restarted): string {
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
