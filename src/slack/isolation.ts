import { table } from '../commands/table.ts'
import { noSuch } from '../config/nearest.ts'
import { readIsolation } from '../isolation/read.ts'
import { findingRows, matrixRows } from '../isolation/render.ts'
import { ofCluster } from '../isolation/report.ts'
import { type Doors, readingOf } from '../people.ts'
import type { Reply } from './blocks.ts'

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
