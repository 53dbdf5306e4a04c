import { readFileSync } from 'node:fs'
import { candidates, type Env, expand, isTree, merge, readFirst, type Tree, tree } from './cloud-files.ts'

/** One cloud as openstacksdk would see it; everything that is needed to authenticate and to find endpoints. */
export interface CloudEntry {
  readonly name: string
  /** Keystone's URL as configured, with or without `/v3`. */
  readonly authUrl: string
  readonly auth: PasswordAuth | ApplicationCredentialAuth
  /** null: the only or first region of the catalogue. */
  readonly regionName: string | null
  readonly interface: 'public' | 'internal' | 'admin'
  /** PEM text of the CA bundle that the file named; null: the system's. */
  readonly cacert: string | null
  /** False: certificates are not checked. */
  readonly verify: boolean
  /** Service type (`compute`, `dns`, …) → URL that replaces the catalogue's. */
  readonly endpointOverrides: Readonly<Record<string, string>>
}

/** A user or project by id, or by name within a domain. */
export type Named =
  | { readonly id: string }
  | { readonly name: string; readonly domain: { readonly id: string } | { readonly name: string } }

export interface PasswordAuth {
  readonly type: 'password'
  readonly user: Named
  readonly password: string
  readonly project: Named
}

export interface ApplicationCredentialAuth {
  readonly type: 'applicationCredential'
  /** By id, or by name with its user. */
  readonly credential: { readonly id: string } | { readonly name: string; readonly user: Named }
  readonly secret: string
}

/** One thing wrong with the configuration of a cloud: where, what, and what is allowed. */
export interface CloudProblem {
  /** Path of the file, or `environment`. */
  readonly file: string
  /** Path inside the file such as `clouds.dev.auth.password`, or the variable's name. */
  readonly key: string
  readonly problem: string
  readonly allowed: string
}

/** Either the entry or everything that is wrong with it, so that a caller can show all problems at once. */
export type LoadedCloud =
  | { readonly ok: true; readonly cloud: CloudEntry }
  | { readonly ok: false; readonly problems: readonly CloudProblem[] }

/** One sentence for a problem, for logs and the command line. */
export function problemText(problem: CloudProblem): string {
  return `${problem.file}: ${problem.key}: ${problem.problem}; allowed: ${problem.allowed}`
}

/**
 * Finds a cloud where openstacksdk does: `OS_CLIENT_CONFIG_FILE`, else clouds.yaml/.yml/.json in the current directory,
 * ~/.config/openstack, /etc/openstack; secure.yaml merged over it; without a name `OS_CLOUD`, else the `OS_*` variables
 * (the cloud `envvars`, or what `OS_CLOUD_NAME` says).
 */
export function loadCloud(name: string | undefined, env: Env, options: { cwd?: string } = {}): LoadedCloud {
  const envName = env.OS_CLOUD_NAME ?? 'envvars'
  const wanted = name ?? env.OS_CLOUD ?? (env.OS_AUTH_URL === undefined ? undefined : envName)
  if (wanted === envName && env.OS_AUTH_URL !== undefined)
    return parseCloud(wanted, fromEnvironment(env), 'environment')

  const cwd = options.cwd ?? process.cwd()
  const found = readFirst(cwd, env, 'clouds', env.OS_CLIENT_CONFIG_FILE)
  if (!found.ok) return fail(found.file, 'clouds', found.problem, found.allowed)
  if (found.tree === null) {
    return fail(
      found.file,
      'clouds',
      'no such file',
      `one of ${candidates(cwd, env, 'clouds').join(', ')}, or OS_AUTH_URL`
    )
  }
  const secure = readFirst(cwd, env, 'secure', env.OS_CLIENT_SECURE_FILE)
  if (!secure.ok) return fail(secure.file, 'clouds', secure.problem, secure.allowed)

  const clouds = tree(merge(tree(found.tree.clouds), tree(tree(secure.tree).clouds)))
  const names = Object.keys(clouds)
  const only = wanted ?? (names.length === 1 ? names[0] : undefined)
  if (only === undefined)
    return fail(found.file, 'clouds', 'no cloud was named', `OS_CLOUD set to one of ${names.join(', ')}`)
  if (!Object.hasOwn(clouds, only)) {
    return fail(found.file, `clouds.${only}`, 'no cloud has this name', names.join(', ') || 'the file holds no clouds')
  }
  return parseCloud(only, clouds[only], found.file)
}

