import t from 'tap'
import { agrees, product } from './product.ts'
import { cleanLab, dig, user } from './user.ts'

t.test('a floating IP that is deleted while it is associated leaves no record and no PTR behind', async (t) => {
  await cleanLab()
  const reflex = await product(t)
  await reflex.start()
  const dev = user('dev-user')
  const server = await dev.boot('floating')
  await dev.active(server)
  const [port] = await dev.ports(server)
  const floating = await dev.floatingIp(port!.id)
  await reflex.settled()
  const reverse = `${floating.address.split('.').reverse().join('.')}.in-addr.arpa`
  t.same(await dig('floating.dev.public.lab', 'A'), [floating.address])
  t.same(await dig(reverse, 'PTR'), ['floating.dev.public.lab'])

  await dev.call('network', 'DELETE', `/floatingips/${floating.id}`)
  for (let tries = 0; tries < 60 && (await dig(reverse, 'PTR')).length > 0; tries++) await reflex.settled()
  t.same(await dig(reverse, 'PTR'), [], 'a PTR outlives its floating IP unless somebody unsets it')
  t.same(await dig('floating.dev.public.lab', 'A'), [])
  await dev.call('compute', 'DELETE', `/servers/${server}`)
  await dev.gone(server)
  await reflex.settled()
  const left = await agrees(30)
  t.same(
    left.stale.filter((one) => one.name.startsWith(reverse)),
    []
  )
})
