import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connect } from 'amqplib'
import { startOpenstackConsumer } from '../src/consumers/openstack.ts'
import { receive } from '../src/pipeline/pipeline.ts'
import { dnsRecords } from '../src/policies/dns-records/policy.ts'
import { openJournal } from '../src/store/open.ts'
import type { EventRow } from '../src/store/rows.ts'
import { startBroker } from '../test/broker.ts'
import { build, startProduct } from './product.ts'
import { freshBody, osloTime, type Recorded, readRecorded, renewIds, settings, where } from './recorded.ts'
import { type BenchOptions, type BenchResult, percentile, show, spreadOf } from './result.ts'

const MESSAGES = 50_000
const ROWS_BEFORE = 500_000
const SAMPLE = 1000
const QUEUE = 'stackreflex'
const HOUR = 3_600_000
const exec = promisify(execFile)

/**
 * Notifications journalled and acknowledged per second by the real process (the production bundle, roles receive and consume),
 * from a quorum queue that holds 50,000, into a journal that holds 500,000; beside a bare consumer that only parses and
 * acknowledges. Once in the recorded mix, once where each of them wakes a lane of dns-records.
 */
export async function run({ rounds, print }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-bench-'))
  const broker = await startBroker({ own: true })
  try {
    await build()
    const recorded = readRecorded()
    const mixes = { recorded, relevant: recorded.filter(({ relevant }) => relevant) }
    print(`${recorded.length} recorded notifications, ${mixes.relevant.length} of them wake a lane of dns-records`)
    const template = join(folder, 'template.db')
    await prefill(template, recorded)
    print(`${ROWS_BEFORE.toLocaleString('en')} rows are in the journal before each round`)
    await declareQueue(broker.url, recorded)

    const rates = {
      recorded: { ours: [] as number[], bare: [] as number[] },
      relevant: { ours: [] as number[], bare: [] as number[] }
    }
    const health: number[] = []
    const memory: number[] = []
    let runs = 1_000_000
    for (let round = 1; round <= rounds; round++) {
      for (const mix of ['recorded', 'relevant'] as const) {
        const bareBodies = await fill(broker.url, mixes[mix], runs++)
        const bare = await runBare(broker.url, bareBodies.length)
        const bodies = await fill(broker.url, mixes[mix], runs++)
        const ours = await runOurs({ folder, template, url: broker.url, bodies, mix: mixes[mix] })
        rates[mix].bare.push(bare)
        rates[mix].ours.push(ours.rate)
        health.push(...ours.health)
        memory.push(ours.peakMb)
        const p99 = percentile(ours.health, 0.99).toFixed(1)
        print(
          `round ${round}, ${mix}: ours ${Math.round(ours.rate)}/s, bare ${Math.round(bare)}/s; ` +
            `/healthz p99 ${p99} ms, ${Math.round(ours.peakMb)} MB`
        )
      }
    }
    return report(rates, health, memory, rounds, print)
  } finally {
    await broker.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function report(
  rates: Record<'recorded' | 'relevant', { ours: number[]; bare: number[] }>,
  health: number[],
  memory: number[],
  rounds: number,
  print: BenchOptions['print']
): BenchResult {
  const of = (mix: 'recorded' | 'relevant') => {
    const ours = spreadOf(rates[mix].ours)
    const reference = spreadOf(rates[mix].bare)
    const ratio = Number((ours.median / reference.median).toFixed(3))
    print(`${mix}: ours ${show(ours, '/s')}, bare ${show(reference, '/s')}: ${ratio}`)
    return {
      ours: Math.round(ours.median),
      reference: Math.round(reference.median),
      ratio,
      spread: { ours, reference }
    }
  }
  const mixed = of('recorded')
  const relevant = of('relevant')
  const healthzP99Ms = Number(percentile(health, 0.99).toFixed(1))
  const peakRssMb = Math.round(Math.max(...memory))
  print(`/healthz p99 ${healthzP99Ms} ms over ${health.length} requests; peak RSS ${peakRssMb} MB`)
  return {
    name: 'ingest',
    unit: 'notifications/s',
    referenceName: 'bare amqplib consumer: parse and acknowledge',
    ...mixed,
    relevant,
    healthzP99Ms,
    peakRssMb,
    rounds,
    messages: MESSAGES,
    rowsBefore: ROWS_BEFORE,
    checked: SAMPLE
  }
}

/** Older events in the recorded mix, through the real pipeline. */
async function prefill(path: string, recorded: readonly Recorded[]): Promise<void> {
  const journal = await openJournal({ path })
  const policies = [
    { policy: dnsRecords as never, settings: settings as never, mode: 'enforce' as const, clusters: {} }
  ]
  const begin = Date.now() - 48 * HOUR
  let rows = 0
  for (let run = 0; rows < ROWS_BEFORE; run++) {
    const renew = <T extends { id: string; time: string }>(list: readonly T[]): T[] =>
      list.map((one) => ({
        ...(JSON.parse(renewIds(JSON.stringify(one), run)) as T),
        time: `${osloTime(begin + rows++ * 100).replace(' ', 'T')}Z`
      }))
    for (let from = 0; from < recorded.length; from += 500) {
      const some = recorded.slice(from, from + 500)
      const events = renew(some.flatMap((one) => one.events))
      await receive({ journal, policies }, { events, ignored: renew(some.flatMap((one) => one.ignored)) })
    }
  }
  await journal.close()
  // As if all of it had been decided: a journal with tens of thousands of lanes waiting is not the usual one.
  const db = new DatabaseSync(path)
  db.exec('update lane set head = last, pending = 0, since = null, due = null; pragma wal_checkpoint(truncate)')
  db.close()
}

/** By the consumer itself: the queue is as in production. */
async function declareQueue(url: string, recorded: readonly Recorded[]): Promise<void> {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  const exchanges = [...new Set(recorded.map(({ exchange }) => exchange))]
  for (const exchange of exchanges) await channel.assertExchange(exchange, 'topic', { durable: false })
  const quiet = { info() {}, warn() {}, error() {} }
  const consumer = await startOpenstackConsumer({ url, exchanges, where, append: async () => {}, log: quiet })
  await consumer.close()
  await connection.close()
}

/** Publishes until the queue holds them all. */
async function fill(url: string, recorded: readonly Recorded[], run: number): Promise<readonly Buffer[]> {
  const connection = await connect(url)
  const channel = await connection.createConfirmChannel()
  const begin = Date.now()
  const bodies: Buffer[] = []
  for (let n = 0; n < MESSAGES; n++) {
    const one = recorded[n % recorded.length]!
    const body = freshBody(one, run * 1000 + Math.floor(n / recorded.length), begin + n)
    bodies.push(body)
    channel.publish(one.exchange, one.routingKey, body, { contentType: 'application/json', persistent: true })
    if (n % 1000 === 999) await channel.waitForConfirms()
  }
  await channel.waitForConfirms()
  await untilQueueHolds(url, MESSAGES)
  await connection.close()
  return bodies
}

/** The count of a quorum queue lags a little behind. */
async function untilQueueHolds(url: string, count: number): Promise<void> {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  for (let tries = 0; ; tries++) {
    const { messageCount } = await channel.checkQueue(QUEUE)
    if (messageCount === count) break
    if (tries === 100) throw new Error(`${QUEUE} holds ${messageCount} messages, not ${count}`)
    await sleep(100)
  }
  await connection.close()
}

async function runBare(url: string, count: number): Promise<number> {
  const { stdout } = await exec(process.execPath, [join(import.meta.dirname, 'bare.ts'), url, QUEUE, String(count)])
  const { ms } = JSON.parse(stdout) as { ms: number }
  return (count / ms) * 1000
}

interface Ours {
  readonly rate: number
  readonly health: readonly number[]
  readonly peakMb: number
}

/** Timed from outside, by what another connection sees in the journal. */
async function runOurs(given: {
  folder: string
  template: string
  url: string
  bodies: readonly Buffer[]
  mix: readonly Recorded[]
}): Promise<Ours> {
  const path = join(given.folder, 'journal.db')
  for (const suffix of ['', '-wal', '-shm', '.lock']) rmSync(path + suffix, { force: true })
  copyFileSync(given.template, path)
  const journal = await openJournal({ path })
  const before = (await journal.counts()).events
  const perRun = given.mix.map(({ events, ignored }) => events.length + ignored.length)
  const expected = before + given.bodies.reduce((sum, _, n) => sum + perRun[n % perRun.length]!, 0)

  const server = await startServer(given.folder, path, given.url)
  const polling = new AbortController()
  const health = pollHealth(server.url, polling.signal)
  let begin = 0
  let first = before
  for (let now = before; now < expected; now = (await journal.counts()).events) {
    if (server.child.exitCode !== null) throw new Error(`the server ended: ${server.said()}`)
    if (begin === 0 && now > before) {
      begin = performance.now()
      first = now
    }
    await sleep(2)
  }
  const seconds = (performance.now() - begin) / 1000
  polling.abort()
  const latencies = await health
  const peakMb = peakRssMb(server.child.pid!)
  server.child.kill('SIGTERM')
  await once(server.child, 'exit')
  await untilQueueHolds(given.url, 0)
  await compare(journal, given.bodies, before)
  await journal.close()
  // The rows before the first look are not counted, nor is their time.
  const share = (expected - first) / (expected - before)
  return { rate: (given.bodies.length * share) / seconds, health: latencies, peakMb }
}

async function startServer(folder: string, path: string, url: string) {
  const { cloud, fixed, floating } = settings
  const started = await startProduct(
    folder,
    {
      clusters: { bench: { cloud: where.openstack, tier: 'bursty' } },
      notifications: [{ ...where, url }],
      policies: { 'dns-records': { mode: 'enforce', settings: { cloud, fixed, floating } } },
      journal: { path },
      log: { level: 'warn' },
      http: { port: 0 }
    },
    { REFLEX_ROLES: 'receive,consume' }
  )
  return { ...started, url: `${started.url}/healthz` }
}

/** ms of one answer; null where there is none. */
function answerTime(url: string, agent: Agent): Promise<number | null> {
  const begin = performance.now()
  return new Promise((resolve) => {
    get(url, { agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(performance.now() - begin))
    }).on('error', () => resolve(null))
  })
}

async function pollHealth(url: string, signal: AbortSignal): Promise<number[]> {
  const agent = new Agent({ keepAlive: true })
  const times: number[] = []
  while (!signal.aborted) {
    const ms = await answerTime(url, agent)
    if (ms !== null) times.push(ms)
    await sleep(5)
  }
  agent.destroy()
  return times
}

function peakRssMb(pid: number): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1]) / 1024
}

