import { plain } from '../base/plain.ts'
import { comesOf, notYet, type Shown } from '../people/decided-text.ts'
import type { ApprovalView } from '../people/explain/views.ts'
import type { Answer } from '../people/people.ts'
import { wordOf } from '../people/words.ts'
import { argumentsOf } from './arguments.ts'
import { type Command, type Context, type ExitCode, misused } from './command.ts'
import type { Here } from './doors.ts'
import { asJson, reach, sayWhereElse } from './reach.ts'
import { wished } from './words.ts'

type Verdict = 'approve' | 'reject'

interface Voted {
  readonly approval: Pick<ApprovalView, 'id' | 'state' | 'reason'> & { readonly votes: readonly { verdict: Verdict }[] }
  /** How many approvals are still wanted. */
  readonly missing: number
  /** What the lane was decided to be; null: still short of votes, or nothing came in time. */
  readonly decision: Shown | null
}

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
  const path = `/api/v1/approvals/${id}/${verdict}`
  const body = reason === null ? {} : { reason }
  const voted = await reach<Voted>(context, { path, shape: 'voted', body }, (here) =>
    inJournal(here, id, verdict, reason)
  )
  if (!voted.ok) return voted.code
  const { value, place } = voted
  const { text, good } = verdict === 'approve' ? approved(value) : rejected(value)
  context.out(said.flags.json === true ? asJson(value, place) : text)
  sayWhereElse(place, context)
  return good ? 0 : 1
}

async function inJournal(
  { journal, doors, actor, decided }: Here,
  id: number,
  verdict: Verdict,
  reason: string | null
): Promise<Answer<Voted>> {
  const { vote } = await import('../people/people.ts')
  const answer = await vote(doors, actor, id, verdict, reason)
  if (!answer.ok) return answer
  const { approval, missing } = answer
  if (approval.state === 'open') return { ok: true, approval, missing, decision: null }
  const decision = await decided(approval)
  // The decision may have superseded it, and then says why.
  const [now = approval] = await journal.approvals({ id })
  return { ok: true, approval: now, missing, decision }
}

function approved({ approval, missing, decision }: Voted): { text: string; good: boolean } {
  const { id, votes } = approval
  if (missing > 0) {
    const given = votes.filter((vote) => vote.verdict === 'approve').length
    const more = missing === 1 ? '1 more is needed' : `${missing} more are needed`
    return { text: `approval ${id}: ${given} of ${given + missing} approvals, ${more}\n`, good: true }
  }
  if (decision === null) return { text: `approval ${id} granted; ${notYet}\n`, good: true }
  if (decision.outcome === 'failed')
    return { text: `approval ${id} granted; decision ${decision.id}: ${comesOf(decision)}\n`, good: false }
  if (decision.approval === id)
    return {
      text: `approval ${id} granted; decided again (decision ${decision.id}): the same plan, ${comesOf(decision)}\n`,
      good: true
    }
  return { text: superseded(approval, decision), good: false }
}

/** A reason has a line of its own for each step that only one of the plans has. */
function superseded({ id, state, reason }: Voted['approval'], decision: Shown): string {
  const told = state === 'superseded' && reason !== null ? reason : `decision ${decision.id} came to another plan`
  const next =
    decision.approval === null
      ? `now: ${comesOf(decision)}`
      : `approval ${decision.approval} asks for that one: \`reflex explain approval:${decision.approval}\`, then \`reflex approve ${decision.approval}\``
  const [why, ...diff] = told.split('\n').map(plain)
  return [`approval ${id} was superseded: ${why}`, ...diff.map((line) => `  ${line}`), next, ''].join('\n')
}

function rejected({ approval: { id }, decision }: Voted): { text: string; good: boolean } {
  const then = decision === null ? notYet : `decided again (decision ${decision.id}): ${comesOf(decision)}`
  return { text: `approval ${id} rejected: nothing of its plan is carried out; ${then}\n`, good: true }
}
