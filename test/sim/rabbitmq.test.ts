import amqp from 'amqplib'
import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { startBroker } from '../broker.ts'

t.test('notifications go to RabbitMQ as oslo.messaging sends them', { timeout: 120_000 }, async (t) => {
  const broker = await startBroker()
  t.teardown(() => broker.stop())
  const sim = await startSim({ bootMs: 10, seed: 1, amqpUrl: broker.url })
  t.teardown(() => sim.close())
  await sim.operator.createFloatingIp()
  await sim.flushed()

  const connection = await amqp.connect(broker.url)
  t.teardown(() => connection.close())
  const channel = await connection.createChannel()
  // Equal arguments, or the channel is closed.
  await channel.assertExchange('neutron', 'topic', { durable: false, autoDelete: false })
  await channel.assertQueue('notifications.info', { durable: false, autoDelete: false })
  const found: string[] = []
  for (;;) {
    const message = await channel.get('notifications.info', { noAck: true })
    if (message === false) break
    if (message.fields.exchange !== 'neutron') continue
    t.match(message.fields, { routingKey: 'notifications.info' })
    t.match(message.properties, {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      deliveryMode: 2,
      priority: 0
    })
    found.push(JSON.parse(JSON.parse(message.content.toString())['oslo.message']).event_type)
  }
  t.same(found.slice(-2), ['floatingip.create.start', 'floatingip.create.end'], 'in order')
})
