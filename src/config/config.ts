import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { durationMs } from '../core/duration.ts'
import type { ApprovalRules, Budget, ClusterRules, CoolDown, GuardRules } from '../core/guard-rules.ts'
import { meansPolicy } from '../core/instance.ts'
import type { Mode } from '../core/policy.ts'
import type { Json } from '../core/query.ts'
import { endOf } from '../core/until.ts'
import { crossChecks, fromEnvironment, isUnset, type Role } from './checks.ts'
import { type Path, readDocument } from './document.ts'
import { entriesOf, type NamedEntry } from './entries.ts'
import type { GitlabSecret } from './gitlab-secret.ts'
import { approvalRules, guardRules } from './guard.ts'
import { idleWarnings } from './idle.ts'
import { boundTo, openstackChecks, openstackOf, unknownInstance, withInstances } from './openstacks.ts'
import { type Mistake, mistakesOf, type Problem, showPath, showValue } from './problems.ts'
import type { KnownPolicy, Written } from './schema.ts'
import { validate } from './validator.ts'
import { freeze, resolveSecret, type Secret, type SecretSources } from './values.ts'

/** Everything that an operator decides; made once at start, frozen, and handed to whoever needs a part of it. */
export interface Config {
  readonly clusters: readonly Cluster[]
  readonly notifications: readonly BrokerConfig[]
  /** Only those that are mentioned; one that is not is off. */
  readonly policies: readonly PolicyConfig[]
  /** Everything that the guard goes by. */
  readonly guard: GuardRules
  readonly limits: {
    readonly deletes: { readonly share: number; readonly from: number; readonly windowMs: number }
    readonly guard: { readonly budgets: readonly Budget[]; readonly coolDowns: readonly CoolDown[] }
    /** What a person undid is left alone for so long. */
    readonly afterUndoMs: number
  }
  readonly approvals: ApprovalRules
  /** Groups that may stop, resume, undo, replay and unpark; empty: nobody but users of this machine. */
  readonly access: { readonly operate: readonly string[] }
  readonly tokens: readonly Token[]
  readonly gitlab: {
    readonly secrets: readonly GitlabSecret[]
    /** Where what webhooks claim is read, with a token that may only read; left out: nowhere. */
    readonly api?: { readonly url: string; readonly token: string }
    /** Actors by GitLab's user names. */
    readonly users: Readonly<Record<string, string>>
  }
  /** null: no Slack. */
  readonly slack: SlackConfig | null
  /** Service → the clusters where it may run. */
  readonly placement: Readonly<Record<string, readonly string[]>>
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
  /** The OpenStack that it is in; null: nothing says, and there is one at most, or nobody asks. */
  readonly openstack: string | null
  readonly tier: 'bursty' | 'change-controlled' | 'always-on'
  readonly rules: ClusterRules
  /** How its Kubernetes is reached; null: not at all. */
  readonly kubernetes: KubernetesSource | null
}

export type KubernetesSource = { readonly kubeconfig: string; readonly context?: string } | { readonly inCluster: true }

export interface SlackConfig {
  readonly signingSecrets: readonly string[]
  readonly botToken: string | null
  readonly team: string
  readonly channel: string | null
  /** By Slack's user id: who that is to the guard. */
  readonly users: Readonly<Record<string, { readonly actor: string; readonly groups: readonly string[] }>>
  /** By the id of a user group of Slack: which groups of the guard whoever is in it has. */
  readonly userGroups: Readonly<Record<string, readonly string[]>>
  readonly apiUrl: string
  readonly responseHosts: readonly string[]
}

/** Who a bearer token stands for. */
export interface Token {
  readonly actor: string
  readonly groups: readonly string[]
  /** `read`: it never changes anything, whatever its groups; left out: its groups say what it may do. */
  readonly role?: 'read' | 'person'
  /** When it stops being one, in ms since the epoch; null or left out: never. */
  readonly expiresAt?: number | null
  /** Of the token, in hex; empty where secrets were not looked up. */
  readonly sha256: string
}

/** One message broker of an OpenStack. */
export interface BrokerConfig {
  /** `openstack` in reflex.yaml: the name of this OpenStack in event sources: `/openstack/<openstack>/<region>/<service>`. */
  readonly cloud: string
  readonly region: string
  /** oslo's `transport_url`, or an AMQP URL. Holds the password: never log it. */
  readonly url: string
  /** Paths of PEM files, for amqps: who signed the broker's certificate; our own, and its key. */
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
  readonly exchanges: readonly string[]
  readonly topics: readonly string[]
  readonly queue: string
  readonly allowPublisherQueue: boolean
  readonly prefetch: number
  /** No notification for so long is a warning. */
  readonly silenceMs: number
  readonly maxLength: number
  /** Bytes of the queue; beyond, the broker drops the oldest. */
  readonly maxBytes: number
}

