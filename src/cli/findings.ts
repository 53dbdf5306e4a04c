import { table } from '../people/table.ts'
import { wordOf } from '../people/words.ts'
import type { Findings, PolicyFinding } from '../policies/shared/findings.ts'
import { argumentsOf } from './arguments.ts'
import { read } from './ask.ts'
import { type Command, type Context, misused } from './command.ts'
import { asJson } from './place.ts'
import { wished } from './words.ts'

/** `reflex findings`: what policies found and nobody has mended; `--all` with what is over by now. */
export const findingsCommand: Command = {
  name: 'findings',
  usage: `${wordOf('findings').usage} [--json] [--all]`,
  summary: wordOf('findings').summary,
  async run(args, context) {
    const said = argumentsOf(args, { json: 'boolean', all: 'boolean' })
    if (!said.ok) return misused(findingsCommand, said.problem, context)
    const wish = wished('findings', said.words, findingsCommand, context)
    if (typeof wish === 'number') return wish
    const { about } = wish
    const history = said.flags.all === true ? 500 : 0
    const found = await read(context, (operations) => operations.findings(about, history))
    if (!found.ok) return found.code
    context.out(said.flags.json === true ? asJson(found.value) : await told(found.value, context))
    return 0
  }
}

async function told({ findings, history }: Findings, { columns }: Context): Promise<string> {
  const { findingTables } = await import('../policies/views.ts')
  const tables = (all: readonly PolicyFinding[]) =>
    findingTables(all)
      .map(({ policy, rows }) => `${policy}\n${table(rows, columns)}`)
      .join('\n')
  const there = findings.length === 0 ? 'nothing is open, as of the last look\n' : tables(findings)
  return history.length === 0 ? there : `${there}\nover by now:\n${tables(history)}`
}
