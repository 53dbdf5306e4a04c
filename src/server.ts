import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { actions } from './actions/index.ts'
import { buildApp } from './app.ts'
import { showProblem } from './config/problems.ts'
import { type Config, type Environment, loadConfig, parseConfig } from './config.ts'
import { type ConsumeThread, startConsumeThread } from './consume.ts'
import type { Check, Status } from './handlers/health.ts'
import { createLog, type Log } from './log.ts'
import { createMetrics } from './metrics.ts'
import { type Parts, receive } from './pipeline.ts'
import { policies } from './policies/index.ts'
import { type Simulated, startSimulated } from './simulated.ts'
import { load } from './state/index.ts'
import { openSqliteJournal } from './store/sqlite.ts'
import { buildTools } from './tools.ts'
import { type SweepReport, startWorker } from './worker.ts'

/** A running product. */
export interface Running {
  readonly url: string
  readonly config: Config
  /** Closes everything, in reverse order of opening. */
  close(): Promise<void>
}

/** Starting was refused; the message says everything that is wrong. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** The composition root: chooses every implementation, opens in order, closes in reverse. */
export async function start(env: Environment, cwd: string, announce: (line: string) => void): Promise<Running> {
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one()
  }
  try {
    return await open(env, cwd, announce, closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function open(
  env: Environment,
  cwd: string,
  announce: (line: string) => void,
  closers: (() => unknown)[],
  close: () => Promise<void>
): Promise<Running> {
  const { config, simulated, log } = await configure(env, cwd, announce, closers)
  const build =
    env.REFLEX_BUILD ?? `${JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version}-dev`
  const metrics = createMetrics()
  const journalPath = resolve(cwd, config.journal.path)
  const enabled = config.policies.flatMap(({ name, mode, settings }) => {
    const policy = policies.find((one) => one.name === name)!
    return mode === 'off' ? [] : [{ policy, mode, settings }]
  })

  const journal = await openSqliteJournal({ path: journalPath, exclusive: true })
  closers.push(() => journal.close())
  const freed = await journal.releaseAll()
  if (freed > 0) log.warn(`${freed} claims of the process before this one were open: taken up again`)

  const dnsClouds = enabled.map(({ settings }) => (settings as { cloud: string }).cloud)
  const built = buildTools(
    config.clusters,
    dnsClouds,
    simulated ? { entries: simulated.entries } : { env, cwd },
    journal
  )
  if (!built.ok)
    throw new StartError(['the clouds named in the configuration cannot be used:', ...built.problems].join('\n  '))
  closers.push(built.close)

  const installId = await journal.installId()
  const parts: Parts = {
    journal,
    policies: enabled,
    actions,
    tools: built.tools,
    load,
    deletes: config.limits.deletes,
    owner: randomUUID(),
    build,
    installId,
    now: Date.now,
    random: Math.random,
    sleep: (ms) => sleep(ms),
    log,
    counted: (what, labels) => {
      metrics.add(what === 'decision' ? 'decisions_total' : 'actions_total', labels)
      tell()
    }
  }
  const watchers = new Set<() => void>()
  const tell = () => {
    for (const watcher of watchers) watcher()
  }
  const stream = {
    subscribe: (watcher: () => void) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    }
  }

  const sweeps = new Map<string, SweepReport>()
  const consumers: ConsumeThread[] = []
  const status = (): Status => ({
    build,
    installId,
    simulated: simulated !== null,
    modes: Object.fromEntries(config.policies.map(({ name, mode }) => [name, mode])),
    brokers: consumers.map((one) => one.status()),
    checks: [...sweeps.values()].map(sweepCheck)
  })
  const app = await buildApp({ journal, status, log, metrics, stream, hosts: config.http.hosts })
  closers.push(() => app.close())
  const url = await app.listen({ host: config.http.host, port: config.http.port })

  const has = (role: Config['roles'][number]) => config.roles.includes(role)
  const worker = startWorker(parts, {
    decide: has('decide'),
    act: has('act'),
    schedule: has('schedule'),
    decisionsAtOnce: 8,
    actionsAtOnce: 16,
    sweepEveryMs: config.sweep.everyMs,
    sweepAtStart: config.sweep.atStart,
    keepMs: config.journal.keepMs,
    keepIdsMs: config.journal.keepIdsMs,
    swept: (report) => {
      sweeps.set(report.policy, report)
      metrics.add('sweeps_total', { policy: report.policy, outcome: report.failed === null ? 'done' : 'failed' })
    }
  })
  closers.push(() => worker.close(15_000))
  const wake = () => {
    worker.wake()
    tell()
  }

  if (has('consume'))
    for (const broker of config.notifications) {
      const thread = startConsumeThread(broker, config, journalPath, { log, metrics, wake })
      consumers.push(thread)
      closers.push(() => thread.close())
    }
  simulated?.listen(async (batch) => {
    const { appended, woke } = await receive(parts, batch)
    metrics.add('events_total', { source: 'sim' }, appended)
    if (woke > 0) wake()
  })
  announce(`Stackreflex ${build} is up: ${url}`)
  return { url, config, close }
}

/** The operator's configuration, or the one of the simulated cloud where there is none. */
async function configure(
  env: Environment,
  cwd: string,
  announce: (line: string) => void,
  closers: (() => unknown)[]
): Promise<{ config: Config; simulated: Simulated | null; log: Log }> {
  const loaded = loadConfig({ env, cwd, policies })
  if (!loaded.ok)
    throw new StartError(['the configuration has mistakes:', ...loaded.problems.map(showProblem)].join('\n  '))
  if (loaded.config !== null) {
    const log = createLog({ level: loaded.config.log.level })
    announce(`Configuration: ${loaded.file}`)
    return { config: loaded.config, simulated: null, log }
  }
  announce('There is no reflex.yaml here (and REFLEX_CONFIG is not set): running on the simulated cloud, enforcing.')
  announce('Nothing real is read or changed. reflex.example.yaml shows how to name your own cloud and broker.')
  const log = createLog({ level: 'info' })
  const simulated = await startSimulated(`${cwd}/.data`, log)
  closers.push(() => simulated.close())
  const parsed = parseConfig(simulated.configText, 'the simulated configuration', env, policies)
  if (!parsed.ok)
    throw new StartError(['the environment has mistakes:', ...parsed.problems.map(showProblem)].join('\n  '))
  return { config: parsed.config, simulated, log }
}

function sweepCheck({ policy, at, read, drifts, failed }: SweepReport): Check {
  const name = `sweep ${policy}`
  const when = new Date(at).toISOString()
  if (failed !== null) return { name, level: 'warning', detail: `at ${when} could not read everything: ${failed}` }
  return { name, level: 'ok', detail: `at ${when}: ${read}; ${drifts} differed` }
}

if (import.meta.main) {
  const announce = (line: string) => process.stderr.write(`${line}\n`)
  let running: Running | undefined
  let closing = false
  const stop = async (signal: string) => {
    if (closing) process.exit(1)
    closing = true
    announce(`${signal}: finishing what is under way (again to stop at once)`)
    await running?.close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  try {
    running = await start(process.env, process.cwd(), announce)
  } catch (error) {
    const expected = error instanceof StartError || (error as { code?: string }).code !== undefined
    announce(expected ? (error as Error).message : `cannot start: ${(error as Error).stack}`)
    process.exit(1)
  }
}
