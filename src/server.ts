import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { buildId } from './base/build.ts'
import type { Check } from './base/check.ts'
import { createHeartbeats, heartbeatChecks } from './base/heartbeats.ts'
import type { Log } from './base/log.ts'
import { createMetrics } from './base/metrics.ts'
import type { Config, Environment } from './config/config.ts'
import { endingTokens } from './config/token-end.ts'
import { isLoopback } from './config/values.ts'
import { buildApp } from './handlers/app.ts'
import type { Status } from './handlers/health.ts'
import { makeLocalKey } from './people/local-proof.ts'
import { personEvent } from './people/people.ts'
import { receive } from './pipeline/pipeline.ts'
import { stageChecks } from './pipeline/stage-checks.ts'
import { type StageState, type SweepReport, startWorker } from './pipeline/worker.ts'
import { keepBeside } from './process/beside.ts'
import { watchClock } from './process/clock-watch.ts'
import { configure, modesText, StartError, shownModes } from './process/configure.ts'
import { type ConsumeThread, startConsumeThread } from './process/consume.ts'
import { pemOf, routesOf } from './process/consumed.ts'
import { bring, type Fixed, type Live } from './process/live.ts'
import { type Reloader, watchConfig } from './process/reload.ts'
import { fourEyes } from './process/simulated-people.ts'
import { openSlack } from './process/slack-side.ts'
import { keepStops } from './process/standing-stops.ts'
import type { Journal, Reading } from './store/journal.ts'
import { openJournal, openReader, openWriter } from './store/open.ts'

/** A running product. */
export interface Running {
  readonly url: string
  readonly config: Config
  /** Reads the configuration's file anew, as SIGHUP does. */
  reload(): Promise<void>
  /** Closes everything, in reverse order of opening. */
  close(): Promise<void>
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
  const { config, simulated, log, file } = await configure(env, cwd, announce, closers)
  const build = buildId(env)
  const metrics = createMetrics()
  const beats = createHeartbeats(Date.now)
  const journalPath = resolve(cwd, config.journal.path)

  const own = await openJournal({
    path: journalPath,
    exclusive: simulated?.lock ?? true,
    onLoose: (sentence) => log.warn(sentence)
  })
  closers.push(() => own.close())
  const writer = openWriter({ journalPath, own, log })
  closers.push(() => writer.close())
  const store: Journal = { ...own, append: writer.append }
  let otherClocks: Live['clocks'] = async () => []
  let keepNow = () => {}
  const clock = watchClock({
    now: Date.now,
    steady: () => performance.now(),
    lastAt: store.begun?.lastAt ?? null,
    others: () => otherClocks(3000),
    accepted: () => store.clockAccepted(),
    wentBack: async () => {
      await store.clockWentBack()
      await store.releaseHeld('all')
    },
    settled: async () => void (await store.releaseHeld(['clock'])),
    log
  })
  const standing = keepStops(store, {
    log,
    now: Date.now,
    clockDoubt: clock.doubt,
    changed: () => keepNow()
  })
  const beside = keepBeside(store, { path: journalPath, standing, clock, log })
  keepNow = () => void beside.keep()
  closers.push(() => beside.close())
  const { journal } = standing
  const reader = openReader({ journalPath, log })
  closers.push(() => reader.close())
  // What stands in memory alone is a stop as well.
  const reading: Reading = { ...reader.reading, stops: () => journal.stops() }
  const freed = await journal.releaseAll()
  if (freed > 0) log.warn(`${freed} claims of the process before this one were open: taken up again`)
  // The configuration may be another one by now: whatever the guard held up is decided again.
  await journal.releaseHeld('all')

  const localKey = keyBeside(journalPath, log)
  closers.push(() => localKey?.remove())

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

