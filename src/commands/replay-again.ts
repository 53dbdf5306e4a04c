import { setTimeout as sleep } from 'node:timers/promises'
import type { Compared } from '../replay.ts'
import { ask, serverOf } from './ask.ts'
import { type Context, configured, type ExitCode, journalOf } from './command.ts'
import type { Decided } from './replay-text.ts'

/** A lane is decided at once; only a cloud that answers slowly takes longer. */
const withinMs = 30_000

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
async function inJournal(id: number, reason: string | null, context: Context): Promise<Again | null> {
  const config = await configured(context)
  if (config === undefined) return null
  if (config === null) {
    context.err('there is no reflex.yaml here: set REFLEX_URL to the address of the running product, and ask that\n')
    return null
  }
  const otherwise = 'go to the directory that it runs in, or set REFLEX_URL to the address of a running one'
  const journal = await journalOf(config, context, otherwise)
  if (journal === null) return null
  try {
    const { again, decisionAfter } = await import('../people.ts')
    const tiers = Object.fromEntries(config.clusters.map(({ name, tier }) => [name, tier]))
    const { approvals, access } = config
    const doors = { journal, tiers, approvals, operate: access.operate, now: Date.now }
    const actor = { name: `local:${process.getuid?.() ?? 'unknown'}`, groups: [], local: true }
    const [newest] = await journal.decisions({ limit: 1 })
    const asked = await again(doors, actor, id, reason)
    if (asked.ok) {
      const after = { withinMs, sleep: (ms: number) => sleep(ms) }
      return { ...asked, decision: await decisionAfter(journal, asked, newest?.id ?? 0, after) }
    }
    context.err(`${asked.reason}\n`)
    return null
  } finally {
    await journal.close()
  }
}
