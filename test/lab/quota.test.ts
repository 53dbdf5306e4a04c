import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import amqp from 'amqplib'
import t from 'tap'
import { amqpUrl, product } from './product.ts'
import { limitsOf, observe, type Service, withLimits } from './quotas.ts'
import { cleanLab, type User, user } from './user.ts'

const [dev, prod, infra] = ['dev-user', 'prod-user', 'infra-user'].map(user) as [User, User, User]

/** Limits of each project at the start, and what all of them come to. */
const start = {
  cores: { prod: 4, dev: 12, infra: 4 },
  ram: { prod: 256, dev: 768, infra: 256 },
  instances: { prod: 4, dev: 12, infra: 4 },
  gigabytes: { prod: 4, dev: 12, infra: 4 },
  gigabytes_standard: { prod: 4, dev: 12, infra: 4 },
  floatingip: { prod: 2, dev: 8, infra: 2 },
  loadbalancer: { prod: 1, dev: 4, infra: 1 }
} as const
type Resource = keyof typeof start
const service: Record<Resource, Service> = {
  cores: 'nova',
  ram: 'nova',
  instances: 'nova',
  gigabytes: 'cinder',
  gigabytes_standard: 'cinder',
  floatingip: 'neutron',
  loadbalancer: 'octavia'
}
const resources = Object.keys(start) as Resource[]
const capacity = Object.fromEntries(
  resources.map((one) => [one, Object.values(start[one]).reduce((sum, limit) => sum + limit, 0)])
)
const observed = resources.map((one) => `${service[one]}:${one}=-1`)

// m1.tiny has one core and 64 MiB.
const policies = `  quota-rebalance:
    mode: enforce
    settings:
      cloud: admin
      coolDown: 1s
      groups:
        family:
          projects: { prod: { priority: 100 }, infra: { priority: 50 }, dev: { priority: 10 } }
          together: [{ cores: 1, ram: 64, instances: 1 }, { gigabytes: 1, gigabytes_standard: 1 }]
          resources:
            cores: { capacity: 20, low: 1, high: 3 }
            ram: { capacity: 1280, low: 64, high: 192 }
            instances: { capacity: 20, low: 1, high: 3 }
            gigabytes: { capacity: 20, low: 1, high: 3 }
            gigabytes_standard: { capacity: 20, low: 1, high: 3 }
            floatingip: { capacity: 12, low: 1, high: 2 }
            loadbalancer: { capacity: 6, low: 1, high: 1 }
`
const options = { mode: 'off', policies, calls: 'quota', sweepEvery: '10m' }

async function family(t: Parameters<typeof product>[0]) {
  await cleanLab()
  for (const [one, name] of [
    [prod, 'prod'],
    [dev, 'dev'],
    [infra, 'infra']
  ] as const)
    for (const each of ['nova', 'cinder', 'neutron', 'octavia'] as const) {
      const mine = resources.filter((resource) => service[resource] === each)
      await withLimits(t, one, each, Object.fromEntries(mine.map((resource) => [resource, start[resource][name]])))
    }
  t.teardown(cleanLab)
}

const volume = async (of: User, size: number) =>
  of.call('volume', 'POST', `/${await of.projectId()}/volumes`, {
    volume: { size, name: 'quota', volume_type: 'standard' }
  })

async function balancer(of: User) {
  const [subnet] = await of.list('network', `/subnets?name=${of.project}-net-v4`, 'subnets')
  return of.call('balancer', 'POST', '/lbaas/loadbalancers', {
    loadbalancer: { name: `quota-${randomUUID().slice(0, 8)}`, vip_subnet_id: subnet.id }
  })
}

/** HTTP status of a call that may be refused; 0: it was not. */
async function refused(call: Promise<unknown>): Promise<number> {
  try {
    await call
    return 0
  } catch (error) {
    const { status } = error as { status?: number }
    if (status === undefined) throw error
    return status
  }
}

const pressures = [
  {
    of: 'cores' as const,
    status: 403,
    push: async () => {
      for (let n = 0; n < 4; n++) await prod.boot(`quota-${n}`)
    },
    more: () => prod.boot('quota-more')
  },
  { of: 'gigabytes_standard' as const, status: 413, push: () => volume(prod, 4), more: () => volume(prod, 1) },
  {
    of: 'floatingip' as const,
    status: 409,
    push: async () => {
      for (let n = 0; n < 2; n++) await prod.floatingIp()
    },
    more: () => prod.floatingIp()
  },
  { of: 'loadbalancer' as const, status: 403, push: () => balancer(prod), more: () => balancer(prod) }
]

