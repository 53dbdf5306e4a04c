import type { ApprovalView } from '../explain/views.ts'
import { steps } from './decided.ts'
import type { Voice } from './voice.ts'

/** Headings of `approvalRow`. */
export const approvalHeadings = ['ID', 'STATE', 'UNTIL', 'CLUSTERS', 'SAID', 'PLAN'] as const

/** Builds an approval as a row of a table. */
export function approvalRow(approval: ApprovalView): readonly string[] {
  const { id, state, expires, clusters, votes, policy, lane, plan, summary } = approval
  const said = votes.map(({ actor, verdict }) => `${actor} ${verdict === 'approve' ? 'yes' : 'no'}`).join(', ')
  const what = `${policy} ${lane}: ${steps(plan.length)}: ${summary}`
  return [String(id), state, `${expires.slice(0, 19)}Z`, clusters.join(', ') || '-', said || '-', what]
}

/** The sentence for an empty list of approvals. */
export const noApproval = 'no approval is waited for'

/** Says how one goes on from a list of approvals. */
export const approvalsHint = ({ command }: Voice): string =>
  `${command('explain approval:<id>')} shows the plan, ${command('approve <id>')} or ${command('reject <id>')} answers`
