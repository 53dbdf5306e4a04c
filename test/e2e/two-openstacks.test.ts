import t from 'tap'
import type { SimNotification } from '../../sim/cloud.ts'
import { normaliseOpenstack } from '../../src/events/openstack.ts'
import { releaseQuota, requestQuota } from '../../src/people/request-quota.ts'
import { requestUndo } from '../../src/people/undo.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { replayAll } from '../../src/pipeline/replay.ts'
import { adoptRecords } from '../../src/policies/dns-records/adopt-records.ts'
import type { DnsSettings } from '../../src/policies/dns-records/settings.ts'
import { policies, standing } from '../../src/policies/index.ts'
import { readIsolation } from '../../src/policies/isolation/view/read.ts'
import { load } from '../../src/policies/questions.ts'
import { quotaReport } from '../../src/policies/quota-rebalance/view/report.ts'
import { configText, openstacks, sameIds, twoOpenstacks } from './two-openstacks.ts'

const alice = { name: 'alice', groups: [], local: true }

t.test('records of one OpenStack are never the other’s, whatever both call alike', async (t) => {
  const w = await twoOpenstacks(t)
  const [berlin, frankfurt] = [w.sims.berlin.operator, w.sims.frankfurt.operator]
  t.same(
    [...w.sims.berlin.state.projects.keys()],
    [...w.sims.frankfurt.state.projects.keys()],
    'the projects have the same ids'
  )
  const boot = (operator: typeof berlin) => sameIds(10_000, () => operator.bootServer({ name: 'web' }))
  const one = await boot(berlin)
  await w.settled()
  t.same(w.records('berlin')['web.dev.cloud.lab. A'], [one.addresses.find((address) => !address.includes(':'))])
  t.same(w.records('frankfurt'), {}, 'nothing is written there')
  t.same(w.changes('frankfurt'), [], 'nothing at all is changed there')
  const here = await w.journal.decisions({ limit: 100 })
  t.same([...new Set(here.map(({ policy }) => policy.split('@')[1]))], ['berlin'], 'nobody there has decided')

  const other = await boot(frankfurt)
  t.equal(other.id, one.id, 'the same id')
  await w.settled()
  t.same(w.records('frankfurt'), w.records('berlin'), 'both have their own')
  const fip = await sameIds(20_000, () => berlin.createFloatingIp({ portId: one.portIds[0]! }))
  const twin = await sameIds(20_000, () => frankfurt.createFloatingIp({ portId: other.portIds[0]! }))
  t.equal(twin.id, fip.id, 'and so have their floating IPs')
  await w.settled()
  t.ok(w.records('berlin')['web.dev.public.lab. A'])
  const ptr = async (openstack: string) =>
    (await (await w.live.parts.tools.cloud(`${openstack}-dev`)).designate.getFloatingIpPtr(fip.id))?.ptrdname
  t.same([await ptr('berlin'), await ptr('frankfurt')], ['web.dev.public.lab.', 'web.dev.public.lab.'])

  // Found by the sweep of one, and told apart from the other's by its policy.
  w.deaf.add('berlin')
  await berlin.renameServer(one.id, 'shop')
  await w.worker.sweepNow()
  await w.settled()
  t.ok(w.records('berlin')['shop.dev.cloud.lab. A'])
  t.notOk(w.records('berlin')['web.dev.cloud.lab. A'])
  t.ok(w.records('frankfurt')['web.dev.cloud.lab. A'], 'the other keeps its name')
  t.equal(await ptr('frankfurt'), 'web.dev.public.lab.')
  t.equal(await ptr('berlin'), 'shop.dev.public.lab.')
  const reads = w.swept
    .filter(({ policy }) => policy.startsWith('dns-records'))
    .map(({ policy, read }) => [policy, read?.split(',')[0]])
  t.same(reads.sort(), [
    ['dns-records@berlin', '1 servers'],
    ['dns-records@frankfurt', '1 servers']
  ])
  t.ok(w.swept.every(({ failed }) => failed === null))

  w.deaf.delete('berlin')
  await berlin.deleteServer(one.id)
  await w.settled()
  t.same(Object.keys(w.records('berlin')), [])
  t.ok(w.records('frankfurt')['web.dev.cloud.lab. A'], 'a deletion there leaves this alone')
  t.equal(await ptr('frankfurt'), 'web.dev.public.lab.')

  // An undo goes to where the change was.
  const [set] = (await w.journal.actions({ limit: 100 })).filter(
    (action) => action.policy === 'dns-records@frankfurt' && action.type === 'floating-ip-ptr-set'
  )
  const before = w.changes('berlin').length
  t.match(await requestUndo(w.live.context, alice, set!.id, null), { ok: true })
  w.worker.wake()
  await w.settled()
  t.equal(await ptr('frankfurt'), null)
  t.equal(w.changes('berlin').length, before)

  for await (const one of replayAll(w.journal, [...policies, ...standing])) t.match(one, { result: 'identical' })
})

