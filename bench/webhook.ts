import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { build, type Started, startProduct, startServer } from './product.ts'
import { type BenchOptions, type BenchResult, spreadOf } from './result.ts'

const SECONDS = 3
const CONNECTIONS = [64, 20] as const
/** Deliveries a second at which the time of one is looked at, and through how many connections they come. */
const STEADY = { rate: 1000, connections: 64 }
const secret = 'a-token-of-the-webhook'
const somewhere = '0123456789abcdef0123456789abcdef01234567'

type Side = 'ours' | 'bare'
/** What is measured of each side in a round: all that goes through so many connections, and a steady pace, quiet and not. */
const measures: Readonly<Record<string, (url: string) => Promise<Times>>> = {
  ...Object.fromEntries(CONNECTIONS.map((n) => [`${n} connections`, (url: string) => load(url, n)])),
  [`${STEADY.rate} a second`]: (url) => steadily(url),
  [`${STEADY.rate} a second beside a busy loop on each core`]: (url) => besideBusyLoops(() => steadily(url))
}

/**
 * GitLab's webhooks that the real process (the production bundle) verifies, normalises and journals on disk before it answers,
 * beside a bare Fastify route that only takes the same body: as many a second as 64 and 20 connections get through, then the time
 * of one at 1,000 a second, quiet and beside a busy loop on each core. Each is another push, so that none is passed over as known.
 */
export async function run({ rounds, print }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-bench-'))
  const started: Started[] = []
  try {
    await build()
    const ours = await startProduct(
      folder,
      {
        clusters: { bench: { cloud: 'bench', tier: 'bursty' } },
        policies: {},
        gitlab: { secrets: [{ token: secret }] },
        journal: { path: join(folder, 'journal.db') },
        log: { level: 'warn' },
        http: { port: 0 }
      },
      { REFLEX_ROLES: 'receive' }
    )
    started.push(ours)
    const bare = await startServer([join(import.meta.dirname, 'bare-route.ts')], folder)
    started.push(bare)
    const sides = { bare, ours }
    for (const { url } of Object.values(sides)) await load(url, STEADY.connections)

    const all = new Map<string, Record<Side, Times[]>>()
    for (let round = 1; round <= rounds; round++) {
      for (const [name, measure] of Object.entries(measures)) {
        const found = all.get(name) ?? { ours: [], bare: [] }
        all.set(name, found)
        for (const side of ['bare', 'ours'] as const) found[side].push(await measure(sides[side].url))
        const [one, other] = [found.ours.at(-1)!, found.bare.at(-1)!]
        print(`round ${round}, ${name}: ours ${said(one)}; bare ${said(other)}`)
      }
    }
    const metrics = await (await fetch(`${ours.url}/metrics`)).text()
    print(`${/^stackreflex_events_total\S* (\d+)$/m.exec(metrics)?.[1]} are in the journal`)
    const figures = Object.fromEntries([...all].map(([name, found]) => [name, figuresOf(found)]))
    for (const [name, { ours, bare, ratio }] of Object.entries(figures))
      print(`${name}: ratio ${ratio}; ours ${said(ours)}, bare ${said(bare)}`)
    const most = figures[`${CONNECTIONS[0]} connections`]!
    return {
      name: 'webhook',
      unit: `webhooks of GitLab a second through ${CONNECTIONS[0]} connections`,
      ours: most.ours.rate,
      reference: most.bare.rate,
      referenceName: 'a bare Fastify route that takes the same body',
      ratio: most.ratio,
      figures,
      rounds
    }
  } finally {
    await Promise.all(started.map((one) => one.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

const said = ({ rate, p50, p99 }: Times) => `${rate}/s, p50 ${p50} ms, p99 ${p99} ms`

/** The medians of the rounds; a round's two sides are measured one after the other, so that the ratio is of the same moment. */
function figuresOf({ ours, bare }: Record<Side, readonly Times[]>) {
  const of = (all: readonly Times[]): Times => ({
    rate: spreadOf(all.map(({ rate }) => rate)).median,
    p50: spreadOf(all.map(({ p50 }) => p50)).median,
    p99: spreadOf(all.map(({ p99 }) => p99)).median
  })
  const ratio = spreadOf(ours.map(({ rate }, round) => rate / bare[round]!.rate)).median
  return { ours: of(ours), bare: of(bare), ratio: Number(ratio.toFixed(3)) }
}

interface Times {
  readonly rate: number
  /** ms, counted from when the delivery was due. */
  readonly p50: number
  readonly p99: number
}

const body = readFileSync(join(import.meta.dirname, '../test/fixtures/gitlab/push.json'), 'utf8')
const { after } = JSON.parse(body) as { after: string }
const template = body.replaceAll(after, somewhere)

const steadily = (url: string) => load(url, STEADY.connections, STEADY.rate)

async function besideBusyLoops<T>(work: () => Promise<T>): Promise<T> {
  const loops = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
  )
  try {
    return await work()
  } finally {
    await Promise.all(loops.map((one) => one.kill('SIGKILL') && once(one, 'exit')))
  }
}

async function load(url: string, connections: number, rate?: number): Promise<Times> {
  const result = await autocannon({
    url,
    connections,
    duration: SECONDS,
    ...(rate === undefined ? {} : { overallRate: rate }),
    requests: [
      {
        method: 'POST',
        path: '/webhooks/gitlab',
        setupRequest: (request) => {
          const id = randomUUID()
          const headers = {
            'content-type': 'application/json',
            'x-gitlab-event': 'Push Hook',
            'x-gitlab-token': secret,
            'idempotency-key': id
          }
          const sha = id.replaceAll('-', '').padEnd(40, '0')
          return { ...request, headers, body: template.replaceAll(somewhere, sha) }
        }
      }
    ]
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} were refused, ${result.errors} had no answer`)
  return { rate: Math.round(result.requests.average), p50: result.latency.p50, p99: result.latency.p99 }
}
