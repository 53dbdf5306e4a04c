import type { Reply } from '../outbound/slack/blocks.ts'
import type { Operations } from '../people/operations.ts'
import { table } from '../people/table.ts'
import { findingTables } from '../policies/views.ts'

const most = 20

/** Answers `/reflex findings [policy]`: what policies found and nobody has mended, worst first. */
export async function replyFindings(about: string | null, operations: Pick<Operations, 'findings'>): Promise<Reply> {
  const all = await operations.findings(about, 0)
  if (!all.ok) return { say: all.reason }
  const { findings } = all
  const of = about === null ? '' : ` of ${about}`
  if (findings.length === 0) return { say: `nothing${of} is open, as of the last look` }
  const tables = findingTables(findings.slice(0, most)).map(({ policy, rows }) => `${policy}\n${table(rows)}`)
  const more = findings.length > most ? `and ${findings.length - most} more: \`reflex findings\` has them\n` : ''
  return {
    say: `${findings.length === 1 ? '1 finding' : `${findings.length} findings`}${of}`,
    lines: `${tables.join('\n')}${more}`
  }
}
