import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

export interface Started {
  readonly url: string
  readonly child: ChildProcess
  said(): string
  stop(): Promise<void>
}

/** Builds the production bundle: what is measured is what the image runs. */
export async function build(): Promise<void> {
  await promisify(execFile)(process.execPath, ['build.mjs'], { cwd: join(import.meta.dirname, '..') })
}

/** Writes a clouds.yaml with the entry `bench`, for which nobody answers; returns its path. */
export function writeClouds(folder: string): string {
  const auth = {
    auth_url: 'http://127.0.0.1:9/v3',
    username: 'u',
    password: 'p',
    project_name: 'p',
    user_domain_id: 'default',
    project_domain_id: 'default'
  }
  const clouds = join(folder, 'clouds.yaml')
  writeFileSync(clouds, JSON.stringify({ clouds: { bench: { auth, region_name: 'RegionOne' } } }))
  return clouds
}

/** The product as the image starts it, on a `reflex.yaml` and clouds of its own in this folder; nobody answers as a cloud. */
export async function startProduct(
  folder: string,
  config: object,
  env: Readonly<Record<string, string>> = {}
): Promise<Started> {
  const file = join(folder, 'reflex.yaml')
  writeFileSync(file, JSON.stringify(config))
  const clouds = writeClouds(folder)
  const entry = join(import.meta.dirname, '../dist/src/server.js')
  return startServer(['--max-semi-space-size=2', entry], folder, {
    HOME: folder,
    REFLEX_CONFIG: file,
    MALLOC_ARENA_MAX: '1',
    OS_CLIENT_CONFIG_FILE: clouds,
    ...env
  })
}

/** A server in a process of its own that says `is up: <url>` once it listens. */
export async function startServer(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {}
): Promise<Started> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (data) => (output += data))
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  for (;;) {
    const url = /is up: (\S+)/.exec(output)?.[1]
    if (url !== undefined) return { url, child, said: () => output, stop }
    if (child.exitCode !== null) throw new Error(`the server did not start: ${output}`)
    await sleep(5)
  }
}
