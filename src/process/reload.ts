import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Check } from '../base/check.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import { type Environment, loadConfig } from '../config/load.ts'
import { showProblem } from '../config/problems.ts'
import { reloadable } from '../config/reload.ts'
import { withdraw } from '../config/revoke.ts'
import { policies } from '../policies/index.ts'

/** Watches the configuration's file and offers each new one that is right as a whole. */
export interface Reloader {
  /** Reads the file now, changed or not: secrets that it refers to may have. */
  reload(): Promise<void>
  check(): Check
  close(): void
}

/** Once a second: a file in a mounted ConfigMap is a link that is swapped, which file events do not tell reliably. */
const lookMs = 1000
const halfWrittenMs = 50

/** The callbacks by which the watcher changes the running product. */
export interface Hands {
  readonly config: () => Config
  /** Files beside the configuration that what runs rests on: clouds, certificates. */
  readonly files: () => readonly string[]
  /** Takes a new configuration over, or says why it cannot. */
  readonly swap: (next: Config) => Promise<readonly string[]>
  /** At once: who is let in by this one and no other. */
  readonly narrow: (left: Config) => void
  /** Goes on with what is left of the old one, its clouds and brokers opened anew. */
  readonly cut: (left: Config) => Promise<void>
}

/**
 * Watches the configuration's file: `swap` takes the new configuration over or says why it cannot: then, as after any mistake in the file,
 * the old one stays in force, less what was withdrawn: that counts even from a file that is otherwise wrong. Secrets in files,
 * certificates and clouds.yaml are looked at as the file itself is.
 */
export function watchConfig(
  { env, cwd, file, log }: { env: Environment; cwd: string; file: string; log: Log },
  { config, files, swap, narrow, cut }: Hands
): Reloader {
  const path = resolve(cwd, file)
  let read = new Set<string>()
  const reading = (one: string): string => {
    read.add(one)
    return readFileSync(one, 'utf8')
  }
  const signatures = (): Map<string, string> => {
    const kubeconfigs = config().clusters.flatMap(({ kubernetes }) =>
      kubernetes !== null && 'kubeconfig' in kubernetes ? kubernetes.kubeconfig.split(':') : []
    )
    return new Map([path, ...read, ...files(), ...kubeconfigs].map((one) => [one, signatureOf(one)]))
  }
  /** Which of them are not what they were; one that is looked at for the first time is as it is. */
  const changed = (before: ReadonlyMap<string, string>): readonly string[] =>
    [...signatures()].flatMap(([one, now]) => ((before.get(one) ?? now) === now ? [] : [one]))
  // Which files its secrets are in.
  loadConfig({ env, cwd, policies, readFile: reading })
  let seen = signatures()
  let state: Check = { name: 'configuration', level: 'ok', detail: `${file}, read at ${new Date().toISOString()}` }
  let turn: Promise<void> = Promise.resolve()

  async function readAnew(): Promise<void> {
    const early = signatures()
    const others = changed(seen).filter((one) => one !== path)
    const known = read
    read = new Set()
    const loaded = loadConfig({ env, cwd, policies, readFile: reading })
    // A file that cannot be understood names none of them.
    if (!loaded.ok) read = new Set([...read, ...known])
    // What changed since they were read is seen by the next look.
    seen = new Map([...signatures(), ...early])
    const text = textOf(path)
    const left = text === null ? null : withdraw(config(), text, { env, readFile: reading })
    if (left !== null && left.withdrawn.length > 0) {
      // Half of a file that is being written has withdrawn nothing.
      await sleep(halfWrittenMs)
      if (textOf(path) !== text) return readAnew()
      narrow(left.config)
    }
    const problems = await takeOver(loaded)
    if (problems.length > 0) {
      keep([...(left?.withdrawn ?? []), ...problems])
      if (left !== null && (left.withdrawn.length > 0 || others.length > 0)) await cut(left.config)
      return
    }
    state = { name: 'configuration', level: 'ok', detail: `${file}, read anew at ${new Date().toISOString()}` }
    log.info({ file }, 'the configuration was read anew and is in force')
  }

  async function takeOver(loaded: ReturnType<typeof loadConfig>): Promise<readonly string[]> {
    if (!loaded.ok) return loaded.problems.map(showProblem)
    if (loaded.config === null) return [`${file} is not there any more`]
    const fixed = reloadable(config(), loaded.config)
    return fixed.length > 0 ? fixed : swap(loaded.config)
  }

  function keep(problems: readonly string[]): void {
    const at = new Date().toISOString()
    const detail = `${file} as of ${at} is not in force, the one before it is: ${problems.join('; ')}`
    state = { name: 'configuration', level: 'warning', detail }
    log.error(
      { file },
      `the new configuration is not taken over, the old one stays in force:\n  ${problems.join('\n  ')}`
    )
  }

  const reload = () => {
    turn = turn.then(readAnew).catch((error) => keep([(error as Error).message]))
    return turn
  }
  const timer = setInterval(() => {
    if (changed(seen).length > 0) void reload()
    else seen = signatures()
  }, lookMs).unref()
  return { reload, check: () => state, close: () => clearInterval(timer) }
}

/** Of the file that a link leads to: a mounted Secret or ConfigMap is a link that is swapped. */
function signatureOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    return 'gone'
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
