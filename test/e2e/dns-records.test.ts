import t from 'tap'
import { explain } from '../../src/people/explain/chain.ts'
import { renderExplanation } from '../../src/people/explain/render.ts'
import { reverseName } from '../../src/policies/dns-records/names.ts'
import { world } from './world.ts'

t.test('a server gets A, AAAA and both PTR, and they go away with it', async (t) => {
  const w = await world(t)
  const server = await w.operator.bootServer({ name: 'Web 1', project: 'dev' })
  await w.settled()
  const [v4, v6] = [
    server.addresses.find((one) => !one.includes(':'))!,
    server.addresses.find((one) => one.includes(':'))!
  ]
  t.same(await w.records(), {
    'web-1.dev.cloud.lab. A': [v4],
    'web-1.dev.cloud.lab. AAAA': [v6],
    [`${reverseName(v4)} PTR`]: ['web-1.dev.cloud.lab.'],
    [`${reverseName(v6)} PTR`]: ['web-1.dev.cloud.lab.']
  })
  const before = w.sim.requests.length
  await w.operator.deleteServer(server.id)
  await w.settled()
  t.same(await w.records(), {})
  const deletes = w.sim.requests.slice(before).filter((one) => one.method === 'DELETE' && one.user === 'reflex')
  t.equal(deletes.length, 4)
  const ids = w.sim.requests.filter(
    (one) => one.user === 'reflex' && one.service === 'designate' && one.method !== 'GET'
  )
  t.equal(new Set(ids.map((one) => one.globalRequestId)).size, ids.length, 'no two changing calls with one request id')
})

t.test('a floating IP is followed in all four ways that it can come and go', async (t) => {
  const w = await world(t)
  const { operator } = w
  const web = await operator.bootServer({ name: 'web', project: 'dev' })
  const db = await operator.bootServer({ name: 'db', project: 'dev' })
  const floats = async () =>
    Object.fromEntries(Object.entries(await w.records()).filter(([name]) => name.includes('public.lab.')))

  const one = await operator.createFloatingIp({ project: 'dev' })
  await operator.associate(one.id, web.portIds[0]!)
  await w.settled()
  t.same(await floats(), { 'web.dev.public.lab. A': [one.address] }, 'associated')
  t.equal(await w.ptr('dev', one.id), 'web.dev.public.lab.')

  await operator.associate(one.id, db.portIds[0]!)
  await w.settled()
  t.same(await floats(), { 'db.dev.public.lab. A': [one.address] }, 'moved')
  t.equal(await w.ptr('dev', one.id), 'db.dev.public.lab.')

  const two = await operator.createFloatingIp({ project: 'dev', portId: web.portIds[0]! })
  await w.settled()
  t.same(
    await floats(),
    { 'db.dev.public.lab. A': [one.address], 'web.dev.public.lab. A': [two.address] },
    'created associated'
  )

  await operator.deleteServer(db.id)
  await w.settled()
  t.same(await floats(), { 'web.dev.public.lab. A': [two.address] }, 'lost with the server, which no event says')
  t.equal(await w.ptr('dev', one.id), null)

  await operator.deletePort(web.portIds[0]!)
  await w.settled()
  t.same(await floats(), {}, 'lost with the port')

  await operator.deleteFloatingIp(two.id)
  await w.settled()
  t.same(await floats(), {})
})

t.test('renames move the records, two servers of one name share them, several NICs too', async (t) => {
  const w = await world(t, {
    settings: { fixed: { zone: 'cloud.lab.', name: '{server}.{project}.{zone}', ptrNetworks: [] }, floating: undefined }
  })
  const { operator } = w
  const one = await operator.bootServer({ name: 'api', project: 'prod' })
  const two = await operator.bootServer({ name: 'api', project: 'prod' })
  await w.settled()
  const all = [...one.addresses, ...two.addresses].sort()
  const four = (list: readonly string[]) => list.filter((address) => !address.includes(':'))
  const six = (list: readonly string[]) => list.filter((address) => address.includes(':'))
  t.same(await w.records(), { 'api.prod.cloud.lab. A': four(all), 'api.prod.cloud.lab. AAAA': six(all) })
  await operator.renameServer(two.id, 'worker')
  await w.settled()
  t.same(await w.records(), {
    'api.prod.cloud.lab. A': four(one.addresses),
    'api.prod.cloud.lab. AAAA': six(one.addresses),
    'worker.prod.cloud.lab. A': four(two.addresses),
    'worker.prod.cloud.lab. AAAA': six(two.addresses)
  })
  const port = await operator.attachPort(two.id, 'prod-net')
  await w.settled()
  t.same((await w.records())['worker.prod.cloud.lab. A'], four([...two.addresses, ...port.addresses]).sort())
})

