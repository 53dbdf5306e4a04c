import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'

export type Env = Readonly<Record<string, string | undefined>>

/** A mapping of a file that nobody has checked yet. */
export type Tree = Record<string, unknown>

/** Where openstacksdk looks for `clouds` or `secure`, in its order. */
export function candidates(cwd: string, env: Env, stem: string): string[] {
  const home = env.HOME ?? homedir()
  const config = env.XDG_CONFIG_HOME ?? join(home, '.config')
  return [cwd, join(config, 'openstack'), '/etc/openstack'].flatMap((folder) =>
    ['yaml', 'yml', 'json'].map((extension) => join(folder, `${stem}.${extension}`))
  )
}

/** The first file that exists. JSON is YAML, so one parser reads all three. */
export function readFirst(cwd: string, env: Env, stem: string, override: string | undefined) {
  // As openstacksdk does: a named file that does not exist falls through to the usual places.
  const files = [...(override ? [expand(override)] : []), ...candidates(cwd, env, stem)]
  for (const file of files) {
    let content: string
    try {
      content = readFileSync(file, 'utf8')
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') continue
      return { ok: false as const, file, problem: `cannot be read: ${message}`, allowed: 'a readable file' }
    }
    try {
      return { ok: true as const, file, tree: tree(parse(content)) }
    } catch (error) {
      const [problem] = (error as Error).message.split('\n')
      return { ok: false as const, file, problem: `is not YAML: ${problem}`, allowed: 'YAML or JSON' }
    }
  }
  return { ok: true as const, file: override ?? `${stem}.yaml`, tree: null }
}

/** secure.yaml over clouds.yaml: mappings are merged, everything else is replaced. */
export function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base
  if (!isTree(base) || !isTree(over)) return over
  const result: Tree = { ...base }
  for (const [key, value] of Object.entries(over)) result[key] = merge(base[key], value)
  return result
}

/** A mapping; anything else is an empty one. */
export function tree(value: unknown): Tree {
  return isTree(value) ? value : {}
}

export function isTree(value: unknown): value is Tree {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** `~/` as the shell understands it. */
export function expand(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path
}
