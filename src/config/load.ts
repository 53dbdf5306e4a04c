import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crossChecks, fromEnvironment, isUnset } from './checks.ts'
import type { Config } from './config.ts'
import { type Path, readDocument } from './document.ts'
import { type NamedEntry, namedEntries } from './entries.ts'
import { configOf } from './from-written.ts'
import { idleWarnings } from './idle.ts'
import { openstackChecks, unknownInstance, withInstances } from './openstacks.ts'
import { type Mistake, mistakesOf, type Problem, showPath, showValue } from './problems.ts'
import type { KnownPolicy, WrittenConfig } from './schema.ts'
import { validate } from './validator.ts'
import { freeze } from './values.ts'
import { windowWarnings } from './window-warnings.ts'

/** The outcome of reading a configuration: the configuration, or every problem that was found. */
export type ConfigResult =
  | {
      readonly ok: true
      readonly config: Config
      readonly file: string
      readonly warnings: readonly Problem[]
      readonly entries: readonly NamedEntry[]
    }
  | {
      readonly ok: false
      readonly problems: readonly Problem[]
      /** Where it could be read at all. */
      readonly file?: string
      readonly entries?: readonly NamedEntry[]
    }

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>
type ReadFile = (path: string) => string

/** How a configuration is read. */
export interface ReadOptions {
  readonly readFile?: ReadFile
  /** false: what secrets refer to is not looked up, and is empty; for a command that needs none of them. */
  readonly secrets?: boolean
}

const readText: ReadFile = (path) => readFileSync(path, 'utf8')

/**
 * Reads REFLEX_CONFIG, else `reflex.yaml` in `cwd`. `config: null` with `file: null`: there is neither, and the caller
 * runs on the simulated cloud with a text of its own (`parseConfig`).
 */
export function loadConfig(
  options: { readonly env: Environment; readonly cwd: string; readonly policies: readonly KnownPolicy[] } & ReadOptions
): ConfigResult | { readonly ok: true; readonly config: null; readonly file: null } {
  const { env, cwd, policies, readFile = readText, secrets = true } = options
  const named = env.REFLEX_CONFIG
  const file = named === undefined || named === '' ? 'reflex.yaml' : named
  let text: string
  try {
    text = readFile(file.startsWith('/') ? file : join(cwd, file))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' && file !== named) return { ok: true, config: null, file: null }
    const message = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code ?? 'error'})`
    const place = { file, line: null, column: null, path: '', value: null }
    return { ok: false, problems: [{ ...place, message, allowed: 'a readable file; REFLEX_CONFIG names it' }] }
  }
  return parseConfig(text, file, env, policies, { readFile, secrets })
}

/** The configuration in `text`, or every mistake in it at once. */
export function parseConfig(
  text: string,
  file: string,
  env: Environment,
  policies: readonly KnownPolicy[],
  { readFile = readText, secrets = true }: ReadOptions = {}
): ConfigResult {
  const document = readDocument(text)
  const environment = fromEnvironment(env)
  const problems: Problem[] = environment.mistakes.map((mistake) => ({
    ...shown('the environment', mistake),
    line: null,
    column: null
  }))
  if (document.mistakes.length > 0) {
    const broken = document.mistakes.map((at) => ({ file, ...at, path: '', value: null, allowed: 'YAML 1.2' }))
    return { ok: false, problems: [...broken, ...problems] }
  }

  const written = structuredClone(document.root ?? {}) as WrittenConfig
  const known = withInstances(policies, written)
  const unset = known.map(({ name }) => name).filter((name) => isUnset(written, name))
  const mistakes = mistakesOf(validate(written, policies), written)
    .filter(({ path }) => !(path[0] === 'policies' && path[2] === 'settings' && unset.includes(path[1] as string)))
    .map((one) => unknownInstance(one, known))
  const sources = secrets ? { env, readFile } : null
  const configured = known.filter(({ name }) => !unset.includes(name))
  const valid = (path: Path) => !mistakes.some((one) => touches(one.path, path))
  mistakes.push(...crossChecks(written, configured, sources, valid, [...mistakes]))
  mistakes.push(...openstackChecks(written, known, valid))

  problems.push(...mistakes.map((mistake) => ({ ...shown(file, mistake), ...document.at(mistake.path, mistake.part) })))
  const entries = namedEntries(written).map(({ name, path }) => ({
    ...{ name, path: showPath(path) },
    ...document.at(path, 'value')
  }))
  if (problems.length > 0) return { ok: false, problems: problems.sort(inOrder), file, entries }
  const config = freeze(configOf(written, environment, sources))
  const warnings = [...windowWarnings(config), ...idleWarnings(written, configured)].map((warning) => ({
    ...shown(file, warning),
    ...document.at(warning.path, warning.part)
  }))
  return { ok: true, config, file, warnings, entries }
}

const shown = (file: string, mistake: Mistake) => ({
  file,
  path: showPath(mistake.path),
  value: showValue(mistake.value, mistake.path),
  message: mistake.message,
  allowed: mistake.allowed
})

const inOrder = (a: Problem, b: Problem) =>
  (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0) || (a.path < b.path ? -1 : 1)

/** Whether a mistake at `at` says anything about the value at `path`: it is that value, in it, or around it. */
const touches = (at: Path, path: Path): boolean => {
  const length = Math.min(at.length, path.length)
  return at.slice(0, length).every((part, i) => part === path[i])
}
