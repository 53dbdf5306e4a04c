import { plain } from '../base/plain.ts'
import { votedText } from '../people/texts/vote.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { ask } from './ask.ts'
import { type Command, type Context, type ExitCode, misused } from './command.ts'
import { asJson, sayWhereElse } from './place.ts'
import { cliVoice } from './voice.ts'
import { wished } from './words.ts'

type Verdict = 'approve' | 'reject'

/** `reflex approve`: lets a plan through that waits for people. */
export const approveCommand: Command = {
  name: 'approve',
  usage: `${wordOf('approve').usage} [--json]`,
  summary: 'lets a plan through; it is decided anew first, and only the very plan that you saw is carried out',
  run: (args, context) => run(approveCommand, 'approve', args, context)
}

/** `reflex reject`: one rejection ends the question. */
export const rejectCommand: Command = {
  name: 'reject',
  usage: `${wordOf('reject').usage} [--json]`,
  summary: wordOf('reject').summary,
  run: (args, context) => run(rejectCommand, 'reject', args, context)
}

async function run(command: Command, verdict: Verdict, args: readonly string[], context: Context): Promise<ExitCode> {
  const said = argumentsOf(args, { json: 'boolean' })
  if (!said.ok) return misused(command, said.problem, context)
  const wish = wished(verdict, said.words, command, context)
  if (typeof wish === 'number') return wish
  const { id, reason } = wish
  const voted = await ask(context, (operations) => operations.vote(id, verdict, reason))
  if (!voted.ok) return voted.code
  const { value, place } = voted
  const { say, differs, next, good } = votedText(verdict, value, cliVoice)
  const lines = [say, ...differs.map((line) => `  ${line}`), ...(next === null ? [] : [next])]
  context.out(said.flags.json === true ? asJson(value, place) : lines.map((line) => `${plain(line)}\n`).join(''))
  sayWhereElse(place, context)
  return good ? 0 : 1
}
