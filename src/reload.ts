import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { showProblem } from './config/problems.ts'
import { reloadable } from './config/reload.ts'
import { type Config, type Environment, loadConfig } from './config.ts'
import type { Check } from './handlers/health.ts'
import type { Log } from './log.ts'
import { policies } from './policies/index.ts'

/** Watches the configuration's file and offers each new one that is right as a whole. */
export interface Reloader {
  /** Reads the file now, changed or not: secrets that it refers to may have. */
  reload(): Promise<void>
  check(): Check
  close(): void
}

/** Once a second: a file in a mounted ConfigMap is a link that is swapped, which file events do not tell reliably. */
const lookMs = 1000

/**
 * `swap` takes the new configuration over or says why it cannot: then, as after any mistake in the file, the old one
 * stays in force as a whole.
 */
export function watchConfig(
  { env, cwd, file, log }: { env: Environment; cwd: string; file: string; log: Log },
  config: () => Config,
  swap: (next: Config) => Promise<readonly string[]>
): Reloader {
  const path = resolve(cwd, file)
  const signature = () => {
    try {
      const { mtimeMs, size, ino } = statSync(path)
      return `${mtimeMs} ${size} ${ino}`
    } catch {
      return 'gone'
    }
  }
  let seen = signature()
  let state: Check = { name: 'configuration', level: 'ok', detail: `${file}, read at ${new Date().toISOString()}` }
  let turn: Promise<void> = Promise.resolve()

  async function readAnew(): Promise<void> {
    seen = signature()
    const loaded = loadConfig({ env, cwd, policies })
    if (!loaded.ok) return keep(loaded.problems.map(showProblem))
    if (loaded.config === null) return keep([`${file} is not there any more`])
    const fixed = reloadable(config(), loaded.config)
    if (fixed.length > 0) return keep(fixed)
    const refused = await swap(loaded.config)
    if (refused.length > 0) return keep(refused)
    state = { name: 'configuration', level: 'ok', detail: `${file}, read anew at ${new Date().toISOString()}` }
    log.info({ file }, 'the configuration was read anew and is in force')
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
    if (signature() !== seen) void reload()
  }, lookMs).unref()
  return { reload, check: () => state, close: () => clearInterval(timer) }
}
