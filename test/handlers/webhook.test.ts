import { createHmac, timingSafeEqual } from 'node:crypto'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { createLog } from '../../src/base/log.ts'
import { createMetrics } from '../../src/base/metrics.ts'
import type { Event } from '../../src/events/event.ts'
import { createRefusals } from '../../src/handlers/refusals.ts'
import { type WebhookParts, webhookRoutes } from '../../src/handlers/webhook.ts'
import { type Batch, defineSender, journalled } from '../../src/handlers/webhook-sender.ts'

const signatureOf = (body: Buffer, secret: string) => createHmac('sha256', secret).update(body).digest('hex')

/** All that a sender is: what a small file in src/handlers/webhooks/ would hold. */
const bakery = (secret: () => string | null) =>
  defineSender({
    name: 'bakery',
    title: 'the bakery',
    setting: 'bakery.secret',
    limits: { biggest: 1000, together: 4000, withinMs: 5000 },
    settings: secret,
    verify({ headers, body }, secret) {
      const right = Buffer.from(signatureOf(body, secret))
      const given = Buffer.from(String(headers['x-bakery-signature']))
      return given.length === right.length && timingSafeEqual(given, right)
        ? { ok: true, known: secret }
        : { ok: false, reason: 'x-bakery-signature is not right' }
    },
    routes: {
      '/webhooks/bakery': {
        normalise({ body }) {
          const loaf = /^loaf (\d+)$/.exec(body.toString())
          if (loaf === null) return { ok: false, reason: 'no loaf' }
          const event = { id: `bakery/${loaf[1]}`, type: 'bakery.baked' } as unknown as Event // a made-up source of events
          return { ok: true, events: [event], ignored: [] }
        }
      }
    },
    respond: journalled
  })

function opened(t: Test, more: Partial<WebhookParts> & { readonly secret?: string | null } = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  const metrics = createMetrics()
  const entries: string[] = []
  const log = createLog({ level: 'info', out: { write: (line: string) => entries.push(line) } as never })
  const refusals = createRefusals(log, metrics)
  t.teardown(() => refusals.close())
  const taken: { sender: string; batch: Batch }[] = []
  const { secret = 'flour', ...parts } = more
  webhookRoutes(app, {
    senders: [bakery(() => secret)],
    receive: async (sender, batch) => {
      taken.push({ sender, batch })
      return { appended: 1 }
    },
    log,
    metrics,
    refusals,
    ...parts
  })
  const post = (body: string, signature = signatureOf(Buffer.from(body), 'flour')) =>
    app.inject({
      method: 'POST',
      url: '/webhooks/bakery',
      payload: body,
      headers: { 'content-type': 'text/bread', 'x-bakery-signature': signature }
    })
  const counted = (status: number) => metrics.get('deliveries_total', { sender: 'bakery', status: String(status) })
  return { app, post, metrics, entries, taken, counted }
}

t.test('another sender is one small file: verified, normalised, journalled, answered, counted', async (t) => {
  const { post, taken, counted, entries, metrics } = opened(t)
  const answer = await post('loaf 7')
  t.equal(answer.statusCode, 200)
  t.same(answer.json(), { stored: ['bakery/7'], ignored: [] })
  t.match(taken, [{ sender: 'bakery', batch: { events: [{ id: 'bakery/7' }] } }])
  t.equal((await post('loaf 8', 'forged')).statusCode, 401)
  t.equal((await post('a roll')).statusCode, 400)
  t.equal((await post('loaf '.repeat(300))).statusCode, 413)
  t.equal(taken.length, 1)
  for (const status of [200, 401, 400, 413]) t.equal(counted(status), 1, String(status))
  t.equal(metrics.get('refused_total', { reason: 'WRONG_SIGNATURE' }), 1)
  t.equal(metrics.get('malformed_total', { source: 'bakery' }), 1)
  t.match(entries.join(''), /a webhook of the bakery was refused: x-bakery-signature is not right/)
})

t.test('without a secret nothing of it is taken, and the answer says where one is set', async (t) => {
  const { post, taken } = opened(t, { secret: null })
  const answer = await post('loaf 7')
  t.equal(answer.statusCode, 403)
  t.match(answer.json(), { detail: /bakery\.secret/, error: { code: 'NO_SECRET' } })
  t.same(taken, [])
})

t.test('an error is a problem detail, with what clients read before', async (t) => {
  const { post } = opened(t)
  const answer = await post('loaf 8', 'forged')
  t.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
  const { error, detail, ...rest } = answer.json()
  t.match(rest, { type: 'urn:stackreflex:problem:wrong-signature', title: 'Wrong signature', status: 401 })
  t.match(error, { code: 'WRONG_SIGNATURE', message: detail })
})

t.test('what cannot be journalled is told to be sent again', async (t) => {
  const { post } = opened(t, {
    receive: async () => {
      throw new Error('disk full')
    }
  })
  const answer = await post('loaf 7')
  t.equal(answer.statusCode, 503)
  t.equal(answer.headers['retry-after'], '60')
  t.match(answer.json(), { error: { code: 'NOT_STORED' } })
})

t.test(
  'who is refused again and again is told to wait, and who is authentic is taken from the same address',
  async (t) => {
    const { post, counted, taken, metrics } = opened(t, { refusedAMinute: 3 })
    for (let n = 0; n < 3; n++) t.equal((await post('loaf 1', `forged ${n}`)).statusCode, 401)
    const answer = await post('loaf 1', 'forged again')
    t.equal(answer.statusCode, 429)
    t.match(answer.json(), { error: { code: 'REFUSED_TOO_OFTEN' } })
    t.match(answer.headers, { 'retry-after': /^\d+$/, connection: 'close' })
    t.equal((await post('loaf 2')).statusCode, 200)
    t.equal(taken.length, 1)
    t.equal(counted(429), 1)
    t.equal(metrics.get('refused_total', { reason: 'WRONG_SIGNATURE' }), 4, 'each is counted')
  }
)

t.test('a process whose event loop stands still takes nothing, and says when to come again', async (t) => {
  const { post, app } = opened(t, { pressure: { maxDelayMs: 20, sampleMs: 10 } })
  await app.ready()
  let answer = await post('loaf 7')
  const busy = () => {
    for (const until = performance.now() + 200; performance.now() < until; );
  }
  while (answer.statusCode === 200) {
    busy()
    await new Promise((resolve) => setTimeout(resolve, 1))
    answer = await post('loaf 7')
  }
  t.equal(answer.statusCode, 503)
  t.equal(answer.headers['retry-after'], '60')
  t.match(answer.json(), { error: { code: 'UNDER_PRESSURE' } })
})
