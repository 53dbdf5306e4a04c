import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import type { Test } from 'tap'
import { startSlack } from '../../sim/slack/slack.ts'
import { createLog } from '../../src/base/log.ts'
import { createMetrics } from '../../src/base/metrics.ts'
import { createSlack } from '../../src/clients/slack/slack.ts'
import type { SlackConfig } from '../../src/config/config.ts'
import { guard } from '../../src/core/guard.ts'
import { planSteps, skip } from '../../src/core/policy.ts'
import type { Wake } from '../../src/core/routed-event.ts'
import type { Event, Ignored } from '../../src/events/event.ts'
import { guardRoutes } from '../../src/handlers/access.ts'
import { webhookRoutes } from '../../src/handlers/webhook.ts'
import { slackSender as slackWebhooks } from '../../src/handlers/webhooks/slack.ts'
import { startSlackNews } from '../../src/outbound/slack/news.ts'
import { createReplies } from '../../src/outbound/slack/replies.ts'
import { createSaid } from '../../src/outbound/slack/said.ts'
import type { OperationsContext } from '../../src/people/on-journal/context.ts'
import { type ConversationParts, createConversation } from '../../src/slack/conversation.ts'
import { createUserGroups } from '../../src/slack/usergroups.ts'
import type { Journal } from '../../src/store/journal.ts'
import { openJournal } from '../../src/store/open.ts'
import { event, recorded, route, step } from '../contract/journal-facts.ts'
import { context as usual } from '../handlers/build.ts'

const calm = { tier: 'bursty', calendar: { timeZone: 'UTC', windows: [], freezes: [] }, inFlight: null } as const
const limits = guard(
  { clusters: { dev: calm, prod: calm }, budgets: [], coolDowns: [] },
  { p: { mode: 'approve', clusters: {} } }
)
export const signingSecret = '8f742231b10e8888abcd99yyyzzz85a5'

export async function journalAt(t: Test, path?: string): Promise<{ journal: Journal; path: string }> {
  const file = path ?? join(mkdtempSync(join(tmpdir(), 'reflex-slack-')), 'j.db')
  const journal = await openJournal({ path: file })
  t.teardown(() => journal.close())
  return { journal, path: file }
}

interface Options {
  readonly journal?: Journal
  readonly settings?: Partial<SlackConfig>
  readonly context?: Partial<OperationsContext>
  readonly desk?: Partial<ConversationParts>
  /** Lanes that a call wakes. */
  readonly lanes?: (event: Event) => readonly Wake[]
  readonly receive?: (batch: { events: readonly Event[]; ignored: readonly Ignored[] }) => Promise<never>
  readonly off?: boolean
}

/** The two routes on a port, a Slack that calls them, and a journal. */
export async function office(t: Test, options: Options = {}) {
  const { journal } = options.journal === undefined ? await journalAt(t) : { journal: options.journal }
  const entries: string[] = []
  const log = createLog({ level: 'info', out: { write: (line: string) => entries.push(line) } as never })
  const clock = { ms: 0 }
  const now = () => Date.now() + clock.ms
  const app = Fastify()
  t.teardown(() => app.close())
  guardRoutes(app, () => [])

  const box: { settings: SlackConfig | null } = { settings: null }
  const settings = () => box.settings
  const context = (): OperationsContext => ({ ...usual(journal), now: Date.now, ...options.context })
  const waits: number[] = []
  const sleep = async (ms: number) => {
    waits.push(ms)
    clock.ms += ms
  }
  const client = () => {
    const { botToken, apiUrl } = box.settings!
    web ??= createSlack({ token: botToken ?? '', apiUrl, now, sleep })
    return botToken === null ? null : web
  }
  let web: ReturnType<typeof createSlack> | null = null
  const replies = createReplies({ settings, client, log, now })
  const userGroups = createUserGroups({ settings, client, log, now })
  const said = createSaid()
  const parts = { settings, context, replies, said, userGroups, log, wake: () => {}, sleep: async () => {} }
  const desk = createConversation({ ...parts, ...options.desk })
  const tasks: Promise<void>[] = []
  const receive =
    options.receive ??
    ((batch: { events: readonly Event[]; ignored: readonly Ignored[] }) =>
      journal.append({
        events: batch.events.map((one) => {
          const lanes = options.lanes?.(one) ?? []
          return { event: one, lanes, note: lanes.length === 0 ? 'p: does nothing about it' : null }
        }),
        ignored: batch.ignored
      }))
  const work = (task: () => Promise<void>) => void tasks.push(task())
  webhookRoutes(app, {
    senders: [slackWebhooks({ settings, context, work, conversation: desk, userGroups })],
    receive: (_sender, batch) => receive(batch),
    log,
    metrics: createMetrics(),
    now
  })
  const target = await app.listen({ host: '127.0.0.1', port: 0 })
  const slack = await startSlack({ signingSecret, target, now })
  t.teardown(() => slack.close())
  box.settings = options.off
    ? null
    : {
        signingSecrets: [signingSecret],
        botToken: 'xoxb-sim',
        team: 'T0SIM',
        channel: 'C0SIM',
        users: {
          UALICE: { actor: 'alice', groups: ['sre'] },
          UBOB: { actor: 'bob', groups: ['sre'] },
          UEVE: { actor: 'eve', groups: [] }
        },
        userGroups: {},
        apiUrl: slack.apiUrl,
        responseHosts: ['127.0.0.1'],
        ...options.settings
      }
  const news = startSlackNews({ journal, settings, client, replies, said, log, now, everyMs: 0 })
  t.teardown(() => news.close())

  const plan = { ...step('t1'), cluster: 'prod' }
  /** Decides whatever is due, to these steps. */
  const decideDue = async (steps = [plan], requesters: readonly string[] = []) => {
    for (let lane = await journal.claimLane('w', 10_000); lane !== null; lane = await journal.claimLane('w', 10_000)) {
      const decision = steps.length === 0 ? skip('nothing to do any more') : planSteps('t1 is missing', steps)
      const actionIds = steps.map((_, n) => `a${lane?.throughSeq}-${n}`)
      await recorded(journal, lane, decision, { mode: 'approve', actionIds, now: Date.now(), requesters }, limits)
    }
  }

  return {
    app,
    box,
    clock,
    desk,
    entries,
    journal,
    news,
    plan,
    slack,
    target,
    waits,
    decideDue,
    /** Everything that was asked is worked. */
    settled: async () => {
      while (tasks.length > 0) await tasks.shift()
    },
    /** Something happens that wants a plan approved. */
    wanted: async (id = '1', lane = 'a', requesters: readonly string[] = []) => {
      await journal.append({ events: [route(event(id), lane)], ignored: [] })
      await decideDue([plan], requesters)
    }
  }
}
