import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import amqp from 'amqplib'
import t from 'tap'
import { startSim } from '../../sim/cloud.ts'
import { startBroker } from '../broker.ts'
import { startProduct } from './running.ts'

t.test('from the broker to the record, with garbage in between', async (t) => {
  const broker = await startBroker()
  t.teardown(() => broker.stop())
  // For itself: other tests leave dead letters in the queue that is looked at here.
  const brokerUrl = await broker.apart()
  const sim = await startSim({ seed: 3, bootMs: 100, dnsMs: 60, amqpUrl: brokerUrl })
  t.teardown(() => sim.close())
  const cwd = mkdtempSync(join(tmpdir(), 'reflex-broker-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const queue = `e2e-${randomBytes(4).toString('hex')}`
  writeFileSync(join(cwd, 'clouds.yaml'), JSON.stringify(sim.clouds))
  writeFileSync(
    join(cwd, 'reflex.yaml'),
    `clusters: { dev: { cloud: dev, tier: bursty }, infra: { cloud: infra, tier: always-on } }
notifications:
  - { cloud: sim, region: RegionOne, url: { env: BROKER }, queue: ${queue}, exchanges: [nova, neutron] }
policies:
  dns-records:
    mode: enforce
    settings: { cloud: infra, fixed: { zone: cloud.lab. } }
log: { level: fatal }
`
  )
  const running = await startProduct({ BROKER: brokerUrl, PORT: '0' }, cwd, () => {})
  t.teardown(() => running.close())
  const connection = await amqp.connect(brokerUrl)
  t.teardown(() => connection.close())
  const channel = await connection.createConfirmChannel()

  const until = async (what: string, done: () => boolean | Promise<boolean>) => {
    for (let tries = 0; !(await done()); tries++) {
      if (tries > 300) throw new Error(`not within 30 s: ${what}`)
      await sleep(100)
    }
  }
  const metric = async (name: string) => {
    const text = await (await fetch(`${running.url}/metrics`)).text()
    return Number(new RegExp(`^stackreflex_${name}(?:\\{.*\\})? (\\d+)`, 'm').exec(text)?.[1] ?? 0)
  }
  const names = async () => (await sim.operator.recordsets('cloud.lab.')).map((one) => `${one.name} ${one.type}`).sort()

  // The first notification makes the exchanges; what was sent before they were bound is the sweep's business.
  await sim.operator.bootServer({ name: 'early', project: 'dev' })
  await until('the exchanges are bound', async () => {
    const { checks } = (await (await fetch(`${running.url}/readyz`)).json()) as {
      checks: { name: string; level: string }[]
    }
    return checks.some((check) => check.name.startsWith('broker') && check.level === 'ok')
  })
  const web = await sim.operator.bootServer({ name: 'web', project: 'dev' })
  await until(
    'web has its records',
    async () => (await names()).includes('web.dev.cloud.lab. AAAA') && (await names()).includes('web.dev.cloud.lab. A')
  )

  const envelope = (inner: unknown) => JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(inner) })
  const garbage = [
    'not JSON at all',
    '',
    '[]',
    'null',
    '{"oslo.version":"2.0","oslo.message":"{"}',
    envelope({}),
    envelope({ message_id: 7, event_type: ['x'] }),
    '{"__proto__":{"event_type":"x"}}',
    '['.repeat(50_000)
  ]
  for (const body of garbage) channel.publish('nova', 'notifications.info', Buffer.from(body))
  const hostile = {
    message_id: 'hostile',
    event_type: 'compute.instance.create.end',
    priority: 'INFO',
    publisher_id: 'x',
    timestamp: '2026-11-23 06:46:34.242037',
    payload: {
      tenant_id: '../../etc/passwd',
      instance_id: '"; drop table event; --\u0000',
      display_name: '<script>\u202e',
      state: 'active'
    }
  }
  channel.publish('nova', 'notifications.info', Buffer.from(envelope(hostile)))
  await channel.waitForConfirms()
  await until('the garbage is counted', async () => (await metric('malformed_total')) === garbage.length)

  await sim.operator.deleteServer(web.id)
  await until(
    'and the next notification is heard',
    async () => !(await names()).some((name) => name.startsWith('web.'))
  )
  const dead: string[] = []
  await until('every piece lies in the dead letters', async () => {
    for (let one = await channel.get('stackreflex.dead'); one !== false; one = await channel.get('stackreflex.dead')) {
      dead.push(String(one.properties.headers?.['x-reflex-reason'] ?? ''))
      channel.ack(one)
    }
    return dead.length >= garbage.length
  })
  t.equal(dead.length, garbage.length)
  t.ok(
    dead.every((reason) => reason.length > 5),
    `with its reason: ${[...new Set(dead)].join('; ').slice(0, 300)}`
  )
  const { items } = (await (
    await fetch(`${running.url}/api/v1/events?type=compute.instance.create.end&limit=5`)
  ).json()) as {
    items: { id: string }[]
  }
  t.ok(
    items.some((event) => event.id.startsWith('hostile/')),
    'what is well-formed is journalled, however hostile'
  )
  await channel.deleteQueue(queue)
})
