import type { Compared } from '../replay.ts'
import { ask, serverOf } from './ask.ts'
import type { Context, ExitCode } from './command.ts'
import { atDoors } from './doors.ts'
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
  const server = serverOf(context)
  const again =
    server === null
      ? await inJournal(id, reason, context)
      : await ask<Again>(server, `/api/v1/decisions/${id}/again`, context, reason === null ? {} : { reason })
  if (again === null) return 1
  const { before, decision, policy, lane } = again
  if (decision === null) {
    const running = server === null ? ' (is the product running here?)' : ''
    context.err(
      `${policy} ${lane} will be decided again, but was not yet${running}: \`reflex explain '${lane}'\` shows what it waits for\n`
    )
    return 1
  }
  const [{ differencesBetween }, { showAgain }] = await Promise.all([
    import('../replay.ts'),
    import('./replay-text.ts')
  ])
  const differences = differencesBetween(before, decision)
  const text = json
    ? `${JSON.stringify({ before, decision, differences }, null, 2)}\n`
    : showAgain(before, decision, differences)
  context.out(text)
  return 0
}

/** As a user of this machine; whoever runs here finds the lane due within a second. */
function inJournal(id: number, reason: string | null, context: Context): Promise<Again | null> {
  return atDoors(context, async ({ doors, actor, decided }) => {
    const { again } = await import('../people.ts')
    const asked = await again(doors, actor, id, reason)
    return asked.ok ? { ...asked, decision: await decided(asked) } : asked
  })
}
