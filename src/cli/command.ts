import { resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Environment } from '../config/load.ts'
import type { Problem } from '../config/problems.ts'
import type { Journal } from '../store/journal.ts'

/** What a command may use; tests give their own. */
export interface Context {
  readonly env: Environment
  readonly cwd: string
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** The local journal; null where there is no file yet. */
  readonly openJournal: (path: string) => Promise<Journal | null>
  readonly fetch: typeof fetch
  /** How wide the terminal is; left out: as wide as the text. */
  readonly columns?: number | undefined
  /** Tests wait for nobody. */
  readonly sleep?: (ms: number) => Promise<void>
}

/**
 * 0: done. 1: refused, nothing found, or a problem. 2: the command was not understood. 3: nobody was there to ask: no product
 * runs, there is no journal, or what REFLEX_URL names is not reached or is no Stackreflex.
 */
export type ExitCode = 0 | 1 | 2 | 3

/** A command of the command line. */
export interface Command {
  readonly name: string
  readonly usage: string
  readonly summary: string
  run(args: readonly string[], context: Context): Promise<ExitCode>
}

/** Without a configuration the product runs on the simulated cloud, and this is where it journals. */
const SIMULATED_JOURNAL = '.data/simulated.db'

/** Says what was not understood, and how the command is used. */
export function misused({ name, usage }: Pick<Command, 'name' | 'usage'>, problem: string, { err }: Context): ExitCode {
  err(`reflex ${name}: ${problem}\nusage: reflex ${usage}\n`)
  return 2
}

/** Reads what the product is configured to do here, null: the simulated cloud; undefined after printing its problems. */
export async function configured(context: Context): Promise<Config | null | undefined> {
  const [{ loadConfig }, { policies }] = await Promise.all([
    import('../config/load.ts'),
    import('../policies/index.ts')
  ])
  // A broker's password is none of a command's business, and may be missing where it runs.
  const loaded = loadConfig({ env: context.env, cwd: context.cwd, policies, secrets: false })
  if (loaded.ok) return loaded.config
  await printProblems(loaded.problems, context)
  return undefined
}

/** Returns where the journal of a configuration is. */
export function journalPath(config: Config | null, { cwd }: Pick<Context, 'cwd'>): string {
  return resolve(cwd, config?.journal.path ?? SIMULATED_JOURNAL)
}

/** Opens the journal of a configuration, or the file at `path`; null after saying that there is none. */
export async function journalOf(
  config: Config | null,
  context: Context,
  otherwise: string,
  path?: string
): Promise<Journal | null> {
  const file = path === undefined ? journalPath(config, context) : resolve(context.cwd, path)
  const journal = await context.openJournal(file)
  if (journal !== null) return journal
  const start =
    path === undefined ? `start the product here first (npm start), ${otherwise}` : 'name a file that is there'
  context.err(`there is no journal at ${file}: ${start}\n`)
  return null
}

/** Opens the journal that is configured here, or the file at `path`; else returns the exit code, after saying what is wrong. */
export async function localJournal(
  context: Context,
  path?: string
): Promise<{ readonly ok: true; readonly value: Journal } | { readonly ok: false; readonly code: ExitCode }> {
  const config = path === undefined ? await configured(context) : null
  if (config === undefined) return { ok: false, code: 1 }
  const otherwise = 'go to the directory that it runs in, or set REFLEX_URL to the address of a running one'
  const value = await journalOf(config, context, otherwise, path)
  return value === null ? { ok: false, code: 3 } : { ok: true, value }
}

/** What goes on in the next line stands so far in. */
const hanging = 2

/** Returns the columns for an explanation: as wide as the terminal, and no narrower than its margins allow. */
export const widthOf = ({ columns }: Pick<Context, 'columns'>): number | undefined =>
  columns === undefined ? undefined : Math.max(60, Math.min(columns, 160)) - hanging

/** Prints every problem of a configuration, one line each. */
export async function printProblems(problems: readonly Problem[], { err }: Context): Promise<void> {
  const { showProblem } = await import('../config/problems.ts')
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  err(`${problems.map(showProblem).join('\n')}\n${count} in the configuration\n`)
}
