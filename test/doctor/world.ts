import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Sim, startSim } from '../../sim/cloud.ts'
import type { Level } from '../../src/doctor/finding.ts'
import { diagnose, type Examined } from '../../src/doctor/run.ts'
import type { TargetOptions } from '../../src/doctor/target.ts'
import { reflex } from '../e2e/running.ts'

export const settings = "cloud: infra, fixed: { zone: cloud.lab., ptrNetworks: ['*'] }, floating: { zone: public.lab. }"

/** reflex.yaml for the simulated cloud, with parts replaced. */
export function configText({
  clusters = 'dev: { cloud: dev, tier: bursty }, infra: { cloud: infra, tier: always-on }',
  dns = settings,
  mode = 'enforce',
  notifications = '',
  // Nobody listens there.
  port = 1
} = {}): string {
  return `clusters: { ${clusters} }
notifications: [${notifications}]
policies: { dns-records: { mode: ${mode}, settings: { ${dns} } } }
journal: { path: journal.db }
http: { port: ${port} }
`
}

/** A folder with a configuration and clouds.yaml for a simulated cloud, and the doctor in it. */
export async function world(t: Test, given: { sim?: Sim; config?: string } = {}) {
  const sim = given.sim ?? (await startSim({ seed: 1, bootMs: 10, dnsMs: 10 }))
  if (given.sim === undefined) t.teardown(() => sim.close())
  const cwd = t.testdir({ 'reflex.yaml': given.config ?? configText() })
  const clouds = structuredClone(sim.clouds.clouds) as Record<string, object>
  const write = (file: string, text: string) => writeFileSync(join(cwd, file), text)
  return {
    sim,
    cwd,
    write,
    /** Changes an entry of clouds.yaml. */
    entry: (name: string, change: Record<string, unknown>) => {
      const old: { auth?: object } = clouds[name] ?? {}
      clouds[name] = { ...old, ...change, auth: { ...old.auth, ...(change.auth as object) } }
    },
    examine: async (options: Partial<TargetOptions> = {}): Promise<Found> => {
      write('clouds.yaml', JSON.stringify({ clouds }))
      // With nothing given it is what the command says, so that is asked where the tests run on the bundle.
      if (process.env.REFLEX_TEST_DIST !== undefined && Object.keys(options).length === 0) {
        const { out, err } = await reflex(['doctor', '--json'], cwd)
        if (err !== '') throw new Error(err)
        return found(JSON.parse(out) as Examined[])
      }
      return found(await diagnose({ env: {}, cwd, ...options }))
    }
  }
}

/** What was found, to be asked for. */
export interface Found {
  readonly all: readonly Examined[]
  /** `found → remedy` of what was found about this at this level, one each. */
  at(level: Level, check: string, about?: string): readonly string[]
  readonly levels: Readonly<Record<Level, number>>
}

export function found(all: readonly Examined[]): Found {
  const findings = all.flatMap(({ findings }) => findings)
  const count = (level: Level) => findings.filter((one) => one.level === level).length
  return {
    all,
    at: (level, check, about = '') =>
      (all.find((one) => one.check === check)?.findings ?? [])
        .filter((one) => one.level === level && one.about.includes(about))
        .map((one) => `${one.about}: ${one.found} → ${one.remedy}`),
    levels: { ok: count('ok'), warning: count('warning'), failure: count('failure') }
  }
}
