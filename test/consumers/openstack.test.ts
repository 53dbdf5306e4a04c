import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { deflateSync, gzipSync } from 'node:zlib'
import { connect } from 'amqplib'
import t from 'tap'
import { closeBroker, consume, openBus, stored, until } from './bus.ts'

t.setTimeout(180_000)
t.after(closeBroker)

t.test('receives what is published, and acknowledges it after the append', async (t) => {
  const bus = await openBus(t)
  const gate = Promise.withResolvers<void>()
  const { consumer, seen } = await consume(t, bus, { append: () => gate.promise })
  t.same(consumer.state().bound, [bus.exchange])
  t.same(consumer.state().missing, [])

  const first = bus.publish('compute.instance.power_off.end')
  const second = bus.publish('instance.power_off.end', 'versioned_notifications.info')
  await until(() => seen.length > 0)
  // Both are held while the append is in flight.
  await until(async () => (await bus.unacknowledged()) === 2, 250)

  gate.resolve()
  await until(async () => (await bus.unacknowledged()) === 0, 250)
  t.same(
    seen.flatMap((batch) => batch.events).map((event) => event.id),
    [`${first}/compute.instance.power_off.end#0`, `${second}/instance.power_off.end#0`]
  )
  t.equal(seen[0]!.events[0]!.source, '/openstack/lab/RegionOne/nova')
  t.type(consumer.state().lastMessageAt, 'number')
})

t.test('takes nothing of what services say to each other on the same exchange', async (t) => {
  const bus = await openBus(t)
  const { seen } = await consume(t, bus)
  bus.publish('compute.instance.power_on.end', 'conductor')
  bus.publish('compute.instance.power_on.end', 'compute.host1')
  const ours = bus.publish('compute.instance.power_off.end')
  await until(() => seen.length > 0)
  t.same(
    seen.flatMap((batch) => batch.events).map((event) => event.id),
    [`${ours}/compute.instance.power_off.end#0`]
  )
})

t.test('an append that fails for a while loses nothing and acknowledges nothing', async (t) => {
  const bus = await openBus(t)
  let writable = false
  let refused = 0
  const { seen, consumer } = await consume(t, bus, {
    append: async () => {
      if (!writable) throw new Error('disk full')
    },
    metrics: { appendFailed: () => refused++ }
  })
  const ids = Array.from({ length: 20 }, () => bus.publish('compute.instance.power_off.end'))
  await until(() => refused >= 2)
  await until(async () => (await bus.unacknowledged()) === 20, 250)
  t.equal(consumer.state().connected, true)
  writable = true
  await until(async () => (await bus.unacknowledged()) === 0, 250)
  t.same(
    stored(seen),
    ids.map((id) => `${id}/compute.instance.power_off.end#0`)
  )
})

t.test('what is no notification goes to the dead letters with its reason, and is not logged', async (t) => {
  const bus = await openBus(t)
  const reasons: string[] = []
  const { consumer, seen, logged } = await consume(t, bus, { metrics: { malformed: (reason) => reasons.push(reason) } })
  bus.channel.publish(bus.exchange, 'notifications.info', Buffer.from('secret-token-of-somebody'), {
    headers: { other: 'header' }
  })
  const good = bus.publish('compute.instance.power_off.end')
  await until(async () => stored(seen).length === 1 && (await bus.ready(bus.dead)) === 1)
  t.same(stored(seen), [`${good}/compute.instance.power_off.end#0`])
  t.same(reasons, ['the body is not JSON'])

  const letter = await bus.channel.get(bus.dead, { noAck: true })
  if (!letter) return t.fail('there is no dead letter')
  t.equal(letter.content.toString(), 'secret-token-of-somebody')
  t.match(letter.properties.headers, {
    other: 'header',
    'x-reflex-reason': 'the body is not JSON',
    'x-reflex-exchange': bus.exchange,
    'x-reflex-routing-key': 'notifications.info'
  })
  t.notMatch(logged(), /secret-token/)
  await consumer.close()
  t.equal(await bus.ready(bus.queue), 0, 'nothing comes back')
})

