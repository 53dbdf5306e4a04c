import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import amqp from 'amqplib'
import t, { type Test } from 'tap'
import { normaliseOpenstack } from '../../src/events/openstack.ts'
import { openJournal } from '../../src/store/open.ts'
import { startBroker } from '../broker.ts'
import { until } from '../consumers/bus.ts'
import { configText, settings, world } from './world.ts'

// A virtual host of its own: it counts what lies in queues that other tests fill as well.
const broker = await startBroker()
t.teardown(() => broker.stop())
const vhost = `doctor-${randomBytes(4).toString('hex')}`
const brokerUrl = await broker.apart(vhost)
const connection = await amqp.connect(brokerUrl)
const channel = await connection.createChannel()
t.teardown(() => connection.close())

/** The product's own arguments. */
const arguments_ = { 'x-queue-type': 'quorum', 'x-single-active-consumer': true, 'x-max-length': 1000 }

const one = (t: Test, findings: readonly string[], wanted: RegExp) => {
  t.equal(findings.length, 1, findings.join('\n') || 'one finding')
  t.match(findings[0], wanted)
}

/** A world with names of its own on the broker that all tests share. */
async function bedside(t: Test, url = '{ env: BROKER }') {
  const id = randomBytes(4).toString('hex')
  const [queue, exchange, missing] = [`doctor-${id}`, `here-${id}`, `missing-${id}`]
  const notifications = `{ cloud: sim, region: RegionOne, url: ${url}, queue: ${queue}, exchanges: [${exchange}, ${missing}], maxLength: 1000 }`
  const w = await world(t, { config: configText({ notifications }) })
  await channel.assertExchange(exchange, 'topic', { durable: false })
  t.teardown(async () => {
    await channel.deleteQueue(queue)
    await channel.deleteExchange(exchange)
  })
  const examine = (env = { BROKER: brokerUrl }) => w.examine({ env })
  return { ...w, queue, exchange, missing, notifications, examine }
}