t.test('a hand-made record and a foreign edit survive, and the journal says why', async (t) => {
  const w = await world(t)
  const { operator } = w
  await operator.createRecordset('cloud.lab.', { name: 'mail.dev.cloud.lab.', type: 'A', records: ['192.0.2.1'] })
  const mail = await operator.bootServer({ name: 'mail', project: 'dev' })
  const web = await operator.bootServer({ name: 'web', project: 'dev' })
  await w.settled()
  t.same((await w.records())['mail.dev.cloud.lab. A'], ['192.0.2.1'])
  t.notOk((await w.records())['mail.dev.cloud.lab. AAAA'], 'nothing is added to a name that is not ours')
  t.match(await w.reason('name:mail.dev.cloud.lab.'), /no mark of ours/)

  await operator.updateRecordset('cloud.lab.', 'web.dev.cloud.lab.', 'A', { records: ['192.0.2.2'] })
  await w.settled()
  await operator.renameServer(web.id, 'web2')
  await operator.deleteServer(mail.id)
  await w.settled()
  const records = await w.records()
  t.same(records['web.dev.cloud.lab. A'], ['192.0.2.2'])
  t.same(records['mail.dev.cloud.lab. A'], ['192.0.2.1'])
  t.notOk(records['web.dev.cloud.lab. AAAA'], 'the part that is ours went')
  const [last] = await w.journal.decisions({ limit: 1, lane: 'name:web.dev.cloud.lab.' })
  t.match(last!.findings.join('\n'), /was edited by somebody else after we wrote/)
})

t.test('names that become one share no record, and explain says who was refused and why', async (t) => {
  const w = await world(t)
  const { operator } = w
  const meant = await operator.bootServer({ name: 'gitlab-runner-api', project: 'dev' })
  const [v4] = meant.addresses
  await w.settled()
  const one = await operator.bootServer({ name: 'gitlab_runner-api', project: 'dev' })
  const other = await operator.bootServer({ name: 'gitlab-runner_api', project: 'dev' })
  await w.settled()
  const name = 'gitlab-runner-api.dev.cloud.lab.'
  const pointing = (records: Record<string, unknown>) =>
    Object.keys(records).filter((key) => key.endsWith(' PTR')).length
  t.same((await w.records())[`${name} A`], [v4], 'the name that is meant keeps its record')
  t.equal(pointing(await w.records()), 2, 'and nobody else points to it')
  const told = renderExplanation(await explain(w.journal, name)).replaceAll(/\s+/g, ' ')
  t.match(told, /refused to server\/\w+\/[\w-]+: its name 'gitlab_runner-api\.dev\.cloud\.lab\.' becomes/)
  await w.sweep()
  await w.settled()
  t.equal((await w.journal.classifyDrift(Date.now() + 60_000)).missed, 0, 'a sweep has nothing to add')

  await operator.renameServer(one.id, 'runner')
  await operator.deleteServer(meant.id)
  await w.settled()
  t.same((await w.records())[`${name} A`], other.addresses.slice(0, 1), 'the last one has the name, without a sweep')
  t.ok((await w.records())['runner.dev.cloud.lab. A'])
  t.equal(pointing(await w.records()), 4)
})

