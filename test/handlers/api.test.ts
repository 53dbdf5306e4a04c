import t from 'tap'
import { build } from './build.ts'
import { booted, journalOf } from './story.ts'

t.test('newest first, page by page', async (t) => {
  const app = build(t)
  const seqs: number[][] = []
  let next: string | null = ''
  while (next !== null) {
    const answer = await app.inject(`/api/v1/events?limit=2${next === '' ? '' : `&cursor=${next}`}`)
    const page = answer.json() as { items: { seq: number }[]; next: string | null }
    seqs.push(page.items.map((one) => one.seq))
    next = page.next
  }
  t.strictSame(seqs, [[203, 202], [201, 2], [1]])
})

t.test('filters', async (t) => {
  const app = build(t)
  const cases: readonly [string, readonly (number | string)[]][] = [
    ['events?type=image.upload', [2]],
    ['events?resource=server-1&limit=1', [202]],
    ['events?since=1s', [203, 202, 201, 2, 1]],
    ['events?since=200ms', [203]],
    ['events?since=2026-11-23T03:00:00.202Z', [203, 202]],
    ['events?since=2026-11-23T04:00:00.202%2B01:00', [203, 202]],
    ['events?since=2026-11-23T04:00:00.202+01:00', [203, 202]],
    ['events?project=other', []],
    ['decisions', [4, 3, 2]],
    ['decisions?resource=server-1&limit=1', [4]],
    ['actions', [2, 1]]
  ]
  for (const [query, expected] of cases) {
    const { items } = (await app.inject(`/api/v1/${query}`)).json() as { items: { seq?: number; id: number }[] }
    t.strictSame(
      items.map((one) => one.seq ?? one.id),
      expected,
      query
    )
  }
})

t.test('times are RFC 3339, settings are JSON', async (t) => {
  const app = build(t)
  t.match((await app.inject('/api/v1/decisions?limit=1')).json(), {
    items: [{ at: '2026-11-23T03:00:00.310Z', settings: { zone: 'lab.' } }],
    next: '4'
  })
  t.match((await app.inject('/api/v1/actions?cursor=2')).json(), {
    items: [{ id: 'action-1', attempts: [{ n: 1 }, { n: 2, endedAt: '2026-11-23T03:00:00.800Z' }] }],
    next: null
  })
})

t.test('bad input is answered with parameter, value and what is allowed', async (t) => {
  const app = build(t)
  const since = 'RFC 3339 such as 2026-11-23T12:00:00Z, or a duration such as 15m'
  const cases: readonly [string, string][] = [
    ['events?limit=0', `parameter 'limit' = "0": is out of range; allowed: a whole number from 1 to 500`],
    ['events?limit=501', `parameter 'limit' = "501": is out of range; allowed: a whole number from 1 to 500`],
    ['events?limit=1e2', `parameter 'limit' = "1e2": is out of range; allowed: a whole number from 1 to 500`],
    ['events?since=yesterday', `parameter 'since' = "yesterday": is not a time; allowed: ${since}`],
    ['events?since=2026-11-23', `parameter 'since' = "2026-11-23": is not a time; allowed: ${since}`],
    [
      'events?since=2026-13-23T00:00:00Z',
      `parameter 'since' = "2026-13-23T00:00:00Z": is not a time; allowed: ${since}`
    ],
    ['events?cursor=-1', 'parameter \'cursor\' = "-1": is not a cursor; allowed: `next` of the page before'],
    ['actions?type=a&type=b', `parameter 'type' = ["a","b"]: is there more than once; allowed: one value`],
    ['actions?type=', `parameter 'type' = "": is empty; allowed: a value, or leave it out`],
    [
      'decisions?limt=3',
      "there is no parameter 'limt', did you mean 'limit'?; parameters are: resource, project, type, since, limit, cursor"
    ],
    [
      'explain',
      "parameter 'about' = nothing: is missing; allowed: an event id or number, resource id, name, action id, decision:812 or approval:7; or since=1h"
    ],
    ['explain?about=1&format=xml', `parameter 'format' = "xml": is not known; allowed: json, text`]
  ]
  for (const [query, message] of cases) {
    const answer = await app.inject(`/api/v1/${query}`)
    t.equal(answer.statusCode, 400, query)
    t.equal(answer.json().error.message, message, query)
  }
})

t.test('explain, as JSON and as text', async (t) => {
  const app = build(t)
  t.match((await app.inject('/api/v1/explain?about=web-1.dev.lab')).json(), {
    found: true,
    decisions: [{ id: 2 }, { id: 3 }, { id: 4 }]
  })
  const text = await app.inject('/api/v1/explain?about=web-1.dev.lab&format=text')
  t.match(text.headers['content-type'], 'text/plain')
  t.match(text.body, 'ACT: web-1.dev.lab. A: [10.0.0.5] is missing')
  const nothing = await app.inject('/api/v1/explain?about=web-9')
  t.equal(nothing.statusCode, 404)
  t.match(nothing.json().error, {
    code: 'NOTHING_FOUND',
    message: /the journal knows nothing about 'web-9'. Looked for: /
  })
})

t.test('what nobody planned is not told to callers', async (t) => {
  const journal = { ...journalOf(booted), events: () => Promise.reject(new Error('near "secret": syntax error')) }
  const answer = await build(t, { journal }).inject('/api/v1/events')
  t.equal(answer.statusCode, 500)
  const { error } = answer.json()
  t.equal(error.message, `something went wrong here; the log has it under request id ${error.requestId}`)
  t.equal(answer.headers['x-request-id'], error.requestId)
})
