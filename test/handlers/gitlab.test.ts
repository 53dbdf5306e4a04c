import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { mostBytes } from '../../src/handlers/webhooks/gitlab.ts'
import { openJournal } from '../../src/store/open.ts'
import { door, fixture, received, signedHeaders, signing, start, token, tokenHeaders } from './gitlab-door.ts'

const secret = signing('a')
const names = readdirSync(join(import.meta.dirname, '../fixtures/gitlab')).map((file) => file.replace('.json', ''))
const isEvent = (name: string) => /^(merge_request|push|tag_push|pipeline|deployment|release)/.test(name)
const merge = JSON.parse(fixture('merge_request-merge').toString())

/** A delivery with this id, of this merge request. */
const mergeOf = (iid: number, more: object = {}): Buffer =>
  Buffer.from(JSON.stringify({ ...merge, object_attributes: { ...merge.object_attributes, iid }, ...more }))

t.test('each kind, delivered twice, is one row', async (t) => {
  const { post, journal, count, metrics } = await door(t, [secret])
  for (const name of names) {
    const body = fixture(name)
    const first = await post(body, signedHeaders(body, secret, { id: name }))
    t.equal(first.statusCode, 200, name)
    t.match(first.json(), { stored: [`gitlab/${name}`], ignored: isEvent(name) ? [] : [/nothing here uses/] })
    const again = await post(body, signedHeaders(body, secret, { id: name, at: start + 60_000 }))
    t.equal(again.statusCode, 200, `${name} again`)
    t.match(await journal.event(`gitlab/${name}`), { ignored: !isEvent(name) })
  }
  t.equal(await count(), names.length)
  t.equal(metrics.get('deliveries_total', { sender: 'gitlab', status: '200' }), 2 * names.length)
})

t.test('out of order, each is stored with its own time', async (t) => {
  const { post, journal } = await door(t, [secret])
  const at = (minute: number) => `2026-11-02 12:0${minute}:00 UTC`
  for (const minute of [5, 1, 3, 2, 4]) {
    const body = mergeOf(41, { object_attributes: { ...merge.object_attributes, updated_at: at(minute) } })
    t.equal((await post(body, signedHeaders(body, secret, { id: `m-${minute}` }))).statusCode, 200)
  }
  const rows = [...(await journal.events({ limit: 10 }))].reverse()
  t.strictSame(
    rows.map(({ id, time }) => `${id} ${time.slice(11, 16)}`),
    [5, 1, 3, 2, 4].map((minute) => `gitlab/m-${minute} 12:0${minute}`)
  )
})

t.test('cut off at any place, nothing of it is stored', async (t) => {
  const { post, count } = await door(t, [secret])
  const whole = Buffer.from(fixture('merge_request-merge').toString().trimEnd())
  for (let n = 0; n < 200; n++) {
    const body = whole.subarray(0, Math.floor((n * whole.length) / 200))
    const answer = await post(body, signedHeaders(body, secret, { id: `cut-${n}` }))
    if (answer.statusCode !== 400) t.fail(`${body.length} bytes: ${answer.statusCode}`)
    t.match(answer.json(), { error: { code: 'BAD_DELIVERY' } })
  }
  t.equal(await count(), 0)
})

t.test('hostile bodies get the right answer, and are harmless', async (t) => {
  const { post, journal, count } = await door(t, [secret])
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const text = JSON.stringify(merge)
  const cases: [string, string | Buffer, number][] = [
    ['nested', `{"object_kind":"push","x":${deep}}`, 400],
    ['only brackets', deep, 400],
    ['__proto__', text.replace('{', '{"__proto__":{"polluted":true},'), 200],
    ['__proto__ inside', text.replace('"user":{', '"user":{"__proto__":{"polluted":true},'), 200],
    ['a kind of every object', '{"object_kind":"constructor"}', 200],
    [
      'half a surrogate pair',
      text.replace('"iid":41', '"iid":43').replace('"title":"', '"title":"\\ud800\\u0000\\u202e'),
      200
    ],
    ['no UTF-8', Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xc3, 0x28])]), 400],
    ['a form', 'payload=%7B%7D', 400],
    ['nothing', '', 400]
  ]
  let stored = 0
  for (const [name, given, status] of cases) {
    const body = Buffer.from(given as string)
    const answer = await post(body, signedHeaders(body, secret, { id: name.replaceAll(' ', '-') }))
    t.equal(answer.statusCode, status, name)
    if (status === 200) stored++
  }
  t.equal(await count(), stored)
  t.equal(({} as Record<string, unknown>).polluted, undefined)
  const row = await journal.event('gitlab/half-a-surrogate-pair')
  t.match((row!.data as { title: string }).title, /^\ufffd{3}Name for/)
  const form = fixture('push')
  const typed = { ...signedHeaders(form, secret, { id: 'typed' }), 'content-type': 'text/plain' }
  t.equal((await post(form, typed)).statusCode, 200, 'the bytes count, not what they are called')
})