t.test('a PTR goes with its name, and comes back with it', async (t) => {
  const w = await world(t)
  const { operator } = w
  const pointing = async () => Object.keys(await w.records()).filter((key) => key.endsWith(' PTR')).length
  const ours = async () => (await w.ptr('dev', floating.id)) === 'mail.dev.public.lab.'
  await operator.createRecordset('cloud.lab.', { name: 'mail.dev.cloud.lab.', type: 'A', records: ['192.0.2.1'] })
  await operator.createRecordset('public.lab.', { name: 'mail.dev.public.lab.', type: 'A', records: ['192.0.2.1'] })
  const mail = await operator.bootServer({ name: 'mail', project: 'dev' })
  const floating = await operator.createFloatingIp({ project: 'dev', portId: mail.portIds[0]! })
  await w.settled()
  t.same([await pointing(), await ours()], [0, false], 'a person’s record sits at the name')

  await operator.deleteRecordset('cloud.lab.', 'mail.dev.cloud.lab.', 'A')
  await operator.deleteRecordset('public.lab.', 'mail.dev.public.lab.', 'A')
  await w.settled()
  t.same([await pointing(), await ours()], [2, true], 'the name is ours now, and both point to it')

  await operator.updateRecordset('cloud.lab.', 'mail.dev.cloud.lab.', 'A', { records: ['192.0.2.2'] })
  await operator.updateRecordset('public.lab.', 'mail.dev.public.lab.', 'A', { records: ['192.0.2.2'] })
  await w.settled()
  t.same([await pointing(), await ours()], [1, false], 'somebody edited it: only the AAAA is still pointed to')
})

