import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { deflateSync, gzipSync } from 'node:zlib'
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
  await until(async () => (await bus.unacknowledged()) === 2)

  gate.resolve()
  await until(async () => (await bus.unacknowledged()) === 0)
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
  await until(async () => (await bus.unacknowledged()) === 20)
  t.equal(consumer.state().connected, true)
  writable = true
  await until(async () => (await bus.unacknowledged()) === 0)
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
  await until(async () => (await bus.unacknowledged()) === 101)
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
