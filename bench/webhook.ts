import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { build, type Started, startProduct, startServer } from './product.ts'
import { type BenchOptions, type BenchResult, show, spreadOf } from './result.ts'

const SECONDS = 4
const CONNECTIONS = 64
/** Deliveries a second at which the time of one is looked at. */
const STEADY = 1000
const secret = 'a-token-of-the-webhook'
const somewhere = '0123456789abcdef0123456789abcdef01234567'

/**
 * GitLab's webhooks that the real process (the production bundle) verifies, normalises and journals on disk before it answers,
 * beside a bare Fastify route that only takes the same body: as many a second as 64 connections get through, then the time of
 * one at 1,000 a second. Each is another push, so that none is passed over as known.
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

    const rates = { ours: [] as number[], bare: [] as number[] }
    const steady = { ours: [] as Times[], bare: [] as Times[] }
    for (let round = 0; round <= rounds; round++) {
      for (const [name, { url }] of Object.entries({ bare, ours }) as ['bare' | 'ours', Started][]) {
        const most = await load(url)
        const even = await load(url, STEADY)
        // The first round only warms up.
        if (round === 0) continue
        rates[name].push(most.rate)
        steady[name].push(even)
      }
      if (round > 0)
        print(`round ${round}: ours ${Math.round(rates.ours.at(-1)!)}/s, bare ${Math.round(rates.bare.at(-1)!)}/s`)
    }
    const metrics = await (await fetch(`${ours.url}/metrics`)).text()
    const total = Number(/^stackreflex_events_total\S* (\d+)$/m.exec(metrics)?.[1])
    const [most, limit] = [spreadOf(rates.ours), spreadOf(rates.bare)]
    const at = (all: readonly Times[], which: 'p50' | 'p99') => spreadOf(all.map((one) => one[which])).median
    print(`ours ${show(most, '/s')}; bare route ${show(limit, '/s')}; ${total} are in the journal`)
    print(
      `at ${STEADY} a second: ours p50 ${at(steady.ours, 'p50')} ms, p99 ${at(steady.ours, 'p99')} ms; ` +
        `bare p50 ${at(steady.bare, 'p50')} ms, p99 ${at(steady.bare, 'p99')} ms`
    )
    return {
      name: 'webhook',
      unit: 'webhooks of GitLab a second',
      ours: Math.round(most.median),
      reference: Math.round(limit.median),
      referenceName: 'a bare Fastify route that takes the same body',
      ratio: Number((most.median / limit.median).toFixed(3)),
      steady: {
        rate: STEADY,
        ours: { p50: at(steady.ours, 'p50'), p99: at(steady.ours, 'p99') },
        bare: { p50: at(steady.bare, 'p50'), p99: at(steady.bare, 'p99') }
      },
      rounds
    }
  } finally {
    await Promise.all(started.map((one) => one.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
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

async function load(url: string, rate?: number): Promise<Times> {
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
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
  return { rate: result.requests.average, p50: result.latency.p50, p99: result.latency.p99 }
}
