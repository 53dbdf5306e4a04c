import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { createLog } from '../../src/base/log.ts'
import type { Method } from '../../src/clients/openstack/answers.ts'
import type { Service } from '../../src/clients/openstack/catalogue.ts'
import type { Cloud } from '../../src/clients/openstack/http.ts'
import { parseConfig } from '../../src/config/config.ts'
import { showProblem } from '../../src/config/problems.ts'
import { guard } from '../../src/core/guard.ts'
import { normaliseOpenstack } from '../../src/events/openstack.ts'
import type { Doors } from '../../src/people/people.ts'
import type { Parts } from '../../src/pipeline/parts.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { startWorker, type Worker } from '../../src/pipeline/worker.ts'
import { actions } from '../../src/policies/actions.ts'
import { enabledPolicies, modesOf } from '../../src/policies/enabled.ts'
import { policies } from '../../src/policies/index.ts'
import { load } from '../../src/policies/questions.ts'
import { buildTools } from '../../src/process/tools.ts'
import { openJournal } from '../../src/store/open.ts'
import { simCloud } from '../clients/sim-cloud.ts'

const clusters = {
  dev: { cloud: 'dev', tier: 'bursty' },
  prod: { cloud: 'prod', tier: 'change-controlled', windows: [{ name: 'always', always: true }] },
  infra: { cloud: 'infra', tier: 'always-on' }
}

const settings = {
  cloud: 'admin',
  clusters: {
    dev: {
      ...{
        networks: ['dev-net', 'dev-net2'],
        volumeTypes: ['dev-disk'],
        admins: ['dev-user'],
        publicPorts: ['443/tcp'],
        keys: ['dev-key']
      },
      quota: { cores: 50 }
    },
    prod: {
      networks: ['prod-net'],
      volumeTypes: ['prod-disk'],
      admins: ['prod-user'],
      publicPorts: ['443/tcp'],
      keys: ['prod-key']
    },
    infra: { networks: ['infra-net'], volumeTypes: ['infra-disk'], admins: ['infra-user'], publicPorts: ['443/tcp'] }
  },
  shared: { volumeTypes: ['standard', '__DEFAULT__'], images: ['tiny'] },
  operators: ['admin', 'reflex', 'nova', 'octavia'],
  grace: { critical: '0s', high: '0s', medium: '0s', low: '0s' }
}

const apart = (more: Readonly<Record<string, object>> = {}) =>
  Object.fromEntries(Object.entries(settings.clusters).map(([name, one]) => [name, { ...one, ...more[name] }]))

