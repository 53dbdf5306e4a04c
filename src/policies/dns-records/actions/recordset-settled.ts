import type { Designate, Recordset } from '../../../clients/designate/designate.ts'
import type { Result } from '../../../core/action.ts'

// Designate's own poll makes it about a second; asking more often than this only costs its API.
const pollMs = [600, 400, 400, 600, 800, 1000, 1500, 2000]

/**
 * Waits until Designate's backend serves a recordset (status ACTIVE, action NONE): null when it does, else what to do
 * about it. About a second on a healthy Designate; after 20 s the step is tried again later, which only reads.
 */
export async function settled(
  designate: Designate,
  recordset: Recordset,
  sleep: (ms: number) => Promise<void>
): Promise<Exclude<Result, { outcome: 'changed' | 'unchanged' }> | null> {
  let now: Recordset | null = recordset
  for (let waited = 0, poll = 0; waited < 20_000; poll++) {
    if (now === null)
      return { outcome: 'stale', reason: `${recordset.name} ${recordset.type} was deleted while we waited for it` }
    if (now.status === 'ERROR')
      return {
        outcome: 'retry',
        reason: `Designate could not serve ${now.name} ${now.type}: status ERROR`,
        afterMs: null,
        called: true
      }
    if (now.status === 'ACTIVE') return null
    const ms = pollMs[Math.min(poll, pollMs.length - 1)]!
    await sleep(ms)
    waited += ms
    now = await designate.getRecordset(recordset.zoneId, recordset.id)
  }
  const reason = `${recordset.name} ${recordset.type} is still ${now?.status} after 20 s: are designate-worker and its DNS servers up?`
  return { outcome: 'retry', reason, afterMs: 10_000, called: true }
}
