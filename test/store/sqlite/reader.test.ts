import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createLog } from '../../../src/base/log.ts'
import { skip } from '../../../src/core/policy.ts'
import { gitlabSender } from '../../../src/handlers/webhooks/gitlab.ts'
import { bounded } from '../../../src/people/explain/bounded.ts'
import { openSqliteReader, type ReaderOptions } from '../../../src/store/sqlite/reader.ts'
import { openSqliteJournal } from '../../../src/store/sqlite/sqlite.ts'
import { journalContract } from '../../contract/journal.ts'
import { decided, event, route, START } from '../../contract/journal-facts.ts'
import { build, context } from '../../handlers/build.ts'
import type { WholeParts } from '../../handlers/every-route.ts'
import { fixture, received, token } from '../../handlers/gitlab-door.ts'

const log = createLog({ level: 'silent' })
const hung = new URL('./hung-reader.ts', import.meta.url)
let files = 0

/** A journal, and a reader on it: of the product's own thread, or of one that hangs and crashes. */
async function opened(t: Test, options: Partial<ReaderOptions> = {}) {
  const path = join(t.testdir({}), 'journal.db')
  const journal = await openSqliteJournal({ path })
  const reader = openSqliteReader({ journalPath: path, log, ...options })
  t.teardown(async () => {
    await reader.close()
    await journal.close()
  })
  return { journal, reader, reading: reader.reading }
}

const code = (code: string) => ({ name: 'ReadError', code })

t.test('the thread answers as the journal itself', async (t) => {
  const folder = t.testdir({})
  journalContract(
    t,
    async (t, now) => {
      const path = join(folder, `${files++}.db`)
      return async () => {
        const journal = await openSqliteJournal({ path, now })
        const reader = openSqliteReader({ journalPath: path, log })
        t.teardown(async () => {
          await reader.close()
          await journal.close()
        })
        return { ...journal, ...reader.reading }
      }
    },
    ['read side', 'memory']
  )
})

t.test('a read that hangs keeps no probe, no webhook, no decision and no person waiting', async (t) => {
  const { journal, reading } = await opened(t, { entry: hung, limits: { silentMs: 600_000 } })
  const take = received(journal)
  const webhooks: WholeParts['webhooks'] = {
    senders: [gitlabSender({ secrets: () => [token] })],
    receive: async (_sender, batch) => take(batch).then(() => ({ appended: 1 }))
  }
  const app = build(t, { journal, reading, webhooks, now: Date.now, context: () => ({ ...context(journal), reading }) })
  let answered = false
  const asked = app.inject('/api/v1/explain?about=hang')
  void asked.then(() => (answered = true))

  for (let n = 0; n < 3; n++) {
    t.equal((await app.inject('/healthz')).statusCode, 200)
    t.match((await app.inject('/readyz')).json(), { ready: true })
  }
  const headers = { 'content-type': 'application/json', 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': token.value }
  const hook = await app.inject({ method: 'POST', url: '/webhooks/gitlab', headers, payload: fixture('push') })
  t.equal(hook.statusCode, 200)
  await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
  const claim = await journal.claimLane('w', 60_000)
  await decided(journal, claim!, skip('nothing differs'))
  t.match(await journal.decisions({ limit: 1 }), [{ outcome: 'skip' }])
  const stop = await app.inject({
    method: 'POST',
    url: '/api/v1/stops',
    headers: { 'content-type': 'application/json' },
    payload: {}
  })
  t.ok(stop.statusCode < 300 || stop.statusCode === 403, `${stop.statusCode}`)
  t.equal(answered, false, 'and all that time the question hung')
})

t.test(
  'a thread that hangs is stopped and starts anew: the question fails, with what to do, and the next is answered',
  async (t) => {
    const { journal, reading } = await opened(t, { entry: hung, limits: { silentMs: 1000 } })
    const app = build(t, { journal, reading })
    const answer = await app.inject('/api/v1/explain?about=hang')
    t.equal(answer.statusCode, 503)
    t.equal(answer.headers['retry-after'], '1')
    t.match(answer.json(), { error: { code: 'READER_LOST', message: /no answer for 1 s.*narrow it by a time/ } })
    t.equal((await app.inject('/api/v1/events')).statusCode, 200)
  }
)

t.test('a crash of the thread fails the question at fault alone', async (t) => {
  const { reading } = await opened(t, { entry: hung })
  const all = await Promise.allSettled([
    reading.events({ limit: 1 }),
    reading.event('crash'),
    reading.decisions({ limit: 1 }),
    reading.event('crash again'),
    reading.lanes({})
  ])
  t.strictSame(
    all.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']
  )
  t.match(all[1], { reason: { ...code('READER_LOST'), message: /a bug of the thread/ } })
})

t.test('only so many wait: the next is told to come back, and who asks the same shares the answer', async (t) => {
  const { reading, reader } = await opened(t, { entry: hung, limits: { atOnce: 1, waiting: 2, silentMs: 600_000 } })
  const hanging = reading.event('hang')
  await new Promise((resolve) => setImmediate(resolve))
  const waiting = [reading.event('1'), reading.event('2')]
  t.equal(reading.event('2'), waiting[1], 'the same question')
  await t.rejects(reading.event('3'), { ...code('READS_TAKEN'), message: /2 questions .* wait already: ask again/ })
  const ended = Promise.allSettled([hanging, ...waiting])
  await reader.close()
  for (const one of await ended) t.match(one, { reason: { message: /the product is ending/ } })
})

t.test('what goes through too much is given up between two slices, and says how to narrow it', async (t) => {
  const { journal, reading } = await opened(t, { limits: { withinMs: 0 } })
  for (let n = 0; n < 3; n++) {
    const of = (type: string, project: string) =>
      Array.from({ length: 2000 }, (_, i) =>
        route(event(`${type}-${n}-${i}`, { type, project, time: new Date(START + n * 2000 + i).toISOString() }), 'a')
      )
    await journal.append({ events: [...of('a.b', 'p1'), ...of('b.a', 'p2')], ignored: [] })
  }
  const asked = { limit: 5, type: 'a.b', project: 'p2' }
  t.strictSame(await journal.events(asked), [], 'somebody who has the time has the answer')
  await t.rejects(reading.events(asked), { ...code('READ_TOO_LONG'), message: /narrow it, by a time \(since=1h\)/ })
  t.equal((await reading.events({ limit: 5, type: 'a.b' })).length, 5, 'the thread goes on')
})

t.test('an answer of many questions has a time for all of them', async (t) => {
  const { journal } = await opened(t)
  t.same(await bounded(journal).stops(), [])
  t.throws(() => bounded(journal, -1).stops(), code('READ_TOO_LONG'))
})

t.test('the thread starts with the first question', async (t) => {
  const { reading, reader } = await opened(t, { entry: new URL('../../there-is-none.ts', import.meta.url) })
  await reader.close()
  await t.rejects(reading.stops(), code('READER_LOST'))
  const other = await opened(t, { entry: new URL('../../there-is-none.ts', import.meta.url) })
  await t.rejects(other.reading.stops(), { ...code('READER_LOST'), message: /Cannot find module/ })
})
