import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import amqp from 'amqplib'
import type { Test } from 'tap'
import { labFolder } from './user.ts'

export const amqpUrl = 'amqp://guest:guest@127.0.0.1:5672/'

export interface ProductOptions {
  /** Greatest share of deletes in an hour; 1: none is refused. */
  readonly share?: number
  readonly sweepEvery?: string
  readonly roles?: string
  readonly mode?: string
}

/** The product as its users run it: a process of its own, on the lab's cloud and broker, with its own queue. */
export interface Product {
  readonly folder: string
  /** Create this file and the next such moment kills the process (`test/lab/crash.ts`). */
  crashAt(moment: 'after commit' | 'before call' | 'after call'): void
  /** Ids that were sent along with changing calls to Designate, by all runs, in order. */
  sentIds(): string[]
  start(options?: ProductOptions): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
  /** Resolves when the process has died by itself. */
  died(): Promise<void>
  get(path: string): Promise<unknown>
  /** A value on /metrics, summed over its labels. */
  metric(name: string): Promise<number>
  /** Waits until nothing is pending, planned or waiting on the broker. */
  settled(seconds?: number): Promise<void>
  log(): string
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

export async function product(t: Test): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-lab-'))
  const queue = `stackreflex-test-${randomBytes(4).toString('hex')}`
  const port = await freePort()
  const log = join(folder, 'log')
  const out = openSync(log, 'a')
  let child: ChildProcess | undefined
  const exited = () =>
    new Promise<void>((resolve) =>
      child === undefined || child.exitCode !== null || child.signalCode !== null
        ? resolve()
        : child.once('exit', () => resolve())
    )

  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    if (answer.status >= 500 && path !== '/readyz')
      throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return path === '/metrics' ? answer.text() : answer.json()
  }

  async function start({ share = 1, sweepEvery = '10m', roles = '', mode = 'enforce' }: ProductOptions = {}) {
    writeFileSync(
      join(folder, 'reflex.yaml'),
      `clusters:
  dev: { cloud: dev, tier: bursty }
  prod: { cloud: prod, tier: change-controlled }
  infra: { cloud: infra, tier: always-on }
notifications:
  - { cloud: lab, region: RegionOne, url: { env: LAB_AMQP_URL }, queue: ${queue}, exchanges: [nova, neutron, designate, keystone] }
policies:
  dns-records:
    mode: ${mode}
    settings:
      cloud: infra
      fixed: { zone: cloud.lab., ptrNetworks: ['*'] }
      floating: { zone: public.lab. }
limits: { deletes: { share: ${share}, from: 10, window: 1h } }
sweep: { every: ${sweepEvery} }
`
    )
    const env = {
      ...process.env,
      PORT: String(port),
      OS_CLIENT_CONFIG_FILE: join(process.cwd(), labFolder, 'clouds.yaml').replace(`${process.cwd()}//`, '/'),
      LAB_AMQP_URL: amqpUrl,
      REFLEX_ROLES: roles,
      CRASH_FOLDER: folder
    }
    const root = process.cwd()
    child = spawn('node', ['--import', join(root, 'test/lab/crash.ts'), join(root, 'src/server.ts')], {
      cwd: folder,
      env,
      stdio: ['ignore', out, out]
    })
    for (let tries = 0; ; tries++) {
      const ready = (await get('/readyz').catch(() => undefined)) as
        | { ready: boolean; checks: { name: string }[] }
        | undefined
      const swept = ready?.checks.some((check) => check.name.startsWith('sweep'))
      if (ready?.ready && (swept || (roles !== '' && !roles.includes('schedule')))) return
      if (tries > 600 || child.exitCode !== null)
        throw new Error(`the product does not come up:\n${readFileSync(log, 'utf8').slice(-3000)}`)
      await sleep(100)
    }
  }

  async function stop(signal: NodeJS.Signals = 'SIGTERM') {
    if (child?.exitCode === null && child.signalCode === null) child.kill(signal)
    await exited()
  }

  async function metric(name: string): Promise<number> {
    const text = (await get('/metrics')) as string
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(`stackreflex_${name}`) && /^[^ {]*(\{.*\})? /.test(line))
    return lines
      .filter((line) => line[`stackreflex_${name}`.length] === ' ' || line[`stackreflex_${name}`.length] === '{')
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  t.teardown(async () => {
    await stop()
    const connection = await amqp.connect(amqpUrl)
    const channel = await connection.createChannel()
    await channel.deleteQueue(queue)
    await connection.close()
    if (t.passing()) rmSync(folder, { recursive: true })
    else t.comment(`files of the product are kept in ${folder}`)
  })

  return {
    folder,
    crashAt: (moment) => writeFileSync(join(folder, moment), ''),
    sentIds: () => {
      try {
        return readFileSync(join(folder, 'sent'), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
      } catch {
        return []
      }
    },
    start,
    stop: () => stop(),
    kill: () => stop('SIGKILL'),
    died: exited,
    get,
    metric,
    async settled(seconds = 120) {
      const end = Date.now() + seconds * 1000
      for (let quiet = 0; quiet < 4; ) {
        if (Date.now() > end)
          throw new Error(`not settled after ${seconds} s:\n${readFileSync(log, 'utf8').slice(-3000)}`)
        const busy = (await metric('lanes_pending')) + (await metric('actions_open')) + (await metric('queue_ready'))
        quiet = busy === 0 ? quiet + 1 : 0
        await sleep(500)
      }
    },
    log: () => readFileSync(log, 'utf8')
  }
}

export interface Compared {
  desired: Record<string, string[]>
  actual: Record<string, string[]>
  stale: DnsRecord[]
  missing: DnsRecord[]
}

export interface DnsRecord {
  name: string
  type: string
  value: string
}

/** The zones against what the APIs say they should hold, by lab/independent_dns.py. */
export async function compared(...ignore: string[]): Promise<Compared> {
  const args = ['lab/independent_dns.py', ...ignore.flatMap((one) => ['--ignore', one])]
  const env = { ...process.env, OS_CLIENT_CONFIG_FILE: `${labFolder}/clouds.yaml` }
  try {
    return JSON.parse((await promisify(execFile)('/usr/bin/python3', args, { env, maxBuffer: 1e8 })).stdout)
  } catch (error) {
    const { stdout, code } = error as { stdout: string; code: number }
    if (code === 1 && stdout.startsWith('{')) return JSON.parse(stdout)
    throw error
  }
}

/** The same, given the name server up to `seconds` to catch up with Designate. */
export async function agrees(seconds: number, ...ignore: string[]): Promise<Compared> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const result = await compared(...ignore)
    if ((result.stale.length === 0 && result.missing.length === 0) || Date.now() > end) return result
    await sleep(1000)
  }
}
