import { X509Certificate } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import { readCredentialFile } from './credential-file.ts'
import { type ExecPlugin, type PluginCluster, pluginOf } from './exec-settings.ts'
import { type Kubeconfig, type KubeconfigEntry, readKubeconfig } from './kubeconfig-file.ts'
import { bare, isTree, kubeconfigKeyProblems, type YamlMap } from './kubeconfig-keys.ts'
import { serverProblem } from './server-url.ts'

/**
 * Where a cluster's API server and our credentials are written: a kubeconfig file (or several, with `:` between them, as in
 * KUBECONFIG), or the pod that we run in.
 */
export type KubernetesSource =
  | { readonly kubeconfig: string; readonly context?: string | undefined }
  | { readonly inCluster: true }

/** How an API server is reached, and as whom. */
export interface Access {
  readonly server: string
  /** PEM text; null: the system's. */
  readonly ca: string | null
  /** The server's certificate is not checked. */
  readonly insecure: boolean
  /** The name that the server's certificate has to be for; null: the URL's. */
  readonly serverName: string | null
  /** null: what the environment says. */
  readonly proxyUrl: string | null
  readonly token: string | null
  /** Read anew while we run; where it cannot be, `token` counts. */
  readonly tokenFile: string | null
  readonly basic: { readonly username: string; readonly password: string } | null
  /** PEM texts. */
  readonly certificate: { readonly cert: string; readonly key: string } | null
  readonly exec: ExecPlugin | null
  readonly impersonate: Impersonation | null
}

