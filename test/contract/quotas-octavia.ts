import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { createOctavia } from '../../src/clients/octavia/octavia.ts'
import type { QuotaBench } from './quotas.ts'

/** Needs nobody else to make or delete load balancers in dev meanwhile. */
export async function octaviaQuotaContract(t: Test, bench: QuotaBench): Promise<void> {
  const { world, quotas, dev, admin, projectId, refusal, until, tag } = bench
  const octavia = createOctavia(dev)
  const path = `/lbaas/quotas/${projectId}`
  const put = (quota: object) => admin.request('load-balancer', 'PUT', path, { body: { quota } })
  const answer = await admin.request('load-balancer', 'GET', `${path}/default`)
  const { quota } = answer.body as { quota: Record<string, unknown> }
  t.match(quota, { listener: Number, pool: Number, member: Number })
  const standard = quota.loadbalancer ?? quota.load_balancer
  t.type(standard, 'number', 'spelt either way')
  const limits = await quotas.read('octavia', projectId)
  const anybody = await quotas.read('octavia', randomUUID().replaceAll('-', ''))
  t.match(anybody.loadbalancer, { limit: standard, used: 0 }, 'any id is a project')
  t.equal(await quotas.capacity('loadbalancer'), null)

  t.teardown(() => put({ loadbalancer: limits.loadbalancer?.limit, healthmonitor: limits.healthmonitor?.limit }))
  const accepted = await put({ loadbalancer: null, healthmonitor: 17 })
  t.equal(accepted.status, 202)
  t.match((await quotas.read('octavia', projectId)).loadbalancer, { limit: standard }, 'null: the default')
  t.match((await quotas.read('octavia', projectId)).healthmonitor, { limit: 17 }, '202, but it holds at once')

  const before = await quotas.read('octavia', projectId)
  const subnets = (await dev.request('network', 'GET', '/subnets', { query: { name: 'dev-net-v4' } })).body as {
    subnets: { id: string }[]
  }
  const create = async (name: string) => {
    const body = { loadbalancer: { name, vip_subnet_id: subnets.subnets[0]?.id } }
    const answer = await dev.request('load-balancer', 'POST', '/lbaas/loadbalancers', { body })
    return (answer.body as { loadbalancer: { id: string } }).loadbalancer.id
  }
  const remove = (id: string) =>
    dev.request('load-balancer', 'DELETE', `/lbaas/loadbalancers/${id}`, { query: { cascade: true } })
  const active = (id: string) =>
    until(
      'ACTIVE',
      () => octavia.getLoadBalancer(id),
      (one) => one?.provisioningStatus === 'ACTIVE'
    )
  const ids: string[] = []
  t.teardown(async () => {
    for (const id of ids) await remove(id).catch(() => {})
  })
  for (const name of [`${tag}-a`, `${tag}-b`]) ids.push(await create(name))
  const [first, second] = ids as [string, string]
  const one = await active(first)
  await active(second)
  t.match(one, { id: first, name: `${tag}-a`, projectId, vipAddress: String, vipPortId: String, vipNetworkId: String })
  t.ok(one?.operatingStatus)
  for (const pageSize of [1, 2, 100]) {
    const all = await octavia.listLoadBalancers({ pageSize, projectId })
    t.same(
      [first, second].filter((id) => !all.some((found) => found.id === id)),
      [],
      `pages of ${pageSize}`
    )
  }
  t.equal(await octavia.getLoadBalancer(randomUUID()), null, 'one that is not there')

  /** Octavia changes one thing of a load balancer at a time. */
  const add = async (where: string, key: string, body: object) => {
    const answer = await dev.request('load-balancer', 'POST', `/lbaas/${where}`, { body: { [key]: body } })
    await active(first)
    return (answer.body as Record<string, { id: string }>)[key]?.id as string
  }
  await add('listeners', 'listener', { loadbalancer_id: first, protocol: 'TCP', protocol_port: 80 })
  const pool = await add('pools', 'pool', { loadbalancer_id: first, protocol: 'TCP', lb_algorithm: 'ROUND_ROBIN' })
  for (const address of ['10.10.0.201', '10.10.0.202'])
    await add(`pools/${pool}/members`, 'member', { address, protocol_port: 80 })
  await add('healthmonitors', 'healthmonitor', { pool_id: pool, type: 'TCP', delay: 5, timeout: 3, max_retries: 2 })
  const counted = { loadbalancer: 2, listener: 1, pool: 1, member: 2, healthmonitor: 1 }
  const used = await quotas.read('octavia', projectId)
  for (const [name, count] of Object.entries(counted))
    t.equal(used[name]?.used, (before[name]?.used ?? 0) + count, `${name} is counted`)

  const total = used.loadbalancer?.used ?? 0
  const set = await quotas.write('octavia', projectId, { loadbalancer: total })
  t.match(set.after.loadbalancer, { limit: total, used: total })
  t.match(quotas.capabilities().octavia, { kept: 'service', refusesBelowUsage: null })
  const over = await refusal(create(`${tag}-c`))
  t.match(over, { status: 403, code: 'Client', retryable: false }, 'over quota')
  t.match(over.message, /Quota has been met for resources: Load Balancer/)
  if (world.belowUsage.octavia === 'accepted') {
    const below = await quotas.write('octavia', projectId, { loadbalancer: total - 1 })
    t.match(below.after.loadbalancer, { limit: total - 1, used: total }, 'Octavia does not look')
    t.match(quotas.capabilities().octavia, { kept: 'service', refusesBelowUsage: false })
  }

  for (const id of ids.splice(0)) await remove(id)
  await until(
    'gone',
    () => Promise.all([first, second].map((id) => octavia.getLoadBalancer(id))),
    (found) => found.every((one) => one === null || one.provisioningStatus === 'DELETED')
  )
  t.match((await quotas.read('octavia', projectId)).loadbalancer, { used: before.loadbalancer?.used })
}
