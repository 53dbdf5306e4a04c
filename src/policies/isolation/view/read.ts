import type { Journal } from '../../../store/journal.ts'
import { breachRows } from '../../shared/findings.ts'
import { type IsolationReport, isolationReport } from './report.ts'

/** Reads the report as the journal has it now, of every instance, with this many of what is over. */
export async function readIsolation(
  journal: Pick<Journal, 'breaches' | 'lanes'>,
  clusters: readonly string[],
  history: number
): Promise<IsolationReport> {
  const { rows, held } = await breachRows(journal, history, 'isolation')
  return isolationReport(rows, clusters, held)
}
