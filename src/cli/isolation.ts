import { buildId } from '../base/build.ts'
import { nearest } from '../base/nearest.ts'
import { plain } from '../base/plain.ts'
import { table } from '../people/table.ts'
import { wordOf } from '../people/words.ts'
import type { IsolationReport } from '../policies/isolation/view/report.ts'
import { argumentsOf } from './arguments.ts'
import { read } from './ask.ts'
import { type Command, type Context, misused } from './command.ts'
import { asJson } from './place.ts'
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
    const full = await read(context, (operations) => operations.isolation(all ? 500 : 0))
    if (!full.ok) return full.code
    const { clusters } = full.value
    const { about } = wish
    if (about !== null && !clusters.includes(about)) {
      const meant = nearest(about, clusters)
      const hint = meant === null ? '' : `, did you mean '${meant}'?`
      context.err(`there is no cluster '${plain(about)}'${hint}; clusters are: ${clusters.join(', ')}\n`)
      return 1
    }
    const { ofCluster } = await import('../policies/isolation/view/report.ts')
    const report = about === null ? full.value : ofCluster(full.value, about)
    if (json) context.out(asJson(report))
    else if (sarif) {
      const { sarifOf } = await import('../policies/isolation/view/sarif.ts')
      context.out(`${JSON.stringify(sarifOf(report, buildId(context.env)), null, 2)}\n`)
    } else context.out(await told(report, context))
    return 0
  }
}

async function told(report: IsolationReport, { columns }: Context): Promise<string> {
  const { findingRows, matrixRows } = await import('../policies/isolation/view/render.ts')
  const { findings, history } = report
  const there = findings.length === 0 ? 'nothing is open, as of the last look\n' : table(findingRows(findings), columns)
  const over = history.length === 0 ? '' : `\nover by now:\n${table(findingRows(history), columns)}`
  return `${table(matrixRows(report), columns)}\n${there}${over}`
}