t.test('a mass deletion in one OpenStack does not use up the limit of the other', async (t) => {
  const w = await twoOpenstacks(t, configText({ limits: { deletes: { share: 0.4, from: 2, window: '1h' } } }))
  const servers = { berlin: [] as string[], frankfurt: [] as string[] }
  for (const openstack of openstacks)
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      servers[openstack].push((await w.sims[openstack].operator.bootServer({ name })).id)
  await w.settled()
  for (const id of servers.berlin) await w.sims.berlin.operator.deleteServer(id)
  await w.settled()
  const left = (openstack: (typeof openstacks)[number]) =>
    Object.keys(w.records(openstack)).filter((one) => one.endsWith('.dev.cloud.lab. A')).length
  t.ok(left('berlin') > 0, 'the limit of Berlin keeps some of its records')
  await w.sims.frankfurt.operator.deleteServer(servers.frankfurt[0]!)
  await w.settled()
  t.equal(left('frankfurt'), 4, 'and Frankfurt may still delete')
  const scopes = new Set((await w.journal.actions({ limit: 200, type: 'recordset-delete' })).map(({ scope }) => scope))
  t.ok(scopes.has('berlin/zone/cloud.lab.') && scopes.has('frankfurt/zone/cloud.lab.'))
})

t.test('quota moves within one OpenStack', async (t) => {
  const w = await twoOpenstacks(t)
  for (const openstack of openstacks)
    for (const project of ['dev', 'prod', 'infra'])
      await w.sims[openstack].operator.setQuota('nova', project, { cores: 10 })
  await w.worker.sweepNow()
  await w.settled()
  const limits = (openstack: (typeof openstacks)[number]) =>
    ['dev', 'prod', 'infra'].map((one) => w.sims[openstack].operator.quota('nova', one).cores!.limit)
  const before = limits('frankfurt')
  const asked = await requestQuota(w.live.context, w.live.context.quotas!, alice, {
    ...{ cluster: 'prod-berlin', resource: 'cores', amount: 5, forMs: null, reason: null, confirmed: true }
  })
  t.match(asked, { ok: true, policy: 'quota-rebalance@berlin', lane: 'group:company' })
  w.worker.wake()
  await w.settled()
  t.equal(limits('berlin')[1], 15)
  t.same(limits('frankfurt'), before, 'nothing moves there')
  t.notOk(w.changes('frankfurt').some((one) => one.includes('quota')))
  const other = { cluster: 'dev-frankfurt', resource: 'cores', amount: 3, forMs: null, reason: null, confirmed: true }
  t.match(await requestQuota(w.live.context, w.live.context.quotas!, alice, other), {
    policy: 'quota-rebalance@frankfurt',
    lane: 'group:company',
    request: 2
  })
  w.worker.wake()
  await w.settled()
  t.equal(limits('berlin')[1], 15, 'nor here by what was asked there')
  t.equal(limits('frankfurt')[0], 13)
  const { groups } = await quotaReport(w.journal, w.live.context.quotas!, Date.now())
  t.match(groups, [
    { policy: 'quota-rebalance@berlin', requests: [{ id: 1, cluster: 'prod-berlin', got: 5 }] },
    { policy: 'quota-rebalance@frankfurt', requests: [{ id: 2, cluster: 'dev-frankfurt', got: 3 }] }
  ])
  for (const [n, openstack] of openstacks.entries()) {
    t.ok(groups[n]!.moves.length > 0)
    t.ok(
      groups[n]!.moves.every(({ cluster }) => cluster.endsWith(openstack)),
      'each shows its own moves'
    )
    t.match(
      groups[n]!.decision?.reason,
      new RegExp(openstack),
      'and its own newest decision, though both have lanes of one name'
    )
  }
  const released = await releaseQuota(w.live.context, w.live.context.quotas!, alice, 2, null)
  t.match(released, { ok: true, policy: 'quota-rebalance@frankfurt' })
  w.worker.wake()
  await w.settled()
  t.equal(limits('frankfurt')[0], 10)
  t.equal(limits('berlin')[1], 15)
})