  const installId = await journal.installId()
  const fixed: Fixed = {
    journal,
    reading,
    owner: randomUUID(),
    build,
    installId,
    now: Date.now,
    stopAtOnce: standing.atOnce,
    random: Math.random,
    sleep: (ms) => sleep(ms),
    log,
    counted: (what, labels) => {
      metrics.add(`${what}s_total`, labels)
      tell()
    },
    source: simulated ? { entries: simulated.entries } : { env, cwd },
    onBreaker: ({ cloud, service, open, sentence }) => {
      // A cloud is an entry of clouds.yaml: a cluster's Kubernetes is counted under its cluster's.
      const entry =
        service === 'kubernetes' ? live.config.clusters.find(({ name }) => name === cloud)?.cloud : undefined
      const labels = { cloud: entry ?? cloud, service }
      metrics.set('breaker_open', labels, open ? 1 : 0)
      if (open) metrics.add('breaker_opened_total', labels)
      const who = service === 'kubernetes' ? `kubernetes of cluster ${cloud}` : `${service} of cloud entry '${cloud}'`
      if (open) log.warn({ cloud, service }, sentence)
      else log.info({ cloud, service }, `${who} answers again`)
    }
  }
  const first = bring(config, fixed)
  if (!first.ok) throw new StartError(first.problems.join('\n  '))
  let live: Live = first.live
  otherClocks = (withinMs) => live.clocks(withinMs)
  closers.push(() => live.close())
  const undecided = await live.undecided(askedAtStartMs)
  if (undecided.length > 0)
    throw new StartError(['the clouds named in the configuration cannot be used:', ...undecided].join('\n  '))

  const sweeps = new Map<string, SweepReport>()
  const consumers: ConsumeThread[] = []
  let reloader: Reloader | undefined
  const status = (): Status => ({
    build,
    installId,
    simulated: simulated !== null,
    modes: shownModes(live.config),
    brokers: consumers.map((one) => one.status()),
    checks: [
      ...(reloader === undefined ? [] : [reloader.check()]),
      clock.check(),
      ...[...sweeps.values()].map(sweepCheck),
      ...live.checks(),
      ...endingTokens(live.config.tokens, fixed.now()).map(endingCheck),
      ...stageChecks(stages(), fixed.now()),
      ...heartbeatChecks(beats.stages())
    ],
    stages: beats.stages()
  })
  let wake = () => {}
  let stages: () => readonly StageState[] = () => []
  const take = async (source: string, batch: Parameters<typeof receive>[1]) => {
    const taken = await receive(live.parts, batch)
    metrics.add('events_total', { source }, taken.appended)
    if (taken.woke > 0) wake()
    return taken
  }
  const slack = openSlack({
    settings: () => live.config.slack,
    doors: () => live.doors,
    receive: (batch) => take('slack', batch),
    log,
    now: fixed.now,
    sleep: fixed.sleep,
    wakeWorker: () => wake(),
    beats
  })
  closers.push(() => slack.close())
  // Whoever reaches this machine from elsewhere is told nobody's token, not even of a simulated company.
  const people = isLoopback(config.http.host) ? (simulated?.people ?? []) : []
  const app = await buildApp({
    journal,
    reading,
    status,
    log,
    metrics,
    stream,
    hosts: () => live.config.http.hosts,
    doors: () => live.doors,
    tokens: () => live.config.tokens,
    localKey,
    gitlab: {
      secrets: () => live.config.gitlab.secrets,
      receive: async (batch) => void (await take('gitlab', batch)),
      log,
      metrics
    },
    slack: slack.parts,
    ...(people.length === 0 ? {} : { people }),
    wake: () => wake()
  })
  closers.push(() => app.close())
  const url = await app.listen({ host: config.http.host, port: config.http.port }).catch(refusedToListen)

  const has = (role: Config['roles'][number]) => config.roles.includes(role)
  const worker = startWorker(() => live.parts, {
    decide: has('decide'),
    act: has('act'),
    schedule: has('schedule'),
    // Half of them may wait for one cluster.
    decisionsAtOnce: 16,
    actionsAtOnce: 32,
    sweepEveryMs: () => live.config.sweep.everyMs,
    sweepAtStart: config.sweep.atStart,
    keepMs: config.journal.keepMs,
    keepIdsMs: config.journal.keepIdsMs,
    beats,
    clockDoubt: clock.doubt,
    swept: (report) => {
      sweeps.set(report.policy, report)
      metrics.add('sweeps_total', { policy: report.policy, outcome: report.failed === null ? 'done' : 'failed' })
    }
  })
  closers.push(() => worker.close(15_000))
  stages = worker.stages
  wake = () => {
    worker.wake()
    slack.wake()
    tell()
  }
  // Not waited for: each answer may wait for a decision.
  slack
    .recover()
    .catch((error: Error) => log.error({ err: error }, `questions of Slack could not be taken up: ${error.message}`))