t.test('external-dns names, reserved names and opted-out servers are left alone', async (t) => {
  const w = await world(t)
  const { operator } = w
  await operator.createRecordset('cloud.lab.', {
    name: 'a-shop.dev.cloud.lab.',
    type: 'TXT',
    records: ['"heritage=external-dns,external-dns/owner=k8s,external-dns/resource=ingress/shop/shop"']
  })
  await operator.bootServer({ name: 'shop', project: 'dev' })
  await operator.bootServer({ name: 'reserved', project: 'dev' })
  await operator.bootServer({ name: 'hidden', project: 'dev', metadata: { stackreflex: 'off' } })
  await w.settled()
  t.same(
    Object.keys(await w.records()).filter((name) => /^(shop|reserved|hidden)\./.test(name)),
    []
  )
  t.match(await w.reason('name:shop.dev.cloud.lab.'), /belongs to external-dns \(owner k8s/)
  t.match(await w.reason('name:reserved.dev.cloud.lab.'), /reserved by the configuration/)
})

t.test('what was missed while nobody listened, the sweep heals and counts', async (t) => {
  const w = await world(t)
  const { operator } = w
  const old = await operator.bootServer({ name: 'old', project: 'dev' })
  await w.settled()
  await w.sweep()
  w.deaf(true)
  await operator.deleteServer(old.id)
  const fresh = await operator.bootServer({ name: 'fresh', project: 'infra' })
  w.deaf(false)
  await w.sweep()
  await w.settled()
  const names = Object.keys(await w.records())
  t.ok(names.includes('fresh.infra.cloud.lab. A'))
  t.notOk(names.some((name) => name.startsWith('old.')))
  const { missed } = await w.journal.classifyDrift(Date.now() + 60_000)
  t.ok(missed > 0, `missed ${missed}`)
  const again = await w.journal.counts()
  await w.sweep()
  await w.settled()
  t.equal((await w.journal.classifyDrift(Date.now() + 120_000)).missed, 0, 'a second sweep finds nothing')
  t.equal((await w.journal.counts()).events, again.events)
  t.ok(fresh.id)
})

t.test('what was there before anybody listened is named, and nobody missed it', async (t) => {
  const w = await world(t)
  w.deaf(true)
  await w.operator.bootServer({ name: 'old', project: 'dev' })
  w.deaf(false)
  await w.sweep()
  await w.settled()
  t.ok((await w.records())['old.dev.cloud.lab. A'])
  const { missed, noEventExists } = await w.journal.classifyDrift(Date.now() + 60_000)
  t.equal(missed, 0)
  t.ok(noEventExists > 0, `no event exists: ${noEventExists}`)
})

t.test('while it only observes, or is off, what it would do is no drift, and what it never heard of is', async (t) => {
  const w = await world(t, { mode: 'observe', modes: { infra: 'off' } })
  w.deaf(true)
  for (const project of ['dev', 'infra']) await w.operator.bootServer({ name: 'old', project })
  w.deaf(false)
  const missed = async () => {
    await w.sweep()
    await w.settled()
    return (await w.journal.classifyDrift(Date.now() + 120_000)).missed
  }
  t.equal(await missed(), 0, 'the first sweep takes stock')
  t.equal(await missed(), 0, 'the second finds the same: nothing was done')
  w.deaf(true)
  await w.operator.bootServer({ name: 'fresh', project: 'dev' })
  w.deaf(false)
  t.ok((await missed()) > 0, 'a notification that was lost')
  t.equal(await missed(), 0, 'is counted once')
  t.same(await w.records(), {})
})

t.test('a read that fails concludes nothing, and the lane is decided later', async (t) => {
  const w = await world(t)
  const server = await w.operator.bootServer({ name: 'calm', project: 'dev' })
  await w.settled()
  const before = await w.records()
  w.sim.faults.add({ service: 'nova', method: 'GET', status: 500, times: 2 })
  w.sim.faults.add({ service: 'neutron', method: 'GET', html: true, times: 2 })
  await w.operator.stopServer(server.id)
  await w.settled()
  t.same(await w.records(), before)
})

t.test('in observe nothing is written, and the decisions are there', async (t) => {
  const w = await world(t, { mode: 'observe' })
  await w.operator.bootServer({ name: 'quiet', project: 'dev' })
  await w.settled()
  t.same(await w.records(), {})
  const [decision] = await w.journal.decisions({ limit: 1, lane: 'name:quiet.dev.cloud.lab.' })
  t.match(decision, { outcome: 'act', mode: 'observe' })
  t.equal(decision!.plan.length, 2)
  t.same(await w.journal.actions({ limit: 10 }), [])
})

t.test('at most 30 % of our recordsets of a zone go in an hour, the rest is refused with the number', async (t) => {
  const w = await world(t, {
    share: 0.3,
    settings: { fixed: { zone: 'cloud.lab.', name: '{server}.{project}.{zone}', ptrNetworks: [] }, floating: undefined }
  })
  const servers = []
  for (let i = 0; i < 10; i++) servers.push(await w.operator.bootServer({ name: `n${i}`, project: 'dev' }))
  await w.settled()
  t.equal(Object.keys(await w.records()).length, 20)
  await Promise.all(servers.map((server) => w.operator.deleteServer(server.id)))
  await w.settled()
  t.equal(Object.keys(await w.records()).length, 14, '6 of 20 went')
  const refused = (await w.journal.actions({ limit: 100 })).filter((action) => action.state === 'refused')
  t.ok(refused.length > 0)
  t.match(
    refused[0]!.reason,
    /delete 7 of 20 in zone\/cloud\.lab\. of dev, of what is gone for certain, within 60 min exceeds 30 % \(6 allowed, 6 used\)/
  )
})

t.test(
  "what one project has deleted uses up nothing of another one's share: a freed address loses its name at once",
  async (t) => {
    const w = await world(t, {
      share: 0.3,
      settings: {
        fixed: { zone: 'cloud.lab.', name: '{server}.{project}.{zone}', ptrNetworks: [] },
        floating: undefined
      }
    })
    const dev = await Promise.all(
      [...Array(10).keys()].map((n) => w.operator.bootServer({ name: `n${n}`, project: 'dev' }))
    )
    const prod = await Promise.all(
      [...Array(5).keys()].map((n) => w.operator.bootServer({ name: `p${n}`, project: 'prod' }))
    )
    await w.settled()
    await Promise.all(dev.map((server) => w.operator.deleteServer(server.id)))
    await w.settled()
    const refused = (await w.journal.actions({ limit: 100 })).filter((action) => action.state === 'refused')
    t.ok(refused.length > 0, 'dev has used up its own')
    await w.operator.deleteServer(prod[0]!.id)
    await w.settled()
    t.same(
      Object.keys(await w.records()).filter((name) => name.startsWith('p0.')),
      [],
      'nothing points at the address that prod gave back'
    )
  }
)
