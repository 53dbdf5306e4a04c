import { randomUUID } from 'node:crypto'
import t from 'tap'
import { type Sim, startSim } from '../../sim/cloud.ts'
import type { Quotas } from '../../src/clients/cloud/quotas.ts'
import { parseCloud } from '../../src/clients/openstack/clouds.ts'
import { connectCloud } from '../../src/clients/openstack/http.ts'
import type { Actor } from '../../src/core/approval.ts'
import type { Policy } from '../../src/core/policy.ts'
import { releaseQuota, requestQuota } from '../../src/people/request-quota.ts'
import { receive } from '../../src/pipeline/pipeline.ts'
import { replayAll } from '../../src/pipeline/replay.ts'
import { quotaRebalance } from '../../src/policies/quota-rebalance/policy.ts'
import type { QuotaSettings } from '../../src/policies/quota-rebalance/settings.ts'
import { quotaReport } from '../../src/policies/quota-rebalance/view/report.ts'
import { familySettings } from '../policies/quota-rebalance/view/family.ts'
import { world } from './world.ts'

const one = (capacity: number, low: number, high: number) => ({ capacity, low, high, quantum: 1, projects: {} })

const shared = () => [{ policy: 'quota-rebalance', settings: settings() }]

const settings = (): QuotaSettings =>
  familySettings(
    {
      resources: {
        cores: one(30, 2, 4),
        ram: one(30_720, 2048, 4096),
        instances: one(30, 2, 4),
        gigabytes: one(60, 4, 10),
        floatingip: one(12, 1, 3),
        loadbalancer: one(9, 1, 2)
      },
      together: [{ cores: 1, ram: 1024 }]
    },
    { coolDown: '1ms' }
  )

const limits = {
  nova: { cores: 10, ram: 10_240, instances: 10 },
  cinder: { gigabytes: 20 },
  neutron: { floatingip: 4 },
  octavia: { loadbalancer: 3 }
} as const

async function family(t: Parameters<typeof world>[0], more: Parameters<typeof world>[1] = {}) {
  const sim = more.sim ?? (await startSim({ seed: 1, bootMs: 40, dnsMs: 40 }))
  const w = await world(t, { policy: 'quota-rebalance', settings: settings(), sim, ...more })
  if (more.sim === undefined) t.teardown(() => sim.close())
  const ids = Object.fromEntries([...sim.state.projects.values()].map(({ name, id }) => [name, id]))
  const quotas: Quotas = (await w.parts.tools.cloud('admin')).quotas
  for (const project of ['dev', 'prod', 'infra'])
    for (const [service, values] of Object.entries(limits)) await quotas.write(service as 'nova', ids[project]!, values)
  const of = async (project: string, service: 'nova' | 'cinder' | 'neutron' | 'octavia', resource: string) =>
    (await quotas.read(service, ids[project]!))[resource]!
  const sum = async (service: 'nova' | 'cinder' | 'neutron' | 'octavia', resource: string) => {
    const cells = await Promise.all(['dev', 'prod', 'infra'].map((project) => of(project, service, resource)))
    return cells.reduce((total, { limit }) => total + limit, 0)
  }
  const context = {
    journal: w.journal,
    tiers: { dev: 'bursty', prod: 'bursty', infra: 'bursty' },
    approvals: { expiresMs: 3_600_000, tiers: {} },
    operate: ['sre'],
    quotas: shared(),
    now: Date.now,
    receive: async (batch: Parameters<typeof receive>[1]) => {
      const received = await receive(w.parts, batch)
      w.wake()
      return received
    }
  } as unknown as Parameters<typeof requestQuota>[0]
  return { ...w, sim, ids, of, sum, quotas, context }
}

function adminEntry(sim: Sim) {
  const loaded = parseCloud('admin', sim.clouds.clouds.admin, 'sim')
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.cloud
}

const alice: Actor = { name: 'alice', groups: ['sre'], local: false }

