import { comesOf, notYet } from '../commands/decided-text.ts'
import { table } from '../commands/table.ts'
import type { Actor } from '../core/approval.ts'
import { type Doors, decisionsOf } from '../people.ts'
import { releaseQuota, requestQuota } from '../quota/doors.ts'
import { quotaNotes, quotaRows } from '../quota/render.ts'
import { quotaReport } from '../quota/report.ts'
import type { QuotaWords } from '../quota/words.ts'
import type { Reply } from './blocks.ts'

interface Parts {
  readonly doors: Doors
  readonly actor: Actor
  readonly wake: () => void
  readonly sleep: (ms: number) => Promise<void>
  /** So long a reply waits for a decision. */
  readonly patienceMs: number
}

/** `/reflex quota …`: shows, asks for more, gives back. */
export async function quota(wish: QuotaWords, parts: Parts): Promise<Reply> {
  const { doors, actor } = parts
  const { quotas = null } = doors
  if (wish.what === 'show') {
    if (quotas === null) return { say: 'quota-rebalance is not configured here' }
    const report = await quotaReport(doors.journal, quotas, doors.now())
    // Lines in Slack are narrow: numbers and bars, without watermarks.
    const rows = quotaRows(report, wish.about).map((row) => [0, 1, 2, 3, 4, 8, 9].map((n) => row[n] ?? ''))
    if (rows.length === 1) return { say: `${wish.about} is in no group of quota-rebalance` }
    const notes = quotaNotes(report, wish.about, 3)
    return { say: 'Quotas, as of the last look', lines: `${table(rows)}${notes.map((note) => `${note}\n`).join('')}` }
  }
  const asked =
    wish.what === 'release'
      ? await releaseQuota(doors, quotas, actor, wish.id, wish.reason)
      : await requestQuota(doors, quotas, actor, wish)
  if (!asked.ok) return { say: asked.reason }
  parts.wake()
  const patience = { withinMs: parts.patienceMs, sleep: parts.sleep }
  const [decision] = await decisionsOf(doors.journal, asked, patience)
  const what =
    wish.what === 'release' ? `the end of request ${wish.id}` : `${wish.amount} ${wish.resource} for ${wish.cluster}`
  if (decision === undefined) return { say: `${what}: asked for; ${notYet}` }
  return { say: `${what}: decided (decision ${decision.id}): ${comesOf(decision)}`, lines: `${decision.reason}\n` }
}
