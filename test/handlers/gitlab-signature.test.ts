import { createHmac } from 'node:crypto'
import t from 'tap'
import { routeRoles } from '../../src/handlers/roles.ts'
import { door, fixture, signedHeaders, signing, start, token, tokenHeaders } from './gitlab-door.ts'

const a = signing('a')
const b = signing('b')
const body = fixture('merge_request-merge')

const flipped = (text: string, bit: number): string => {
  const bytes = Buffer.from(text, 'latin1')
  bytes[bit >> 3] = bytes[bit >> 3]! ^ (1 << (bit & 7))
  return bytes.toString('latin1')
}
/** What an HTTP client may send at all in a header. */
const sendable = (text: string): boolean => /^[\x21-\x7e][\x20-\x7e]*$/.test(text)

t.test('the library of Standard Webhooks and node:crypto agree with what is taken', async (t) => {
  const { post, count } = await door(t, [a])
  t.equal((await post(body, signedHeaders(body, a))).statusCode, 200)
  const time = String(start / 1000)
  const key = Buffer.alloc(32, 'a')
  const own = createHmac('sha256', key)
    .update(Buffer.concat([Buffer.from(`d-2.${time}.`), body]))
    .digest('base64')
  const headers = { 'webhook-id': 'd-2', 'webhook-timestamp': time }
  t.equal((await post(body, { ...headers, 'webhook-signature': `v1,${own}` })).statusCode, 200)
  t.equal(
    (await post(body, { ...headers, 'webhook-signature': `v1a,xxx v1,${own}` })).statusCode,
    200,
    'one of several'
  )
  t.equal(await count(), 2)
})

t.test('one changed bit of a signed header is refused', async (t) => {
  const { post, count } = await door(t, [a])
  const right = signedHeaders(body, a)
  let tried = 0
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'idempotency-key'])
    for (let bit = 0; bit < right[name]!.length * 8; bit++) {
      const wrong = flipped(right[name]!, bit)
      if (!sendable(wrong)) continue
      tried++
      const { statusCode } = await post(body, { ...right, [name]: wrong })
      if (statusCode !== 401) t.fail(`${name} with bit ${bit} changed: ${statusCode}`)
    }
  t.ok(tried > 300, `${tried} changed headers`)
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    const { [name]: _, ...without } = right
    t.equal((await post(body, without)).statusCode, 401, `without ${name}`)
  }
  t.equal(await count(), 0)
})

t.test('one changed bit of the body is refused, whatever it makes of the text', async (t) => {
  const { post, count } = await door(t, [a])
  const right = signedHeaders(body, a)
  for (let n = 0; n < 400; n++) {
    const bit = Math.floor((n * body.length * 8) / 400) + (n % 8)
    const wrong = Buffer.from(body)
    wrong[bit >> 3] = wrong[bit >> 3]! ^ (1 << (bit & 7))
    const { statusCode } = await post(wrong, right)
    if (statusCode !== 401) t.fail(`bit ${bit} changed: ${statusCode}`)
  }
  // Decoded, both are the same text (U+FFFD): the library takes one's signature for the other.
  const one = Buffer.from([0x7b, 0xff, 0x7d])
  const other = Buffer.from([0x7b, 0xfe, 0x7d])
  const mac = (of: Buffer) =>
    createHmac('sha256', Buffer.alloc(32, 'a'))
      .update(`d-1.${start / 1000}.`)
      .update(of)
      .digest('base64')
  t.equal((await post(other, { ...right, 'webhook-signature': `v1,${mac(one)}` })).statusCode, 401)
  t.equal((await post(other, { ...right, 'webhook-signature': `v1,${mac(other)}` })).statusCode, 400, 'signed, no JSON')
  t.equal(await count(), 0)
})

t.test('a signature holds 300 s to either side', async (t) => {
  const { post } = await door(t, [a])
  for (const [seconds, status] of [
    [-301, 401],
    [-300, 200],
    [0, 200],
    [300, 200],
    [301, 401]
  ] as const) {
    const answer = await post(body, signedHeaders(body, a, { at: start + seconds * 1000 }))
    t.equal(answer.statusCode, status, `${seconds} s`)
    if (status === 401) t.match(answer.json().error.message, /it was signed 301 s (ago|ahead), allowed are 300/)
  }
  for (const time of ['0', '-1', '1e9', ' ', `${start / 1000}x`, '9'.repeat(13), 'NaN'])
    t.equal((await post(body, { ...signedHeaders(body, a), 'webhook-timestamp': time })).statusCode, 401, time)
})