export interface PolicyConfig {
  /** That of an instance has its OpenStack behind an `@`. */
  readonly name: string
  /** Whose events and clusters alone it looks after; null: all. */
  readonly openstack: string | null
  readonly mode: Mode
  /** Where the mode differs. */
  readonly clusters: Readonly<Record<string, Mode>>
  /** Valid by the policy's own schema, with its defaults. */
  readonly settings: Json
}

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

  const written = structuredClone(document.root ?? {}) as Written
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
  const entries = entriesOf(written).map(({ name, path }) => ({
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

/** Right, but nothing would ever change there: said by `reflex check`. */
function windowWarnings({ clusters, policies }: Config): Mistake[] {
  return clusters.flatMap(({ name, openstack, rules: { tier, calendar } }) =>
    policies.flatMap((policy) => {
      if (policy.openstack !== null && policy.openstack !== openstack) return []
      const mode = policy.clusters[name] ?? policy.mode
      const acts = mode === 'enforce' || mode === 'approve'
      const matched = calendar.windows.some(
        (window) => window.policies?.some((one) => meansPolicy(one, policy.name)) ?? true
      )
      if (!acts || matched || (tier !== 'change-controlled' && calendar.windows.length === 0)) return []
      const message = `no window is for ${policy.name}, which is in mode ${mode} here: it never changes anything`
      return [{ path: ['clusters', name], part: 'key', value: undefined, message, allowed: 'a window for it' }]
    })
  )
}

function configOf(
  written: Written,
  environment: ReturnType<typeof fromEnvironment>,
  sources: SecretSources | null
): Config {
  const ms = (text: string) => durationMs(text)!
  const guard = guardRules(written)
  const secret = (reference: Secret) => {
    const found = sources === null ? null : resolveSecret(reference, sources)
    return found?.ok === true ? found.value : ''
  }
  return {
    clusters: Object.entries(written.clusters).map(([name, cluster]) => ({
      name,
      cloud: cluster.cloud,
      openstack: openstackOf(written, name),
      tier: cluster.tier,
      rules: guard.clusters[name]!,
      kubernetes: cluster.kubernetes ?? null
    })),
    notifications: written.notifications.map(({ silence, url, openstack, cloud, ...broker }) => {
      return { ...broker, cloud: openstack ?? cloud ?? '', url: secret(url), silenceMs: ms(silence) }
    }),
    policies: Object.entries(written.policies).map(([name, { mode, clusters, settings }]) => ({
      name,
      openstack: boundTo(written, name),
      mode,
      clusters,
      settings: settings as Json
    })),
    guard,
    limits: {
      deletes: {
        share: written.limits.deletes.share,
        from: written.limits.deletes.from,
        windowMs: ms(written.limits.deletes.window)
      },
      guard: { budgets: guard.budgets, coolDowns: guard.coolDowns },
      afterUndoMs: ms(written.limits.afterUndo)
    },
    approvals: approvalRules(written),
    access: written.access,
    tokens: written.tokens.map(({ actor, groups, role, expires, sha256 }) => ({
      actor,
      groups,
      role,
      expiresAt: expires === undefined ? null : endOf(expires),
      sha256: secret(sha256)
    })),
    gitlab: {
      secrets: written.gitlab.secrets.map((one) =>
        'token' in one
          ? { kind: 'token' as const, value: secret(one.token), projects: one.projects }
          : { kind: 'signing' as const, value: secret(one.signing), projects: one.projects }
      ),
      ...(written.gitlab.api !== undefined && {
        api: { url: written.gitlab.api.url, token: secret(written.gitlab.api.token) }
      }),
      users: written.gitlab.users
    },
    slack: slackOf(written.slack, secret),
    placement: written.placement,
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

function slackOf(written: Written['slack'], secret: (reference: Secret) => string): SlackConfig | null {
  if (written === undefined) return null
  const { signingSecrets, botToken, channel, ...rest } = written
  return {
    ...rest,
    signingSecrets: signingSecrets.map(secret),
    botToken: botToken === undefined ? null : secret(botToken),
    channel: channel ?? null
  }
}
