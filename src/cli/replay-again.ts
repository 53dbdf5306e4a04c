import { plain } from '../base/plain.ts'
import { ask } from './ask.ts'
import type { Context, ExitCode } from './command.ts'
import { asJson, sayWhereElse } from './place.ts'

/** Has a decision made again by the running product, on fresh answers and through the guard, and shows what differs. */
export async function runAgain(
  id: number,
  { reason, json }: { readonly reason: string | null; readonly json: boolean },
  context: Context
): Promise<ExitCode> {
  const again = await ask(context, (operations) => operations.again(id, reason))
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
