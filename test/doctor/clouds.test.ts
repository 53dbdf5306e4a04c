import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { openJournal } from '../../src/store/open.ts'
import { configText, settings, world } from './world.ts'

const one = (t: Test, findings: readonly string[], wanted: RegExp) => {
  t.equal(findings.length, 1, findings.join('\n') || 'one finding')
  t.match(findings[0], wanted)
}

/** A service that answers what it is told, for what the simulation does not have. */
async function instead(t: Test, answer: (path: string) => object): Promise<string> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer(request.url ?? '')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('a healthy cloud', async (t) => {
  const w = await world(t)
  const { levels, at } = await w.examine()
  t.same(levels.failure, 0)
  one(t, at('ok', 'credentials', 'dev'), /authenticates in project dev, roles load-balancer_member, member, reader/)
  one(t, at('ok', 'catalogue', 'compute of cloud entry dev'), /answers at http/)
  one(t, at('ok', 'zones', 'zone cloud.lab.'), /ACTIVE/)
  one(t, at('ok', 'zones', '10.11.0.0/16'), /10.in-addr.arpa. covers it/)
  const changing = w.sim.requests.filter(({ method, path }) => method !== 'GET' && path !== '/v3/auth/tokens')
  t.same(changing, [], 'only read')
})

t.test('credentials', async (t) => {
  const w = await world(t)
  w.entry('dev', { auth: { password: 'wrong' } })
  const wrong = await w.examine()
  one(t, wrong.at('failure', 'credentials'), /cloud entry dev: .*401.* → correct user, password .* token issue/)
  t.same(wrong.at('failure', 'catalogue', 'dev'), [], 'said once')
  t.notMatch(JSON.stringify(wrong.all), /"wrong"/)

  w.entry('dev', { auth: { username: 'admin', password: 'lab' } })
  const admin = await w.examine()
  one(
    t,
    admin.at('warning', 'credentials'),
    /cloud entry dev: .*admin.* reaches every project → .* reader in project dev only/
  )

  w.entry('dev', { auth: { auth_url: 'http://127.0.0.1:1/v3', username: 'reflex' } })
  one(
    t,
    (await w.examine()).at('failure', 'credentials'),
    /ECONNREFUSED.* → is Keystone at http:\/\/127.0.0.1:1\/v3 up/
  )
})

