import { plain } from '../base/plain.ts'
import type { Compared } from '../pipeline/replay.ts'
import type { Context, ExitCode } from './command.ts'
import { asJson, reach, sayWhereElse } from './reach.ts'
import type { Decided } from './replay-text.ts'

/** A decision from the journal, or as the API shows it. */
type Shown = Compared & Decided

interface Again {
  readonly policy: string
  readonly lane: string
  readonly before: Shown
  /** The one that fresh answers led to; null: not decided in time. */
  readonly decision: Shown | null
}

/** Has a decision made again by the running product, on fresh answers and through the guard, and shows what differs. */
export async function runAgain(
  id: number,
  { reason, json }: { readonly reason: string | null; readonly json: boolean },
  context: Context
): Promise<ExitCode> {
  const path = `/api/v1/decisions/${id}/again`
  const body = reason === null ? {} : { reason }
  const again = await reach<Again>(context, { path, shape: 'again', body }, async ({ doors, actor, decided }) => {
    const asked = await (await import('../people/people.ts')).again(doors, actor, id, reason)
    // As a user of this machine; whoever runs here finds the lane due within a second.
    return asked.ok ? { ...asked, decision: await decided(asked) } : asked
  })
  if (!again.ok) return again.code
  const { value, place } = again
  const { before, decision, policy, lane } = value
  if (decision === null) {
    context.err(
      `${plain(policy)} ${plain(lane)} will be decided again, but was not yet: \`reflex explain '${plain(lane)}'\` shows what it waits for\n`
    )
    sayWhereElse(place, context)
    return 1
  }
  const [{ differencesBetween }, { showAgain }] = await Promise.all([
    import('../pipeline/replay.ts'),
    import('./replay-text.ts')
  ])
  const differences = differencesBetween(before, decision)
  const text = json ? asJson({ before, decision, differences }, place) : showAgain(before, decision, differences)
  context.out(text)
  sayWhereElse(place, context)
  return 0
}
