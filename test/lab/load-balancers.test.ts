import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { agrees, product, vips } from './product.ts'
import { cleanLab, dig, user } from './user.ts'

/** Seconds from now until BIND answers so. */
async function until(t: Test, what: string, answers: () => Promise<boolean>): Promise<string> {
  const start = performance.now()
  while (!(await answers())) {
    if (performance.now() - start > 60_000) throw new Error(`${what}: not within a minute`)
    await sleep(20)
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(2)
  t.comment(`${what}: ${seconds} s`)
  return seconds
}

t.test('a load balancer made through Octavia resolves, is renamed, and its records go with it', async (t) => {
  await cleanLab()
  const dev = user('dev-user')
  // Octavia's exchange comes with its first notification: this one nobody hears, and the first sweep finds it.
  const old = await dev.loadBalancer('old')
  const { vip_address: oldVip } = await dev.activeLoadBalancer(old)
  const reflex = await product(t)
  await reflex.start({ vip: true, sweepEvery: '10s' })
  await reflex.settled()
  t.same(await dig('old.dev.cloud.lab', 'A'), [oldVip], 'one that was there before')

  const hidden = await dev.loadBalancer('hidden', ['stackreflex=off'])
  const shop = await dev.loadBalancer('Shop 1')
  const made = performance.now()
  const answers = async (name: string, address: string) => (await dig(name, 'A'))[0] === address
  const { vip_address: vip, vip_port_id: port, additional_vips: more } = await dev.activeLoadBalancer(shop)
  t.comment(`POST to ACTIVE: ${((performance.now() - made) / 1000).toFixed(2)} s`)
  await until(t, 'ACTIVE to resolving', () => answers('shop-1.dev.cloud.lab', vip))
  await dev.activeLoadBalancer(hidden)
  await reflex.settled()
  const reverse = `${vip.split('.').reverse().join('.')}.in-addr.arpa`
  t.same(await dig(reverse, 'PTR'), ['shop-1.dev.cloud.lab'])
  t.same(await dig('shop-1.dev.cloud.lab', 'AAAA'), [more[0].ip_address], 'its second VIP')
  t.same(await dig('hidden.dev.cloud.lab', 'A'), [], 'opted out by its tag')

  const floating = await dev.floatingIp(port)
  await until(t, 'floating IP on the VIP to resolving', () => answers('shop-1.dev.public.lab', floating.address))

  await dev.call('balancer', 'PUT', `/lbaas/loadbalancers/${shop}`, { loadbalancer: { name: 'store' } })
  await until(t, 'PUT of a new name to resolving', () => answers('store.dev.cloud.lab', vip))
  await dev.activeLoadBalancer(shop)
  await reflex.settled()
  t.same(await dig('shop-1.dev.cloud.lab', 'A'), [], 'the old name is gone')
  t.same(await dig('store.dev.public.lab', 'A'), [floating.address], 'the floating IP is renamed with it')
  const whole = await agrees(30, vips)
  t.same([whole.stale, whole.missing], [[], []])

  await dev.call('balancer', 'DELETE', `/lbaas/loadbalancers/${shop}`)
  await until(t, 'DELETE to gone from DNS', async () => (await dig('store.dev.cloud.lab', 'A')).length === 0)
  await reflex.settled()
  t.same(await dig(reverse, 'PTR'), [])
  t.same(await dig('store.dev.public.lab', 'A'), [], 'the floating IP is still on its port, and names nothing')

  await dev.call('network', 'DELETE', `/floatingips/${floating.id}`)
  for (const id of [old, hidden]) await dev.deleteLoadBalancer(id)
  await reflex.settled()
  const left = await agrees(30, vips)
  t.same([left.stale, left.missing, Object.keys(left.actual)], [[], [], []])

  // Two more sweeps, and the time after which drift counts as missed.
  const sweeps = await reflex.metric('sweeps_total')
  while ((await reflex.metric('sweeps_total')) < sweeps + 2) await sleep(1000)
  await sleep(42_000)
  t.equal(await reflex.metric('drift_missed_total'), 0, `nothing was missed in ${sweeps + 2} sweeps and more`)
  const untold = await reflex.metric('drift_no_event_exists_total')
  t.ok(untold >= 3, `the name and both PTRs of the one that was there before, of ${untold} that nothing tells of`)
})