t.test('roles of the entry that writes DNS', async (t) => {
  const w = await world(t)
  const user = [...w.sim.state.users.values()].find(({ name }) => name === 'reflex')!
  const infra = [...w.sim.state.projects.values()].find(({ name }) => name === 'infra')!
  user.roles.set(infra.id, ['reader'])
  one(
    t,
    (await w.examine()).at('failure', 'credentials'),
    /infra: .*reader may not write DNS → openstack role add .* infra member/
  )
  user.roles.set(infra.id, ['dns_operator'])
  one(t, (await w.examine()).at('warning', 'credentials'), /none that writes DNS .* → unless your Designate's policy/)
})

t.test('several regions and none named', async (t) => {
  const w = await world(t)
  w.sim.state.regions = ['east', 'west']
  w.entry('dev', { region_name: undefined })
  w.entry('infra', { region_name: 'east' })
  const { at } = await w.examine()
  one(t, at('failure', 'catalogue', 'dev'), /region of cloud entry dev: .*2 regions \(east, west\).* refuses to start/)
  t.ok(at('ok', 'catalogue', 'infra').length > 0, 'the one that names its region is looked at')
})

t.test('catalogue', async (t) => {
  const w = await world(t)
  w.entry('dev', { region_name: 'Elsewhere' })
  t.match(
    (await w.examine()).at('failure', 'catalogue')[0],
    /compute of cloud entry dev: the catalogue has no public endpoint in region Elsewhere; it offers public in RegionOne.* → correct region_name/
  )
  w.entry('dev', { region_name: 'RegionOne', compute_endpoint_override: 'http://127.0.0.1:1' })
  one(
    t,
    (await w.examine()).at('failure', 'catalogue'),
    /compute of cloud entry dev: .*ECONNREFUSED.* → is the service up, and may this machine reach http:\/\/127.0.0.1:1/
  )
  w.entry('dev', { compute_endpoint_override: null })
  w.sim.faults.add({ service: 'neutron', status: 403, times: 2, path: 'limit=1' })
  t.match(
    (await w.examine()).at('failure', 'catalogue', 'network')[0],
    /answered 403.* → give the user of '\w+' the role reader/
  )
})

t.test('load balancers are asked for where vip is set', async (t) => {
  const w = await world(t)
  t.same((await w.examine()).at('ok', 'catalogue', 'load-balancer'), [])
  w.write('reflex.yaml', configText({ dns: `${settings}, vip: { zone: vips.lab., ptrNetworks: [nowhere] }` }))
  const { at } = await w.examine()
  one(t, at('ok', 'catalogue', 'load-balancer of cloud entry dev'), /answers at http/)
  one(t, at('failure', 'zones', 'vips.lab.'), /has no such zone/)
  one(t, at('warning', 'zones', 'nowhere'), /→ correct settings\.fixed\.ptrNetworks or settings\.vip\.ptrNetworks/)

  w.sim.faults.add({ service: 'octavia', status: 403, times: 2 })
  const forbidden = (await w.examine()).at('failure', 'catalogue', 'load-balancer')
  t.match(forbidden[0], /answered 403.* → give the user of '\w+' the role load-balancer_observer/)

  w.sim.state.absent.add('load-balancer')
  const absent = (await w.examine()).at('failure', 'catalogue', 'load-balancer of cloud entry dev')
  one(t, absent, /the catalogue has no public endpoint .* → .*, or leave vip out of the settings of dns-records/)
})

t.test('clocks', async (t) => {
  const w = await world(t)
  one(t, (await w.examine()).at('ok', 'clock'), /agree within/)
  const late = await w.examine({ now: () => Date.now() - 120_000 })
  one(
    t,
    late.at('warning', 'clock'),
    /Keystone at .* its clock is 1(19|20|21) s ahead of ours.* → synchronise both with NTP/
  )
  const early = await w.examine({ now: () => Date.now() + 120_000 })
  one(t, early.at('warning', 'clock'), /behind ours/)
})

t.test('zones', async (t) => {
  const dns =
    'cloud: infra, fixed: { zone: clod.lab., ptrNetworks: [nowhere, dev-net] }, floating: { zone: public.lab. }'
  const w = await world(t, { config: configText({ dns }) })
  const missing = await w.examine()
  one(
    t,
    missing.at('failure', 'zones'),
    /zone clod.lab.: .* no such zone; did you mean 'cloud.lab.'\? → .*zone create --email <you> clod.lab./
  )
  one(
    t,
    missing.at('warning', 'zones'),
    /ptrNetworks: nowhere: no cluster sees .*dev-net.* → correct settings.fixed.ptrNetworks/
  )

  w.write('reflex.yaml', configText({ dns: settings }))
  const zone = (name: string) => [...w.sim.state.zones.values()].find((one) => one.name === name)!
  zone('cloud.lab.').status = 'ERROR'
  zone('public.lab.').status = 'PENDING'
  w.sim.state.zones.delete(zone('10.in-addr.arpa.').id)
  const sick = await w.examine()
  one(t, sick.at('failure', 'zones'), /zone cloud.lab.: is ERROR .* → look at designate-worker's log/)
  one(t, sick.at('warning', 'zones', 'public.lab.'), /is PENDING.* → run this again in a minute/)
  one(
    t,
    sick.at('warning', 'zones', '10.11.0.0/16'),
    /no zone of cloud entry infra covers 10.11.0.0.* → .*zone create --email <you> 11.10.in-addr.arpa./
  )
})

t.test('zones that are not ours to write', async (t) => {
  const w = await world(t)
  const project = [...w.sim.state.projects.values()].find(({ name }) => name === 'infra')!.id
  const shared = { status: 'ACTIVE', action: 'NONE', ttl: 60, serial: 1 }
  const dns = await instead(t, (path) =>
    path.startsWith('/v2/zones?')
      ? {
          zones: [
            { ...shared, id: 'z1', name: 'cloud.lab.', type: 'PRIMARY', project_id: 'somebody' },
            { ...shared, id: 'z2', name: 'public.lab.', type: 'SECONDARY', project_id: project }
          ],
          links: {}
        }
      : { recordsets: [], links: {}, metadata: { total_count: 2 } }
  )
  w.entry('infra', { dns_endpoint_override: dns })
  const { at } = await w.examine()
  one(t, at('failure', 'zones', 'cloud.lab.'), /belongs to project somebody, .* → name the cloud entry of the project/)
  one(t, at('failure', 'zones', 'public.lab.'), /is SECONDARY.* → name a PRIMARY zone/)
})

t.test('quota', async (t) => {
  const w = await world(t)
  const infra = [...w.sim.state.projects.values()].find(({ name }) => name === 'infra')!
  one(t, (await w.examine()).at('ok', 'quota', 'cloud.lab.'), /2 of 500/)
  const limits = { zones: 10, zone_records: 500, recordset_records: 20, api_export_size: 1000 }
  w.sim.state.quotas.set(infra.id, { ...limits, zone_recordsets: 50 })
  t.match(
    (await w.examine()).at('warning', 'quota')[0],
    /2 of 50 recordsets, and keepFree leaves 50 to others: no new name is written → .*quota set .* --zone-recordsets 100/
  )
  w.write('reflex.yaml', configText({ dns: `${settings}, keepFree: 0` }))
  for (let i = 0; i < 40; i++)
    await w.sim.operator.createRecordset('cloud.lab.', { name: `n${i}.cloud.lab.`, type: 'A', records: ['10.0.0.1'] })
  one(t, (await w.examine()).at('warning', 'quota'), /cloud.lab.: 42 of 50 recordsets: nearly full → .*raises it/)
  w.sim.faults.add({ service: 'designate', status: 403, path: '/quotas/' })
  one(t, (await w.examine()).at('warning', 'quota'), /may not be read.* → let the policy get_quotas/)
})

t.test('other writers', async (t) => {
  const w = await world(t)
  const make = (name: string, type: string, record: string, description?: string) =>
    w.sim.operator.createRecordset('cloud.lab.', {
      name: `${name}.cloud.lab.`,
      type,
      records: [record],
      ...(description === undefined ? {} : { description })
    })
  await make(
    'a-shop',
    'TXT',
    '"heritage=external-dns,external-dns/owner=k8s-prod,external-dns/resource=ingress/shop/shop"'
  )
  await make('old', 'A', '10.0.0.1', 'stackreflex 0badcafe')
  await make('sink', 'A', '10.0.0.2', 'managed by designate-sink')
  const { at } = await w.examine()
  const all = at('warning', 'other writers', 'zone cloud.lab.')
  t.equal(all.length, 3)
  t.match(
    all[0],
    /external-dns \(owner k8s-prod\) keeps 1 names here, such as a-shop.cloud.lab. TXT → give external-dns a zone of its own/
  )
  t.match(
    all[1],
    /the mark 'stackreflex 0badcafe', such as old.cloud.lab. A; this installation is new.* → .*reflex adopt --all/
  )
  t.match(all[2], /sink.cloud.lab. A \('managed by designate-sink'\) → .*enabled_notification_handlers/)

  const journal = await openJournal({ path: `${w.cwd}/journal.db` })
  const id = await journal.installId()
  await make('ours', 'A', '10.0.0.3', `stackreflex ${id}`)
  const marked = (await w.examine()).at('warning', 'other writers').filter((text) => text.includes('mark'))
  await journal.close()
  one(t, marked, new RegExp(`1 recordsets carry the mark 'stackreflex 0badcafe'.*this installation is ${id}`))
})

t.test("Neutron's DNS integration", async (t) => {
  const w = await world(t)
  const neutron = await instead(t, (path) => {
    const kind = /\/v2\.0\/(\w+)/.exec(path)?.[1] ?? ''
    const item = { id: `${kind}-1`, name: 'net', dns_domain: kind === 'ports' ? '' : 'Dev.cloud.lab.' }
    return { [kind]: kind === 'subnets' ? [] : [item] }
  })
  w.entry('dev', { network_endpoint_override: neutron })
  const { at } = await w.examine()
  one(
    t,
    at('warning', 'other writers', 'networks of cloud entry dev'),
    /networks-1 \(dev.cloud.lab.\).* → take it away: .*network set --dns-domain '' networks-1/
  )
  one(t, at('warning', 'other writers', 'floatingips'), /without --dns-domain/)
  t.same(at('warning', 'other writers', 'ports'), [])
})

t.test('a service that hangs', async (t) => {
  const w = await world(t)
  w.sim.faults.add({ service: 'nova', hangMs: 3000, times: 2 })
  const { at, levels } = await w.examine({ timeoutMs: 500 })
  t.match(at('failure', 'catalogue')[0], /no answer within 400 ms|not finished within/)
  t.ok(levels.ok > 5, 'the others are told all the same')
})
