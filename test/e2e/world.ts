import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { type Sim, startSim } from '../../sim/cloud.ts'
import { createLog } from '../../src/base/log.ts'
import { guard } from '../../src/core/guard.ts'
import type { GuardRules } from '../../src/core/guard-rules.ts'
import type { Mode } from '../../src/core/policy.ts'
import { normaliseOpenstack } from '../../src/events/openstack.ts'
import type { Parts } from '../../src/pipeline/parts.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { startWorker, type Worker } from '../../src/pipeline/worker.ts'
import { actions } from '../../src/policies/actions.ts'
import { asKept } from '../../src/policies/enabled.ts'
import { policies, standing } from '../../src/policies/index.ts'
import { load } from '../../src/policies/questions.ts'
import { requestersOf } from '../../src/process/requester.ts'
import { type Breakers, buildTools } from '../../src/process/tools.ts'
import { openJournal } from '../../src/store/open.ts'

const settings = {
  cloud: 'infra',
  fixed: { zone: 'cloud.lab.', name: '{server}.{project}.{zone}', ptrNetworks: ['*'] },
  floating: { zone: 'public.lab.', name: '{server}.{project}.{zone}', ptr: true },
  reserved: ['reserved.dev.cloud.lab.'],
  keepFree: 50,
  optOut: 'stackreflex'
}

const calm = { tier: 'bursty', calendar: { timeZone: 'UTC', windows: [], freezes: [] }, inFlight: null } as const

/**
 * The product on the simulated cloud, without HTTP: notifications go straight to `receive`. Everything is closed with
 * the test.
 */
export async function world(
  t: Test,
  options: {
    mode?: Mode
    /** Modes that differ for a cluster. */
    modes?: Readonly<Record<string, Mode>>
    share?: number
    rules?: Partial<GuardRules>
    undoMode?: Mode
    afterUndoMs?: number
    settings?: object
    /** Another policy than dns-records, with all of its settings. */
    policy?: string
    sweepAtStart?: boolean
    /** The clock of the product and of its journal. */
    now?: () => number
    sim?: Sim
    breakers?: Breakers
  } = {}
) {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-e2e-'))
  const sim = options.sim ?? (await startSim({ seed: 1, bootMs: 100, dnsMs: 60 }))
  const journal = await openJournal({
    path: join(folder, 'journal.db'),
    ...(options.now === undefined ? {} : { now: options.now })
  })
  const clusters = ['dev', 'prod', 'infra'].map((name) => ({
    name,
    cloud: name,
    openstack: null,
    tier: 'bursty' as const,
    rules: calm,
    kubernetes: null
  }))
  const built = buildTools(clusters, ['infra', 'admin'], { entries: sim.clouds.clouds }, journal, {
    ...options.breakers,
    ...(options.now === undefined ? {} : { now: options.now })
  })
  if (!built.ok) throw new Error(built.problems.join())
  const { policy = 'dns-records' } = options
  const enabled = {
    policy: policies.find(({ name }) => name === policy)!,
    mode: options.mode ?? 'enforce',
    clusters: options.modes ?? {},
    settings: asKept(options.policy === undefined ? { ...settings, ...options.settings } : options.settings!)
  }
  const undo = {
    policy: standing[0]!,
    mode: options.undoMode ?? 'enforce',
    clusters: {},
    settings: { leaveAloneMs: options.afterUndoMs ?? 3_600_000 }
  }
  const share = options.share ?? 1
  const limits: GuardRules = {
    clusters: Object.fromEntries(clusters.map(({ name }) => [name, calm])),
    budgets: [false, true].map((gone) => ({
      ...{ name: 'deletes', risk: 'delete' as const, share, from: 10, windowMs: 3_600_000, gone }
    })),
    coolDowns: [],
    ...options.rules
  }
  const parts: Parts = {
    journal,
    policies: [enabled, undo] as unknown as Parts['policies'],
    actions,
    tools: built.tools,
    load,
    guard: guard(limits, { [policy]: enabled, undo }),
    approvalMs: 3_600_000,
    requestersOf: (event) => requestersOf(event, { slack: null, gitlab: { secrets: [], users: {} } }),
    fourEyes: (clusters) => clusters.includes('prod'),
    owner: randomUUID(),
    build: 'test',
    installId: await journal.installId(),
    now: options.now ?? Date.now,
    random: Math.random,
    sleep: (ms) => sleep(ms),
    log: createLog({ level: process.env.LOG ?? 'fatal' }),
    counted: () => {}
  }

  let worker: Worker | undefined
  const startWork = () => {
    worker = startWorker(() => parts, {
      decide: true,
      act: true,
      schedule: false,
      decisionsAtOnce: 8,
      actionsAtOnce: 16,
      sweepEveryMs: () => 3_600_000,
      sweepAtStart: options.sweepAtStart ?? false,
      keepMs: 1e12,
      keepIdsMs: 1e12,
      swept: () => {}
    })
    return worker
  }
  let deaf = false
  let received: Promise<unknown> = Promise.resolve()
  sim.onNotification(({ exchange, routingKey, body }) => {
    if (deaf) return
    const batch = normaliseOpenstack({ exchange, routingKey, body }, { cloud: 'sim', region: 'RegionOne' })
    if (!batch.ok) throw new Error(batch.reason)
    received = received.then(() => receive(parts, batch)).then(() => worker?.wake())
  })
  startWork()

  t.teardown(async () => {
    await worker?.close(5000)
    await received
    if (options.sim === undefined) await sim.close()
    built.close()
    await journal.close()
    rmSync(folder, { recursive: true })
  })

  return {
    folder,
    sim,
    journal,
    parts,
    checks: built.checks,
    operator: sim.operator,
    /** Loses all notifications from now on, or hears them again. */
    deaf: (yes: boolean) => {
      deaf = yes
    },
    sweep: () => worker!.sweepNow(),
    stopWork: () => worker!.close(5000),
    startWork,
    /** Something may be due. */
    wake: () => worker?.wake(),
    /** Waits until nothing is pending, planned or due. */
    async settled(): Promise<void> {
      for (let quiet = 0, tries = 0; quiet < 3; tries++) {
        if (tries > 400) throw new Error(`not settled: ${JSON.stringify(await journal.counts())}`)
        await received
        const { lanesPending, actionsOpen } = await journal.counts()
        quiet = lanesPending === 0 && actionsOpen === 0 ? quiet + 1 : 0
        await sleep(25)
      }
    },
    /** What Designate holds, as `name type` → records, without SOA and NS. */
    async records(): Promise<Record<string, string[]>> {
      const found: Record<string, string[]> = {}
      for (const zone of ['cloud.lab.', 'public.lab.', '10.in-addr.arpa.', '0.1.0.0.0.0.d.f.ip6.arpa.'])
        for (const one of await sim.operator.recordsets(zone))
          if (one.type !== 'SOA' && one.type !== 'NS') found[`${one.name} ${one.type}`] = [...one.records].sort()
      return found
    },
    async ptr(project: string, floatingIp: string): Promise<string | null> {
      const { designate } = await built.tools.cloud(project)
      return (await designate.getFloatingIpPtr(floatingIp))?.ptrdname ?? null
    },
    /** The newest decision of a lane. */
    async reason(lane: string): Promise<string> {
      return (await journal.decisions({ limit: 1, lane }))[0]?.reason ?? 'never decided'
    }
  }
}