const padded = (bytes: number, id: number) => {
  const frame = Buffer.from(JSON.stringify({ ...JSON.parse(mergeOf(id).toString()), description: '' }))
  return Buffer.from(
    frame.toString().replace('"description":""}', `"description":"${'x'.repeat(bytes - frame.length)}"}`)
  )
}

t.test('25 MB are taken, again and again, and none of it stays', async (t) => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const secrets = [token]
  const { app, count } = await door(t, secrets)
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/webhooks/gitlab`
  const body = padded(26_214_400, 41)
  t.equal(body.length, 26_214_400)
  const send = async (id: string, headers = tokenHeaders(id)) =>
    (await fetch(url, { method: 'POST', body, headers })).status
  const round = async (n: number) => {
    t.strictSame(await Promise.all([1, 2, 3].map((m) => send(`${n}-${m}`))), [200, 200, 200])
  }
  const now = () => {
    gc()
    const { rss, heapUsed, external } = process.memoryUsage()
    return { rss, held: heapUsed + external }
  }
  const { held } = now()
  await round(0)
  await round(1)
  // What the system gave for the first ones may well be kept for the next.
  const before = { held, rss: now().rss }
  for (const n of [2, 3, 4, 5]) await round(n)
  // The last bodies of open connections go with the collector, when their sockets' own work is over: it is asked until they are gone.
  const most = { held: 4 * body.length, rss: 12 * body.length }
  let after = now()
  for (
    let tries = 0;
    tries < 200 && (after.held - before.held >= most.held || after.rss - before.rss >= most.rss);
    tries++
  ) {
    await sleep(50)
    after = now()
  }
  t.ok(after.held - before.held < most.held, `of 18 bodies, ${after.held - before.held} bytes are held`)
  t.ok(after.rss - before.rss < most.rss, `${after.rss - before.rss} bytes more are taken from the system`)
  secrets.unshift(secret)
  t.equal(await send('signed', signedHeaders(body, secret, { id: 'signed' })), 200)
  t.equal(await count(), 19)

  const tooMuch = Buffer.alloc(mostBytes + 1, 0x20)
  const answer = await app.inject({
    method: 'POST',
    url: '/webhooks/gitlab',
    payload: tooMuch,
    headers: { ...signedHeaders(Buffer.from('{}'), secret), 'content-type': 'application/json' }
  })
  t.equal(answer.statusCode, 413)
  t.match(answer.json(), { error: { code: 'TOO_BIG' } })
})

t.test('big bodies take turns, two at a time; small ones pass by, and nobody is lost', async (t) => {
  let inside = 0
  let most = 0
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const small = mergeOf(1)
  const { app, journal, count } = await door(t, [secret], {
    receive: async (batch) => {
      if (batch.events[0]?.subject !== 'infra/dns!1') {
        most = Math.max(most, ++inside)
        await gate
        inside--
      }
      await received(journal)(batch)
    }
  })
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/webhooks/gitlab`
  const send = async (body: Buffer, id: string, signal?: AbortSignal) => {
    const headers = signedHeaders(body, secret, { id })
    return (await fetch(url, { method: 'POST', body, headers, ...(signal ? { signal } : {}) })).status
  }
  const big = padded(1_100_000, 2)
  const sent = ['a', 'b', 'c', 'd', 'e'].map((id) => send(big, id))
  while (inside < 2) await sleep(5)
  const hungUp = new AbortController()
  const gone = t.rejects(send(big, 'gone', hungUp.signal))
  await sleep(20)
  hungUp.abort()
  await gone
  t.equal(await send(small, 'small'), 200, 'while all turns are taken')
  t.equal(inside, 2)
  open()
  t.strictSame(await Promise.all(sent), [200, 200, 200, 200, 200])
  t.equal(most, 2)
  t.equal(await send(big, 'after'), 200, 'whoever hung up holds no turn')
  // Of one that hung up while it waited, the system may have had the whole body: then it is a delivery as any other.
  t.ok([7, 8].includes(await count()))
  for (const id of ['a', 'b', 'c', 'd', 'e', 'small', 'after']) t.ok(await journal.event(`gitlab/${id}`), id)
})