  let consumedWith = ''
  const consume = () => {
    if (!has('consume')) return
    consumedWith = pemOf(live.config)
    for (const broker of live.config.notifications)
      consumers.push(startConsumeThread(broker, live.config, journalPath, { log, metrics, wake, beats }))
  }
  const stopConsuming = () => Promise.all(consumers.splice(0).map((one) => one.close()))
  consume()
  closers.push(stopConsuming)

  /** Takes a configuration over as a whole, between two pieces of work; what is under way ends under the old one. */
  async function swap(next: Config): Promise<readonly string[]> {
    const brought = bring(next, fixed)
    if (!brought.ok) return brought.problems
    const undecided = await brought.live.undecided(askedAtStartMs)
    if (undecided.length > 0) {
      brought.live.close()
      return undecided
    }
    await replace(brought.live)
    const event = personEvent(
      fixed,
      { name: 'the configuration file', groups: [], local: true },
      { did: 'reload', about: file ?? '', reason: modesText(next) }
    )
    await journal.append({ events: [{ event, lanes: [], note: 'counts from now on' }], ignored: [] })
    await journal.releaseHeld('all')
    wake()
    void worker.sweepNow()
    return []
  }

  async function replace(next: Live): Promise<void> {
    const before = live
    live = next
    setTimeout(() => before.close(), oldClientsMs).unref()
    const pem = pemOf(next.config)
    if (isDeepStrictEqual(routesOf(before.config), routesOf(next.config)) && pem === consumedWith) return
    await stopConsuming()
    consume()
  }

  /** Without what was withdrawn, while the configuration as a whole is wrong. */
  async function cut(left: Config): Promise<void> {
    const brought = bring(left, fixed, true)
    if (brought.ok) await replace(brought.live)
    wake()
  }
  if (file !== null) {
    reloader = watchConfig(
      { env, cwd, file, log },
      {
        config: () => live.config,
        files: () => live.files(),
        swap,
        narrow: ({ tokens, gitlab, slack }) => {
          live = { ...live, config: { ...live.config, tokens, gitlab, slack } }
          tell()
        },
        cut
      }
    )
    closers.push(() => reloader?.close())
  }

  simulated?.listen(url, async (batch) => {
    await take('sim', batch)
  })
  announce(`Stackreflex ${build} is up: ${url}`)
  if (people.length > 0) announce(fourEyes(url, people))
  return { url, config, reload: async () => reloader?.reload(), close }
}

function refusedToListen(error: NodeJS.ErrnoException & { address?: string; port?: number }): never {
  const { code, address, port } = error
  if (code !== 'EADDRINUSE') throw error
  throw new StartError(
    `port ${port} of ${address} is taken by another program (perhaps another stackreflex): stop that one, or choose a port, ` +
      'as in `PORT=8081 npm start`'
  )
}

const endingCheck = (detail: string): Check => ({ name: 'tokens', level: 'warning', detail })

/** Without it, changes are taken by token, or by the commands on the journal file. */
function keyBeside(journalPath: string, log: Log): ReturnType<typeof makeLocalKey> | null {
  try {
    return makeLocalKey(journalPath)
  } catch (error) {
    const reason = (error as Error).message
    log.warn(
      { reason },
      `${journalPath}.key could not be made: where there are no tokens, nothing is changed through HTTP`
    )
    return null
  }
}

/** A Keystone that is slower keeps nobody from starting. */
const askedAtStartMs = 5000

/** Longer than any claim: until then, work that began under the old configuration may use its clients. */
const oldClientsMs = 90_000

function sweepCheck({ policy, at, read, drifts, failed }: SweepReport): Check {
  const name = `sweep ${policy}`
  const when = new Date(at).toISOString()
  if (failed !== null) return { name, level: 'warning', detail: `at ${when} could not read everything: ${failed}` }
  return { name, level: 'ok', detail: `at ${when}: ${read}; ${drifts} differed` }
}

if (import.meta.main) {
  // Whatever else is written, a crash's report too.
  process.umask(0o077)
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
  process.on('SIGHUP', () => void running?.reload())
  try {
    running = await start(process.env, process.cwd(), announce)
  } catch (error) {
    const expected = error instanceof StartError || (error as { code?: string }).code !== undefined
    announce(expected ? (error as Error).message : `cannot start: ${(error as Error).stack}`)
    process.exit(1)
  }
}
