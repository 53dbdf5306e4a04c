import type { Journal } from '../store/journal.ts'
import type { DecisionRow } from '../store/rows.ts'

/** The time for which a decision is waited for. */
export interface Patience {
  readonly withinMs: number
  readonly sleep: (ms: number) => Promise<void>
}

/** Waits for the decisions that an event led to, as many as the lanes that it woke, oldest first; fewer where not all come in time. */
export async function decisionsOf(
  journal: Journal,
  { event, lanes }: { readonly event: number; readonly lanes: number },
  { withinMs, sleep }: Patience
): Promise<readonly DecisionRow[]> {
  for (let waited = 0; ; waited += 100) {
    const found = await journal.decisions({ limit: 100, event })
    if (new Set(found.map(({ lane }) => lane)).size >= lanes || waited >= withinMs) return found.toReversed()
    await sleep(100)
  }
}

/** Waits for the first decision of a lane after the one numbered `after`; null where none comes in time. */
export async function decisionAfter(
  journal: Journal,
  { policy, lane }: { readonly policy: string; readonly lane: string },
  after: number,
  { withinMs, sleep }: Patience
): Promise<DecisionRow | null> {
  for (let waited = 0; ; waited += 100) {
    const decisions = await journal.decisions({ limit: 20, lane, type: policy })
    const found = decisions.findLast((one) => one.id > after)
    if (found !== undefined) return found
    if (waited >= withinMs) return null
    await sleep(100)
  }
}
