import type { Command } from './command.ts'

/** `reflex help`: what there is. */
export const helpCommand: Command = {
  name: 'help',
  usage: 'help',
  summary: 'this list',
  async run(_args, { out }) {
    const { commands } = await import('./index.ts')
    const width = Math.max(...commands.map((command) => command.name.length))
    for (const { name, summary, usage } of commands)
      out(`${name.padEnd(width)}  ${summary}\n${' '.repeat(width)}  reflex ${usage}\n`)
    out('\nREFLEX_URL=http://… asks a running server (with REFLEX_TOKEN where it wants one),\n')
    out('otherwise the journal file on this machine is used.\n')
    return 0
  }
}
