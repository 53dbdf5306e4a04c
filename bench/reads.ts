import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { build, type Started, startProduct } from './product.ts'
import { serverOf, writeJournal } from './reads-journal.ts'
import type { Probe, Probed } from './reads-probe.ts'
import { type BenchOptions, type BenchResult, percentile } from './result.ts'

const SIZES = { events: 2_000_000, lanes: 60_000 }
const LIMITS = { question: 50, health: 20, webhook: 50 }
const IDLE_MS = 3000
/** Each round asks each question so often, one after the other. */
const TIMES = 10
const AT_ONCE = 30
const secret = 'a-token-of-the-webhook'

/** Everything that people ask, at its dearest: what there is much of, and what there is none of. */
const questions: Readonly<Record<string, string>> = {
  'explain, nothing of the name': 'explain?about=zzz',
  'explain, nothing of the id': `explain?about=${serverOf(SIZES.lanes + 7)}`,
  'explain, a server': `explain?about=${serverOf(6)}`,
  'explain, a name': 'explain?about=web-7.p7.example',
  'explain, part of a name': 'explain?about=web-59999',
  'explain, an event by its id': 'explain?about=17156084-0005-4005-8005-000000031713',
  'explain, an event by its number': 'explain?about=1999998',
  'explain, a decision': 'explain?about=decision:400000',
  'explain since 24 h': 'explain?since=24h',
  'explain since 30 days': 'explain?since=30d',
  'explain one day a month ago': 'explain?since=30d&until=29d',
  'explain since 30 days, a policy': 'explain?since=30d&policy=isolation',
  'explain since 30 days, a policy that decided nothing': 'explain?since=30d&policy=quota-rebalance',
  events: 'events',
  'events of a type that has none': 'events?type=compute.instance.resize.end',
  'events of a rare type': 'events?type=stackreflex.stop',
  'events of a family': 'events?type=compute.*',
  'events of a project': 'events?project=p9',
  'events of a project since 24 h': 'events?project=p9&since=24h',
  'events of a project and a type': 'events?project=p9&type=port.update.end',
  'events of a resource': `events?resource=${serverOf(6)}`,
  decisions: 'decisions',
  'decisions of a policy': 'decisions?type=isolation',
  'decisions of a project': 'decisions?project=p9',
  'decisions of a project that has none': 'decisions?project=zzz',
  'decisions about a resource': `decisions?resource=${serverOf(6)}`,
  'decisions since 24 h': 'decisions?since=24h',
  actions: 'actions',
  'actions of a type that has none': 'actions?type=zzz*',
  'actions of a project': 'actions?project=p9',
  isolation: 'isolation',
  lanes: 'lanes',
  approvals: 'approvals'
}

/**
 * Every question that people ask a journal of 2 million events, on the production bundle, each beside its limit; and how long a
 * probe and a webhook wait meanwhile, beside how long they wait where nobody asks anything. A missed limit ends it with 1.
 */
