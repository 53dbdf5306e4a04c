import { noSuch } from '../base/nearest.ts'
import type { Reply } from '../outbound/slack/blocks.ts'
import type { Operations } from '../people/operations.ts'
import { table } from '../people/table.ts'
import { findingRows, matrixRows } from '../policies/isolation/view/render.ts'
import { ofCluster } from '../policies/isolation/view/report.ts'

const most = 20

/** Answers `/reflex isolation [cluster]`: the matrix, then what is open, worst first. */
export async function replyIsolation(about: string | null, operations: Pick<Operations, 'isolation'>): Promise<Reply> {
  const all = await operations.isolation(0)
  if (!all.ok) return { say: all.reason }
  const { clusters } = all
  if (about !== null && !clusters.includes(about)) return { say: noSuch('cluster', about, clusters) }
  const report = about === null ? all : ofCluster(all, about)
  const { findings } = report
  if (findings.length === 0) return { say: 'nothing is open between clusters, as of the last look' }
  // Lines in Slack are narrow: what it is, and since when; `explain` has the rest.
  const rows = findingRows(findings.slice(0, most)).map((row) => [0, 1, 5, 8].map((n) => row[n] ?? ''))
  const more = findings.length > most ? `and ${findings.length - most} more: the page /isolation has them\n` : ''
  return {
    say: `Isolation, as of the last look: ${findings.length === 1 ? '1 finding' : `${findings.length} findings`}`,
    lines: `${table(matrixRows(report))}\n${table(rows)}${more}`
  }
}
