import { plain } from '../base/plain.ts'
import { undoneLines } from '../people/texts/undo.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { ask } from './ask.ts'
import { type Command, misused } from './command.ts'
import { asJson, sayWhereElse } from './place.ts'
import { cliVoice } from './voice.ts'
import { wished } from './words.ts'

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
    const undone = await ask(context, (operations) => operations.undo(id, reason))
    if (!undone.ok) return undone.code
    const { value, place } = undone
    const lines = undoneLines(id, value, cliVoice).map((line) => `${plain(line)}\n`)
    context.out(said.flags.json === true ? asJson(value, place) : lines.join(''))
    sayWhereElse(place, context)
    const { decision } = value
    return decision === null || (decision.outcome === 'act' && decision.verdict?.verdict !== 'refuse') ? 0 : 1
  }
}
