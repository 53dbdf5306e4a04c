import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Slack, startSlack } from '../sim/slack/slack.ts'
import { openJournal } from '../src/store/open.ts'
import { build, type Started, startProduct, startServer } from './product.ts'
import { type BenchOptions, type BenchResult, percentile, spreadOf } from './result.ts'

const RATE = 200
const SECONDS = 10
/** So long Slack waits for an answer before it tells the person that the command failed. */
const SLACK_WAITS_MS = 3000
/** So long Slack's own API takes behind each of our replies. */
const SLOW_MS = 500
/** Within so much of a storm the product is killed. */
const KILLED_WITHIN_MS = 5000
const signingSecret = 'a-signing-secret-of-slack'

/**
 * 200 slash commands a second for ten seconds to the real process (the production bundle), each verified, journalled and answered
 * before Slack's three seconds are over, then worked and its reply sent to its response_url, where Slack takes half a second; beside
 * a bare Fastify route at the same pace. At the end the product is ended by `kill -9` in the middle of a storm. Throws where a
 * command has no answer or no reply, and where one that was answered is not in the journal after the kill.
 */
export async function run({ rounds, print }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-bench-'))
  const started: Started[] = []
  const slacks: Slack[] = []
  const targets = { ours: '', bare: '' }
  try {
    await build()
    const slackFor = async (name: 'ours' | 'bare') => {
      const slack = await startSlack({ signingSecret, target: () => targets[name], answersAfterMs: SLOW_MS })
      slacks.push(slack)
      return slack
    }
    const at = { ours: await slackFor('ours'), bare: await slackFor('bare') }
    const journal = join(folder, 'journal.db')
    const product = () =>
      startProduct(
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
          journal: { path: journal },
          log: { level: 'warn' },
          http: { port: 0 }
        },
        { REFLEX_ROLES: 'receive,decide,act' }
      )
    const ours = await product()
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
    const killed = await lostByKill(at.ours, ours, journal)
    print(
      `kill -9 in the middle of it: ${killed.answered} commands were answered, ${killed.cut} had no answer, ${killed.lost} of those answered are lost`
    )
    if (killed.lost > 0) throw new Error(`${killed.lost} commands were answered and are not in the journal`)
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
      killed,
      rounds
    }
  } finally {
    await Promise.all(started.map((one) => one.stop()))
    await Promise.all(slacks.map((slack) => slack.close()))
    rmSync(folder, { recursive: true, force: true })
  }
}

const ms = (value: number) => `${value.toFixed(1)} ms`

interface Sent {
  readonly words: string
  /** null: there was no answer. */
  readonly status: number | null
  readonly ms: number
  readonly failed?: string
}

/** So many commands at their pace, each sent when it is due whatever became of those before it. */
async function send(slack: Slack, count: number, words: (n: number) => string): Promise<readonly Sent[]> {
  const began = performance.now()
  const sent: Promise<Sent>[] = []
  for (let n = 0; n < count; n++) {
    const due = began + (n * 1000) / RATE
    if (due > performance.now()) await sleep(due - performance.now())
    const said = words(n)
    sent.push(
      slack.say('UALICE', said).then(
        ({ status, ms }) => ({ words: said, status, ms }),
        (error: Error & { cause?: Error }) => ({
          words: said,
          status: null,
          ms: 0,
          failed: error.cause?.message ?? error.message
        })
      )
    )
  }
  return Promise.all(sent)
}

/** ms of each answer. */
async function storm(slack: Slack): Promise<number[]> {
  const all = await send(slack, RATE * SECONDS, (n) => (n % 2 === 0 ? 'status' : `explain web-${n}`))
  const refused = all.find(({ status }) => status !== 200)
  if (refused !== undefined) throw new Error(`a command was answered ${refused.status ?? refused.failed}`)
  return all.map((one) => one.ms)
}

/** Ends the product without a word while commands come; what was answered has to be in the journal. */
async function lostByKill(slack: Slack, product: Started, path: string) {
  const over = once(product.child, 'exit')
  const sending = send(slack, (RATE * KILLED_WITHIN_MS) / 1000, (n) => `explain killed-${n}`)
  await sleep(1000 + Math.random() * (KILLED_WITHIN_MS - 2000))
  product.child.kill('SIGKILL')
  await over
  const all = await sending
  const answered = all.filter(({ status }) => status === 200).map(({ words }) => words)
  const journal = await openJournal({ path })
  const kept = new Set<unknown>()
  for (let before = Number.MAX_SAFE_INTEGER, page = 1; page > 0; ) {
    const events = await journal.events({ limit: 1000, before, type: 'slack.command' })
    for (const { data } of events) kept.add((data as { words?: unknown } | null)?.words)
    before = events.at(-1)?.seq ?? 0
    page = events.length
  }
  await journal.close()
  return {
    answered: answered.length,
    cut: all.length - answered.length,
    lost: answered.filter((words) => !kept.has(words)).length
  }
}
