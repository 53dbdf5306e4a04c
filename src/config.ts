import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { crossChecks, fromEnvironment, isUnset, type Role } from './config/checks.ts'
import { type Path, readDocument } from './config/document.ts'
import { type Mistake, mistakesOf, type Problem, showPath, showValue } from './config/problems.ts'
import { configSchema, type KnownPolicy, type Written } from './config/schema.ts'
import { durationMs, freeze, resolveSecret, type SecretSources } from './config/values.ts'
import type { DeleteLimit } from './core/guard.ts'
import type { Mode } from './core/policy.ts'
import type { Json } from './core/query.ts'

/** Everything that an operator decides; made once at start, frozen, and handed to whoever needs a part of it. */
export interface Config {
  readonly clusters: readonly Cluster[]
  readonly notifications: readonly BrokerConfig[]
  /** Only those that are mentioned; one that is not is off. */
  readonly policies: readonly PolicyConfig[]
  readonly limits: { readonly deletes: DeleteLimit }
  readonly sweep: { readonly everyMs: number; readonly atStart: boolean }
  readonly journal: { readonly path: string; readonly keepMs: number; readonly keepIdsMs: number }
  /** `hosts`: names besides loopback under which a proxy in front may ask. */
  readonly http: { readonly host: string; readonly port: number; readonly hosts: readonly string[] }
  readonly log: { readonly level: Written['log']['level'] }
  readonly roles: readonly Role[]
}

/** One Keystone project, reached with its own entry of clouds.yaml. */
export interface Cluster {
  readonly name: string
  readonly cloud: string
  readonly tier: 'bursty' | 'change-controlled' | 'always-on'
}

/** One message broker of an OpenStack. */
export interface BrokerConfig {
  /** Name of this OpenStack in event sources: `/openstack/<cloud>/<region>/<service>`. */
  readonly cloud: string
  readonly region: string
  /** Holds the password: never log it. */
  readonly url: string
  readonly exchanges: readonly string[]
  readonly topics: readonly string[]
  readonly queue: string
  readonly allowPublisherQueue: boolean
  readonly prefetch: number
  /** No notification for so long is a warning. */
  readonly silenceMs: number
  readonly maxLength: number
}

export interface PolicyConfig {
  readonly name: string
  readonly mode: Mode
  /** Valid by the policy's own schema, with its defaults. */
  readonly settings: Json
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config; readonly file: string }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export type Environment = Readonly<Record<string, string | undefined>>
type ReadFile = (path: string) => string

export interface Reading {
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
  options: { readonly env: Environment; readonly cwd: string; readonly policies: readonly KnownPolicy[] } & Reading
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
  { readFile = readText, secrets = true }: Reading = {}
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

  // `meta` and `validateSchema` off: this schema is ours and tested, and checking it costs more than the file.
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    strict: false,
    meta: false,
    validateSchema: false
  })
  const written = structuredClone(document.root ?? {}) as Written
  const unset = policies.map(({ name }) => name).filter((name) => isUnset(written, name))
  const validate = ajv.compile(configSchema(policies))
  validate(written)
  const mistakes = mistakesOf(validate.errors ?? [], written).filter(
    ({ path }) => !(path[0] === 'policies' && path[2] === 'settings' && unset.includes(path[1] as string))
  )
  const sources = secrets ? { env, readFile } : null
  const configured = policies.filter(({ name }) => !unset.includes(name))
  mistakes.push(
    ...crossChecks(written, configured, sources, (path) => !mistakes.some((one) => touches(one.path, path)))
  )

  problems.push(...mistakes.map((mistake) => ({ ...shown(file, mistake), ...document.at(mistake.path, mistake.part) })))
  if (problems.length > 0) return { ok: false, problems: problems.sort(inOrder) }
  return { ok: true, config: freeze(configOf(written, environment, sources)), file }
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

function configOf(
  written: Written,
  environment: ReturnType<typeof fromEnvironment>,
  sources: SecretSources | null
): Config {
  const ms = (text: string) => durationMs(text)!
  return {
    clusters: Object.entries(written.clusters).map(([name, cluster]) => ({ name, ...cluster })),
    notifications: written.notifications.map(({ silence, url, ...broker }) => {
      const secret = sources === null ? null : resolveSecret(url, sources)
      return { ...broker, url: secret?.ok === true ? secret.value : '', silenceMs: ms(silence) }
    }),
    policies: Object.entries(written.policies).map(([name, { mode, settings }]) => ({
      name,
      mode,
      settings: settings as Json
    })),
    limits: {
      deletes: {
        share: written.limits.deletes.share,
        from: written.limits.deletes.from,
        windowMs: ms(written.limits.deletes.window)
      }
    },
    sweep: { everyMs: ms(written.sweep.every), atStart: written.sweep.atStart },
    journal: {
      path: written.journal.path,
      keepMs: ms(written.journal.keep),
      keepIdsMs: ms(written.journal.keepIds)
    },
    http: { ...written.http, port: environment.port ?? written.http.port },
    log: written.log,
    roles: environment.roles
  }
}
