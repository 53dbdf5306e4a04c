import { table } from '../people/table.ts'
import { approvalHeadings, approvalRow, approvalsHint, noApproval } from '../people/texts/approvals.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { read } from './ask.ts'
import { type Command, misused } from './command.ts'
import { asJson } from './place.ts'
import { cliVoice } from './voice.ts'
import { wished } from './words.ts'

/** `reflex approvals`: what waits for people. */
export const approvalsCommand: Command = {
  name: 'approvals',
  usage: `${wordOf('approvals').usage} [--all] [--json]`,
  summary: `${wordOf('approvals').summary}; --all: also those that were answered, newest first`,
  async run(args, context) {
    const said = argumentsOf(args, { all: 'boolean', json: 'boolean' })
    if (!said.ok) return misused(approvalsCommand, said.problem, context)
    const wish = wished('approvals', said.words, approvalsCommand, context)
    if (typeof wish === 'number') return wish
    const { all = false, json = false } = said.flags
    const approvals = await read(context, (operations) => operations.approvals(all ? {} : { state: 'open' }))
    if (!approvals.ok) return approvals.code
    const { items } = approvals.value
    if (json) context.out(asJson(items))
    else if (items.length === 0) context.out(all ? 'nobody was asked for an approval yet\n' : `${noApproval}\n`)
    else {
      context.out(table([approvalHeadings, ...items.map(approvalRow)], context.columns))
      context.out(`${approvalsHint(cliVoice)}\n`)
    }
    return 0
  }
}