t.test('exchanges', async (t) => {
  const w = await bedside(t)
  const { at } = await w.examine()
  one(
    t,
    at('failure', 'exchanges', w.missing),
    new RegExp(
      `is not there: .* → set \`\\[oslo_messaging_notifications\\] driver = messagingv2\` in the configuration of ${w.missing}`
    )
  )
  one(t, at('ok', 'exchanges', w.exchange), /is there; what came from it is known once the product has run/)

  const journal = await openJournal({ path: `${w.cwd}/journal.db` })
  const message = {
    message_id: 'm1',
    event_type: 'compute.instance.create.end',
    priority: 'INFO',
    publisher_id: 'compute.a',
    timestamp: '2099-01-01 00:00:00.000000',
    payload: { instance_id: 'i', tenant_id: 'p', display_name: 'x', state: 'active' }
  }
  const body = JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) })
  const batch = normaliseOpenstack(
    { exchange: 'nova', routingKey: 'notifications.info', body: Buffer.from(body) },
    { openstack: 'sim', region: 'RegionOne' }
  )
  if (!batch.ok) throw new Error(batch.reason)
  await journal.append({ events: batch.events.map((event) => ({ event, lanes: [], note: null })), ignored: [] })
  const silent = await w.examine()
  await journal.close()
  one(t, silent.at('warning', 'exchanges', w.exchange), /there but silent: .* → set `\[oslo_messaging_notifications\]/)
  one(t, silent.at('warning', 'clock'), /whoever sends for \/openstack\/sim\/RegionOne\/nova: .* ahead of ours/)
})

t.test('an exchange that services share is not silent when one of them was heard', async (t) => {
  const w = await bedside(t)
  const journal = await openJournal({ path: `${w.cwd}/journal.db` })
  const message = { message_id: 'm1', event_type: 'volume.create.end', timestamp: '2026-01-01 00:00:00', payload: {} }
  w.write('reflex.yaml', configText({ notifications: w.notifications.replace(w.missing, 'openstack') }))
  await channel.assertExchange('openstack', 'topic', { durable: false })
  t.teardown(() => channel.deleteExchange('openstack'))
  const from = { exchange: 'openstack', routingKey: 'notifications.info', body: Buffer.from(JSON.stringify(message)) }
  const batch = normaliseOpenstack(from, { openstack: 'sim', region: 'RegionOne' })
  if (!batch.ok) throw new Error(batch.reason)
  t.match(batch.events[0]?.source, /cinder$/)
  await journal.append({ events: batch.events.map((event) => ({ event, lanes: [], note: null })), ignored: [] })
  await journal.close()
  one(t, (await w.examine()).at('ok', 'exchanges', 'exchange openstack'), /the last event came at/)
})

t.test('where load balancers have names, somebody has to listen to Octavia', async (t) => {
  const w = await bedside(t)
  t.same((await w.examine()).at('warning', 'exchanges', 'octavia'), [])
  const dns = `${settings}, vip: { zone: cloud.lab. }`
  w.write('reflex.yaml', configText({ notifications: w.notifications, dns }))
  one(
    t,
    (await w.examine()).at('warning', 'exchanges', 'octavia'),
    /no broker listens to it, .* wait for the sweep → add octavia .* to notifications.exchanges/
  )
  w.write('reflex.yaml', configText({ notifications: w.notifications.replace(w.missing, 'octavia'), dns }))
  t.same((await w.examine()).at('warning', 'exchanges', 'octavia'), [])
})

t.test('a queue that is not there yet, and the product’s own', async (t) => {
  const w = await bedside(t)
  one(t, (await w.examine()).at('warning', 'queue', w.queue), /is not there yet.* → start the product once/)
  one(t, (await w.examine()).at('warning', 'queue', w.queue), /is not there yet/)
  await channel.assertQueue(w.queue, { durable: true, arguments: arguments_ })
  one(t, (await w.examine()).at('warning', 'queue', w.queue), /nobody reads it; 0 messages wait → start the product/)
  t.same((await w.examine()).at('failure', 'exchanges', w.exchange), [], 'and it may be bound')
  const { consumerTag } = await channel.consume(w.queue, () => {})
  one(t, (await w.examine()).at('ok', 'queue', w.queue), /quorum, one consumer, 0 messages wait/)
  await channel.cancel(consumerTag)
})

t.test('a queue that two consumers read', async (t) => {
  const w = await bedside(t)
  // With a single active consumer, the broker does not count those that stand by.
  await channel.assertQueue(w.queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
  for (let i = 0; i < 2; i++) await channel.consume(w.queue, () => {})
  one(t, (await w.examine()).at('warning', 'queue', w.queue), /2 consumers.* → stop the one that is not meant/)
})

t.test('a queue that fills up', async (t) => {
  const w = await bedside(t)
  await channel.assertQueue(w.queue, { durable: true, arguments: arguments_ })
  const confirmed = await connection.createConfirmChannel()
  for (let i = 0; i < 850; i++) confirmed.sendToQueue(w.queue, Buffer.from('x'))
  await confirmed.waitForConfirms()
  await confirmed.close()
  const found = (await w.examine()).at('warning', 'queue', w.queue)
  t.ok(
    found.some((text) => /850 messages wait, of 1000 at most.* → is the product running/.test(text)),
    found.join('\n')
  )
})

t.test('a queue of another type', async (t) => {
  const w = await bedside(t)
  const { 'x-queue-type': _, ...others } = arguments_
  await channel.assertQueue(w.queue, {
    durable: true,
    arguments: { ...others, 'x-dead-letter-exchange': 'x', 'x-overflow': 'drop-head' }
  })
  const found = (await w.examine()).at('warning', 'queue', w.queue)
  t.ok(
    found.some((text) => /is not a quorum queue.* → when it is empty, stop the product, delete the queue/.test(text)),
    found.join('\n')
  )
})

t.test('a queue of the publishers that nobody reads', async (t) => {
  const w = await bedside(t)
  const topic = `topic-${w.queue}`
  const name = `${topic}.info`
  w.write(
    'reflex.yaml',
    configText({ notifications: w.notifications.replace('maxLength: 1000', `maxLength: 1000, topics: [${topic}]`) })
  )
  const warned = async () => (await w.examine()).at('warning', 'publishers')
  t.same(await warned(), [], 'it is not there')
  await channel.assertQueue(name, { durable: false })
  t.teardown(() => channel.deleteQueue(name))
  t.same(await warned(), [], 'it is empty')
  const confirmed = await connection.createConfirmChannel()
  const publish = async (count: number) => {
    for (let i = 0; i < count; i++) confirmed.sendToQueue(name, Buffer.from('x'))
    await confirmed.waitForConfirms()
  }
  await publish(30)
  one(
    t,
    await warned(),
    new RegExp(`queue ${name}: 30 messages wait and nobody reads them: .* → bound it: rabbitmqctl set_operator_policy`)
  )

  let going = true
  const busy = (async () => {
    while (going) await publish(1)
  })()
  one(t, await warned(), /nobody reads them, \d+ more within 1 s/)
  going = false
  await busy

  const remedy = (await warned())[0] ?? ''
  const [, pattern = '', policy = ''] = /unread-notifications '([^']+)' '([^']+)'/.exec(remedy) ?? []
  const smaller = policy.replace('10000', '1000')
  await broker.ctl(['set_operator_policy', '-p', vhost, name, pattern, smaller, '--apply-to', 'queues'])
  t.teardown(() => broker.evaluate(`rabbit_policy:delete_op(<<"${vhost}">>, <<"${name}">>, <<"test">>)`))
  await publish(2000)
  await until(async () => (await channel.checkQueue(name)).messageCount === 1000)
  const { at } = await w.examine()
  t.same(at('warning', 'publishers'), [], 'and the policy that was named bounds it')
  one(t, at('ok', 'publishers'), /stand at the length that bounds them/)

  await publish(1)
  await channel.prefetch(1)
  const { consumerTag } = await channel.consume(name, () => {})
  t.same(await warned(), [], 'somebody reads it')
  await channel.cancel(consumerTag)
})

t.test('dead letters', async (t) => {
  const w = await bedside(t)
  const dead = { 'x-queue-type': 'quorum', 'x-max-length': 10_000, 'x-overflow': 'drop-head' }
  await channel.assertQueue('stackreflex.dead', { durable: true, arguments: dead })
  const confirmed = await connection.createConfirmChannel()
  confirmed.sendToQueue('stackreflex.dead', Buffer.from('x'))
  await confirmed.waitForConfirms()
  await confirmed.close()
  const found = (await w.examine()).at('warning', 'queue', 'dead letters')
  one(t, found, /messages lie in stackreflex.dead: .* → their header x-reflex-reason says why.*purge_queue/)
  await channel.purgeQueue('stackreflex.dead')
})

t.test('a broker that cannot be asked, and no secret told', async (t) => {
  const w = await bedside(t)
  const port = new URL(brokerUrl).port
  const refused = await w.examine({ BROKER: `amqp://guest:s3cret-word@127.0.0.1:${port}/` })
  t.match(refused.at('failure', 'exchanges')[0], /broker 127.0.0.1:\d+.*: .*403.* → correct user and password/)
  const nobody = await w.examine({ BROKER: 'amqp://guest:s3cret-word@127.0.0.1:1/' })
  t.match(nobody.at('failure', 'exchanges')[0], /ECONNREFUSED.* → is RabbitMQ up/)
  const vhost = await w.examine({ BROKER: `${broker.url}/nowhere` })
  t.match(
    vhost.at('failure', 'exchanges')[0],
    /\(vhost nowhere\): it lets us in, but not into this vhost → correct the vhost/
  )
  for (const { all } of [refused, nobody, vhost]) t.notMatch(JSON.stringify(all), /s3cret-word|amqps?:\/\/\w+:/)
  const unset = await w.examine({} as never)
  one(t, unset.at('failure', 'configuration'), /BROKER is not set/)
  t.same(unset.at('failure', 'queue'), [], 'what does not hang on it is looked at all the same')
  t.ok(unset.at('ok', 'zones').length > 0)
})