t.test('secrets are replaced without a gap', async (t) => {
  const secrets = [a]
  const { post } = await door(t, secrets)
  const status = async (secret = a) => (await post(body, signedHeaders(body, secret))).statusCode
  t.strictSame([await status(a), await status(b)], [200, 401])
  secrets.push(b)
  t.strictSame([await status(a), await status(b)], [200, 200])
  secrets.shift()
  t.strictSame([await status(a), await status(b)], [401, 200])
  secrets.pop()
  t.equal(await status(b), 403)
})

t.test('a token is taken where nothing is signed', async (t) => {
  const { post, count } = await door(t, [token, { kind: 'token', value: 'the-token-before-that' }])
  t.equal((await post(body, tokenHeaders())).statusCode, 200)
  t.equal((await post(body, { 'x-gitlab-token': 'the-token-before-that' })).statusCode, 200)
  t.equal((await post(body, { ...tokenHeaders(), 'webhook-signature': 'v1,x' })).statusCode, 200, 'it asks for none')
  t.equal((await post(body)).statusCode, 401)
  for (let bit = 0; bit < token.value.length * 8; bit++) {
    const wrong = flipped(token.value, bit)
    if (!sendable(wrong)) continue
    const { statusCode } = await post(body, { ...tokenHeaders(), 'x-gitlab-token': wrong })
    if (statusCode !== 401) t.fail(`bit ${bit} changed: ${statusCode}`)
  }
  for (const wrong of ['', `${token.value}x`, token.value.slice(0, -1)])
    t.equal((await post(body, { 'x-gitlab-token': wrong })).statusCode, 401)
  t.equal(await count(), 2)
})

t.test('a configuration read anew while a body arrives leaves nothing unchecked', async (t) => {
  const answers = [[a], [token], []]
  const { post, count } = await door(t, [], { secrets: () => answers.shift() ?? [] })
  t.equal((await post(body, { ...signedHeaders(body, b), 'x-gitlab-token': 'wrong' })).statusCode, 401)
  t.equal(await count(), 0)
})

t.test('where both are known, a token is not enough', async (t) => {
  const { post } = await door(t, [token, a])
  t.equal((await post(body, tokenHeaders())).statusCode, 401, 'webhook-id alone is no signature')
  t.match((await post(body, tokenHeaders())).json(), { error: { code: 'WRONG_SIGNATURE', message: /signing token/ } })
  t.equal((await post(body, { ...tokenHeaders(), ...signedHeaders(body, b) })).statusCode, 401)
  t.equal((await post(body, signedHeaders(body, a))).statusCode, 200)
})

t.test('the route is in the table of roles, as one that asks for a signature', async (t) => {
  t.equal(routeRoles['POST /webhooks/gitlab'], 'signed')
  const { app, count } = await door(t, [a])
  for (const headers of [{}, { authorization: 'Bearer anything' }, { 'x-gitlab-token': 'anything' }] as Record<
    string,
    string
  >[])
    t.equal((await app.inject({ method: 'POST', url: '/webhooks/gitlab', payload: body, headers })).statusCode, 401)
  t.equal(await count(), 0)
})

t.test('without a usable secret nothing is taken', async (t) => {
  const none = await door(t, [])
  const answer = await none.post(body, tokenHeaders())
  t.equal(answer.statusCode, 403)
  t.match(answer.json().error.message, /gitlab\.secrets/)
  for (const value of ['whsec_', 'whsec_YQ==', '', 'plain-text-of-a-key-that-is-long-enough-it-seems']) {
    const { post } = await door(t, [{ kind: 'signing', value }])
    const key = createHmac('sha256', Buffer.from(value.slice(6), 'base64'))
    const mine = key
      .update(`d-1.${start / 1000}.`)
      .update(body)
      .digest('base64')
    t.equal((await post(body, { ...signedHeaders(body, a), 'webhook-signature': `v1,${mine}` })).statusCode, 401, value)
  }
  const empty = await door(t, [{ kind: 'token', value: '' }])
  t.equal((await empty.post(body, { 'x-gitlab-token': '' })).statusCode, 401)
  t.equal(await empty.count(), 0)
})
