import t from 'tap'
import { adoptRecords } from '../../src/policies/dns-records/adopt-records.ts'
import type { DnsSettings } from '../../src/policies/dns-records/settings.ts'
import { load } from '../../src/policies/questions.ts'
import { world } from './world.ts'

t.test('with the journal lost nothing is touched, until `reflex adopt` takes it over', async (t) => {
  const before = await world(t)
  const server = await before.operator.bootServer({ name: 'web', project: 'dev' })
  const floating = await before.operator.createFloatingIp({ project: 'dev', portId: server.portIds[0]! })
  await before.settled()
  const records = await before.records()
  await before.stopWork()

  const after = await world(t, { sim: before.sim })
  await after.sweep()
  await after.settled()
  await after.operator.renameServer(server.id, 'shop')
  await after.settled()
  const held = await after.records()
  for (const [name, value] of Object.entries(records)) t.same(held[name], value, `${name} is as it was`)
  t.match(await after.reason('name:web.dev.cloud.lab.'), /never decided/)

  const settings = after.parts.policies[0]!.settings as unknown as DnsSettings
  const dns = { policy: 'dns-records', settings, openstack: null }
  t.same(await adoptRecords(load, after.parts.tools, after.journal, dns, 'nothing.example.org'), [])
  const one = await adoptRecords(load, after.parts.tools, after.journal, dns, 'web.dev.cloud.lab')
  t.same(
    one.map((line) => line.split(' ').slice(0, 2).join(' ')).sort(),
    ['web.dev.cloud.lab. A', 'web.dev.cloud.lab. AAAA'],
    'by name'
  )
  const rest = await adoptRecords(load, after.parts.tools, after.journal, dns, null)
  t.ok(rest.length >= 3, `the rest: ${rest.length}`)
  await after.settled()
  const names = Object.keys(await after.records()).filter((name) => !name.includes('arpa'))
  t.same(
    names.sort(),
    ['shop.dev.cloud.lab. A', 'shop.dev.cloud.lab. AAAA', 'shop.dev.public.lab. A'],
    'adopted records follow their server'
  )
  t.equal(await after.ptr('dev', floating.id), 'shop.dev.public.lab.')
})
