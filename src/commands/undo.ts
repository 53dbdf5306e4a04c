import { plain } from '../plain.ts'
import { wordOf } from '../words.ts'
import { argumentsOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, misused } from './command.ts'
import { comesOf, notYet, type Shown } from './decided-text.ts'
import { atDoors } from './doors.ts'
import { wished } from './words.ts'

interface Undone {
  readonly decision: Shown | null
}

/** `reflex undo`: plans what takes an action back, through the same guard as everything. */
export const undoCommand: Command = {
  ...wordOf('undo'),
  summary: 'takes an action back, through the guard; what it changed is left alone afterwards',
  async run(args, context) {
    const said = argumentsOf(args, {})
    if (!said.ok) return misused(undoCommand, said.problem, context)
    const wish = wished('undo', said.words, undoCommand, context)
    if (typeof wish === 'number') return wish
    const { action: id, reason } = wish
    const server = serverOf(context)
    const undone =
      server === null
        ? await atDoors<Undone>(context, async ({ doors, actor, decided }) => {
            const answer = await (await import('../people.ts')).undo(doors, actor, id, reason)
            return answer.ok ? { ok: true, decision: await decided(answer) } : answer
          })
        : await ask<Undone>(
            server,
            `/api/v1/actions/${encodeURIComponent(id)}/undo`,
            context,
            reason === null ? {} : { reason }
          )
    if (undone === null) return 1
    const { decision } = undone
    if (decision === null) {
      context.out(`undoing ${plain(id)} is asked for; ${notYet}\n`)
      return 0
    }
    context.out(`undoing ${plain(id)} is decided (decision ${decision.id}): ${comesOf(decision)}\n`)
    context.out(`\`reflex explain decision:${decision.id}\` tells what is done\n`)
    return decision.outcome === 'act' && decision.verdict?.verdict !== 'refuse' ? 0 : 1
  }
}
