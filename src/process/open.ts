import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildId } from '../base/build.ts'
import { createHeartbeats, heartbeatChecks } from '../base/heartbeats.ts'
import { createMetrics } from '../base/metrics.ts'
import { openBus } from '../bus/bus.ts'
import type { Config } from '../config/config.ts'
import type { Environment } from '../config/load.ts'
import { endingTokens } from '../config/token-end.ts'
import { claimOwner, soleReplica } from '../core/claim-owner.ts'
import { buildApp } from '../handlers/app.ts'
import type { ProcessStatus } from '../handlers/health.ts'
import { shownModes } from '../people/texts/modes.ts'
import type { Parts } from '../pipeline/parts.ts'
import { receive } from '../pipeline/pipeline.ts'
import { stageChecks } from '../pipeline/stage-checks.ts'
import { chooseBring } from './bring.ts'
import { configure, StartError } from './configure.ts'
import { takeUp } from './current.ts'
import { openJournalSide } from './journal-side.ts'
import { keyBeside } from './key-beside.ts'
import type { Reloader } from './reload.ts'
import type { RoleParts, StartedRole } from './role.ts'
import type { SlackSide } from './slack-side.ts'
import { startRoles, works } from './start-roles.ts'

/** A running product. */
export interface Running {
  readonly url: string
  readonly config: Config
  /** Reads the configuration's file anew, as SIGHUP does. */
  reload(): Promise<void>
  /** Closes everything, in reverse order of opening. */
  close(): Promise<void>
}

/** Opens everything that every process has and its roles, in order; `closers` gets what closes them. */
export async function open(
  env: Environment,
  cwd: string,
  announce: (line: string) => void,
  closers: (() => unknown)[]
): Promise<Omit<Running, 'close'>> {
  const { config, simulated, log, file } = await configure(env, cwd, announce, closers)
  const build = buildId(env)
  const metrics = createMetrics()
  const beats = createHeartbeats(Date.now)
  const bus = openBus()
  const journalPath = resolve(cwd, config.journal.path)
  const side = await openJournalSide({
    path: journalPath,
    lock: simulated?.lock ?? true,
    roles: config.roles,
    log,
    closers
  })
  const { journal, reading, clock, standing } = side
  const owner = claimOwner(soleReplica, randomUUID())
  const freed = works(config.roles) ? await journal.releaseEarlier(owner) : 0
  if (freed > 0) log.warn(`${freed} claims of the process before this one were open: taken up again`)

  // Whoever changes something through HTTP proves with it that they are a user of this machine.
  const localKey = config.roles.includes('serve') ? keyBeside(journalPath, log) : null
  closers.push(() => localKey?.remove())
  const installId = await journal.installId()
  let roles: readonly StartedRole[] = []
  const bring = await chooseBring(config.roles, {
    journal,
    reading,
    owner,
    build,
    installId,
    now: Date.now,
    stopAtOnce: standing.atOnce,
    random: Math.random,
    sleep: (ms) => sleep(ms),
    log,
    metrics,
    counted: (what, labels) => {
      metrics.add(`${what}s_total`, labels)
      bus.wake('news')
    },
    source: simulated ? { entries: simulated.entries } : { env, cwd },
    clusters: () => current.live().config.clusters
  })
  const current = await takeUp({
    config,
    bring,
    journal,
    now: Date.now,
    log,
    renewed: async (before) => void (await Promise.all(roles.map((one) => one.renewed?.(before)))),
    reread: () => {
      for (const one of roles) one.reread?.()
    },
    narrowed: () => bus.wake('news'),
    wake: () => bus.wake()
  })
  const { live } = current
  closers.push(() => current.close())
  side.compareClocks((withinMs) => live().clocks(withinMs))

  const take: RoleParts['take'] = async (source, batch) => {
    const taken = await receive(live().routing, batch)
    metrics.add('events_total', { source }, taken.appended)
    if (taken.woke > 0) bus.wake()
    return taken
  }
  let slack: Promise<SlackSide> | null = null
  const openSlackOnce = async () => {
    const { openSlack } = await import('./slack-side.ts')
    const opened = openSlack({
      settings: () => live().config.slack,
      context: () => live().context,
      log,
      now: Date.now,
      sleep: (ms) => sleep(ms),
      wakeWorker: () => bus.wake(),
      beats
    })
    closers.push(() => opened.close())
    return opened
  }
  roles = await startRoles(config.roles, {
    config,
    live,
    work: () => workOf(live().parts),
    journal,
    journalPath,
    reading,
    clock,
    bus,
    log,
    metrics,
    beats,
    build,
    now: Date.now,
    sleep: (ms) => sleep(ms),
    take,
    slack: () => (slack ??= openSlackOnce()),
    simulated
  })

  let reloader: Reloader | undefined
  const status = (): ProcessStatus => ({
    build,
    installId,
    simulated: simulated !== null,
    modes: shownModes(live().config.policies),
    brokers: roles.flatMap((one) => one.brokers?.() ?? []),
    checks: [
      ...(reloader === undefined ? [] : [reloader.check()]),
      clock.check(),
      ...roles.flatMap((one) => one.checks?.() ?? []),
      ...live().checks(),
      ...endingTokens(live().config.tokens, Date.now()).map(
        (detail) => ({ name: 'tokens', level: 'warning', detail }) as const
      ),
      ...stageChecks(
        roles.flatMap((one) => one.stages?.() ?? []),
        Date.now()
      ),
      ...heartbeatChecks(beats.stages())
    ],
    stages: beats.stages()
  })
  const app = await buildApp({
    journal,
    reading,
    status,
    log,
    metrics,
    hosts: () => live().config.http.hosts,
    context: () => live().context,
    tokens: () => live().config.tokens,
    localKey,
    routes: roles.flatMap((one) => one.routes ?? [])
  })
  closers.push(() => app.close())
  const url = await app.listen({ host: config.http.host, port: config.http.port }).catch(refusedToListen)
  closers.push(() => Promise.all(roles.map((one) => one.close?.())))
  for (const one of roles) await one.run?.(url)
  if (file !== null) {
    reloader = current.watch(file, { env, cwd })
    closers.push(() => reloader?.close())
  }
  announce(`Stackreflex ${build} is up: ${url}`)
  for (const line of roles.map((one) => one.greeting?.(url) ?? null)) if (line !== null) announce(line)
  return { url, config, reload: async () => reloader?.reload() }
}

/** A role that works is only started where there is something to work with. */
function workOf(parts: Parts | null): Parts {
  if (parts === null) throw new Error('a process without clients was asked to decide or to act')
  return parts
}

function refusedToListen(error: NodeJS.ErrnoException & { address?: string; port?: number }): never {
  const { code, address, port } = error
  if (code !== 'EADDRINUSE') throw error
  throw new StartError(
    `port ${port} of ${address} is taken by another program (perhaps another stackreflex): stop that one, or choose a port, ` +
      'as in `PORT=8081 npm start`'
  )
}
