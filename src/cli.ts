import { nearest } from './config/nearest.ts'
import type { Config, Environment } from './config.ts'
import type { Explanation } from './explain/chain.ts'
import type { Journal } from './store/journal.ts'

/** What a command may use; tests give their own. */
export interface Context {
  readonly env: Environment
  readonly cwd: string
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** The local journal, for reading; null where there is no file yet. */
  readonly openJournal: (path: string) => Promise<Journal | null>
  readonly fetch: typeof fetch
}

/** 0: done. 1: nothing found, or a problem. 2: the command was not understood. */
export type ExitCode = 0 | 1 | 2

export interface Command {
  readonly name: string
  readonly usage: string
  readonly summary: string
  run(args: readonly string[], context: Context): Promise<ExitCode>
}

/** Without a configuration the product runs on the simulated cloud, and this is where it journals. */
const SIMULATED_JOURNAL = '.data/simulated.db'

const misused = (command: Command, problem: string, { err }: Context): ExitCode => {
  err(`reflex ${command.name}: ${problem}\nusage: reflex ${command.usage}\n`)
  return 2
}

const explainCommand: Command = {
  name: 'explain',
  usage: 'explain <event id | event number | resource id | name | address | action id> [--json]',
  summary: 'what happened and why: events, decisions, actions and what came back',
  async run(args, context) {
    const flags = args.filter((arg) => arg.startsWith('-'))
    const [about, ...more] = args.filter((arg) => !arg.startsWith('-'))
    const unknown = flags.find((flag) => flag !== '--json')
    if (unknown !== undefined) return misused(explainCommand, `there is no option ${unknown}`, context)
    if (about === undefined || about === '') return misused(explainCommand, 'about what?', context)
    if (more.length > 0) return misused(explainCommand, 'one thing at a time', context)
    const explanation = await explanationOf(about, context)
    if (explanation === null) return 1
    const { renderExplanation } = await import('./explain/render.ts')
    context.out(flags.length > 0 ? `${JSON.stringify(explanation, null, 2)}\n` : renderExplanation(explanation))
    return explanation.found ? 0 : 1
  }
}

/** Through the API where REFLEX_URL is set, else from the local journal; null after saying what is wrong. */
async function explanationOf(about: string, context: Context): Promise<Explanation | null> {
  const server = context.env.REFLEX_URL
  if (server !== undefined && server !== '') return askServer(server, about, context)
  const config = await configured(context)
  if (config === undefined) return null
  const otherwise = 'go to the directory that it runs in, or set REFLEX_URL to the address of a running one'
  const journal = await journalOf(config, context, otherwise)
  if (journal === null) return null
  try {
    const { explain } = await import('./explain/chain.ts')
    return await explain(journal, about)
  } finally {
    await journal.close()
  }
}

async function askServer(server: string, about: string, { fetch, err }: Context): Promise<Explanation | null> {
  try {
    const answer = await fetch(new URL(`/api/v1/explain?${new URLSearchParams({ about })}`, server))
    const body = (await answer.json()) as Explanation | { error: { code: string; message: string } }
    if (!('error' in body)) return body
    err(`${body.error.message}\n`)
  } catch (error) {
    const { cause, message } = error as Error
    err(`${server} (REFLEX_URL) cannot be asked: ${cause instanceof Error ? cause.message : message}\n`)
  }
  return null
}

/** What the product is configured to do here, on null the simulated cloud; undefined after printing its problems. */
async function configured(context: Context): Promise<Config | null | undefined> {
  const [{ loadConfig }, { policies }] = await Promise.all([import('./config.ts'), import('./policies/index.ts')])
  // A broker's password is none of a command's business, and may be missing where it runs.
  const loaded = loadConfig({ env: context.env, cwd: context.cwd, policies, secrets: false })
  if (loaded.ok) return loaded.config
  await printProblems(loaded.problems, context)
  return undefined
}

/** The local journal of that configuration; null after saying that there is none. */
async function journalOf(config: Config | null, context: Context, otherwise: string): Promise<Journal | null> {
  const { resolve } = await import('node:path')
  const path = resolve(context.cwd, config?.journal.path ?? SIMULATED_JOURNAL)
  const journal = await context.openJournal(path)
  if (journal !== null) return journal
  context.err(`there is no journal at ${path}: start the product here first (npm start), ${otherwise}\n`)
  return null
}

async function printProblems(
  problems: readonly import('./config/problems.ts').Problem[],
  { err }: Context
): Promise<void> {
  const { showProblem } = await import('./config/problems.ts')
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  err(`${problems.map(showProblem).join('\n')}\n${count} in the configuration\n`)
}

