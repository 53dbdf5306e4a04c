import t from 'tap'
import type { OpenstackConsumerOptions } from '../../src/consumers/openstack.ts'
import { ConsumerConfigError, startOpenstackConsumer } from '../../src/consumers/openstack.ts'
import { consume, required } from './bus.ts'

t.test(
  'a broker that is not there does not keep the process from starting, nor its password from being secret',
  async (t) => {
    const { consumer, logged } = await consume(t, undefined, { url: 'amqp://reflex:hunter2@127.0.0.1:1/cloud' })
    t.equal(consumer.state().connected, false)
    t.match(logged(), /no connection to RabbitMQ on 127\.0\.0\.1:1 \(vhost cloud\)/)
    t.notMatch(logged(), /hunter2/)
    await consumer.close()
  }
)

t.test('what would harm others on the bus is refused', async (t) => {
  const cases: [Partial<OpenstackConsumerOptions>, RegExp][] = [
    [{ queue: 'notifications.info' }, /steals messages from its other consumers/],
    [{ queue: 'versioned_notifications.error' }, /steals/],
    [{ topics: ['reactor'], queue: 'reactor.info' }, /steals/],
    [{ topics: ['#'] }, /live tokens/],
    [{ topics: ['notifications.#'] }, /live tokens/],
    [{ topics: ['*'] }, /live tokens/],
    [{ exchanges: ['#'] }, /live tokens/],
    [{ topics: ['#'], allowPublisherQueue: true }, /live tokens/],
    [{ exchanges: [] }, /no exchange/],
    [{ topics: [] }, /no topic/],
    [{ queue: 'a', deadLetterQueue: 'a' }, /dead letters would come back/],
    [{ deadLetterExchange: 'nova' }, /dead letters would come back/],
    [{ deadLetterQueue: 'notifications.error', allowPublisherQueue: true }, /publishers/],
    [{ prefetch: 0 }, /prefetch/],
    [{ prefetch: 70_000 }, /65535/],
    [{ url: 'http://user:hunter2@host' }, /^url is not an amqp/],
    [{ url: 'amqp://user:hunter2@host:port' }, /^url is not an amqp/]
  ]
  for (const [options, sentence] of cases) {
    const started = startOpenstackConsumer({ ...required('amqp://127.0.0.1:1'), ...options })
    const error = await started.then(
      () => undefined,
      (reason: Error) => reason
    )
    t.ok(error instanceof ConsumerConfigError, JSON.stringify(options))
    t.match(error?.message, sentence)
    t.notMatch(error?.message, /hunter2/)
  }
})