t.test('each host of a cluster is asked; one that is down is a warning as long as another is up', async (t) => {
  const w = await bedside(t)
  const { host } = new URL(brokerUrl)
  const login = 'guest:guest@'
  const { at, all } = await w.examine({ BROKER: `rabbit://${login}127.0.0.1:1,${login}${host}/${vhost}` })
  one(t, at('warning', 'exchanges', 'broker 127.0.0.1:1'), /ECONNREFUSED.* → is RabbitMQ up/)
  t.same(at('failure', 'exchanges', 'broker'), [])
  one(t, at('ok', 'exchanges', w.exchange), /is there/)
  const none = await w.examine({ BROKER: `rabbit://${login}127.0.0.1:1,${login}127.0.0.1:2/${vhost}` })
  t.equal(none.at('failure', 'exchanges', 'broker').length, 2)
  const mistaken = await w.examine({ BROKER: `rabbit://${login}${host}/${vhost}?ssl=maybe` })
  one(t, mistaken.at('failure', 'configuration'), /its option ssl is neither 1 nor 0/)
  t.notMatch(JSON.stringify([all, none.all, mistaken.all]), /guest/)
})

t.test('a broker whose certificate nobody signed says which setting is missing', async (t) => {
  const folder = t.testdir({})
  const files = ['-keyout', `${folder}/key.pem`, '-out', `${folder}/cert.pem`]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=x', ...files], {
    stdio: 'ignore'
  })
  const server = createServer({ key: readFileSync(`${folder}/key.pem`), cert: readFileSync(`${folder}/cert.pem`) })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const w = await bedside(t)
  const { at } = await w.examine({ BROKER: `amqps://guest:guest@127.0.0.1:${(server.address() as AddressInfo).port}` })
  t.match(at('failure', 'exchanges', 'broker'), [/certificate.* → name who signed it: cacert under notifications/])
})

t.test('a user that may not do enough', async (t) => {
  const w = await bedside(t)
  await channel.assertQueue(w.queue, { durable: true, arguments: arguments_ })
  const user = `u-${w.queue}`
  await broker.admit(user, 'pw', { vhost, names: '^$' })
  const { at } = await w.examine({ BROKER: brokerUrl.replace('guest:guest', `${user}:pw`) })
  t.match(at('failure', 'exchanges', w.exchange), [
    /may not be bound to our queue by our user → rabbitmqctl set_permissions/
  ])
  t.match(at('failure', 'queue', w.queue), [
    /may not be declared by our user → give the user configure, write and read/
  ])
})