export async function run({ rounds, print }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(roomy(), 'reflex-bench-'))
  const started: Started[] = []
  try {
    const path = join(folder, 'journal.db')
    const begin = performance.now()
    await build()
    await writeJournal(path, SIZES, Date.now())
    print(`${SIZES.events.toLocaleString('en')} events written in ${seconds(begin)} s`)
    const ours = await startProduct(folder, config(path), { REFLEX_ROLES: 'receive,serve' })
    started.push(ours)

    const asked = new Map<string, number[]>()
    const processor = new Map<string, number[]>()
    for (let round = 0; round <= rounds; round++)
      for (const [name, path] of Object.entries(questions)) {
        const before = processorOf(ours)
        const times: number[] = []
        for (let n = 0; n < TIMES; n++) times.push(await timeOf(`${ours.url}/api/v1/${path}`))
        // The first round reads the file for the first time.
        if (round === 0) continue
        asked.set(name, [...(asked.get(name) ?? []), ...times])
        processor.set(name, [...(processor.get(name) ?? []), (processorOf(ours) - before) / TIMES])
      }

    const idle = await probing(ours.url, () => sleep(IDLE_MS))
    const meanwhile = await probing(ours.url, async () => {
      for (const path of Object.values(questions))
        for (let n = 0; n < TIMES; n++) await timeOf(`${ours.url}/api/v1/${path}`)
    })
    const statuses: number[] = []
    const storm = await probing(ours.url, async () => {
      for (let round = 0; round < rounds; round++) {
        const answers = Array.from({ length: AT_ONCE }, () => fetch(`${ours.url}/api/v1/explain?about=zzz`))
        for (const answer of await Promise.all(answers)) statuses.push(answer.status)
      }
    })

    const rows = [...asked].map(([name, times]) => ({
      name,
      p50: round(percentile(times, 0.5)),
      max: round(Math.max(...times)),
      processor: round(Math.min(...processor.get(name)!)),
      limit: LIMITS.question
    }))
    // On a machine that others keep busy a clock measures them; what the processor did for a question is ours alone.
    const isBusy = p99(idle.health) > LIMITS.health
    const isMissed = ({ p50, processor, limit }: (typeof rows)[number]) => (isBusy ? processor : p50) > limit
    for (const row of rows)
      print(
        `${row.name.padEnd(54)} p50 ${ms(row.p50)}, max ${ms(row.max)}, processor ${ms(row.processor)}; limit ${row.limit} ms` +
          (isMissed(row) ? ': MISSED' : '')
      )
    const waits = [
      { name: '/healthz p99 meanwhile', ms: p99(meanwhile.health), idle: p99(idle.health), limit: LIMITS.health },
      { name: 'webhook p99 meanwhile', ms: p99(meanwhile.webhook), idle: p99(idle.webhook), limit: LIMITS.webhook },
      {
        name: `/healthz p99 while ${AT_ONCE} ask zzz at once`,
        ms: p99(storm.health),
        idle: p99(idle.health),
        limit: LIMITS.health
      }
    ]
    for (const { name, ms: ours, idle, limit } of waits)
      print(
        `${name.padEnd(54)} ${ms(ours)}; where nobody asks ${ms(idle)}; limit ${limit} ms${ours > limit && !isBusy ? ': MISSED' : ''}`
      )
    if (isBusy)
      print(
        `this machine is kept busy by others: /healthz waits ${ms(p99(idle.health)).trim()} where nobody asks. ` +
          'Questions are judged by the processor, and what waits is not judged'
      )
    const refused = statuses.filter((status) => status === 429).length
    print(`of ${statuses.length} that asked at once, one caller, ${refused} were told to come back`)

    const missed = [...rows.filter(isMissed), ...waits.filter(({ ms, limit }) => ms > limit && !isBusy)]
    if (missed.length > 0) process.exitCode = 1
    const slowest = Math.max(...rows.map(({ p50, processor }) => (isBusy ? processor : p50)))
    return {
      name: 'reads',
      unit: 'ms for the slowest question at 2,000,000 events',
      ours: slowest,
      reference: LIMITS.question,
      referenceName: 'the limit of a question',
      ratio: Number((LIMITS.question / slowest).toFixed(3)),
      questions: rows,
      waits,
      isBusy,
      missed: missed.map(({ name }) => name),
      rounds
    }
  } finally {
    await Promise.all(started.map((one) => one.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

const config = (path: string) => ({
  clusters: { bench: { cloud: 'bench', tier: 'bursty' } },
  policies: {},
  gitlab: { secrets: [{ token: secret }] },
  journal: { path },
  log: { level: 'warn' },
  http: { port: 0 }
})

/** In memory where there is room for it: it is the questions that are measured, not a disk. */
function roomy(): string {
  const memory = '/dev/shm'
  if (!existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize > 4e9 ? memory : tmpdir()
}

/** Asks from another thread, which waits for nothing of ours. */
async function probing(url: string, work: () => Promise<unknown>): Promise<Probed> {
  const probe = new Worker(new URL('./reads-probe.ts', import.meta.url), {
    workerData: { url, secret } satisfies Probe
  })
  const probed = once(probe, 'message') as Promise<[Probed]>
  await work()
  probe.postMessage('end')
  return (await probed)[0]
}

/** ms that the processor has worked for all threads of the product, in steps of 10. */
function processorOf({ child }: Started): number {
  const [, numbers = ''] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')
  const [user, system] = numbers.split(' ').slice(11)
  return (Number(user) + Number(system)) * 10
}

/** 404 is an answer too: that there is nothing. */
async function timeOf(url: string): Promise<number> {
  const begin = performance.now()
  const answer = await fetch(url)
  await answer.arrayBuffer()
  if (answer.status !== 200 && answer.status !== 404) throw new Error(`${url}: ${answer.status}`)
  return performance.now() - begin
}

const round = (value: number) => Number(value.toFixed(1))
const p99 = (values: readonly number[]) => round(percentile(values, 0.99))
const ms = (value: number) => `${value.toFixed(1).padStart(6)} ms`
const seconds = (begin: number) => Math.round((performance.now() - begin) / 1000)