t.test('servers in prod come near its limit: dev shrinks, prod grows, cores and ram in their ratio', async (t) => {
  const w = await family(t)
  for (let n = 0; n < 9; n++) await w.operator.bootServer({ name: `prod-${n}`, project: 'prod' })
  await w.settled()
  const [dev, prod] = [await w.of('dev', 'nova', 'cores'), await w.of('prod', 'nova', 'cores')]
  t.ok(prod.limit - prod.used >= 2, `prod has ${prod.limit} and uses ${prod.used}`)
  t.ok(dev.limit < 10, `dev has ${dev.limit}`)
  t.equal(await w.sum('nova', 'cores'), 30)
  t.equal(await w.sum('nova', 'ram'), 30_720)
  t.equal((await w.of('prod', 'nova', 'ram')).limit, prod.limit * 1024)
  t.match(await w.reason('group:family'), /family/)
  const actions = await w.journal.actions({ limit: 100, lane: 'group:family' })
  t.ok(
    actions.every(({ state }) => state === 'done'),
    'every step is done'
  )
  const before = actions.length
  await w.sweep()
  await w.settled()
  t.equal((await w.journal.actions({ limit: 100, lane: 'group:family' })).length, before, 'a second look moves nothing')
})

t.test('volumes, floating IPs and load balancers move as well', async (t) => {
  const w = await family(t)
  for (let n = 0; n < 3; n++) await w.operator.createFloatingIp({ project: 'prod' })
  for (let n = 0; n < 3; n++) await w.operator.createLoadBalancer({ name: `lb-${n}`, project: 'prod' })
  await w.operator.createVolume({ name: 'data', project: 'prod', size: 18 })
  await w.settled()
  for (const [service, resource, low, total] of [
    ['neutron', 'floatingip', 1, 12],
    ['octavia', 'loadbalancer', 1, 9],
    ['cinder', 'gigabytes', 4, 60]
  ] as const) {
    const { limit, used } = await w.of('prod', service, resource)
    t.ok(limit - used >= low, `prod has ${limit} ${resource} and uses ${used}`)
    t.equal(await w.sum(service, resource), total, `${resource} are as many as before`)
  }
})

t.test('a request on time: lent, kept, and given back when it is over', async (t) => {
  const w = await family(t)
  await w.sweep()
  await w.settled()
  const asked = await requestQuota(w.context, shared(), alice, {
    cluster: 'prod',
    resource: 'floatingip',
    amount: 2,
    forMs: 3_600_000,
    reason: 'a launch'
  })
  t.match(asked, { ok: true, lane: 'group:family', lanes: 1 })
  await w.settled()
  t.equal((await w.of('prod', 'neutron', 'floatingip')).limit, 6)
  t.equal((await w.of('dev', 'neutron', 'floatingip')).limit, 3, 'of what is above the high watermarks first')
  t.equal((await w.of('infra', 'neutron', 'floatingip')).limit, 3)
  t.equal(await w.sum('neutron', 'floatingip'), 12)
  const [decision] = await w.journal.decisions({ limit: 1, lane: 'group:family' })
  t.same(decision!.requesters, ['alice'])
  const report = await quotaReport(w.journal, shared(), Date.now())
  t.match(report.groups[0]!.requests, [{ id: 1, cluster: 'prod', got: 2, state: 'lent', by: 'alice' }])

  await w.sweep()
  await w.settled()
  t.equal((await w.of('prod', 'neutron', 'floatingip')).limit, 6, 'nobody takes it while its time runs')
  t.match(await releaseQuota(w.context, shared(), alice, 1, null), { ok: true })
  await w.settled()
  t.equal((await w.of('prod', 'neutron', 'floatingip')).limit, 4)
  t.equal((await w.of('dev', 'neutron', 'floatingip')).limit, 4, 'it is back where it came from')
  const after = await quotaReport(w.journal, shared(), Date.now())
  t.match(after.groups[0]!.requests, [{ id: 1, state: 'over', got: 0 }])
  // The journal sorts the keys of settings and answers: their order must change nothing.
  for await (const one of replayAll(w.journal, [quotaRebalance as unknown as Policy]))
    t.match(one, { result: 'identical' }, `decision ${one.decision} is made again as it was`)
  t.match(await releaseQuota(w.context, shared(), alice, 1, null), { ok: false, why: 'conflict' })
  t.match(await releaseQuota(w.context, shared(), alice, 9, null), { ok: false, why: 'unknown' })
})

