import { randomUUID } from 'node:crypto'
import t from 'tap'
import { startBroker } from '../broker.ts'
import { closeBroker, consume, openBus, stored, until } from './bus.ts'

// Starting a broker takes 5 to 15 s, and one test has one of its own.
t.setTimeout(180_000)
t.after(closeBroker)

t.test('an exchange that does not exist yet is named with a hint, and bound soon after it appears', async (t) => {
  const bus = await openBus(t)
  const later = `${bus.exchange}.later`
  const { consumer, seen, logged } = await consume(t, bus, { exchanges: [bus.exchange, later] })
  t.same(consumer.state().missing, [later])
  t.match(logged(), /does not exist yet: has .* sent a notification\?.*driver may be unset/)

  await bus.channel.assertExchange(later, 'topic', { durable: false })
  t.teardown(() => bus.channel.deleteExchange(later))
  await until(() => consumer.state().missing.length === 0)
  const id = bus.publish('port.delete.end', 'notifications.info', later)
  await until(() => seen.length > 0)
  t.same(stored(seen), [`${id}/port.delete.end#0`])

  await bus.channel.deleteExchange(later)
  await until(() => consumer.state().missing.length === 1)
  await bus.channel.assertExchange(later, 'topic', { durable: false })
  await until(() => consumer.state().missing.length === 0)
})

t.test(
  'a restart of the broker takes exchanges and bindings away; both come back and nothing after that is lost',
  async (t) => {
    const own = await startBroker({ own: true })
    t.teardown(() => own.stop())
    let bus = await openBus(t, own)
    const changes: boolean[] = []
    const { consumer, seen } = await consume(t, bus, { metrics: { connected: (is) => changes.push(is) } })
    const before = bus.publish('compute.instance.power_off.end')
    await until(() => seen.length > 0)

    await own.restart()
    await until(() => consumer.state().connected)
    t.same(consumer.state().missing, [bus.exchange], 'the exchange was not durable')
    t.same(changes, [true, false, true])

    bus = await openBus(t, own, bus.exchange)
    await until(() => consumer.state().bound.length === 1)
    const after = Array.from({ length: 50 }, () => bus.publish('compute.instance.power_on.end'))
    await until(() => stored(seen).length >= 51)
    t.same(stored(seen), [
      `${before}/compute.instance.power_off.end#0`,
      ...after.map((id) => `${id}/compute.instance.power_on.end#0`)
    ])
  }
)

t.test('a queue that is deleted under us is made and bound again', async (t) => {
  const bus = await openBus(t)
  const { consumer, seen, logged } = await consume(t, bus)
  await bus.channel.deleteQueue(bus.queue)
  await until(() => !consumer.state().connected)
  await until(() => consumer.state().bound.length === 1)
  t.match(logged(), /the broker ended our consumer/)
  const id = bus.publish('compute.instance.power_off.end')
  await until(() => seen.length > 0)
  t.same(stored(seen), [`${id}/compute.instance.power_off.end#0`])
})

t.test('a queue that exists with other arguments is used, and said', async (t) => {
  const bus = await openBus(t)
  const one = await consume(t, bus, { maxLength: 1000 })
  await one.consumer.close()
  const two = await consume(t, bus, { maxLength: 2000 })
  t.match(two.logged(), /exists with other arguments/)
  const id = bus.publish('compute.instance.power_off.end')
  await until(() => two.seen.length > 0)
  t.same(stored(two.seen), [`${id}/compute.instance.power_off.end#0`])
})

t.test('the publishers’ own queue is shared where that is asked for', async (t) => {
  const bus = await openBus(t)
  const topic = `topic-${randomUUID()}`
  await bus.channel.assertQueue(`${topic}.info`, { durable: false })
  await bus.channel.bindQueue(`${topic}.info`, bus.exchange, `${topic}.info`)
  t.teardown(() => bus.channel.deleteQueue(`${topic}.info`))
  const options = { topics: [topic], queue: `${topic}.info`, allowPublisherQueue: true }
  const { seen, logged } = await consume(t, bus, options)
  t.match(logged(), /sharing the publishers' queue/)
  const id = bus.publish('compute.instance.power_off.end', `${topic}.info`)
  await until(() => seen.length > 0)
  t.same(stored(seen), [`${id}/compute.instance.power_off.end#0`])
})