t.test(
  'one notification of each type that the services have, however kombu compresses it, becomes no dead letter',
  async (t) => {
    const bus = await openBus(t)
    const { consumer, seen } = await consume(t, bus)
    const { types } = JSON.parse(readFileSync(new URL('../fixtures/notification-types.json', import.meta.url), 'utf8'))
    const all = [...new Set(Object.values(types as Record<string, string[]>).flat())]
    const compressions = [
      (text: string) => ({ body: Buffer.from(text), headers: {} }),
      // What kombu makes of `gzip`.
      (text: string) => ({ body: deflateSync(text), headers: { compression: 'application/x-gzip' } }),
      (text: string) => ({ body: gzipSync(text), headers: { compression: 'application/x-gzip' } })
    ]
    for (const [at, event_type] of all.entries()) {
      const message = { message_id: randomUUID(), event_type, payload: {}, timestamp: '2026-11-23 06:46:34' }
      const { body, headers } = compressions[at % compressions.length]!(JSON.stringify(message))
      bus.channel.publish(bus.exchange, 'notifications.info', body, { headers })
    }
    const taken = () =>
      new Set([...new Set(seen)].flatMap(({ events, ignored }) => [...events, ...ignored]).map(({ type }) => type))
    await until(() => taken().size === all.length)
    await consumer.close()
    t.equal(await bus.ready(bus.dead), 0)
    t.ok(taken().has('identity.project tag.created'))
  }
)

t.test('a dead letter whose queue was deleted is not lost: the queue is made again', async (t) => {
  const bus = await openBus(t)
  const changes: boolean[] = []
  const { seen } = await consume(t, bus, { metrics: { connected: (is) => changes.push(is) } })
  await bus.channel.deleteQueue(bus.dead)
  bus.channel.publish(bus.exchange, 'notifications.info', Buffer.from('not a notification'))
  await until(() => changes.length === 3)
  await until(async () => (await bus.ready(bus.dead)) === 1)
  t.same(changes, [true, false, true])
  t.same(seen, [])
})

