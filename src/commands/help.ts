import type { Command } from './command.ts'

/** `reflex help`: what there is. */
export const helpCommand: Command = {
  name: 'help',
  usage: 'help',
  summary: 'this list',
  async run(_args, { out }) {
    const { commands } = await import('./index.ts')
    const width = Math.max(...commands.map((command) => command.name.length))
    const margin = ' '.repeat(width + 2)
    for (const { name, summary, usage } of commands) {
      // A usage of several lines is made to stand under `usage: `.
      const ways = `reflex ${usage}`.split('\n').map((way) => `${margin}${way.trim()}\n`)
      out(`${name.padEnd(width)}  ${summary}\n${ways.join('')}`)
    }
    out('\nREFLEX_URL=http://… asks a running server (with REFLEX_TOKEN where it wants one),\n')
    out('otherwise the journal file on this machine is used.\n')
    return 0
  }
}
