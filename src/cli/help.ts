import { argumentsOf } from './arguments.ts'
import { type Command, misused } from './command.ts'
import { asJson } from './place.ts'

/** Makes `reflex help`, which lists these commands. */
export const helpOf = (others: readonly Command[]): Command => {
  const helpCommand: Command = {
    name: 'help',
    usage: 'help [--json]',
    summary: 'this list',
    async run(args, context) {
      const said = argumentsOf(args, { json: 'boolean' })
      if (!said.ok) return misused(helpCommand, said.problem, context)
      const { out } = context
      const commands = [...others, helpCommand]
      if (said.flags.json === true) {
        out(
          asJson(
            commands.map(({ name, usage, summary }) => ({
              name,
              usage: usage.split('\n').map((way) => way.trim()),
              summary
            }))
          )
        )
        return 0
      }
      const width = Math.max(...commands.map((command) => command.name.length))
      const margin = ' '.repeat(width + 2)
      for (const { name, summary, usage } of commands) {
        // A usage of several lines is made to stand under `usage: `.
        const ways = `reflex ${usage}`.split('\n').map((way) => `${margin}${way.trim()}\n`)
        out(`${name.padEnd(width)}  ${summary}\n${ways.join('')}`)
      }
      out('\nREFLEX_URL=http://… asks a running server (with REFLEX_TOKEN where it wants one),\n')
      out('otherwise the journal file on this machine is used.\n')
      out('It ends with 0: done; 1: refused, nothing found, or a problem; 2: not understood;\n')
      out('3: nobody to ask: no product runs, no journal, or no Stackreflex at REFLEX_URL.\n')
      return 0
    }
  }
  return helpCommand
}
