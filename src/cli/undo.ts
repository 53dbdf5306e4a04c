import { plain } from '../base/plain.ts'
import { comesOf, notYet, type Shown } from '../people/decided-text.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { type Command, misused } from './command.ts'
import { asJson, reach, sayWhereElse } from './reach.ts'
import { wished } from './words.ts'

interface Undone {
  readonly decision: Shown | null
}

/** `reflex undo`: plans what takes an action back, through the same guard as everything. */
export const undoCommand: Command = {
  name: 'undo',
  usage: `${wordOf('undo').usage} [--json]`,
  summary: 'takes an action back, through the guard; what it changed is left alone afterwards',
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean' })
    if (!said.ok) return misused(undoCommand, said.problem, context)
    const wish = wished('undo', said.words, undoCommand, context)
    if (typeof wish === 'number') return wish
    const { action: id, reason } = wish
    const path = `/api/v1/actions/${encodeURIComponent(id)}/undo`
    const body = reason === null ? {} : { reason }
    const undone = await reach<Undone>(context, { path, shape: 'undone', body }, async ({ doors, actor, decided }) => {
      const answer = await (await import('../people/people.ts')).undo(doors, actor, id, reason)
      return answer.ok ? { ...answer, decision: await decided(answer) } : answer
    })
    if (!undone.ok) return undone.code
    const { value, place } = undone
    context.out(said.flags.json === true ? asJson(value, place) : told(id, value))
    sayWhereElse(place, context)
    const { decision } = value
    return decision === null || (decision.outcome === 'act' && decision.verdict?.verdict !== 'refuse') ? 0 : 1
  }
}

function told(id: string, { decision }: Undone): string {
  if (decision === null) return `undoing ${plain(id)} is asked for; ${notYet}\n`
  return (
    `undoing ${plain(id)} is decided (decision ${decision.id}): ${comesOf(decision)}\n` +
    `\`reflex explain decision:${decision.id}\` tells what is done\n`
  )
}
