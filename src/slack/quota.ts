import type { Reply } from '../outbound/slack/blocks.ts'
import type { Said } from '../outbound/slack/said.ts'
import type { Operations } from '../people/operations.ts'
import { table } from '../people/table.ts'
import { quotaMore, quotaSaid, quotaWish } from '../people/texts/quota.ts'
import { quotaClustersOf } from '../policies/quota-rebalance/view/about.ts'
import { legend, quotaNotes, quotaRows } from '../policies/quota-rebalance/view/render.ts'
import type { QuotaWords } from '../policies/quota-rebalance/view/words.ts'

/** Answers `/reflex quota …`: shows, asks for more, gives back. */
export async function replyQuota(wish: QuotaWords, operations: Operations, said: Pick<Said, 'tell'>): Promise<Reply> {
  if (wish.what === 'show') return show(wish.about, operations)
  const asked =
    wish.what === 'release' ? await operations.releaseQuota(wish.id, wish.reason) : await operations.requestQuota(wish)
  if (!asked.ok) return { say: asked.reason }
  if (asked.decision !== null) said.tell(asked.decision.id)
  const what = wish.what === 'release' ? 'its end' : quotaWish(wish.amount, wish.resource, wish.cluster, wish.forMs)
  const lasting = wish.what === 'request' && wish.forMs === null
  return { say: quotaSaid(asked, what), lines: `${quotaMore(asked, lasting).join('\n')}\n` }
}

async function show(about: string | null, operations: Operations): Promise<Reply> {
  const report = await operations.quota()
  if (!report.ok) return { say: report.reason }
  if (report.groups.length === 0) return { say: 'no quotas are shared here: quota-rebalance is not configured' }
  // Lines in Slack are narrow: numbers and bars, without watermarks.
  const rows = quotaRows(report, about).map((row) => [0, 1, 2, 3, 4, 5, 9].map((n) => row[n] ?? ''))
  const clusters = quotaClustersOf(report)
  if (about !== null && !clusters.includes(about))
    return { say: `${about} is in no group; clusters with shared quotas are: ${clusters.join(', ')}` }
  const notes = quotaNotes(report, about, 3)
  return { say: 'Quotas, as of the last look', lines: `${[legend, '', table(rows), ...notes].join('\n')}\n` }
}
