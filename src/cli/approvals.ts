import { steps } from '../people/decided-text.ts'
import type { ApprovalView } from '../people/explain/views.ts'
import { table } from '../people/table.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { type Command, misused } from './command.ts'
import { asJson, reach } from './reach.ts'
import { wished } from './words.ts'

interface Approvals {
  readonly items: readonly ApprovalView[]
}

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
    const path = `/api/v1/approvals${all ? '' : '?state=open'}`
    const approvals = await reach<Approvals>(context, { path, shape: 'approvals' }, async ({ journal }) => {
      const { approvalView } = await import('../people/explain/views.ts')
      const rows = await journal.approvals({ limit: 500, ...(all ? {} : { state: 'open' }) })
      return { ok: true, items: rows.map(approvalView) }
    })
    if (!approvals.ok) return approvals.code
    const { items } = approvals.value
    if (json) context.out(asJson(items))
    else if (items.length === 0)
      context.out(all ? 'nobody was asked for an approval yet\n' : 'no approval is waited for\n')
    else {
      context.out(table([['ID', 'STATE', 'UNTIL', 'CLUSTERS', 'SAID', 'PLAN'], ...items.map(row)], context.columns))
      context.out(
        '`reflex explain approval:<id>` shows the plan, `reflex approve <id>` or `reflex reject <id>` answers\n'
      )
    }
    return 0
  }
}

function row({ id, state, expires, clusters, votes, policy, lane, plan, summary }: ApprovalView): readonly string[] {
  const said = votes.map(({ actor, verdict }) => `${actor} ${verdict === 'approve' ? 'yes' : 'no'}`).join(', ')
  const what = `${policy} ${lane}: ${steps(plan.length)}: ${summary}`
  return [String(id), state, `${expires.slice(0, 19)}Z`, clusters.join(', ') || '-', said || '-', what]
}
