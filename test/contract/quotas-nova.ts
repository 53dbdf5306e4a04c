import type { Test } from 'tap'
import type { ServiceAnswer } from '../../src/clients/openstack/answers.ts'
import type { QuotaBench } from './quotas.ts'
import { computeService } from './quotas-keystone.ts'

const UNIFIED = ['servers', 'class:VCPU', 'class:MEMORY_MB', 'class:DISK_GB']

/** Needs nobody else to boot or delete servers in dev meanwhile. */
export async function novaQuotaContract(t: Test, bench: QuotaBench): Promise<void> {
  const { world, quotas, dev, admin, projectId, refusal, until } = bench
  const path = `/os-quota-sets/${projectId}`
  const microversion = '2.57'
  const put = (quota_set: object) => admin.request('compute', 'PUT', path, { microversion, body: { quota_set } })
  if (world.unifiedLimits) await registerAll(t, bench)

  const detail = await admin.request('compute', 'GET', `${path}/detail`, { microversion })
  const { id, ...resources } = (detail.body as { quota_set: Record<string, unknown> }).quota_set
  t.equal(id, projectId)
  const names = ['cores', 'instances', 'key_pairs', 'metadata_items', 'ram', 'server_group_members', 'server_groups']
  t.same(Object.keys(resources).sort(), names, 'nothing of networks')
  t.match(Object.values(resources), Array(7).fill({ limit: Number, in_use: Number, reserved: 0 }))
  const unknown = await refusal(quotas.read('nova', 'nobody'))
  t.match(unknown, { status: 400, code: 'badRequest' }, 'a project that does not exist')
  t.match(unknown.message, /nobody is not a valid project/)
  t.match(await refusal(put({ networks: 1 })), { status: 400, code: 'badRequest' })
  t.match(await refusal(put({ cores: -2 })), { status: 400, code: 'badRequest' })
  t.ok(((await quotas.capacity('cores')) ?? 0) > 0, 'Placement tells what there is')
  t.ok(((await quotas.capacity('ram')) ?? 0) > 0)
  t.equal(await quotas.capacity('instances'), null)

  const before = await quotas.read('nova', projectId)
  if (!world.unifiedLimits) {
    const limits = ['cores', 'ram', 'instances'].map((name) => [name, before[name]?.limit])
    t.teardown(() => put({ ...Object.fromEntries(limits), force: true }).catch(() => {}))
  }
  const server = await boot()
  t.teardown(() => dev.request('compute', 'DELETE', `/servers/${server}`).catch(() => {}))
  // Accepted is not yet counted: the conductor makes it an instance of its cell after the 202.
  const used = await until(
    'counted',
    () => quotas.read('nova', projectId),
    (cells) => cells.instances?.used === (before.instances?.used ?? 0) + 1
  )
  t.ok((used.cores?.used ?? 0) > (before.cores?.used ?? 0))
  const cores = used.cores?.used ?? 0

  const set = await quotas.write('nova', projectId, { cores, ram: -1 })
  t.match(set.requestId, /^req-/)
  t.match(set.after, { cores: { limit: cores, used: cores }, ram: { limit: -1 } })
  t.match(quotas.capabilities().nova, { kept: world.unifiedLimits ? 'keystone' : 'service', refusesBelowUsage: null })
  const over = await refusal(boot())
  t.match(over, { status: 403, code: 'forbidden', retryable: false }, 'over quota')
  t.match(over.message, world.unifiedLimits ? /class:VCPU is over limit/ : /Quota exceeded for cores/)

  if (world.unifiedLimits) {
    const plain = await put({ cores: cores + 5 })
    t.equal(coresOf(plain), cores, 'a PUT is answered with 200 and changes nothing')
    const below = await quotas.write('nova', projectId, { cores: cores - 1 })
    t.same(below.after.cores, { limit: cores - 1, used: cores }, 'and Keystone knows no usage')
    t.equal(quotas.capabilities().nova.refusesBelowUsage, false)
    t.same((await quotas.write('nova', projectId, { cores: 0 })).after.cores, { limit: 0, used: cores }, '0 as well')
    const groups = await refusal(quotas.write('nova', projectId, { server_groups: 3 }))
    t.match(groups, { code: 'not_registered', retryable: false })
    t.match(groups.message, /no registered limit 'server_groups' for server_groups/)
  } else if (world.belowUsage.nova === 'refused') {
    for (const error of [
      await refusal(put({ cores: cores - 1, instances: 77 })),
      await refusal(quotas.write('nova', projectId, { cores: cores - 1, instances: 77 }))
    ]) {
      t.match(error, { status: 400, code: 'badRequest', retryable: false })
      t.match(error.message, /cores must be greater than or equal to already used and reserved/)
    }
    t.match(quotas.capabilities().nova, { kept: 'service', refusesBelowUsage: true })
    const after = await quotas.read('nova', projectId)
    t.match(after, { cores: { limit: cores }, instances: { limit: before.instances?.limit } }, 'all or nothing')
  }

  await dev.request('compute', 'DELETE', `/servers/${server}`)
  await until(
    'free',
    () => quotas.read('nova', projectId),
    (cells) => cells.instances?.used === before.instances?.used
  )

  async function boot(): Promise<string> {
    const flavors = (await dev.request('compute', 'GET', '/flavors')).body as {
      flavors: { id: string; name: string }[]
    }
    const flavorRef = flavors.flavors.find((flavor) => flavor.name === 'm1.tiny')?.id
    const nets = (await dev.request('network', 'GET', '/networks', { query: { name: 'dev-net' } })).body as {
      networks: [{ id: string }]
    }
    const networks = [{ uuid: nets.networks[0].id }]
    const server = { name: bench.tag, imageRef: await world.imageRef(dev), flavorRef, networks }
    const answer = await dev.request('compute', 'POST', '/servers', { body: { server } })
    return (answer.body as { server: { id: string } }).server.id
  }
}

function coresOf(answer: ServiceAnswer): unknown {
  return (answer.body as { quota_set: Record<string, unknown> }).quota_set.cores
}

/** Nova refuses everything that has no registered limit. What is made here is taken away again. */
async function registerAll(t: Test, { admin, projectId }: QuotaBench): Promise<void> {
  const service_id = await computeService(admin)
  const region_id = await admin.region()
  const rows = UNIFIED.map((resource_name) => ({ service_id, region_id, resource_name }))
  const registered_limits = rows.map((row) => ({ ...row, default_limit: 100_000 }))
  const answer = await admin.request('identity', 'POST', '/registered_limits', { body: { registered_limits } })
  t.teardown(async () => {
    const query = { project_id: projectId }
    const { limits } = (await admin.request('identity', 'GET', '/limits', { scope: 'system', query })).body as {
      limits: { id: string; resource_name: string }[]
    }
    for (const { id, resource_name } of limits)
      if (UNIFIED.includes(resource_name)) await admin.request('identity', 'DELETE', `/limits/${id}`)
    for (const { id } of (answer.body as { registered_limits: { id: string }[] }).registered_limits)
      await admin.request('identity', 'DELETE', `/registered_limits/${id}`)
  })
}
