import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Slack, startSlack } from '../sim/slack/slack.ts'
import { build, type Started, startProduct, startServer } from './product.ts'
import { type BenchOptions, type BenchResult, percentile, spreadOf } from './result.ts'

const RATE = 200
const SECONDS = 10
/** So long Slack waits for an answer before it tells the person that the command failed. */
const SLACK_WAITS_MS = 3000
const signingSecret = 'a-signing-secret-of-slack'

/**
 * 200 slash commands a second for ten seconds to the real process (the production bundle), each verified, journalled and answered
 * before Slack's three seconds are over, then worked and its reply sent to its response_url; beside a bare Fastify route at the
 * same pace. Throws where a command has no answer or no reply.
 */
export async function run({ rounds, print }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-bench-'))
  const started: Started[] = []
  const slacks: Slack[] = []
  const targets = { ours: '', bare: '' }
  try {
    await build()
    const slackFor = async (name: 'ours' | 'bare') => {
      const slack = await startSlack({ signingSecret, target: () => targets[name] })
      slacks.push(slack)
      return slack
    }
    const at = { ours: await slackFor('ours'), bare: await slackFor('bare') }
    const ours = await startProduct(
      folder,
      {
        clusters: { bench: { cloud: 'bench', tier: 'bursty' } },
        policies: {},
        slack: {
          signingSecrets: [signingSecret],
          botToken: 'xoxb-sim',
          team: 'T0SIM',
          channel: 'C0SIM',
          users: { UALICE: { actor: 'alice', groups: ['sre'] } },
          apiUrl: at.ours.apiUrl,
          responseHosts: ['127.0.0.1']
        },
        journal: { path: join(folder, 'journal.db') },
        log: { level: 'warn' },
        http: { port: 0 }
      },
      { REFLEX_ROLES: 'receive,decide,act' }
    )
    started.push(ours)
    const bare = await startServer([join(import.meta.dirname, 'bare-route.ts')], folder)
    started.push(bare)
    Object.assign(targets, { ours: ours.url, bare: bare.url })

    const times = { ours: [] as number[][], bare: [] as number[][] }
    let slowestReply = 0
    for (let round = 1; round <= rounds; round++) {
      for (const name of ['bare', 'ours'] as const) times[name].push(await storm(at[name]))
      const wanted = round * RATE * SECONDS
      const began = performance.now()
      while (at.ours.replies.length < wanted) {
        if (performance.now() - began > 120_000)
          throw new Error(`${at.ours.replies.length} of ${wanted} commands had their reply after two minutes`)
        await sleep(50)
      }
      slowestReply = Math.max(slowestReply, performance.now() - began)
      const [one, other] = [times.ours.at(-1)!, times.bare.at(-1)!]
      print(
        `round ${round}: ours p50 ${ms(percentile(one, 0.5))}, p99 ${ms(percentile(one, 0.99))}, slowest ${ms(Math.max(...one))}; ` +
          `bare p50 ${ms(percentile(other, 0.5))}, p99 ${ms(percentile(other, 0.99))}`
      )
    }
    const p = (name: 'ours' | 'bare', share: number) =>
      spreadOf(times[name].map((all) => percentile(all, share))).median
    const slowest = Math.max(...times.ours.flat())
    const late = times.ours.flat().filter((time) => time > SLACK_WAITS_MS).length
    print(
      `${rounds * RATE * SECONDS} commands, ${RATE} a second: p50 ${ms(p('ours', 0.5))}, p99 ${ms(p('ours', 0.99))}, slowest ${ms(slowest)}, ` +
        `${late} after Slack's three seconds; all replies were there ${ms(slowestReply)} after the last command`
    )
    return {
      name: 'slack',
      unit: `ms p99 of an answer at ${RATE} slash commands a second`,
      ours: Number(p('ours', 0.99).toFixed(1)),
      reference: Number(p('bare', 0.99).toFixed(1)),
      referenceName: 'a bare Fastify route at the same pace',
      ratio: Number((p('bare', 0.99) / p('ours', 0.99)).toFixed(3)),
      p50: { ours: p('ours', 0.5), bare: p('bare', 0.5) },
      slowest,
      late,
      allRepliesAfterMs: slowestReply,
      rounds
    }
  } finally {
    await Promise.all(started.map((one) => one.stop()))
    await Promise.all(slacks.map((slack) => slack.close()))
    rmSync(folder, { recursive: true, force: true })
  }
}

const ms = (value: number) => `${value.toFixed(1)} ms`

/** ms of each answer, the command sent when it is due whatever became of those before it. */
async function storm(slack: Slack): Promise<number[]> {
  const began = performance.now()
  const answers: Promise<{ status: number; ms: number }>[] = []
  for (let n = 0; n < RATE * SECONDS; n++) {
    const due = began + (n * 1000) / RATE
    if (due > performance.now()) await sleep(due - performance.now())
    answers.push(slack.say('UALICE', n % 2 === 0 ? 'status' : `explain web-${n}`))
  }
  const all = await Promise.all(answers)
  const refused = all.find(({ status }) => status !== 200)
  if (refused !== undefined) throw new Error(`a command was answered ${refused.status}`)
  return all.map((one) => one.ms)
}