/** Checks one entry of the shape of clouds.yaml; `file` is only for messages. */
export function parseCloud(name: string, raw: unknown, file: string): LoadedCloud {
  const problems: CloudProblem[] = []
  const at = (key: string) =>
    file === 'environment' ? `OS_${key.replace(/^auth\./, '').toUpperCase()}` : `clouds.${name}.${key}`
  const problem = (key: string, what: string, allowed: string) =>
    problems.push({ file, key: at(key), problem: what, allowed })
  const entry = tree(raw)
  // openstacksdk accepts the auth keys beside `auth` as well.
  const auth = { ...entry, ...tree(entry.auth) }

  const text = (key: string): string | undefined => {
    const value = auth[key]
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value === 'string' || typeof value === 'number') return String(value)
    problem(`auth.${key}`, `is ${typeof value}`, 'a string')
    return undefined
  }
  const required = (key: string): string => {
    const value = text(key)
    if (value === undefined && !problems.some((known) => known.key === at(`auth.${key}`))) {
      problem(`auth.${key}`, 'is missing', 'a string')
    }
    return value ?? ''
  }
  const named = (kind: 'user' | 'project', nameKey: string): Named => {
    const id = text(`${kind}_id`) ?? (kind === 'project' ? text('tenant_id') : undefined)
    if (id !== undefined) return { id }
    const byName = text(nameKey) ?? (kind === 'project' ? text('tenant_name') : undefined)
    if (byName === undefined) problem(`auth.${nameKey}`, 'is missing', `${nameKey}, or ${kind}_id`)
    const domainId = text(`${kind}_domain_id`) ?? text('domain_id')
    const domainName = text(`${kind}_domain_name`) ?? text('domain_name')
    if (domainId === undefined && domainName !== undefined) return { name: byName ?? '', domain: { name: domainName } }
    return { name: byName ?? '', domain: { id: domainId ?? text('default_domain') ?? 'default' } }
  }

  if (raw === null || typeof raw !== 'object')
    return fail(file, `clouds.${name}`, 'is not a mapping', 'auth, region_name, …')
  if (entry.profile !== undefined) {
    problem(
      'profile',
      'vendor profiles (clouds-public.yaml) are not supported',
      'write auth.auth_url and region_name out'
    )
  }

  const authUrl = required('auth_url')
  if (authUrl !== '' && !/^https?:\/\/[^/]+/.test(authUrl)) {
    problem('auth.auth_url', `is ${JSON.stringify(authUrl)}`, 'an http:// or https:// URL')
  }

  const guessed = text('application_credential_secret') === undefined ? 'password' : 'v3applicationcredential'
  const authType = entry.auth_type ?? guessed
  let parsedAuth: CloudEntry['auth'] | undefined
  if (authType === 'password' || authType === 'v3password') {
    parsedAuth = {
      type: 'password',
      user: named('user', 'username'),
      password: required('password'),
      project: named('project', 'project_name')
    }
  } else if (authType === 'v3applicationcredential') {
    const id = text('application_credential_id')
    const credentialName = text('application_credential_name')
    const secret = required('application_credential_secret')
    if (id === undefined && credentialName === undefined) {
      problem('auth.application_credential_id', 'is missing', 'application_credential_id, or _name with username')
    }
    const credential =
      id !== undefined
        ? { id }
        : credentialName !== undefined
          ? { name: credentialName, user: named('user', 'username') }
          : { id: '' }
    parsedAuth = { type: 'applicationCredential', credential, secret }
  } else {
    problem('auth_type', `is ${JSON.stringify(authType)}`, 'password, v3password, v3applicationcredential')
  }

  const face = String(entry.interface ?? entry.endpoint_type ?? 'public').replace(/URL$/, '')
  if (face !== 'public' && face !== 'internal' && face !== 'admin') {
    problem('interface', `is ${JSON.stringify(face)}`, 'public, internal, admin')
  }

  const verify = entry.verify === undefined || isTrue(entry.verify)
  let cacert: string | null = null
  if (entry.cacert !== undefined && entry.cacert !== null && entry.cacert !== '') {
    try {
      cacert = readFileSync(expand(String(entry.cacert)), 'utf8')
    } catch (error) {
      problem('cacert', `cannot be read: ${(error as Error).message}`, 'the path of a PEM file')
    }
  }

  const region = entry.region_name ?? (Array.isArray(entry.regions) ? regionOf(entry.regions[0]) : undefined)
  if (region !== undefined && region !== null && typeof region !== 'string') {
    problem('region_name', `is ${typeof region}`, 'a string')
  }

  const endpointOverrides: Record<string, string> = {}
  for (const [key, value] of Object.entries(entry)) {
    const service = /^(.+)_endpoint_override$/.exec(key)?.[1]
    if (service === undefined || value === null || value === '') continue
    if (typeof value === 'string' && /^https?:\/\//.test(value)) endpointOverrides[service.replaceAll('_', '-')] = value
    else problem(key, `is ${JSON.stringify(value)}`, 'an http:// or https:// URL')
  }

  if (problems.length > 0 || parsedAuth === undefined) return { ok: false, problems }
  return {
    ok: true,
    cloud: {
      name,
      authUrl,
      auth: parsedAuth,
      regionName: typeof region === 'string' && region !== '' ? region : null,
      interface: face as CloudEntry['interface'],
      cacert,
      verify,
      endpointOverrides
    }
  }
}

function fromEnvironment(env: Env): Tree {
  const top = new Set(['auth_type', 'region_name', 'interface', 'endpoint_type', 'cacert'])
  const entry: Tree = {}
  const auth: Tree = {}
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('OS_') || value === undefined || value === '') continue
    const key = variable.slice(3).toLowerCase()
    if (key === 'insecure') entry.verify = !isTrue(value)
    else if (top.has(key) || key.endsWith('_endpoint_override')) entry[key] = value
    else auth[key] = value
  }
  return { ...entry, auth }
}

function fail(file: string, key: string, problem: string, allowed: string) {
  return { ok: false as const, problems: [{ file, key, problem, allowed }] }
}

function isTrue(value: unknown): boolean {
  return value === true || /^(true|yes|on|1)$/i.test(String(value))
}

function regionOf(value: unknown): unknown {
  return isTree(value) ? value.name : value
}
