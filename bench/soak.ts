import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { connect } from 'amqplib'
import { startSim } from '../sim/cloud.ts'
import { startBroker } from '../test/broker.ts'
import { build, startProduct } from './product.ts'
import { readRecorded } from './recorded.ts'
import { percentile } from './result.ts'
import { createCallers, token } from './soak-callers.ts'
import { createHostile } from './soak-hostile.ts'
import { type Look, lookAt, verdictOf } from './soak-looks.ts'

const usage = 'npm run soak -- [--minutes <n, 1 to 60>] [--rate <notifications a second, 1 to 1000>]'
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '20' }, rate: { type: 'string', default: '300' } }
})
const minutes = Number(values.minutes)
const rate = Number(values.rate)
if (!(minutes >= 1 && minutes <= 60) || !(rate >= 1 && rate <= 1000)) {
  console.error(usage)
  process.exit(2)
}

/** One notification in so many is hostile. */
const HOSTILE = 7
const TICK_MS = 100
const LOOK_MS = 10_000

// A product as the image runs it, on a simulated OpenStack and a real RabbitMQ of this run's own, for minutes: does it stay as it was?
const folder = mkdtempSync(join(tmpdir(), 'reflex-soak-'))
const broker = await startBroker({ own: true })
const sim = await startSim({ seed: 1, bootMs: 100, dnsMs: 60 })
const recorded = readRecorded()
const hostile = createHostile(recorded)
const looks: Look[] = []
const sent = { whole: 0, hostile: 0 }
let failed = true
try {
  await build()
  const clouds = join(folder, 'sim-clouds.yaml')
  writeFileSync(clouds, JSON.stringify(sim.clouds))
  const connection = await connect(broker.url)
  const channel = await connection.createConfirmChannel()
  const exchanges = [...new Set(recorded.map(({ exchange }) => exchange))]
  for (const exchange of exchanges) await channel.assertExchange(exchange, 'topic', { durable: false })
  const product = await startProduct(folder, configuration(exchanges), { OS_CLIENT_CONFIG_FILE: clouds })
  const callers = createCallers(product.url)
  const began = performance.now()
  let nextLook = began + LOOK_MS
  console.log(
    `${rate} notifications a second for ${minutes} minutes, one in ${HOSTILE} of them hostile; ${product.url}`
  )
  for (let tick = 1; performance.now() - began < minutes * 60_000; tick++) {
    const due = Math.floor((tick * rate * TICK_MS) / 1000)
    while (sent.whole + sent.hostile < due) {
      const n = sent.whole + sent.hostile
      const bad = n % HOSTILE === 0
      const { exchange, routingKey, body, headers } = bad ? hostile.bad(n) : hostile.whole(n)
      channel.publish(exchange, routingKey, body, { contentType: 'application/json', persistent: true, headers })
      sent[bad ? 'hostile' : 'whole'] += 1
    }
    await channel.waitForConfirms()
    callers.tick(tick)
    if (product.child.exitCode !== null) throw new Error(`the product ended: ${product.said().slice(-2000)}`)
    if (performance.now() >= nextLook) {
      nextLook += LOOK_MS
      const look = await lookAt(product.child.pid!, product.url, callers.takeTimes())
      looks.push(look)
      console.log(line(look, (performance.now() - began) / 1000))
    }
    await sleep(Math.max(0, began + tick * TICK_MS - performance.now()))
  }
  await callers.close()
  const ended = await lookAt(product.child.pid!, product.url, callers.takeTimes())
  console.log(`sent: ${sent.whole} as recorded, ${sent.hostile} hostile; callers: ${callers.counts()}`)
  console.log(`the product counts: ${ended.events} events and rows of no use, ${ended.malformed} malformed`)
  const { sentences, flat } = verdictOf(looks)
  for (const sentence of sentences) console.log(sentence)
  failed = !flat
  await product.stop()
  await connection.close()
} finally {
  await sim.close()
  await broker.stop()
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = failed ? 1 : 0

function line(look: Look, seconds: number): string {
  const p99 = (times: readonly number[]) => (times.length === 0 ? '-' : `${percentile(times, 0.99).toFixed(1)} ms`)
  return (
    `${seconds.toFixed(0).padStart(5)} s: ${look.rssMb.toFixed(0)} MB, ${look.handles} handles, ${look.threads} threads; ` +
    `/healthz p99 ${p99(look.health)}, webhooks p99 ${p99(look.webhooks)}, explain p99 ${p99(look.reads)}; ` +
    `ready ${look.ready}; ${look.events} events, ${look.malformed} malformed`
  )
}

function configuration(exchanges: readonly string[]): object {
  return {
    clusters: {
      dev: { cloud: 'dev', tier: 'bursty' },
      prod: { cloud: 'prod', tier: 'bursty' },
      infra: { cloud: 'infra', tier: 'bursty' }
    },
    notifications: [{ openstack: 'bench', region: 'RegionOne', url: broker.url, exchanges }],
    policies: {
      'dns-records': {
        mode: 'enforce',
        settings: {
          cloud: 'infra',
          fixed: { zone: 'cloud.lab.', name: '{server}.{project}.{zone}', ptrNetworks: ['*'] },
          floating: { zone: 'public.lab.', name: '{server}.{project}.{zone}', ptr: true }
        }
      }
    },
    gitlab: { secrets: [{ token, projects: ['apps/erpnext'] }] },
    journal: { path: join(folder, 'journal.db') },
    log: { level: 'error' },
    http: { port: 0 }
  }
}
