import type { Actor } from '../core/approval.ts'
import type { Reply } from '../outbound/slack/blocks.ts'
import type { Said } from '../outbound/slack/said.ts'
import { type Doors, decisionsOf, readingOf } from '../people/people.ts'
import { releaseQuota, requestQuota } from '../people/quota.ts'
import { quotaMore, quotaSaid, quotaWish } from '../people/quota-text.ts'
import { table } from '../people/table.ts'
import { clustersOf } from '../policies/quota-rebalance/view/about.ts'
import { legend, quotaNotes, quotaRows } from '../policies/quota-rebalance/view/render.ts'
import { quotaReport } from '../policies/quota-rebalance/view/report.ts'
import type { QuotaWords } from '../policies/quota-rebalance/view/words.ts'

interface Parts {
  readonly doors: Doors
  readonly actor: Actor
  readonly wake: () => void
  readonly sleep: (ms: number) => Promise<void>
  readonly said: Pick<Said, 'tell'>
  /** So long a reply waits for a decision. */
  readonly patienceMs: number
}

/** `/reflex quota …`: shows, asks for more, gives back. */
export async function quota(wish: QuotaWords, parts: Parts): Promise<Reply> {
  const { doors, actor } = parts
  const { quotas = [] } = doors
  if (wish.what === 'show') {
    if (quotas.length === 0) return { say: 'no quotas are shared here: quota-rebalance is not configured' }
    const report = await quotaReport(readingOf(doors), quotas, doors.now())
    // Lines in Slack are narrow: numbers and bars, without watermarks.
    const rows = quotaRows(report, wish.about).map((row) => [0, 1, 2, 3, 4, 5, 9].map((n) => row[n] ?? ''))
    const clusters = clustersOf(report)
    if (wish.about !== null && !clusters.includes(wish.about))
      return { say: `${wish.about} is in no group; clusters with shared quotas are: ${clusters.join(', ')}` }
    const notes = quotaNotes(report, wish.about, 3)
    return { say: 'Quotas, as of the last look', lines: `${[legend, '', table(rows), ...notes].join('\n')}\n` }
  }
  const asked =
    wish.what === 'release'
      ? await releaseQuota(doors, quotas, actor, wish.id, wish.reason)
      : await requestQuota(doors, quotas, actor, wish)
  if (!asked.ok) return { say: asked.reason }
  parts.wake()
  const patience = { withinMs: parts.patienceMs, sleep: parts.sleep }
  const [decision] = await decisionsOf(doors.journal, asked, patience)
  if (decision !== undefined) parts.said.tell(decision.id)
  const what = wish.what === 'release' ? 'its end' : quotaWish(wish.amount, wish.resource, wish.cluster, wish.forMs)
  const lasting = wish.what === 'request' && wish.forMs === null
  const told = { request: asked.request, decision: decision ?? null }
  return { say: quotaSaid(told, what), lines: `${quotaMore(told, lasting).join('\n')}\n` }
}
