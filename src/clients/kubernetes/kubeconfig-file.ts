import { resolve } from 'node:path'
import { parse } from 'yaml'
import { readCredentialFile } from './credential-file.ts'
import { isTree, type YamlMap } from './kubeconfig-keys.ts'

/** One named entry, with the file that it is from: its relative paths start beside that. */
export interface KubeconfigEntry {
  readonly name: string
  readonly file: string
  readonly value: YamlMap
}

/** What one file holds, or several together: of two entries of one name the first counts, as for kubectl. */
export interface Kubeconfig {
  readonly files: readonly string[]
  readonly currentContext: string
  readonly clusters: ReadonlyMap<string, KubeconfigEntry>
  readonly users: ReadonlyMap<string, KubeconfigEntry>
  readonly contexts: ReadonlyMap<string, KubeconfigEntry>
}

/**
 * Reads a path, or a list of paths as in KUBECONFIG, of which those may be missing that others make up for; throws a sentence
 * that quotes nothing of the file, which holds secrets.
 */
export async function readKubeconfig(paths: string, signal?: AbortSignal): Promise<Kubeconfig> {
  const files = [...new Set(paths.split(':').filter((path) => path !== ''))].map((path) => resolve(path))
  const found: Kubeconfig[] = []
  const missing: string[] = []
  for (const file of files) {
    const text = await readCredentialFile(file, signal).catch((error: Error) => {
      if (files.length > 1 && error.message.endsWith('ENOENT')) return null
      throw new Error(`kubeconfig ${file} ${error.message}`)
    })
    if (text === null) missing.push(file)
    else found.push(parseKubeconfig(text, file))
  }
  if (found.length === 0) throw new Error(`kubeconfig ${missing.join(', ') || `'${paths}'`} cannot be read: ENOENT`)
  const first = (part: 'clusters' | 'users' | 'contexts') =>
    new Map(found.toReversed().flatMap((one) => [...one[part]]))
  return {
    files: found.flatMap((one) => one.files),
    currentContext: found.find((one) => one.currentContext !== '')?.currentContext ?? '',
    clusters: first('clusters'),
    users: first('users'),
    contexts: first('contexts')
  }
}

function parseKubeconfig(text: string, file: string): Kubeconfig {
  const no = (where: string, problem: string) => new Error(`kubeconfig ${file}: ${where}: ${problem}`)
  let tree: unknown
  try {
    // As Kubernetes reads YAML: by version 1.1, with merge keys. The library's warnings quote the line, and the line may hold a token.
    tree = parse(text, { version: '1.1', maxAliasCount: 100, logLevel: 'error' }) ?? {}
  } catch {
    tree = null
  }
  if (!isTree(tree)) throw new Error(`kubeconfig ${file} cannot be read: it is not a kubeconfig`)
  const { kind = 'Config', apiVersion = 'v1', 'current-context': current = '' } = tree
  if (kind !== 'Config') throw no('kind', 'is another one; allowed: Config')
  if (apiVersion !== 'v1') throw no('apiVersion', 'is another one; allowed: v1')
  if (typeof current !== 'string' && current !== null) throw no('current-context', 'is not a text; allowed: a name')

  function named(part: 'clusters' | 'users' | 'contexts', key: string): ReadonlyMap<string, KubeconfigEntry> {
    const list = (tree as YamlMap)[part] ?? []
    if (!Array.isArray(list)) throw no(part, `is not a list; allowed: a list of {name, ${key}}`)
    const entries = new Map<string, KubeconfigEntry>()
    for (const [n, one] of list.entries()) {
      const { name, [key]: value } = isTree(one) ? one : ({} as YamlMap)
      if (typeof name !== 'string') throw no(`${part}[${n}].name`, 'is missing, or is not a text; allowed: a name')
      if (value !== undefined && value !== null && !isTree(value))
        throw no(`${part}[${n}].${key}`, 'is not a mapping; see kubectl config view')
      if (entries.has(name)) throw no(`${part}[${n}].name`, `there are two of the name '${name}'`)
      entries.set(name, { name, file, value: isTree(value) ? value : {} })
    }
    return entries
  }
  return {
    files: [file],
    currentContext: current ?? '',
    clusters: named('clusters', 'cluster'),
    users: named('users', 'user'),
    contexts: named('contexts', 'context')
  }
}
