import { nearest } from '../base/nearest.ts'
import { plain } from '../base/plain.ts'
import type { Journal } from '../store/journal.ts'
import type { Command, Context, ExitCode } from './command.ts'
import { commands, helpCommand } from './index.ts'

/** Runs the command that the arguments name. */
export async function main(args: readonly string[], context: Context): Promise<ExitCode> {
  const [name, ...rest] = args
  if (name === undefined || name === '-h' || name === '--help') {
    await helpCommand.run([], context)
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-V') {
    const { buildId } = await import('../base/build.ts')
    context.out(`reflex ${buildId(context.env)}\n`)
    return 0
  }
  const command = commands.find((one) => one.name === name)
  // Whatever else stands there: who asks how a command is used does not want it carried out.
  if (command !== undefined && asksForHelp(rest)) {
    context.out(usageOf(command))
    return 0
  }
  if (command !== undefined) return attempt(command, rest, context)
  const known = commands.map((one) => one.name)
  const meant = nearest(name, known)
  const hint = meant === null ? `commands are: ${known.join(', ')}` : `did you mean '${meant}'?`
  context.err(`reflex: there is no command '${plain(name)}'; ${hint}\n`)
  return 2
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h')
}

const usageOf = ({ usage, summary }: Command): string => {
  const ways = usage.split('\n').map((way, n) => `${n === 0 ? 'usage: reflex ' : '       '}${way.trim()}`)
  return `${summary}\n\n${ways.join('\n')}\n`
}

/** The disk may be full or the journal somebody else's: that has a code and is said plainly, a mistake of ours with its place. */
async function attempt(command: Command, args: readonly string[], context: Context): Promise<ExitCode> {
  try {
    return await command.run(args, context)
  } catch (error) {
    const { code, message, stack } = error as NodeJS.ErrnoException
    context.err(`reflex ${command.name}: ${code === undefined ? stack : message}\n`)
    return 1
  }
}

async function openLocalJournal(path: string): Promise<Journal | null> {
  const { existsSync } = await import('node:fs')
  if (!existsSync(path)) return null
  const { openJournal } = await import('../store/open.ts')
  return openJournal({ path })
}

if (import.meta.main) {
  process.umask(0o077)
  // A reader that closes early (`| head`) is no failure.
  process.stdout.on('error', () => process.exit(0))
  process.exitCode = await main(process.argv.slice(2), {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    openJournal: openLocalJournal,
    columns: process.stdout.columns,
    fetch
  })
}