/** Random notifications, decoded here in another way than the product does, must be in the journal as they were sent. */
async function compare(
  journal: Awaited<ReturnType<typeof openJournal>>,
  bodies: readonly Buffer[],
  after: number
): Promise<void> {
  const rows = new Map<string, EventRow[]>()
  let before = Number.MAX_SAFE_INTEGER
  for (;;) {
    const page = (await journal.events({ limit: 5000, before })).filter(({ seq }) => seq > after)
    if (page.length === 0) break
    before = page.at(-1)!.seq
    for (const row of page) {
      const messageId = row.id.slice(0, 36)
      rows.set(messageId, [...(rows.get(messageId) ?? []), row])
    }
  }
  for (let n = 0; n < SAMPLE; n++) {
    const sent = decode(bodies[randomInt(bodies.length)]!)
    const found = rows.get(sent.messageId) ?? []
    if (found.length === 0) throw new Error(`notification ${sent.messageId} was acknowledged and is not in the journal`)
    for (const row of found) {
      const requestIds = row.ignored || row.requestId === null || sent.text.includes(row.requestId)
      const subject = row.subject === null || sent.text.includes(row.subject)
      const project = row.project === null || sent.text.includes(row.project)
      const time = row.time.slice(0, 23).replace('T', ' ') === sent.time.slice(0, 23)
      const data = row.ignored || (row.data as { kind?: string }).kind !== undefined
      if (row.type !== sent.type || !requestIds || !subject || !project || !time || !data) {
        throw new Error(`the journal says of ${sent.messageId}: ${JSON.stringify(row)}; sent was ${sent.text}`)
      }
    }
  }
}

function decode(body: Buffer): { messageId: string; type: string; time: string; text: string } {
  const text = body.toString().replaceAll('\\"', '"')
  const field = (name: string) => new RegExp(`"${name}": "([^"]*)"`).exec(text)?.[1]
  // The envelope's own fields are the first and the last of these names.
  const time = [...text.matchAll(/"timestamp": "(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6})", "_unique_id"/g)].at(-1)?.[1]
  return {
    messageId: field('message_id')!,
    type: [...text.matchAll(/"event_type": "([^"]*)"/g)][0]![1]!,
    time: time!,
    text
  }
}
