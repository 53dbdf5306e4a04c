import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { planSteps, skip } from '../../src/core/policy.ts'
import { operationsOnJournal } from '../../src/people/on-journal/operations.ts'
import type { Operations } from '../../src/people/operations.ts'
import { serverAt, Unreachable } from '../../src/people/over-http/ask.ts'
import { operationsOverHttp } from '../../src/people/over-http/operations.ts'
import type { Journal } from '../../src/store/journal.ts'
import { changed, event, open, recorded, route, step } from '../contract/journal-facts.ts'
import { build, context } from '../handlers/build.ts'
import { journalAt } from '../slack/office.ts'

const token = 'alice-token'
const alice = { name: 'alice', groups: ['sre'], local: false }
const sha256 = createHash('sha256').update(token).digest('hex')
const tokens = [{ sha256, actor: 'alice', groups: ['sre'] }]

/** Decides whatever is due to nothing, as a product that runs. */
const deciding = (journal: Journal) => async () => {
  for (let lane = await journal.claimLane('w', 10_000); lane !== null; lane = await journal.claimLane('w', 10_000))
    await recorded(journal, lane, skip('nothing to do'), {})
}

/** A journal with a plan that waits for people, a step that was done, and a lane that is parked. */
async function story(t: Test): Promise<Journal> {
  const { journal } = await journalAt(t)
  const due = async (lane: string) => {
    await journal.append({ events: [route(event(lane), lane)], ignored: [] })
    return (await journal.claimLane('w', 10_000))!
  }
  await recorded(journal, await due('a'), planSteps('it is missing', [step('t1')]), { actionIds: ['a1'] })
  const claim = await journal.claimAction('w', 10_000, open)
  if (claim?.verdict === 'proceed') {
    const inverse = { type: 'unsay', risk: 'delete', input: {} }
    await journal.recordAttempt(claim.action, { ...changed('t1'), inverse } as never, null)
  }
  await recorded(journal, await due('b'), planSteps('it is missing', [step('t2')]), {
    actionIds: ['b1'],
    mode: 'approve'
  })
  await journal.parkLane(await due('c'), 'TypeError', 'build')
  return journal
}

const implementations = {
  async journal(_t: Test, journal: Journal): Promise<Operations> {
    const following = { wake: () => {}, sleep: deciding(journal), withinMs: 10_000 }
    return operationsOnJournal(context(journal), alice, following)
  },
  async http(t: Test, journal: Journal): Promise<Operations> {
    const app = build(t, {
      journal,
      context: () => context(journal),
      tokens: () => tokens,
      now: Date.now,
      wake: () => void deciding(journal)()
    })
    const server = await app.listen({ host: '127.0.0.1', port: 0 })
    return operationsOverHttp(serverAt({ server, token, fetch }))
  }
} as const

/** Everything that people ask for once, in an order in which it can be done; times and ids of a moment are left out. */
async function askedOf(operations: Operations): Promise<Readonly<Record<string, unknown>>> {
  const { product: _, modes: __, ...status } = (await operations.status()) as never as Record<string, unknown>
  const answers = {
    status,
    stops: await operations.stops(),
    held: await operations.lanes({ held: true }),
    parked: await operations.lanes({ parked: true }),
    approvals: await operations.approvals({ state: 'open' }),
    explain: await operations.explain('a'),
    explainRange: await operations.explainRange({ since: '1h', policy: 'p' }),
    dns: { ...(await operations.dns('a')), records: null },
    quota: await operations.quota(),
    isolation: await operations.isolation(0),
    stop: await operations.stop('dev', 'odd'),
    stopTwice: await operations.stop(null, null),
    unknownCluster: await operations.stop('nowhere', null),
    resume: await operations.resume({ cluster: 'dev' }, 'mended'),
    resumeOther: await operations.resume({ stop: 2 }, null),
    resumeNone: await operations.resume({ stop: 9 }, null),
    vote: await operations.vote(1, 'reject', 'not now'),
    voteNone: await operations.vote(9, 'approve', null),
    undo: await operations.undo('a1', 'no need'),
    undoNone: await operations.undo('none', null),
    again: await operations.again(1, 'look'),
    unpark: await operations.unpark('c mended', null),
    accept: await operations.accept('clock', 'it is right'),
    acceptNone: await operations.accept('journal', null),
    restart: await operations.restart('erpnext', 'prod', null),
    requestQuota: await operations.requestQuota({
      ...{ cluster: 'prod', resource: 'cores', amount: 16, forMs: null, reason: null }
    }),
    releaseQuota: await operations.releaseQuota(3, null)
  }
  return JSON.parse(JSON.stringify(answers, withoutMoments)) as Record<string, unknown>
}

function withoutMoments(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  // Over HTTP, why something is refused is a code that nobody needs beside the sentence.
  if (name === 'why') return 'no'
  return value.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, 'T').replace(/a1\/[0-9a-z]+/g, 'a1/…')
}

t.test('everything that people ask for has the same answer on the journal and through the API', async (t) => {
  const [local, remote] = [await story(t), await story(t)]
  const onJournal = await askedOf(await implementations.journal(t, local))
  const overHttp = await askedOf(await implementations.http(t, remote))
  for (const name of Object.keys(onJournal)) t.strictSame(overHttp[name], onJournal[name], name)
  t.match(onJournal, {
    stop: { ok: true, stop: 1, cluster: 'dev', others: [] },
    resume: { ok: true, lifted: { id: 1, by: 'alice' }, left: [{ id: 2 }] },
    vote: { ok: true, approval: { state: 'rejected' }, missing: 1, decision: { outcome: 'skip' } },
    undo: { ok: true, policy: 'undo', decision: { outcome: 'skip' } },
    again: { ok: true, before: { id: 1 }, decision: { outcome: 'skip' } },
    unpark: { ok: true, lane: 'c' },
    accept: { ok: true, accepted: 'clock' },
    restart: { ok: false, reason: /no policy reacts to this/ },
    requestQuota: { ok: false }
  })
})

t.test('nobody there is no refusal', async (t) => {
  const none = (async () => Response.json({})) as typeof fetch
  const operations = operationsOverHttp(serverAt({ server: 'http://127.0.0.1:1', token, fetch: none }))
  const failed = (error: unknown) => error
  t.ok((await operations.stops().catch(failed)) instanceof Unreachable)
  t.match(await operations.stop(null, null).catch(failed), {
    lines: [/is no Stackreflex/, 'nothing was asked for, and nothing happened']
  })
})
