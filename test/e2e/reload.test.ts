import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { startProduct } from './running.ts'

const yaml = (mode: string, more = '') => `clusters:
  dev: { cloud: dev, tier: bursty }
policies:
  dns-records:
    mode: ${mode}
    settings: { cloud: infra, fixed: { zone: cloud.lab. } }
http: { port: 0 }
${more}`

async function running(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-reload-'))
  const sim = await startSim({ seed: 1, bootMs: 50, dnsMs: 50 })
  writeFileSync(join(folder, 'clouds.yaml'), JSON.stringify(sim.clouds))
  const file = join(folder, 'reflex.yaml')
  writeFileSync(file, yaml('observe'))
  const env = { OS_CLIENT_CONFIG_FILE: join(folder, 'clouds.yaml') }
  const product = await startProduct(env, folder, () => {})
  t.teardown(async () => {
    await product.close()
    await sim.close()
    rmSync(folder, { recursive: true })
  })
  const readyz = async () =>
    (await (await fetch(`${product.url}/readyz`)).json()) as {
      ready: boolean
      modes: Record<string, string>
      checks: { name: string; level: string; detail: string }[]
    }
  const configuration = async () => (await readyz()).checks.find((check) => check.name === 'configuration')!
  const until = async (level: string, detail: RegExp) => {
    for (let tries = 0; tries < 100; tries++) {
      const check = await configuration()
      if (check.level === level && detail.test(check.detail)) return check.detail
      await sleep(100)
    }
    throw new Error(`the configuration is ${JSON.stringify(await configuration())}`)
  }
  return { sim, product, readyz, until, write: (text: string) => writeFileSync(file, text) }
}

t.test('three mistakes in a reloaded configuration: the old one stays, all three are named', async (t) => {
  const at = await running(t)
  t.match(await at.until('ok', /read at/), /reflex\.yaml/)
  at.write(`clusters:
  dev: { cloud: dev, tier: busty }
policies:
  dns-records:
    mode: enforced
    settings: { cloud: infra, fixed: { zone: cloud.lab. } }
sweep: { every: 10 minutes }
http: { port: 0 }
`)
  const detail = await at.until('warning', /is not in force/)
  t.match(detail, /reflex\.yaml:2:28 {2}clusters\.dev\.tier = "busty": did you mean 'bursty'\?/)
  t.match(detail, /reflex\.yaml:5:11 {2}policies\.dns-records\.mode = "enforced": did you mean 'enforce'\?/)
  t.match(detail, /reflex\.yaml:7:17 {2}sweep\.every = "10 minutes": does not have the right form/)
  const { ready, modes } = await at.readyz()
  t.match({ ready, modes }, { ready: true, modes: { 'dns-records': 'observe' } }, 'and it goes on as before')

  at.write(yaml('enforce', 'journal: { path: elsewhere.db }'))
  await at.until('warning', /journal\.path cannot change while it runs: restart to use it/)
  at.write(yaml('enforce').replace('cloud: dev, tier', 'cloud: nowhere, tier'))
  await at.until('warning', /nowhere/)
  t.match((await at.readyz()).modes, { 'dns-records': 'observe' })
})

t.test('a right one is taken over as a whole: what was only observed is then done', async (t) => {
  const at = await running(t)
  await at.sim.operator.bootServer({ project: 'dev', name: 'web' })
  await sleep(500)
  // Nobody tells of the server: the sweep after the change finds it.
  at.write(yaml('enforce', 'sweep: { every: 1h }'))
  await at.until('ok', /read anew/)
  t.match((await at.readyz()).modes, { 'dns-records': 'enforce' })
  let names: string[] = []
  for (let tries = 0; tries < 100 && names.length === 0; tries++) {
    names = (await at.sim.operator.recordsets('cloud.lab.')).filter((one) => one.type === 'A').map((one) => one.name)
    await sleep(100)
  }
  t.same(names, ['web.dev.cloud.lab.'])
  const events = (await (await fetch(`${at.product.url}/api/v1/events?type=stackreflex.reload`)).json()) as {
    items: { data: unknown }[]
  }
  t.match(events.items, [{ data: { kind: 'person', did: 'reload', reason: 'dns-records enforce' } }])
})
