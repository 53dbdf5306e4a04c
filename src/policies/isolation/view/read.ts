import type { Journal } from '../../../store/journal.ts'
import { type IsolationReport, isolationReport } from './report.ts'

/** More findings than anybody reads; a first sweep of a large cloud has fewer. */
const most = 5000

/** The report as the journal has it now, with this many of what is over. */
export async function readIsolation(
  journal: Pick<Journal, 'breaches' | 'lanes'>,
  clusters: readonly string[],
  history: number
): Promise<IsolationReport> {
  // Of every instance: no other policy finds breaches.
  const [open, over, held] = await Promise.all([
    journal.breaches({ open: true, limit: most }),
    history === 0 ? [] : journal.breaches({ open: false, limit: history }),
    journal.lanes({ held: true })
  ])
  return isolationReport([...open, ...over], clusters, held)
}
