import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { startBroker } from '../broker.ts'
import { reflexHere, startProduct } from './running.ts'
import { configText, openstacks } from './two-openstacks.ts'

t.test('one product listens to the brokers of two OpenStacks, each for its own instances', async (t) => {
  const broker = await startBroker()
  t.teardown(() => broker.stop())
  // Two virtual hosts are two brokers to whoever listens.
  const urls: Record<string, string> = {}
  for (const openstack of openstacks) urls[openstack] = await broker.apart(`${openstack}-${randomUUID()}`)
  const start = (openstack: string) => startSim({ seed: 1, bootMs: 40, dnsMs: 20, amqpUrl: urls[openstack]! })
  const sims = { berlin: await start('berlin'), frankfurt: await start('frankfurt') }
  t.teardown(() => Promise.all(openstacks.map((one) => sims[one].close())))
  const cwd = mkdtempSync(join(tmpdir(), 'reflex-two-brokers-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const clouds = Object.fromEntries(
    openstacks.flatMap((one) =>
      Object.entries(sims[one].clouds.clouds).map(([name, entry]) => [`${one}-${name}`, entry])
    )
  )
  writeFileSync(join(cwd, 'clouds.yaml'), JSON.stringify({ clouds }))
  const text = configText({
    notifications: openstacks.map((openstack) => {
      return { openstack, region: 'RegionOne', url: urls[openstack], exchanges: ['nova', 'neutron'] }
    }),
    sweep: { every: '1h', atStart: false },
    journal: { path: 'journal.db' },
    log: { level: 'fatal' }
  })
  writeFileSync(join(cwd, 'reflex.yaml'), text)
  t.match(await reflexHere(['check'], cwd), { code: 0, err: '' })
  const running = await startProduct({ PORT: '0' }, cwd, () => {})
  t.teardown(() => running.close())

  const until = async (what: string, done: () => boolean | Promise<boolean>) => {
    for (let tries = 0; !(await done()); tries++) {
      if (tries > 300) throw new Error(`not within 30 s: ${what}`)
      await sleep(100)
    }
  }
  const ready = async () =>
    (await (await fetch(`${running.url}/readyz`)).json()) as {
      checks: { name: string; level: string }[]
      modes: Record<string, string>
    }
  await until('both brokers are connected', async () => {
    const { checks } = await ready()
    return openstacks.every((one) =>
      checks.some(({ name, level }) => name === `broker ${one}/RegionOne` && level !== 'failure')
    )
  })
  t.match((await ready()).modes, { 'dns-records@berlin': 'enforce', 'isolation@frankfurt': 'enforce' })
  // An exchange is bound once its first notification made it.
  for (const openstack of openstacks) await sims[openstack].operator.bootServer({ name: 'early' })
  await until(
    'the exchanges are bound',
    async () =>
      (await ready()).checks.filter(({ name, level }) => name.startsWith('broker') && level === 'ok').length === 2
  )
  const names = (one: (typeof openstacks)[number]) =>
    sims[one].operator.recordsets('cloud.lab.').map(({ name }) => name)
  await sims.berlin.operator.bootServer({ name: 'web' })
  await until('web has its record', () => names('berlin').includes('web.dev.cloud.lab.'))
  await sims.frankfurt.operator.bootServer({ name: 'db' })
  await until('db has its record', () => names('frankfurt').includes('db.dev.cloud.lab.'))
  t.notOk(names('frankfurt').includes('web.dev.cloud.lab.'))
  t.notOk(names('berlin').includes('db.dev.cloud.lab.'))

  // What people ask: by policy, by instance, and by name.
  const asked = async (...args: string[]) => (await reflexHere(args, cwd, { REFLEX_URL: running.url })).out
  const of = (out: string) =>
    [...new Set([...out.matchAll(/(?:dns-records|isolation|quota-rebalance)@\w+/g)].map(([one]) => one))].sort()
  t.match(of(await asked('explain', '--since', '1h', '--policy', 'dns-records', '--json')), [
    'dns-records@berlin',
    'dns-records@frankfurt'
  ])
  t.same(of(await asked('explain', '--since', '1h', '--policy', 'dns-records@berlin', '--json')), [
    'dns-records@berlin'
  ])
  t.same(of(await asked('explain', 'db.dev.cloud.lab', '--json')), ['dns-records@frankfurt'])
  const quota = JSON.parse(await asked('quota', '--json')) as { groups: { policy: string }[] }
  t.same(
    quota.groups.map(({ policy }) => policy),
    ['quota-rebalance@berlin', 'quota-rebalance@frankfurt']
  )
  t.match(await asked('quota'), /berlin\/company\/cores.*[\s\S]*frankfurt\/company\/cores/)
  const metrics = await (await fetch(`${running.url}/metrics`)).text()
  t.match(metrics, /stackreflex_decisions_total\{policy="dns-records@berlin"/)
  t.match(metrics, /stackreflex_decisions_total\{policy="dns-records@frankfurt"/)
})