/** `isolation` on the simulated cloud, without HTTP; what people do goes through the services' own APIs. */
export async function isolationE2e(
  t: Test,
  options: {
    mode?: string
    modes?: object
    settings?: object
    /** What of single clusters is otherwise. */
    apart?: Readonly<Record<string, object>>
    /** Of reflex.yaml beside policies. */
    config?: object
    deaf?: boolean
    /** Does nothing until it is started. */
    stopped?: boolean
    now?: () => number
  } = {}
) {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-isolation-'))
  const { sim, open } = await simCloud(t, { bootMs: 50 })
  const { now = Date.now } = options
  const journal = await openJournal({ path: join(folder, 'journal.db'), now })
  const entry = {
    mode: options.mode ?? 'enforce',
    clusters: options.modes ?? {},
    settings: { ...settings, clusters: apart(options.apart), ...options.settings }
  }
  const text = JSON.stringify({ clusters, ...options.config, policies: { isolation: entry } })
  const read = parseConfig(text, 'reflex.yaml', {}, policies)
  if (!read.ok) throw new Error(read.problems.map(showProblem).join('\n'))
  const enabled = enabledPolicies(read.config)
  const built = buildTools(read.config.clusters, ['admin'], { entries: sim.clouds.clouds }, journal, { now })
  if (!built.ok) throw new Error(built.problems.join())
  const parts: Parts = {
    journal,
    policies: enabled,
    actions,
    tools: built.tools,
    load,
    guard: guard(read.config.guard, modesOf(enabled)),
    approvalMs: 3_600_000,
    requestersOf: () => [],
    fourEyes: () => true,
    owner: 'e2e',
    build: 'test',
    installId: await journal.installId(),
    now,
    random: Math.random,
    sleep: (ms) => sleep(ms),
    log: createLog({ level: process.env.LOG ?? 'fatal' }),
    counted: () => {}
  }
  const failures: string[] = []
  let worker: Worker | undefined
  const start = (more: { sweepAtStart?: boolean } = {}) => {
    worker = startWorker(() => parts, {
      decide: true,
      act: true,
      // Only its timers look at the start.
      schedule: more.sweepAtStart === true,
      decisionsAtOnce: 8,
      actionsAtOnce: 16,
      sweepEveryMs: () => 3_600_000,
      sweepAtStart: more.sweepAtStart ?? false,
      keepMs: 1e12,
      keepIdsMs: 1e12,
      swept: ({ failed }) => failed !== null && failures.push(failed)
    })
  }
  if (options.stopped !== true) start()
  let deaf = options.deaf ?? false
  let received: Promise<unknown> = Promise.resolve()
  sim.onNotification(({ exchange, routingKey, body }) => {
    if (deaf) return
    const batch = normaliseOpenstack({ exchange, routingKey, body }, { cloud: 'sim', region: 'RegionOne' })
    if (!batch.ok) throw new Error(batch.reason)
    received = received.then(() => receive(parts, batch)).then(() => worker?.wake())
  })
  t.teardown(async () => {
    await worker?.close(5000)
    await received
    built.close()
    await journal.close()
    rmSync(folder, { recursive: true })
  })

  async function settled(): Promise<void> {
    for (let quiet = 0, tries = 0; quiet < 3; tries++) {
      if (tries > 800) throw new Error(`not settled: ${JSON.stringify(await journal.counts())}`)
      await received
      const { lanesPending, actionsOpen } = await journal.counts()
      quiet = lanesPending === 0 && actionsOpen === 0 ? quiet + 1 : 0
      await sleep(25)
    }
  }

  return {
    sim,
    journal,
    parts,
    settled,
    open,
    start,
    admin: open('admin'),
    devUser: open('dev-user'),
    prodUser: open('prod-user'),
    deaf: (yes: boolean) => {
      deaf = yes
    },
    /** Something may be due. */
    wake: () => worker?.wake(),
    async sweep() {
      await worker!.sweepNow()
      const failed = failures.splice(0)
      if (failed.length > 0) throw new Error(failed.join('\n'))
      await settled()
    },
    /** Waits until all that were closed are read back as over. */
    async over(): Promise<void> {
      for (let tries = 0; tries < 200; tries++) {
        await settled()
        const left = await journal.breaches({ policy: 'isolation', open: true })
        if (left.every((one) => one.state !== 'closing')) return
        await sleep(50)
      }
      throw new Error('breaches are still being closed')
    }
  }
}

/** The doors for people, where everybody of sre may approve. */
export function doorsOf({ journal, parts }: Awaited<ReturnType<typeof isolationE2e>>): Doors {
  const rule = { required: 1, groups: ['sre'] }
  return {
    journal,
    tiers: { dev: 'bursty', prod: 'change-controlled', infra: 'always-on' },
    approvals: { expiresMs: 3_600_000, tiers: { bursty: rule, 'change-controlled': rule, 'always-on': rule } },
    operate: ['sre'],
    now: Date.now,
    receive: (batch) => receive({ journal, policies: parts.policies }, batch)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: raw answers of many services
export type Raw = any

/** One call of a person, past all of our clients; throws what the service refuses. */
export async function call(by: Cloud, service: Service, method: Method, path: string, body?: object): Promise<Raw> {
  return (await by.request(service, method, path, body === undefined ? {} : { body })).body
}