t.test('whoever promises a big body and holds it back keeps nobody waiting', async (t) => {
  const { app, journal } = await door(t, [secret])
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/webhooks/gitlab`
  const { 'webhook-signature': _, ...unsigned } = signedHeaders(Buffer.from('{}'), secret)
  // Nothing but the body can tell that these are not GitLab's.
  const headers = { ...unsigned, 'webhook-signature': 'v1,AAAA', 'content-length': '20000000' }
  let answered = 0
  const held = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const asked = request(url, { method: 'POST', headers })
      asked.on('error', () => {}).on('response', () => answered++)
      asked.write('{')
      await once(asked, 'socket')
      return asked
    })
  )
  const big = padded(2_000_000, 2)
  const send = await fetch(url, { method: 'POST', body: big, headers: signedHeaders(big, secret, { id: 'genuine' }) })
  t.equal(send.status, 200)
  t.equal(answered, 0, 'while all of them still hold back')
  t.ok(await journal.event('gitlab/genuine'))
  for (const asked of held) asked.destroy()
})

t.test('who is not authentic is told so before his body is read', async (t) => {
  const { app, count } = await door(t, [token])
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/webhooks/gitlab`
  // Announced, and never sent.
  const headers = { 'x-gitlab-token': 'wrong', 'content-length': '25000000' }
  const asked = request(url, { method: 'POST', headers })
  asked.on('error', () => {})
  asked.flushHeaders()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  t.equal(answer.statusCode, 401)
  asked.destroy()
  t.equal(await count(), 0)
})

t.test('a journal that cannot be written says 503; whatever got a 2xx is in it', async (t) => {
  const full = await door(t, [token], { maxBytes: 80 * 8192 })
  const url = `${await full.app.listen({ host: '127.0.0.1', port: 0 })}/webhooks/gitlab`
  const total = 400
  const send = async (to: string, n: number) => {
    const answer = await fetch(to, {
      method: 'POST',
      body: mergeOf(n, { user: { username: 'u'.repeat(250) } }),
      headers: { ...tokenHeaders(`d-${n}`), 'content-type': 'application/json' }
    })
    await answer.arrayBuffer()
    return answer
  }
  const statuses: number[] = []
  let next = 0
  const sender = async () => {
    while (next < total) {
      const n = next++
      const answer = await send(url, n)
      statuses[n] = answer.status
      if (answer.status === 503 && answer.headers.get('retry-after') !== '60') t.fail('without Retry-After')
    }
  }
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(sender))
  const taken = statuses.flatMap((status, n) => (status === 200 ? [n] : []))
  const refused = statuses.flatMap((status, n) => (status === 503 ? [n] : []))
  t.equal(taken.length + refused.length, total, 'nothing but 200 and 503')
  t.ok(taken.length > 20 && refused.length > 20, `${taken.length} taken, ${refused.length} refused`)

  const roomy = await openJournal({ path: full.path })
  t.teardown(() => roomy.close())
  const ids = new Set((await roomy.events({ limit: 1000 })).map(({ id }) => id))
  t.strictSame(
    taken.filter((n) => !ids.has(`gitlab/d-${n}`)),
    [],
    'every one that got a 2xx is there'
  )
  t.equal(ids.size, taken.length, 'and nothing else')

  const again = await door(t, [token], { receive: received(roomy) })
  const there = `${await again.app.listen({ host: '127.0.0.1', port: 0 })}/webhooks/gitlab`
  for (let n = 0; n < total; n++) if ((await send(there, n)).status !== 200) t.fail(`d-${n} is refused again`)
  t.equal((await roomy.counts()).events, total, 'each once')
})

t.test('what a policy makes of it is none of the sender’s business; a bug says nothing of itself', async (t) => {
  const { post } = await door(t, [token], {
    receive: async () => {
      throw new Error('select * from event where secret = hunter2')
    }
  })
  const answer = await post(fixture('push'), tokenHeaders())
  t.equal(answer.statusCode, 503)
  t.match(answer.json(), { error: { code: 'NOT_STORED', message: /^not taken: the journal could not be written/ } })
  t.notMatch(answer.body, /hunter2/)
})
