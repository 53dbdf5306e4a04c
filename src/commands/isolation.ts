import { buildId } from '../build.ts'
import type { IsolationReport } from '../isolation/report.ts'
import { plain } from '../plain.ts'
import { wordOf } from '../words.ts'
import { argumentsOf } from './arguments.ts'
import { ask, serverOf } from './ask.ts'
import { type Command, type Context, misused } from './command.ts'
import { atDoors } from './doors.ts'
import { table } from './table.ts'
import { wished } from './words.ts'

/** `reflex isolation`: what crosses from cluster to cluster; `--all` with what is over by now. */
export const isolationCommand: Command = {
  name: 'isolation',
  usage: `${wordOf('isolation').usage} [--json | --sarif] [--all]`,
  summary: wordOf('isolation').summary,
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean', sarif: 'boolean', all: 'boolean' })
    if (!said.ok) return misused(isolationCommand, said.problem, context)
    const { json = false, sarif = false, all = false } = said.flags
    if (json && sarif) return misused(isolationCommand, 'either --json or --sarif', context)
    const wish = wished('isolation', said.words, isolationCommand, context)
    if (typeof wish === 'number') return wish
    const full = await read(all ? 500 : 0, context)
    if (full === null) return 1
    const { about } = wish
    if (about !== null && !full.clusters.includes(about)) {
      context.err(`there is no cluster '${plain(about)}'; clusters are: ${full.clusters.join(', ')}\n`)
      return 1
    }
    const { ofCluster } = await import('../isolation/report.ts')
    const report = about === null ? full : ofCluster(full, about)
    if (json) context.out(`${JSON.stringify(report, null, 2)}\n`)
    else if (sarif) {
      const { sarifOf } = await import('../isolation/sarif.ts')
      context.out(`${JSON.stringify(sarifOf(report, buildId(context.env)), null, 2)}\n`)
    } else context.out(await told(report))
    return 0
  }
}

async function read(history: number, context: Context): Promise<IsolationReport | null> {
  const server = serverOf(context)
  if (server !== null) return ask<IsolationReport>(server, `/api/v1/isolation?history=${history}`, context)
  const here = await atDoors<{ report: IsolationReport }>(context, async ({ journal, doors }) => {
    const { readIsolation } = await import('../isolation/read.ts')
    return { ok: true, report: await readIsolation(journal, Object.keys(doors.tiers), history) }
  })
  return here?.report ?? null
}

async function told(report: IsolationReport): Promise<string> {
  const { findingRows, matrixRows } = await import('../isolation/render.ts')
  const { findings, history } = report
  const there = findings.length === 0 ? 'nothing is open, as of the last look\n' : table(findingRows(findings))
  const over = history.length === 0 ? '' : `\nover by now:\n${table(findingRows(history))}`
  return `${table(matrixRows(report))}\n${there}${over}`
}
