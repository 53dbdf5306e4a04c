import { noSuch } from '../base/nearest.ts'
import type { Reply } from '../outbound/slack/blocks.ts'
import { type Doors, readingOf } from '../people/people.ts'
import { table } from '../people/table.ts'
import { readIsolation } from '../policies/isolation/view/read.ts'
import { findingRows, matrixRows } from '../policies/isolation/view/render.ts'
import { ofCluster } from '../policies/isolation/view/report.ts'

const most = 20

/** `/reflex isolation [cluster]`: the matrix, then what is open, worst first. */
export async function isolation(about: string | null, doors: Doors): Promise<Reply> {
  const { tiers } = doors
  const clusters = Object.keys(tiers)
  if (about !== null && !clusters.includes(about)) return { say: noSuch('cluster', about, clusters) }
  const all = await readIsolation(readingOf(doors), clusters, 0)
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