/** Whom we ask the API server to take us for. */
export interface Impersonation {
  readonly user: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/** Reads it as kubectl does; throws one sentence with all that is wrong, where, and what is allowed. */
export async function loadAccess(source: KubernetesSource, signal?: AbortSignal): Promise<Access> {
  if ('inCluster' in source) return inClusterAccess(process.env, signal)
  const config = await readKubeconfig(source.kubeconfig, signal)
  const context = contextOf(config, source.context)
  const no = (what: string, entry: KubeconfigEntry, problems: readonly string[]) =>
    problems.map((problem) => `kubeconfig ${entry.file}: ${what} '${entry.name}': ${problem}`)
  const { cluster: clusterName, user: userName } = context.value as { cluster?: string | null; user?: string | null }
  const cluster = config.clusters.get(clusterName ?? '')
  const user = config.users.get(userName ?? '')
  const problems: string[] = []
  let readable = true
  for (const [what, entry] of [['context', context] as const, ['cluster', cluster] as const, ['user', user] as const]) {
    if (entry === undefined) continue
    const { unknown, wrong } = kubeconfigKeyProblems(what, entry.value)
    problems.push(...no(what, entry, [...unknown, ...wrong]))
    readable &&= wrong.length === 0
  }
  if (cluster === undefined) problems.push(...no('context', context, [named('cluster', clusterName, config.clusters)]))
  if (user === undefined) problems.push(...no('context', context, [named('user', userName, config.users)]))
  if (cluster === undefined || user === undefined || !readable) throw new Error(problems.join('; '))

  const server = await serverOf(cluster, signal)
  // We never ask for compressed answers.
  const disableCompression = cluster.value['disable-compression'] === true
  const told = { ...server.facts, disableCompression, config: configOf(cluster.value) }
  const person = await personOf(user, told, signal)
  problems.push(...no('cluster', cluster, server.problems), ...no('user', user, person.problems))
  if (problems.length > 0) throw new Error(problems.join('; '))
  return { ...server.facts, ...person.facts }
}

/** What is wrong with it, before anything is asked of the cluster; null: nothing. */
export function kubeconfigProblem(source: KubernetesSource, withinMs = 10_000): Promise<string | null> {
  return loadAccess(source, AbortSignal.timeout(withinMs)).then(
    () => null,
    (error: Error) => error.message
  )
}

function contextOf({ files, contexts, currentContext }: Kubeconfig, wanted: string | undefined): KubeconfigEntry {
  const name = wanted ?? currentContext
  const found = contexts.get(name)
  if (name !== '' && found !== undefined) return found
  const names = [...contexts.keys()].join(', ') || 'none'
  throw new Error(`kubeconfig ${files.join(', ')} has no context '${name}'; contexts are: ${names}`)
}

function named(key: string, name: string | null | undefined, all: ReadonlyMap<string, KubeconfigEntry>): string {
  const there = `allowed: ${[...all.keys()].join(', ') || `nothing, there are no ${key}s`}`
  return name ? `${key}: '${name}' names a ${key} that is not in it; ${there}` : `${key}: is missing; ${there}`
}

async function serverOf({ file, value }: KubeconfigEntry, signal: AbortSignal | undefined) {
  const read = reader(file, value, signal)
  const server = read.text('server') ?? ''
  const insecure = value['insecure-skip-tls-verify'] === true
  const proxyUrl = read.text('proxy-url')
  const problems = read.problems
  const wrong = serverProblem(server, insecure)
  if (wrong !== null) problems.push(`server: ${wrong}`)
  if (proxyUrl !== null && !/^(?:https?|socks5):\/\/[^/]/.test(proxyUrl))
    problems.push('proxy-url: is of no kind that is known; allowed: http://…, https://… or socks5://…')
  const ca = await read.pem('certificate-authority')
  if (ca !== null && insecure)
    problems.push(
      'insecure-skip-tls-verify: stands beside a certificate-authority, which nobody would check; allowed: one of them'
    )
  if (ca !== null && !isCertificate(ca)) problems.push('certificate-authority: holds no certificate; allowed: PEM')
  const serverName = read.text('tls-server-name')
  return { facts: { server: server.replace(/\/+$/, ''), ca, insecure, serverName, proxyUrl }, problems }
}

async function personOf({ file, value }: KubeconfigEntry, cluster: PluginCluster, signal: AbortSignal | undefined) {
  const read = reader(file, value, signal)
  const { problems } = read
  const token = read.text('token')
  const tokenFile = read.path('tokenFile')
  const username = read.text('username') ?? ''
  const password = read.text('password') ?? ''
  const basic = username === '' && password === '' ? null : { username, password }
  if (basic !== null && (token !== null || tokenFile !== null))
    problems.push('username: stands beside a token; allowed: one of them')
  if (tokenFile !== null && token === null) {
    const there = await readCredentialFile(tokenFile, signal).catch((error: Error) => error)
    if (there instanceof Error) problems.push(`tokenFile: ${tokenFile} ${there.message}`)
    else if (there.trim() === '') problems.push(`tokenFile: ${tokenFile} is empty; allowed: a file with a token`)
  }
  const cert = await read.pem('client-certificate')
  const key = await read.pem('client-key')
  if (cert !== null && key === null && !problems.some((one) => one.startsWith('client-key')))
    problems.push('client-key: is missing; allowed: client-key or client-key-data, of the client-certificate')
  const pair = cert !== null && key !== null ? { cert, key } : null
  if (pair !== null && !isPair(pair))
    problems.push('client-certificate: it and client-key do not make a pair; allowed: PEM, the key without passphrase')
  if (value['auth-provider'])
    problems.push('auth-provider: is not supported; allowed: exec with a credential plug-in, e.g. kubectl oidc-login')
  const exec = value.exec ? pluginOf(value.exec, file, cluster) : null
  if (exec !== null && 'problems' in exec) problems.push(...exec.problems)
  const impersonate = impersonationOf(value, problems)
  const known = token ?? tokenFile ?? basic ?? cert ?? (value.exec || value['auth-provider'] || null)
  if (known === null)
    problems.push(
      'says nothing that we could sign in with; allowed: token, tokenFile, client-certificate, exec, username'
    )
  // Like kubectl: what is written down goes before a plug-in.
  const plugin = exec !== null && !('problems' in exec) && (token ?? tokenFile ?? basic ?? pair) === null ? exec : null
  return { facts: { token, tokenFile, basic, certificate: pair, exec: plugin, impersonate }, problems }
}

function impersonationOf(value: YamlMap, problems: string[]): Impersonation | null {
  const user = (value.as as string | null | undefined) ?? ''
  const uid = (value['as-uid'] as string | null | undefined) ?? ''
  const groups = (value['as-groups'] as readonly string[] | null | undefined) ?? []
  const extra = (value['as-user-extra'] as Impersonation['extra'] | null | undefined) ?? {}
  if (user !== '') return { user, uid, groups, extra }
  if (uid !== '' || groups.length > 0 || Object.keys(extra).length > 0)
    problems.push('as: is missing, where as-uid, as-groups or as-user-extra are set; allowed: a user to impersonate')
  return null
}

/** Reads an entry's texts and files; what is wrong is gathered. Paths start beside the file. */
function reader(file: string, value: YamlMap, signal: AbortSignal | undefined) {
  const problems: string[] = []
  const text = (key: string) => (value[key] as string | null | undefined) || null
  const path = (key: string) => {
    const written = text(key)
    return written === null ? null : resolve(dirname(file), written)
  }
  async function pem(key: string): Promise<string | null> {
    const from = path(key)
    const data = text(`${key}-data`)
    if (from !== null && data !== null) problems.push(`${key}: stands beside ${key}-data; allowed: one of them`)
    if (data !== null) return Buffer.from(bare(data), 'base64').toString()
    if (from === null) return null
    const there = await readCredentialFile(from, signal).catch((error: Error) => error)
    if (!(there instanceof Error)) return there
    signal?.throwIfAborted()
    problems.push(`${key}: ${from} ${there.message}`)
    return null
  }
  return { text, path, pem, problems }
}

/** What a cluster tells the credential plug-ins. */
function configOf({ extensions }: YamlMap): unknown {
  const list = Array.isArray(extensions) ? extensions : []
  const ours = list.find((one) => isTree(one) && one.name === 'client.authentication.k8s.io/exec')
  return isTree(ours) ? (ours.extension ?? null) : null
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== ''
  } catch {
    return false
  }
}

export function isPair(pair: { readonly cert: string; readonly key: string }): boolean {
  try {
    return createSecureContext(pair) !== null
  } catch {
    return false
  }
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

async function inClusterAccess(env: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<Access> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env
  if (!host) throw new Error('inCluster is set, but this does not run in a pod: KUBERNETES_SERVICE_HOST is empty')
  const file = join(ACCOUNT, 'ca.crt')
  const ca = await readCredentialFile(file, signal).catch((error: Error) => {
    throw new Error(`inCluster is set, but ${file} ${error.message}`)
  })
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...{ ca, insecure: false, serverName: null, proxyUrl: null, token: null, tokenFile: join(ACCOUNT, 'token') },
    ...{ basic: null, certificate: null, exec: null, impersonate: null }
  }
}
