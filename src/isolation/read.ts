import type { Journal } from '../store/journal.ts'
import { type IsolationReport, isolationReport } from './report.ts'

const policy = 'isolation'
/** More findings than anybody reads; a first sweep of a large cloud has fewer. */
const most = 5000

/** The report as the journal has it now, with this many of what is over. */
export async function readIsolation(
  journal: Pick<Journal, 'breaches' | 'lanes'>,
  clusters: readonly string[],
  history: number
): Promise<IsolationReport> {
  const [open, over, held] = await Promise.all([
    journal.breaches({ policy, open: true, limit: most }),
    history === 0 ? [] : journal.breaches({ policy, open: false, limit: history }),
    journal.lanes({ held: true })
  ])
  const lanes = held.filter((lane) => lane.policy === policy)
  return isolationReport([...open, ...over], clusters, lanes)
}
