import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import amqp from 'amqplib'
import type { Test } from 'tap'
import { labFolder } from './user.ts'

export const amqpUrl = 'amqp://guest:guest@127.0.0.1:5672/'

export interface ProductOptions {
  /** Greatest share of deletes in an hour, and as much again of what is gone for certain; 1: none is refused. */
  readonly share?: number
  readonly sweepEvery?: string
  readonly roles?: string
  readonly mode?: string
  /** Modes that differ for a cluster, e.g. `{ prod: approve }`. */
  readonly modes?: string
  /** Further entries of `policies`, as lines. */
  readonly policies?: string
  /** Which changing calls are written down and crashed at: part of their URL, as a regular expression; Designate's. */
  readonly calls?: string
  /** Names for load balancers: `settings.vip`. */
  readonly vip?: boolean
  /** Further lines of reflex.yaml. */
  readonly more?: string
}

/** The product as its users run it: a process of its own, on the lab's cloud and broker, with its own queue. */
export interface Product {
  readonly folder: string
  /** Create this file and the next such moment kills the process (`test/lab/crash.ts`). */
  crashAt(moment: 'after commit' | 'before call' | 'after call'): void
  /** Ids that were sent along with changing calls to Designate, by all runs, in order. */
  sentIds(): string[]
  /** How many calls of any kind were made to OpenStack, by all runs. */
  asked(): number
  /** When each of those calls began, in ms since the epoch. */
  sentAt(): number[]
  /** The same with method and path, e.g. `DELETE /v2.0/rbac-policies/6f…`. */
  sentCalls(): { at: number; call: string }[]
  /** Writes reflex.yaml anew, for a product that runs. */
  configure(options?: ProductOptions): void
  start(options?: ProductOptions): Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
  /** Takes its queue away: what is notified from now on reaches nobody, until it starts again. */
  loseQueue(): Promise<void>
  /** Resolves when the process has died by itself. */
  died(): Promise<void>
  get(path: string): Promise<unknown>
  /** With a bearer token, where one is given. */
  post(path: string, body: object, token?: string): Promise<{ status: number; body: unknown }>
  /** A value on /metrics, summed over its labels. */
  metric(name: string): Promise<number>
  /** Waits until nothing is pending, planned or waiting on the broker. */
  settled(seconds?: number): Promise<void>
  log(): string
}

