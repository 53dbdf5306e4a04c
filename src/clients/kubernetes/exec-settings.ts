import { dirname, resolve } from 'node:path'
import { isTree, kubeconfigKeyProblems, type YamlMap } from './kubeconfig-keys.ts'

/** A credential plug-in of a kubeconfig (`exec`), ready to be run. */
export interface ExecPlugin {
  /** A path, or a name to be found on the PATH. */
  readonly command: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly apiVersion: string
  readonly installHint: string
  /** What it is told about the cluster (KUBERNETES_EXEC_INFO); null: nothing. */
  readonly cluster: YamlMap | null
}

/** What a plug-in may be told about its cluster. */
export interface PluginCluster {
  readonly server: string
  readonly ca: string | null
  readonly insecure: boolean
  readonly serverName: string | null
  readonly proxyUrl: string | null
  readonly disableCompression: boolean
  readonly config: unknown
}

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

/** Reads `exec` as kubectl does where nobody sits at a terminal; `file` is the kubeconfig that it is written in. */
export function pluginOf(raw: unknown, file: string, cluster: PluginCluster): ExecPlugin | { problems: string[] } {
  if (!isTree(raw)) return { problems: ['exec: is not a mapping; allowed: command, args, env, apiVersion, …'] }
  const { unknown, wrong } = kubeconfigKeyProblems('exec', raw)
  const problems = [...unknown, ...wrong].map((problem) => `exec.${problem}`)
  if (wrong.length > 0) return { problems }
  const text = (key: string) => (raw[key] as string | null | undefined) ?? ''
  const command = text('command')
  if (command === '') problems.push('exec.command: is missing; allowed: a program')
  const apiVersion = text('apiVersion')
  if (!versions.includes(apiVersion))
    problems.push(
      `exec.apiVersion: is ${apiVersion === '' ? 'missing' : `'${apiVersion}'`}; allowed: ${versions.join(', ')}`
    )
  const mode = text('interactiveMode') || (apiVersion === versions[1] ? 'IfAvailable' : '')
  if (mode === 'Always')
    problems.push('exec.interactiveMode: is Always, and nobody types here; allowed: Never, IfAvailable')
  else if (mode !== 'Never' && mode !== 'IfAvailable')
    problems.push(`exec.interactiveMode: is ${mode === '' ? 'missing' : `'${mode}'`}; allowed: Never, IfAvailable`)
  const env = readEnv(raw.env ?? [])
  if (env === null) problems.push('exec.env: is not a list of {name, value} of texts')
  if (problems.length > 0) return { problems }
  return {
    // A name without a slash is looked for on the PATH, anything else beside the kubeconfig.
    command: command.includes('/') ? resolve(dirname(file), command) : command,
    args: (raw.args as readonly string[] | null | undefined) ?? [],
    env: env ?? [],
    apiVersion,
    // It is shown, and whoever writes a kubeconfig is not to steer a terminal.
    installHint: text('installHint').replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Z}\n\t]/gu, ''),
    cluster: raw.provideClusterInfo === true ? toldOf(cluster) : null
  }
}

function readEnv(raw: unknown): ExecPlugin['env'] | null {
  if (!Array.isArray(raw)) return null
  const all = raw.map((one) => {
    const { name, value = '' } = isTree(one) ? one : ({} as YamlMap)
    return typeof name === 'string' && name !== '' && typeof (value ?? '') === 'string'
      ? { name, value: (value ?? '') as string }
      : null
  })
  return all.every((one) => one !== null) ? all : null
}

/** In client-go's order, with what is empty left out. */
function toldOf(cluster: PluginCluster): YamlMap {
  const { server, ca, insecure, serverName, proxyUrl, disableCompression, config } = cluster
  return {
    server,
    ...(serverName === null ? {} : { 'tls-server-name': serverName }),
    ...(insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(ca === null ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(proxyUrl === null ? {} : { 'proxy-url': proxyUrl }),
    ...(disableCompression ? { 'disable-compression': true } : {}),
    config
  }
}
