import { createHash } from 'node:crypto'
import t from 'tap'
import { build, context } from './build.ts'
import { booted, journalOf } from './story.ts'

const alice = { actor: 'alice', groups: [], sha256: createHash('sha256').update('alice-token').digest('hex') }

t.test('each caller is answered one dear question at a time, a few wait, and the rest come back later', async (t) => {
  const journal = journalOf(booted)
  const free = Promise.withResolvers<void>()
  let now = 0
  let most = 0
  const reading = {
    ...journal,
    events: async (page: Parameters<typeof journal.events>[0]) => {
      most = Math.max(most, ++now)
      await free.promise
      now--
      return journal.events(page)
    }
  }
  const app = build(t, { journal, reading, context: () => ({ ...context(journal), reading }), tokens: () => [alice] })
  // Without `then` nothing is sent yet.
  const mine = Array.from({ length: 8 }, () => app.inject('/api/v1/events').then((answer) => answer))
  const refused = await Promise.all(mine.slice(5))
  for (const one of refused) {
    t.equal(one.statusCode, 429)
    t.equal(one.headers['retry-after'], '1')
    t.match(one.json(), { error: { code: 'ONE_AT_A_TIME', message: /5 questions that are not answered yet/ } })
  }
  t.equal(most, 1)
  t.equal((await app.inject('/healthz')).statusCode, 200, 'probes are no questions')
  t.equal((await app.inject('/readyz')).statusCode, 200)
  const hers = app
    .inject({ url: '/api/v1/events', headers: { authorization: 'Bearer alice-token' } })
    .then((answer) => answer)
  free.resolve()
  t.equal((await hers).statusCode, 200, 'another caller waits for none of mine')
  for (const one of await Promise.all(mine.slice(0, 5))) t.equal(one.statusCode, 200)
  t.equal((await app.inject('/api/v1/events')).statusCode, 200, 'and then it is free again')
  t.equal((await app.inject({ method: 'HEAD', url: '/api/v1/events' })).statusCode, 200)
})

t.test('a question that fails gives its turn to the next', async (t) => {
  const journal = journalOf(booted)
  const reading = { ...journal, events: () => Promise.reject(new Error('the disk')) }
  const app = build(t, { journal, reading })
  for (const one of await Promise.all([1, 2, 3].map(() => app.inject('/api/v1/events').then((answer) => answer))))
    t.equal(one.statusCode, 500)
})