t.test('what is open in one OpenStack is found and closed there', async (t) => {
  const w = await twoOpenstacks(t)
  const share = (openstack: (typeof openstacks)[number]) =>
    sameIds(30_000, () => w.sims[openstack].operator.shareNetwork('dev-net', { from: 'dev', to: 'prod' }))
  // Not told by an event: found by the sweep.
  w.deaf.add('frankfurt')
  const [here, there] = [await share('berlin'), await share('frankfurt')]
  t.equal(here.id, there.id)
  await w.settled()
  t.notOk(w.sims.berlin.state.rbacPolicies.has(here.id), 'closed')
  t.ok(w.sims.frankfurt.state.rbacPolicies.has(there.id), 'nobody told, so nobody looked')
  const clusters = Object.keys(w.live.context.tiers)
  const found = async () => {
    const { findings, history } = await readIsolation(w.journal, clusters, 10)
    return [...findings, ...history].filter(({ rule }) => rule === 'rbac-shared-network')
  }
  t.match(await found(), [{ policy: 'isolation@berlin', from: 'dev-berlin', to: 'prod-berlin' }])
  t.equal((await found()).length, 1)
  await w.worker.sweepNow()
  await w.settled()
  t.notOk(w.sims.frankfurt.state.rbacPolicies.has(there.id), 'the sweep of its own OpenStack finds it')
  const all = await found()
  t.same(all.map(({ policy, from, to }) => [policy, from, to]).sort(), [
    ['isolation@berlin', 'dev-berlin', 'prod-berlin'],
    ['isolation@frankfurt', 'dev-frankfurt', 'prod-frankfurt']
  ])
})

t.test('what a third OpenStack tells wakes nobody, and the journal says why', async (t) => {
  const w = await twoOpenstacks(t)
  const told: SimNotification[] = []
  w.sims.berlin.onNotification((one) => void told.push(one))
  w.deaf.add('berlin')
  await w.sims.berlin.operator.bootServer({ name: 'web' })
  for (const { exchange, routingKey, body } of told) {
    const batch = normaliseOpenstack({ exchange, routingKey, body }, { openstack: 'paris', region: 'RegionOne' })
    if (batch.ok) t.match(await receive(w.live.parts, batch), { woke: 0 })
  }
  const [event] = await w.journal.events({ limit: 1, type: 'compute.instance.create.end' })
  t.match(event, { source: '/openstack/paris/RegionOne/nova', reason: /no policy is for the OpenStack paris/ })
})

t.test('one OpenStack that does not answer leaves the other in order', async (t) => {
  const w = await twoOpenstacks(t)
  w.sims.frankfurt.faults.add({ service: 'keystone', status: 503, times: Number.POSITIVE_INFINITY })
  await w.sims.berlin.operator.bootServer({ name: 'web' })
  await w.settled()
  t.ok(w.records('berlin')['web.dev.cloud.lab. A'])
  await w.worker.sweepNow()
  const failed = w.swept.map(({ policy, failed }) => [policy, failed === null])
  for (const [policy, fine] of failed) t.equal(fine, String(policy).endsWith('@berlin'), `${policy}`)
})

t.test('a record of one OpenStack is adopted by its own instance', async (t) => {
  const w = await twoOpenstacks(t)
  for (const openstack of openstacks) await w.sims[openstack].operator.bootServer({ name: 'web' })
  await w.settled()
  const rows = await w.journal.applied({ policy: 'dns-records@frankfurt' })
  t.ok(rows.length > 0)
  for (const one of w.live.config.policies.filter(({ name }) => name.startsWith('dns-records'))) {
    const dns = { policy: one.name, settings: one.settings as unknown as DnsSettings, openstack: one.openstack }
    t.same(await adoptRecords(load, w.live.parts.tools, w.journal, dns, null), [], 'all of it is in the journal')
  }
})
