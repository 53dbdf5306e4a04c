import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Normalised } from './events/event.ts'
import type { Log } from './log.ts'

/** A simulated cloud with its scripted day, for a first look without an OpenStack. */
export interface Simulated {
  readonly configText: string
  readonly entries: Readonly<Record<string, unknown>>
  /** Normalised notifications, in order. */
  listen(receive: (batch: Extract<Normalised, { ok: true }>) => Promise<void>): void
  close(): Promise<void>
}

/** `journalPath` is made anew: the cloud behind an older one is gone. */
const configText = (journalPath: string) => `
clusters:
  dev: { cloud: dev, tier: bursty }
  prod:
    cloud: prod
    tier: change-controlled
    windows: [{ name: names, policies: [dns-records, undo], always: true }]
  infra: { cloud: infra, tier: always-on }
policies:
  dns-records:
    mode: enforce
    settings:
      cloud: infra
      fixed: { zone: cloud.lab., ptrNetworks: ['*'] }
      floating: { zone: public.lab. }
limits:
  deletes: { share: 0.5, from: 10, window: 1h }
sweep: { every: 1m }
journal: { path: ${journalPath} }
`

/** Starts the simulated cloud; its day begins when somebody listens. */
export async function startSimulated(dataFolder: string, log: Log): Promise<Simulated> {
  const [{ startSim }, { startDay }, { normaliseOpenstack }] = await Promise.all([
    import('../sim/cloud.ts'),
    import('../sim/day.ts'),
    import('./events/openstack.ts')
  ])
  mkdirSync(dataFolder, { recursive: true })
  const path = join(dataFolder, 'simulated.db')
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  const sim = await startSim()
  const over = new AbortController()
  return {
    configText: configText(path),
    entries: sim.clouds.clouds,
    listen(receive) {
      let last: Promise<void> = Promise.resolve()
      sim.onNotification(({ exchange, routingKey, body }) => {
        const batch = normaliseOpenstack({ exchange, routingKey, body }, { cloud: 'sim', region: 'RegionOne' })
        if (!batch.ok) return log.error(`the simulated cloud sent something that is no notification: ${batch.reason}`)
        last = last
          .then(() => receive(batch))
          .catch((error) => log.error({ err: error }, 'a simulated notification was lost'))
        return undefined
      })
      startDay(sim, { signal: over.signal }).catch((error) => {
        if (!over.signal.aborted) log.error({ err: error }, `the simulated day ended early: ${error.message}`)
      })
    },
    async close() {
      over.abort()
      await sim.close()
    }
  }
}
