import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { isPyMap, type Py, type PyMap, parsePythonJson, parsePythonYaml } from './python-yaml.ts'

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>

/** Why a file cannot be used. */
export interface BadFile {
  readonly ok: false
  readonly file: string
  readonly problem: string
  readonly allowed: string
}

/** Where openstacksdk looks for `clouds`, `secure` or `clouds-public`, in its order. */
export function candidates(cwd: string, env: Env, stem: string): string[] {
  const home = homeOf(env)
  const snap = env.SNAP_REAL_HOME ? join(env.SNAP_REAL_HOME, '.config') : join(home, '.config')
  const folders = [
    cwd,
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'openstack'),
    join(snap, 'openstack'),
    // Several folders of XDG_CONFIG_DIRS are one path to openstacksdk, which then names nothing.
    (env.XDG_CONFIG_DIRS || '/etc/xdg')
      .split(':')
      .map((one) => join(one, 'openstack'))
      .join(':'),
    '/etc/openstack'
  ]
  const files = folders.flatMap((folder) => ['yaml', 'yml', 'json'].map((one) => join(folder, `${stem}.${one}`)))
  return [...new Set(files)]
}

/** Every path at which clouds.yaml or what belongs to it is, or may come to be. */
export function watchedFor(cwd: string, env: Env): readonly string[] {
  const named = [env.OS_CLIENT_CONFIG_FILE, env.OS_CLIENT_SECURE_FILE].flatMap((one) => (one ? [one] : []))
  const usual = ['clouds', 'secure', 'clouds-public'].flatMap((stem) => candidates(cwd, env, stem))
  return [...named, ...usual].map((one) => (isAbsolute(one) ? one : join(cwd, one)))
}

/**
 * The first file that exists: the one that was named, also relative to `cwd`, else one of the usual places, to which
 * openstacksdk turns as well where the named one is not there. Where it would skip a broken one for the next, we say so.
 */
export function readFirst(
  cwd: string,
  env: Env,
  stem: string,
  named?: string
): { readonly ok: true; readonly file: string | null; readonly tree: PyMap } | BadFile {
  for (const file of [...(named ? [named] : []), ...candidates(cwd, env, stem)]) {
    const bad = (problem: string, allowed: string): BadFile => ({ ok: false, file, problem, allowed })
    let content: string
    try {
      content = readFileSync(isAbsolute(file) ? file : join(cwd, file), 'utf8')
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') continue
      return bad(`cannot be read: ${message}`, 'a readable file')
    }
    const json = file.endsWith('json')
    let tree: Py
    try {
      tree = json ? parsePythonJson(content) : parsePythonYaml(content)
    } catch (error) {
      // What JSON.parse says quotes the text, and the text holds a password.
      const why = json ? '' : `: ${(error as Error).message.split('\n')[0]}`
      return bad(json ? 'is not JSON' : `is not YAML as PyYAML reads it${why}`, json ? 'JSON' : 'YAML 1.1')
    }
    if (isPyMap(tree)) return { ok: true, file, tree }
    // An empty file is one without clouds.
    if (!tree || (Array.isArray(tree) && tree.length === 0)) return { ok: true, file, tree: new Map() }
    return bad('is not a mapping', `clouds: and the clouds in it`)
  }
  return { ok: true, file: null, tree: new Map() }
}

/** secure.yaml over clouds.yaml: mappings are merged, everything else is replaced. Throws the path of what cannot be. */
export function merge(base: PyMap, over: PyMap, path: readonly string[] = []): PyMap {
  const result = new Map(base)
  for (const [key, value] of over) {
    const here = [...path, String(key)]
    const known = base.get(key)
    if (!isPyMap(value) || !base.has(key)) result.set(key, value)
    else if (isPyMap(known)) result.set(key, merge(known, value, here))
    else throw new Error(here.join('.'))
  }
  return result
}

/** `~/` as Python's `expanduser` understands it. */
export const expandHome = (path: string, env: Env): string =>
  path.startsWith('~/') ? join(homeOf(env), path.slice(2)) : path

const homeOf = (env: Env): string => env.HOME ?? homedir()
