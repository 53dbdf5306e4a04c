import crypto, { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { type Sim, startSim } from '../../sim/cloud.ts'
import { createLog } from '../../src/base/log.ts'
import { parseConfig } from '../../src/config/load.ts'
import { showProblem } from '../../src/config/problems.ts'
import { normaliseOpenstack } from '../../src/events/openstack.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { startWorker } from '../../src/pipeline/worker.ts'
import { policies } from '../../src/policies/index.ts'
import { bring } from '../../src/process/live.ts'
import { openJournal } from '../../src/store/open.ts'

export const openstacks = ['berlin', 'frankfurt'] as const
type Openstack = (typeof openstacks)[number]

/** Whatever a simulated OpenStack makes meanwhile gets the same ids as what another made in an earlier call. */
export async function sameIds<T>(from: number, make: () => Promise<T>): Promise<T> {
  const real = crypto.randomUUID
  // One count for each file of the simulation: the product runs beside it, and calls are numbered too.
  const next = new Map<string, number>()
  crypto.randomUUID = () => {
    const by = /\/sim\/((?!cloud\.|notify\.|state\.)[\w/-]+|seed)\.ts/.exec(new Error().stack ?? '')?.[1]
    if (by === undefined) return real()
    const n = next.get(by) ?? from
    next.set(by, n + 1)
    const file = createHash('sha256').update(by).digest('hex').slice(0, 8)
    return `${file}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
  }
  syncBuiltinESMExports()
  try {
    return await make()
  } finally {
    crypto.randomUUID = real
    syncBuiltinESMExports()
  }
}

const projects = ['dev', 'prod', 'infra'] as const

/** The whole of reflex.yaml; what each OpenStack has is called the same in both, but for clusters and entries of clouds.yaml. */
export function configText(more: object = {}): string {
  const clusters = openstacks.flatMap((openstack) =>
    projects.map((one) => [`${one}-${openstack}`, { cloud: `${openstack}-${one}`, openstack, tier: 'bursty' }])
  )
  const dns = (openstack: Openstack) => ({
    cloud: `${openstack}-infra`,
    fixed: { zone: 'cloud.lab.', ptrNetworks: ['*'] },
    floating: { zone: 'public.lab.' }
  })
  const quota = (openstack: Openstack) => ({
    cloud: `${openstack}-admin`,
    coolDown: '1ms',
    groups: {
      company: {
        projects: Object.fromEntries(projects.map((one) => [`${one}-${openstack}`, { priority: 1 }])),
        resources: { cores: { capacity: 30, low: 2, high: 4 } }
      }
    }
  })
  const isolation = (openstack: Openstack) => ({
    cloud: `${openstack}-admin`,
    clusters: Object.fromEntries(projects.map((one) => [`${one}-${openstack}`, { admins: [`${one}-user`] }])),
    shared: { volumeTypes: ['standard', '__DEFAULT__'], images: ['tiny'] },
    operators: ['admin', 'reflex', 'nova', 'octavia'],
    grace: { critical: '0s', high: '0s', medium: '0s', low: '0s' }
  })
  const each = (policy: string, settings: (openstack: Openstack) => object) =>
    openstacks.map((one) => [`${policy}@${one}`, { mode: 'enforce', settings: settings(one) }])
  return JSON.stringify({
    clusters: Object.fromEntries(clusters),
    notifications: openstacks.map((openstack) => ({
      ...{ openstack, region: 'RegionOne', url: `amqp://u:p@${openstack}.invalid/`, queue: 'stackreflex' }
    })),
    policies: Object.fromEntries([
      ...each('dns-records', dns),
      ...each('quota-rebalance', quota),
      ...each('isolation', isolation)
    ]),
    ...more
  })
}

/** One product over two simulated OpenStacks that have the same names, addresses and ids. */
export async function twoOpenstacks(t: Test, text = configText()) {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-two-'))
  const start = () => sameIds(1, () => startSim({ seed: 1, bootMs: 40, dnsMs: 20 }))
  const sims: Record<Openstack, Sim> = { berlin: await start(), frankfurt: await start() }
  t.teardown(() => Promise.all(openstacks.map((one) => sims[one].close())))
  const result = parseConfig(text, 'reflex.yaml', {}, policies)
  if (!result.ok) throw new Error(result.problems.map(showProblem).join('\n'))
  const { config } = result
  const journal = await openJournal({ path: join(folder, 'journal.db') })
  const entries = Object.fromEntries(
    openstacks.flatMap((one) =>
      Object.entries(sims[one].clouds.clouds).map(([name, entry]) => [`${one}-${name}`, entry])
    )
  )
  const brought = bring(config, {
    journal,
    reading: journal,
    owner: 'test',
    build: 'test',
    installId: await journal.installId(),
    now: Date.now,
    random: Math.random,
    sleep: (ms) => sleep(ms),
    log: createLog({ level: 'fatal' }),
    counted: () => {},
    source: { entries },
    onBreaker: () => {}
  })
  if (!brought.ok) throw new Error(brought.problems.join('\n'))
  const { live } = brought
  const swept: { readonly policy: string; readonly read: string | null; readonly failed: string | null }[] = []
  const worker = startWorker(() => live.parts, {
    ...{ decide: true, act: true, schedule: false, decisionsAtOnce: 8, actionsAtOnce: 16 },
    ...{ sweepEveryMs: () => 3_600_000, sweepAtStart: false, keepMs: 1e12, keepIdsMs: 1e12 },
    swept: (report) => void swept.push(report)
  })
  let received: Promise<unknown> = Promise.resolve()
  const deaf = new Set<Openstack>()
  for (const openstack of openstacks)
    sims[openstack].onNotification(({ exchange, routingKey, body }) => {
      if (deaf.has(openstack)) return
      const batch = normaliseOpenstack({ exchange, routingKey, body }, { openstack, region: 'RegionOne' })
      if (!batch.ok) throw new Error(batch.reason)
      received = received.then(() => receive(live.parts, batch)).then(() => worker.wake())
    })
  t.teardown(async () => {
    await worker.close(5000)
    await received
    live.close()
    await journal.close()
    rmSync(folder, { recursive: true })
  })
  return {
    sims,
    journal,
    live,
    worker,
    swept,
    deaf,
    /** Waits until nothing is pending, planned or due. */
    async settled(): Promise<void> {
      for (let quiet = 0, tries = 0; quiet < 3; tries++) {
        if (tries > 600) throw new Error(`not settled: ${JSON.stringify(await journal.counts())}`)
        await received
        const { lanesPending, actionsOpen } = await journal.counts()
        quiet = lanesPending === 0 && actionsOpen === 0 ? quiet + 1 : 0
        await sleep(25)
      }
    },
    /** What an OpenStack's Designate holds, as `name type` → records. */
    records(openstack: Openstack): Record<string, readonly string[]> {
      const all = ['cloud.lab.', 'public.lab.', '10.in-addr.arpa.'].flatMap((zone) =>
        sims[openstack].operator.recordsets(zone)
      )
      const ours = all.filter(({ type }) => type !== 'SOA' && type !== 'NS')
      return Object.fromEntries(ours.map(({ name, type, records }) => [`${name} ${type}`, [...records].sort()]))
    },
    /** Calls that changed something there, by the product. */
    changes: (openstack: Openstack) =>
      sims[openstack].requests
        .filter(({ method, path, user }) => method !== 'GET' && user !== null && !path.includes('/auth/tokens'))
        .map(({ method, path }) => `${method} ${path}`)
  }
}
