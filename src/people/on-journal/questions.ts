import { no } from '../answer.ts'
import { readingOf } from '../context.ts'
import { approvalView, laneView, stopView } from '../explain/views.ts'
import type { Questions } from '../operations.ts'
import { whenMs } from '../when.ts'
import type { OperationsContext } from './context.ts'
import { status } from './status.ts'

const mostApprovals = 500

/** Makes the questions to the journal, by the read-only connection; what explains and reports is loaded at first use. */
export function questionsOnJournal(context: OperationsContext): Questions {
  const reading = readingOf(context)
  return {
    status: () => status(context),
    async stops() {
      return { ok: true, items: (await reading.stops()).map(stopView) }
    },
    async lanes(filter) {
      return { ok: true, items: (await reading.lanes(filter)).map(laneView) }
    },
    async approvals({ limit = mostApprovals, ...filter }) {
      return { ok: true, items: (await reading.approvals({ limit, ...filter })).map(approvalView) }
    },
    async explain(about) {
      const { explain } = await import('../explain/chain.ts')
      return { ok: true, ...(await explain(reading, about)) }
    },
    async explainRange({ since, until, policy = null }) {
      const now = context.now()
      const from = whenMs(since, now)
      const to = until === undefined ? null : whenMs(until, now)
      if (from === null || (until !== undefined && to === null))
        return no('conflict', `${from === null ? since : until} is neither a duration such as 6h nor RFC 3339`)
      const { explainRange } = await import('../explain/range.ts')
      return { ok: true, ...(await explainRange(reading, { since: from, until: to, policy })) }
    },
    async dns(name) {
      const [{ explain }, { heldFor }] = await Promise.all([
        import('../explain/chain.ts'),
        import('../explain/named.ts')
      ])
      const explanation = await explain(reading, name)
      return { ok: true, explanation, records: await heldFor(explanation, reading) }
    },
    async quota() {
      const { quotas = [], now } = context
      const { quotaReport } = await import('../../policies/quota-rebalance/view/report.ts')
      return { ok: true, ...(await quotaReport(reading, quotas, now())) }
    },
    async isolation(history) {
      const { readIsolation } = await import('../../policies/isolation/view/read.ts')
      return { ok: true, ...(await readIsolation(reading, Object.keys(context.tiers), history)) }
    },
    async findings(policy, history) {
      const { readFindings } = await import('../../policies/shared/findings.ts')
      return { ok: true, ...(await readFindings(reading, history, policy ?? undefined)) }
    }
  }
}