t.test('who is pushed over its watermark gets from who has enough, and what was refused succeeds', async (t) => {
  await family(t)
  const databases = await observe(t, observed)
  const reflex = await product(t)
  await reflex.start(options)
  await reflex.settled()
  for (const { of, status, push, more } of pressures) {
    await push()
    const pushed = Date.now()
    t.equal(await refused(more()), status, `${of}: the next one is refused with ${status}`)
    let again = status
    for (const end = Date.now() + 60_000; again !== 0 && Date.now() < end; ) {
      await sleep(50)
      if (databases.now()[of]!.prod! > start[of].prod) again = await refused(more())
    }
    const grown = databases.seen().find((one) => one.limits[of]!.prod! > start[of].prod)
    t.equal(again, 0, `${of}: the same request succeeds`)
    t.comment(
      `${of}: refused with ${status}, ${Date.parse(grown?.at ?? '') - pushed} ms after usage reached the limit prod had more, ${Date.now() - pushed} ms until the refused request succeeded`
    )
    await reflex.settled()
  }
  const { samples, longestGapMs, maxSum } = await databases.end()
  t.comment(
    `the databases were looked at ${samples} times, at most ${longestGapMs} ms apart; greatest sums ${JSON.stringify(maxSum)}`
  )
  for (const one of resources) t.ok(maxSum[one]! <= capacity[one]!, `${one}: the sum was at most ${maxSum[one]}`)
  const left = await limitsOf(dev, 'nova')
  t.ok(left.cores! < start.cores.dev, `dev has ${left.cores} cores now`)
  t.equal(left.ram, left.cores! * 64, 'and ram in the same ratio')
  t.equal(left.instances, left.cores)
})

t.test('dev grows while it is being shrunk: nobody ends below what it uses', async (t) => {
  await family(t)
  const databases = await observe(t, observed)
  const reflex = await product(t)
  await reflex.start(options)
  await reflex.settled()
  let going = true
  const growing = (async () => {
    let made = 0
    while (going && made < 8) {
      if ((await refused(dev.floatingIp())) === 0) made++
      await sleep(20)
    }
    return made
  })()
  for (let n = 0; n < 6; n++) {
    await refused(prod.floatingIp())
    await sleep(400)
  }
  await reflex.settled()
  going = false
  t.comment(`dev made ${await growing} floating IPs meanwhile`)
  await reflex.settled()
  for (const one of [dev, prod]) {
    const { floatingip: limit } = await limitsOf(one, 'neutron')
    const used = (await one.list('network', `/floatingips?project_id=${await one.projectId()}`, 'floatingips')).length
    t.ok(used <= limit!, `${one.project} uses ${used} of ${limit}`)
  }
  const { maxSum } = await databases.end()
  t.ok(maxSum.floatingip! <= capacity.floatingip!, `the sum was at most ${maxSum.floatingip}`)
})

t.test('killed between shrink and grow: afterwards it is whole', async (t) => {
  await family(t)
  const databases = await observe(t, observed)
  const reflex = await product(t)
  await reflex.start(options)
  await reflex.settled()
  reflex.crashAt('after call')
  await volume(prod, 4)
  await reflex.died()
  await sleep(200)
  const torn = databases.seen().at(-1)!
  t.ok(
    torn.sums.gigabytes_standard! < capacity.gigabytes_standard!,
    `dev had given: ${JSON.stringify(torn.limits.gigabytes_standard)}`
  )
  t.equal(torn.limits.gigabytes_standard!.prod, start.gigabytes_standard.prod, 'and prod had nothing yet')
  await reflex.start(options)
  await reflex.settled()
  for (let tries = 0; tries < 100 && databases.now().gigabytes_standard!.prod! <= 4; tries++) await sleep(100)
  const { maxSum } = await databases.end()
  const whole = databases.now()
  t.ok(whole.gigabytes_standard!.prod! > 4, `prod has ${whole.gigabytes_standard!.prod}`)
  t.equal(whole.gigabytes!.prod, whole.gigabytes_standard!.prod, 'in the total as well')
  t.ok(maxSum.gigabytes_standard! <= capacity.gigabytes_standard!)
})

t.test('a storm of 1,000 instance events is few decisions', async (t) => {
  await family(t)
  const reflex = await product(t)
  await reflex.start(options)
  await reflex.settled()
  const decisions = async () =>
    ((await reflex.get('/api/v1/decisions?limit=500')) as { items: { lane: string }[] }).items.filter(
      ({ lane }) => lane === 'group:family'
    ).length
  const [before, asked] = [await decisions(), reflex.asked()]
  const connection = await amqp.connect(amqpUrl)
  t.teardown(() => connection.close())
  const channel = await connection.createConfirmChannel()
  const ids = await Promise.all([dev, prod].map((one) => one.projectId()))
  const began = Date.now()
  for (let n = 0; n < 1000; n++) {
    const message = {
      message_id: randomUUID(),
      publisher_id: 'compute.fake1',
      event_type: 'compute.instance.create.end',
      priority: 'INFO',
      timestamp: new Date().toISOString().replace('T', ' ').replace('Z', '000'),
      payload: { instance_id: randomUUID(), tenant_id: ids[n % 2], state: 'active', display_name: `storm-${n}` }
    }
    const body = { 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) }
    channel.publish('nova', 'notifications.info', Buffer.from(JSON.stringify(body)), {
      contentType: 'application/json'
    })
    if (n % 10 === 9) await sleep(Math.max(0, began + n * 10 - Date.now()))
  }
  await channel.waitForConfirms()
  const ms = Date.now() - began
  await reflex.settled()
  const made = (await decisions()) - before
  const quiet = Math.ceil((Date.now() - began) / 500)
  t.comment(`1,000 events in ${ms} ms: ${made} decisions of the group, ${reflex.asked() - asked} calls to OpenStack`)
  t.ok(made >= 1 && made <= quiet, `at most one decision for each quiet interval (${quiet})`)
})