t.test('what is asked for and cannot be had: said, and what is shared', async (t) => {
  const w = await family(t)
  const ask = (cluster: string, resource: string) =>
    requestQuota(w.context, shared(), alice, { cluster, resource, amount: 1, forMs: null, reason: null })
  t.match(await ask('qa', 'cores'), { ok: false, reason: /there is no cluster 'qa'/ })
  t.match(await ask('prod', 'port'), { ok: false, reason: /port is not shared with prod; resources are: cores, ram/ })
  t.match(
    await requestQuota(w.context, [], alice, {
      cluster: 'prod',
      resource: 'cores',
      amount: 1,
      forMs: null,
      reason: null
    }),
    {
      ok: false,
      reason: 'no policy reacts to this: configure quota-rebalance'
    }
  )
})

t.test('somebody else’s change is left alone, and explained', async (t) => {
  const w = await family(t)
  await w.sweep()
  await w.settled()
  await w.quotas.write('neutron', w.ids.dev!, { floatingip: 6 })
  for (let n = 0; n < 4; n++) await w.operator.createFloatingIp({ project: 'prod' })
  await w.settled()
  t.equal((await w.of('dev', 'neutron', 'floatingip')).limit, 6)
  const [decision] = await w.journal.decisions({ limit: 1, lane: 'group:family' })
  t.match(decision!.findings.join('\n'), /dev floatingip: somebody else changed the limit from 4 to 6/)
})

t.test('no limit at all is a finding', async (t) => {
  const w = await family(t)
  await w.quotas.write('nova', w.ids.infra!, { instances: -1 })
  for (let n = 0; n < 9; n++) await w.operator.bootServer({ name: `n-${n}`, project: 'prod' })
  await w.settled()
  const [decision] = await w.journal.decisions({ limit: 1, lane: 'group:family' })
  t.match(decision!.findings.join('\n'), /instances is left alone: infra has no limit \(-1\)/)
  t.equal((await w.of('prod', 'nova', 'instances')).limit, 10)
  t.ok((await w.of('prod', 'nova', 'cores')).limit > 10, 'the others move all the same')
})

t.test('a cloud with unified limits: the same moves, kept by Keystone', async (t) => {
  const sim = await startSim({ seed: 1, bootMs: 40, dnsMs: 40, releases: { unifiedLimits: true } })
  t.teardown(() => sim.close())
  const admin = connectCloud(adminEntry(sim))
  t.teardown(() => admin.close())
  const { services } = (await admin.request('identity', 'GET', '/services', { query: { type: 'compute' } })).body as {
    services: { id: string }[]
  }
  const registered_limits = ['class:VCPU', 'class:MEMORY_MB', 'servers'].map((resource_name) => ({
    service_id: services[0]!.id,
    region_id: 'RegionOne',
    resource_name,
    default_limit: 10
  }))
  await admin.request('identity', 'POST', '/registered_limits', { body: { registered_limits } })
  const w = await family(t, { sim })
  for (let n = 0; n < 9; n++) await w.operator.bootServer({ name: `prod-${n}`, project: 'prod' })
  await w.settled()
  const prod = await w.of('prod', 'nova', 'cores')
  t.ok(prod.limit - prod.used >= 2, `prod has ${prod.limit} and uses ${prod.used}`)
  t.equal(await w.sum('nova', 'cores'), 30)
})

t.test('a thousand events are few decisions', async (t) => {
  const w = await family(t)
  await w.sweep()
  await w.settled()
  const { length: before } = await w.journal.decisions({ limit: 500, lane: 'group:family' })
  const calls = w.sim.requests.length
  const began = Date.now()
  for (let n = 0; n < 1000; n++) {
    const event = {
      id: randomUUID(),
      source: '/openstack/sim/RegionOne/nova',
      type: 'compute.instance.create.end',
      subject: randomUUID(),
      time: new Date().toISOString(),
      project: w.ids[n % 2 === 0 ? 'dev' : 'prod']!,
      requestId: null,
      globalRequestId: null,
      data: { kind: 'none' } as const
    }
    await receive(w.parts, { events: [event], ignored: [] })
    w.wake()
    if (n % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 300))
  }
  await w.settled()
  const ms = Date.now() - began
  const { length } = await w.journal.decisions({ limit: 500, lane: 'group:family' })
  const quiet = Math.ceil(ms / 500) + 1
  t.comment(
    `1,000 events in ${ms} ms: ${length - before} decisions of the group, ${w.sim.requests.length - calls} calls`
  )
  t.ok(length > before, 'they are decided on')
  t.ok(length - before <= quiet, `at most one decision for each quiet interval (${quiet})`)
})
