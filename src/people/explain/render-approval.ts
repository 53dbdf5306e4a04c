import type { TimelineEntry } from './layout.ts'
import type { ApprovalView } from './views.ts'

const minute = (iso: string): string => `${iso.slice(0, 19)}Z`

/** Builds one approval: what people were asked, who said what, and what became of it. */
export function approvalEntry(approval: ApprovalView): TimelineEntry {
  const { id, plan, clusters, summary, requesters, votes, decision, latest } = approval
  const steps = plan.length === 1 ? '1 step' : `${plan.length} steps`
  const where = clusters.length === 0 ? 'no configured cluster' : clusters.join(', ')
  const lines = [`asks for ${steps} on ${where}: ${summary}`]
  lines.push(
    latest === decision
      ? `asked by decision ${decision}`
      : `asked by decision ${decision}; decision ${latest} came to the same plan`
  )
  if (requesters.length > 0) lines.push(`the plan was wanted by ${requesters.join(', ')}`)
  for (const { actor, verdict, at, reason } of votes) {
    const said = verdict === 'approve' ? 'approved' : 'rejected'
    lines.push(`${actor} ${said} at ${minute(at)}${reason === null ? '' : `: ${reason}`}`)
  }
  lines.push(...standLines(approval))
  return { at: approval.requestedAt, label: `approval ${id}`, lines }
}

/** A reason has a line of its own for each step that another plan added or left out. */
function standLines({ id, state, expires, reason, usedBy }: ApprovalView): readonly string[] {
  const why = reason?.split('\n') ?? []
  switch (state) {
    case 'open':
      return [`OPEN until ${minute(expires)}: \`reflex approve ${id}\` or \`reflex reject ${id}\``]
    case 'granted':
      return [`granted, holds until ${minute(expires)}`]
    case 'used':
      return [`used by decision ${usedBy}`]
    default:
      return [`${state}${why.length === 0 ? '' : `: ${why[0]}`}`, ...why.slice(1)]
  }
}