export async function product(t: Test): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-lab-'))
  const queue = `stackreflex-test-${randomBytes(4).toString('hex')}`
  const log = join(folder, 'log')
  const out = openSync(log, 'a')
  let child: ChildProcess | undefined
  let url = 'http://127.0.0.1:1'
  const exited = () =>
    new Promise<void>((resolve) =>
      child === undefined || child.exitCode !== null || child.signalCode !== null
        ? resolve()
        : child.once('exit', () => resolve())
    )

  const get = async (path: string) => {
    const answer = await fetch(url + path)
    if (answer.status >= 500 && path !== '/readyz')
      throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return path === '/metrics' ? answer.text() : answer.json()
  }

  function configure(options: ProductOptions = {}) {
    const {
      share = 1,
      sweepEvery = '10m',
      mode = 'enforce',
      modes = '{}',
      policies = '',
      vip = false,
      more = ''
    } = options
    writeFileSync(
      join(folder, 'reflex.yaml'),
      `clusters:
  dev: { cloud: dev, tier: bursty }
  prod:
    cloud: prod
    tier: change-controlled
    windows: [{ name: dns, policies: [dns-records, undo, quota-rebalance, isolation], always: true }]
  infra: { cloud: infra, tier: always-on }
notifications:
  - { openstack: lab, region: RegionOne, url: { env: LAB_AMQP_URL }, queue: ${queue}, exchanges: [nova, neutron, designate, keystone, openstack, octavia, glance] }
policies:
  dns-records:
    mode: ${mode}
    clusters: ${modes}
    settings:
      cloud: infra
      fixed: { zone: cloud.lab., ptrNetworks: ['*'] }
      floating: { zone: public.lab. }${vip ? "\n      vip: { zone: cloud.lab., ptrNetworks: ['*'] }" : ''}
${policies}limits: { deletes: { share: ${share}, gone: ${share}, from: 10, window: 1h } }
sweep: { every: ${sweepEvery} }
${more}`
    )
  }

  async function start(options: ProductOptions = {}) {
    configure(options)
    const { roles = '', calls = ':9001/' } = options
    const env = {
      ...process.env,
      PORT: '0',
      OS_CLIENT_CONFIG_FILE: join(process.cwd(), labFolder, 'clouds.yaml').replace(`${process.cwd()}//`, '/'),
      LAB_AMQP_URL: amqpUrl,
      REFLEX_ROLES: roles,
      CRASH_FOLDER: folder,
      CRASH_CALLS: calls
    }
    const root = process.cwd()
    const said = statSync(log).size
    child = spawn('node', ['--import', join(root, 'test/lab/crash.ts'), join(root, 'src/server.ts')], {
      cwd: folder,
      env,
      stdio: ['ignore', out, out]
    })
    for (let tries = 0; ; tries++) {
      url = /is up: (\S+)/.exec(readFileSync(log).subarray(said).toString())?.[1] ?? url
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

  const sent = () =>
    existsSync(join(folder, 'sent'))
      ? readFileSync(join(folder, 'sent'), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
      : []

  async function post(path: string, body: object, token?: string) {
    // Without tokens, what proves a user of this machine is beside the journal; where there are tokens it proves nothing.
    const key = join(folder, '.data/journal.db.key')
    const bearer = token ?? (existsSync(key) ? readFileSync(key, 'utf8').trim() : undefined)
    const headers = {
      'content-type': 'application/json',
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` })
    }
    const answer = await fetch(url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body)
    })
    return { status: answer.status, body: await answer.json() }
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

  /** What was decided here is decided once more by `replay.test.ts`, the last of the lab's suites. */
  function keepJournal(): void {
    const journal = join(folder, '.data/journal.db')
    if (!existsSync(journal)) return
    const kept = join(labFolder, 'journals')
    mkdirSync(kept, { recursive: true })
    const name = t.fullname.replace(/[^A-Za-z0-9]+/g, '-').slice(-80)
    for (const suffix of ['', '-wal']) rmSync(join(kept, `${name}.db${suffix}`), { force: true })
    for (const suffix of ['', '-wal'])
      if (existsSync(journal + suffix)) cpSync(journal + suffix, join(kept, `${name}.db${suffix}`))
  }

  async function loseQueue() {
    const connection = await amqp.connect(amqpUrl)
    const channel = await connection.createChannel()
    await channel.deleteQueue(queue)
    await connection.close()
  }

  t.teardown(async () => {
    await stop()
    keepJournal()
    await loseQueue()
    if (t.passing()) rmSync(folder, { recursive: true })
    else t.comment(`files of the product are kept in ${folder}`)
  })

  return {
    folder,
    crashAt: (moment) => writeFileSync(join(folder, moment), ''),
    sentIds: () => sent().map((line) => line.split(' ').slice(3).join(' ')),
    sentAt: () => sent().map((line) => Number(line.split(' ')[0])),
    sentCalls: () =>
      sent().map((line) => ({ at: Number(line.split(' ')[0]), call: line.split(' ').slice(1, 3).join(' ') })),
    asked: () => (existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked')).length : 0),
    configure,
    start,
    stop: () => stop(),
    kill: () => stop('SIGKILL'),
    loseQueue,
    died: exited,
    get,
    post,
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

/** Begins a further argument of `agrees` and `compared`: a name that somebody else holds, so that no PTR leads to it. */
export const foreign = 'foreign:'

/** A further argument of `agrees` and `compared`: load balancers have names too. */
export const vips = '--vips'

/** The zones against what the APIs say they should hold, by lab/independent_dns.py; names to ignore, and `vips`. */
async function compared(...ignore: string[]): Promise<Compared> {
  const option = (one: string) =>
    one === vips ? [vips] : one.startsWith(foreign) ? ['--foreign', one.slice(foreign.length)] : ['--ignore', one]
  const args = ['lab/independent_dns.py', ...ignore.flatMap(option)]
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