const checkCommand: Command = {
  name: 'check',
  usage: 'check [file] [--schema]',
  summary: 'finds every mistake in reflex.yaml; --schema prints its JSON Schema, for editors',
  async run(args, context) {
    const { loadConfig } = await import('./config.ts')
    const { policies } = await import('./policies/index.ts')
    if (args.includes('--schema')) {
      const { configSchema } = await import('./config/schema.ts')
      context.out(`${JSON.stringify(configSchema(policies), null, 2)}\n`)
      return 0
    }
    const [file, ...more] = args
    if (more.length > 0 || file?.startsWith('-')) return misused(checkCommand, 'one file', context)
    const env = file === undefined ? context.env : { ...context.env, REFLEX_CONFIG: file }
    const loaded = loadConfig({ env, cwd: context.cwd, policies })
    if (!loaded.ok) {
      await printProblems(loaded.problems, context)
      return 1
    }
    if (loaded.config === null)
      context.out('there is no reflex.yaml here: the product would run on the simulated cloud\n')
    else {
      const { clusters, notifications, policies: used } = loaded.config
      const modes = used.map(({ name, mode }) => `${name} ${mode}`).join(', ') || 'none'
      context.out(
        `${loaded.file} is right: ${clusters.length} clusters, ${notifications.length} brokers, policies: ${modes}\n`
      )
    }
    return 0
  }
}

const adoptCommand: Command = {
  name: 'adopt',
  usage: 'adopt <name | address> | --all',
  summary: 'take over records that carry a mark of Stackreflex but are not in this journal as they are',
  async run(args, context) {
    const [about, ...more] = args
    if (about === undefined || more.length > 0 || (about.startsWith('-') && about !== '--all'))
      return misused(adoptCommand, 'name one record or address, or --all', context)
    const config = await configured(context)
    if (config === undefined) return 1
    const dns = config?.policies.find((policy) => policy.name === 'dns-records')
    if (config === null || dns === undefined) {
      context.err(
        'adopt needs a reflex.yaml with the policy dns-records: on the simulated cloud there is nothing to adopt\n'
      )
      return 1
    }
    const journal = await journalOf(config, context, 'or go to its directory')
    if (journal === null) return 1
    try {
      const [{ buildTools }, { adopt }] = await Promise.all([import('./tools.ts'), import('./adopt.ts')])
      const settings = dns.settings as Parameters<typeof adopt>[2]
      const built = buildTools(config.clusters, [settings.cloud], { env: context.env, cwd: context.cwd }, journal)
      if (!built.ok) {
        context.err(`the clouds named in the configuration cannot be used:\n${built.problems.join('\n')}\n`)
        return 1
      }
      const adopted = await adopt(built.tools, journal, settings, about === '--all' ? null : about)
      built.close()
      for (const line of adopted) context.out(`adopted ${line}\n`)
      if (adopted.length > 0) return 0
      context.err(
        `nothing to adopt${about === '--all' ? '' : ` at ${about}`}: only records whose description begins with 'stackreflex ' can be\n`
      )
      return 1
    } finally {
      await journal.close()
    }
  }
}

const helpCommand: Command = {
  name: 'help',
  usage: 'help',
  summary: 'this list',
  async run(_args, { out }) {
    const width = Math.max(...commands.map((command) => command.name.length))
    out(
      `${commands.map(({ name, summary, usage }) => `${name.padEnd(width)}  ${summary}\n${' '.repeat(width)}  reflex ${usage}`).join('\n')}\n`
    )
    out('\nREFLEX_URL=http://… asks a running server, otherwise the journal file on this machine is read.\n')
    return 0
  }
}

/** Every command there is. */
export const commands: readonly Command[] = [explainCommand, checkCommand, adoptCommand, helpCommand]

/** Runs the command that the arguments name. */
export async function main(args: readonly string[], context: Context): Promise<ExitCode> {
  const [name, ...rest] = args
  if (name === undefined || name === '-h' || name === '--help') {
    await helpCommand.run([], context)
    return name === undefined ? 2 : 0
  }
  const command = commands.find((one) => one.name === name)
  if (command !== undefined) return command.run(rest, context)
  const known = commands.map((one) => one.name)
  const meant = nearest(name, known)
  const hint = meant === null ? `commands are: ${known.join(', ')}` : `did you mean '${meant}'?`
  context.err(`reflex: there is no command '${name}'; ${hint}\n`)
  return 2
}

async function openLocalJournal(path: string): Promise<Journal | null> {
  const { existsSync } = await import('node:fs')
  if (!existsSync(path)) return null
  const { openSqliteJournal } = await import('./store/sqlite.ts')
  return openSqliteJournal({ path })
}

if (import.meta.main) {
  // A reader that closes early (`| head`) is no failure.
  process.stdout.on('error', () => process.exit(0))
  process.exitCode = await main(process.argv.slice(2), {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    openJournal: openLocalJournal,
    fetch
  })
}