t.test('large messages that are none are dead-lettered at once, and not kept', async (t) => {
  const bus = await openBus(t)
  const first = await consume(t, bus)
  await first.consumer.close()
  const [count, size] = [24, 8 * 1_048_576]
  const body = Buffer.alloc(size, 0x78)
  const connection = await connect(bus.url)
  const channel = await connection.createConfirmChannel()
  for (let n = 0; n < count; n++) {
    channel.publish(bus.exchange, 'notifications.info', body)
    await channel.waitForConfirms()
  }
  await connection.close()
  // What is kept, and not what the collector has not come to yet.
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  const reasons: string[] = []
  const malformed = (reason: string) => {
    reasons.push(reason)
    gc()
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  const { seen } = await consume(t, bus, { metrics: { malformed } })
  await until(() => reasons.length === count)
  t.match(reasons[0], /larger than 4194304 bytes/)
  await until(async () => (await bus.ready(bus.dead)) === count)
  t.ok(most < (count * size) / 2, `${Math.round(most / 1e6)} MB of ${Math.round((count * size) / 1e6)} at once`)
  const id = bus.publish('compute.instance.power_on.end')
  await until(() => seen.length > 0)
  t.same(stored(seen), [`${id}/compute.instance.power_on.end#0`], 'and what comes after them is taken and acknowledged')
  await until(async () => (await bus.ready(bus.queue)) === 0)
})

t.test('more bytes than may be in flight are not asked for until the journal has taken them', async (t) => {
  const bus = await openBus(t)
  const gate = Promise.withResolvers<void>()
  let most = 0
  const { seen, logged } = await consume(t, bus, {
    inFlightBytes: 2000,
    prefetch: 10,
    append: async () => {
      most++
      await gate.promise
    }
  })
  const ids = Array.from({ length: 300 }, () => bus.publish('compute.instance.power_on.end'))
  await until(() => /no more are asked for/.test(logged()))
  const held = seen.reduce((sum, { messages }) => sum + messages, 0)
  t.ok(held <= 10, 'nothing more has come meanwhile')
  gate.resolve()
  await until(async () => (await bus.ready(bus.queue)) === 0 && (await bus.unacknowledged()) === 0, 250)
  t.equal(new Set(stored(seen)).size, ids.length, `all are stored, in ${most} batches`)
})

t.test('a queue of an earlier build, without a limit by bytes, is used as it is, and what to do is said', async (t) => {
  const bus = await openBus(t)
  const earlier = {
    'x-queue-type': 'quorum',
    'x-single-active-consumer': true,
    'x-dead-letter-exchange': bus.dead,
    'x-delivery-limit': 100,
    'x-max-length': 1_000_000,
    'x-overflow': 'drop-head'
  }
  await bus.channel.assertQueue(bus.queue, { durable: true, arguments: earlier })
  const { seen, logged } = await consume(t, bus)
  t.match(logged(), /was made by an earlier build and has no limit by bytes: set one with `rabbitmqctl set_policy`/)
  t.notMatch(logged(), /exists with other arguments/)
  bus.publish('compute.instance.power_on.end')
  await until(() => seen.length > 0)
})

t.test('of two consumers one is active; the other takes over, also what was not acknowledged', async (t) => {
  const bus = await openBus(t)
  const never = new Promise<void>(() => {})
  const active = await consume(t, bus, { append: () => never, closeMs: 300 })
  const standby = await consume(t, bus)
  const ids = [1, 2, 3].map(() => bus.publish('compute.instance.power_off.end'))
  await until(() => active.seen.length > 0)
  await sleep(500)
  t.same(standby.seen, [])

  await active.consumer.close()
  await until(() => stored(standby.seen).length === 3)
  t.same(
    stored(standby.seen),
    ids.map((id) => `${id}/compute.instance.power_off.end#0`)
  )
})

t.test('close waits for the batch in flight, and for its acknowledgement', async (t) => {
  const bus = await openBus(t)
  const gate = Promise.withResolvers<void>()
  const { consumer, seen } = await consume(t, bus, { append: () => gate.promise })
  bus.publish('compute.instance.power_off.end')
  await until(() => seen.length > 0)
  let closed = false
  const closing = consumer.close().then(() => {
    closed = true
  })
  await sleep(300)
  t.equal(closed, false)
  gate.resolve()
  await closing
  t.equal(await bus.ready(bus.queue), 0, 'nothing is delivered again')
  t.equal(consumer.state().connected, false)
  await consumer.close()
})

t.test('close does not wait for ever for a store that hangs: the broker keeps the messages', async (t) => {
  const bus = await openBus(t)
  const { consumer, seen } = await consume(t, bus, { append: () => new Promise<void>(() => {}), closeMs: 200 })
  bus.publish('compute.instance.power_off.end')
  await until(() => seen.length > 0)
  await consumer.close()
  await until(async () => (await bus.ready(bus.queue)) === 1)
})

t.test('duplicates pass: the ids are the same, and the journal knows them', async (t) => {
  const bus = await openBus(t)
  const { seen } = await consume(t, bus)
  const id = randomUUID()
  bus.publish('compute.instance.power_off.end', 'notifications.info', bus.exchange, id)
  bus.publish('compute.instance.power_off.end', 'notifications.info', bus.exchange, id)
  await until(() => stored(seen).length === 2)
  t.same(new Set(stored(seen)).size, 1)
})

t.test('while one append is in flight the next batch gathers, up to its limit', async (t) => {
  const bus = await openBus(t)
  const gate = Promise.withResolvers<void>()
  const { seen } = await consume(t, bus, { append: () => gate.promise, batchLimit: 40 })
  bus.publish('compute.instance.power_off.end')
  await until(() => seen.length === 1)
  for (let i = 0; i < 100; i++) bus.publish('compute.instance.power_off.end')
  await until(async () => (await bus.unacknowledged()) === 101, 250)
  await sleep(200)
  t.equal(seen.length, 1, 'one at a time')
  gate.resolve()
  await until(() => stored(seen).length === 101)
  t.same(
    seen.map((batch) => batch.messages),
    [1, 40, 40, 20]
  )
})

t.test('silence and the length of the queue are told', async (t) => {
  const bus = await openBus(t)
  const silences: number[] = []
  const fills: number[] = []
  const { consumer, seen, logged } = await consume(t, bus, {
    silenceMs: 200,
    recheckMs: 100,
    prefetch: 1,
    maxLength: 10,
    append: () => new Promise<void>(() => {}),
    closeMs: 200,
    metrics: { silent: (ms) => silences.push(ms), queue: ({ fill }) => fills.push(fill) }
  })
  await until(() => silences.length > 0)
  await sleep(300)
  t.equal(silences.length, 1, 'once')
  t.ok(silences[0]! > 200)
  t.match(logged(), /no notification for .* driver set/)

  for (let i = 0; i < 10; i++) bus.publish('compute.instance.power_off.end')
  await until(() => seen.length > 0)
  await until(() => (consumer.state().fill ?? 0) >= 0.8)
  await until(() => fills.some((fill) => fill >= 0.8))
  t.match(logged(), /nearly full/)
  t.ok(consumer.state().silentForMs >= 0)
})
