import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { main } from '../../src/cli/cli.ts'
import { StartError } from '../../src/process/configure.ts'
import type { Running } from '../../src/process/open.ts'
import { openJournal } from '../../src/store/open.ts'

/** The folder with the production bundle, where the tests are to run on that instead of on the sources. */
const dist = process.env.REFLEX_TEST_DIST

/** What `node` runs as the product's server and as its command: the sources, or what the image has. */
export const entry = (name: 'server' | 'cli/cli'): string =>
  dist === undefined ? resolve('src', `${name}.ts`) : resolve(dist, 'src', `${name}.js`)

/** Environment and options of the image (Dockerfile); none for the sources. */
export const imageEnv = dist === undefined ? {} : { NODE_ENV: 'production', MALLOC_ARENA_MAX: '1' }
export const imageOptions = dist === undefined ? [] : ['--max-semi-space-size=2']

/** What a process of the product gets of our own environment; with the compiled code of the one before, it starts in half the time. */
const kept = (): NodeJS.ProcessEnv => {
  const { PATH, TMPDIR, NODE_COMPILE_CACHE } = process.env
  return { PATH, TMPDIR, NODE_COMPILE_CACHE }
}

/**
 * Starts the product in this process, or, where the tests run on the bundle, in one of its own as the image does. Refusals are
 * a `StartError` with what was said, either way.
 */
export async function startProduct(
  env: Readonly<Record<string, string>>,
  cwd: string,
  announce: (line: string) => void
): Promise<Pick<Running, 'url' | 'reload' | 'close'>> {
  if (dist === undefined) {
    const { start } = await import('../../src/server.ts')
    return start(env, cwd, announce)
  }
  const child = spawn(process.execPath, [...imageOptions, entry('server')], {
    cwd,
    env: { ...kept(), HOME: cwd, ...imageEnv, ...env },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  const ended = once(child, 'exit')
  let said = ''
  let told = 0
  const up = Promise.withResolvers<string>()
  child.stderr.on('data', (chunk) => {
    said += chunk
    const lines = said.split('\n')
    for (const line of lines.slice(told, -1)) announce(line)
    told = lines.length - 1
    const url = /is up: (\S+)\n/.exec(said)?.[1]
    if (url !== undefined) up.resolve(url)
  })
  child.stderr.once('close', () => up.reject(new StartError(said.trim())))
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await ended
  }
  const url = await up.promise
  return { url, reload: async () => void child.kill('SIGHUP'), close }
}

/** Runs `reflex` as a process of its own, as people do. */
export async function reflex(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {}
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [entry('cli/cli'), ...args], {
    cwd,
    env: { ...kept(), HOME: cwd, ...imageEnv, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (err += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? -1, out, err }
}

/** The same in this process, and in a tenth of its time: where what it says and does is looked at, and not that it starts. */
export async function reflexHere(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {}
): Promise<Awaited<ReturnType<typeof reflex>>> {
  let out = ''
  let err = ''
  const code = await main(args, {
    env: { ...kept(), HOME: cwd, ...env },
    cwd,
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    openJournal: async (path) => (existsSync(path) ? openJournal({ path }) : null),
    fetch
  })
  return { code, out, err }
}
