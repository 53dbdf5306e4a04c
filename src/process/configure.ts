import { createLog, type Log } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import { type Environment, loadConfig, parseConfig } from '../config/load.ts'
import { showProblem } from '../config/problems.ts'
import { policies } from '../policies/index.ts'
import type { Simulated } from './simulated.ts'

/** Starting was refused; the message says everything that is wrong. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** Reads the operator's configuration, or the one of the simulated cloud where there is none. */
export async function configure(
  env: Environment,
  cwd: string,
  announce: (line: string) => void,
  closers: (() => unknown)[]
): Promise<{ config: Config; simulated: Simulated | null; log: Log; file: string | null }> {
  const loaded = loadConfig({ env, cwd, policies })
  if (!loaded.ok)
    throw new StartError(['the configuration has mistakes:', ...loaded.problems.map(showProblem)].join('\n  '))
  if (loaded.config !== null) {
    const log = createLog({ level: loaded.config.log.level })
    announce(`Configuration: ${loaded.file}`)
    return { config: loaded.config, simulated: null, log, file: loaded.file }
  }
  announce('There is no reflex.yaml here (and REFLEX_CONFIG is not set): running on the simulated cloud, enforcing.')
  announce('Nothing real is read or changed. reflex.example.yaml shows how to name your own cloud and broker.')
  const log = createLog({ level: 'info' })
  const { startSimulated } = await import('./simulated.ts')
  const simulated = await startSimulated(`${cwd}/.data`, log)
  closers.push(() => simulated.close())
  const parsed = parseConfig(simulated.configText, 'the simulated configuration', env, policies)
  if (!parsed.ok)
    throw new StartError(['the environment has mistakes:', ...parsed.problems.map(showProblem)].join('\n  '))
  return { config: parsed.config, simulated, log, file: null }
}
