import { createHmac } from 'node:crypto'
import t from 'tap'
import { notSlacks, readButton, readCommand, typed } from '../../src/events/slack.ts'

// The secret, time and body of Slack's own documentation; the signature is the one that it prints.
const secret = '8f742231b10e8888abcd99yyyzzz85a5'
const timestamp = '1531420618'
const body = Buffer.from(
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
)
const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503'
const nowMs = Number(timestamp) * 1000
const call = { timestamp, signature, body }

const flip = (bytes: Buffer, bit: number): Buffer => {
  const changed = Buffer.from(bytes)
  changed[bit >> 3]! ^= 1 << (bit & 7)
  return changed
}

t.test('the example of the documentation is taken, and the formula is the one that it says', async (t) => {
  const byHand = createHmac('sha256', secret).update(`v0:${timestamp}:${body.toString()}`).digest('hex')
  t.equal(`v0=${byHand}`, signature)
  t.equal(notSlacks(call, [secret], nowMs), null)
})

t.test('one bit changed anywhere is refused', async (t) => {
  for (let bit = 0; bit < body.length * 8; bit += 7)
    if (notSlacks({ ...call, body: flip(body, bit) }, [secret], nowMs) === null) t.fail(`bit ${bit} of the body`)
  for (let bit = 0; bit < signature.length * 8; bit++) {
    const changed = flip(Buffer.from(signature), bit).toString('latin1')
    if (notSlacks({ ...call, signature: changed }, [secret], nowMs) === null) t.fail(`bit ${bit} of the signature`)
  }
  for (let bit = 0; bit < timestamp.length * 8; bit++) {
    const changed = flip(Buffer.from(timestamp), bit).toString('latin1')
    if (notSlacks({ ...call, timestamp: changed }, [secret], nowMs) === null) t.fail(`bit ${bit} of the time`)
  }
  for (let bit = 0; bit < secret.length * 8; bit++)
    if (notSlacks(call, [flip(Buffer.from(secret), bit).toString('latin1')], nowMs) === null)
      t.fail(`bit ${bit} of the secret`)
  t.pass('none was taken')
})

t.test('what is missing, too short, too long or of another kind is refused', async (t) => {
  const cases: [string, Partial<typeof call> | { timestamp: undefined } | { signature: undefined }][] = [
    ['no time', { timestamp: undefined }],
    ['no signature', { signature: undefined }],
    ['empty', { signature: '' }],
    ['cut', { signature: signature.slice(0, -1) }],
    ['longer', { signature: `${signature}0` }],
    ['upper case', { signature: signature.toUpperCase() }],
    ['another version', { signature: signature.replace('v0', 'v1') }],
    ['a time with a sign', { timestamp: `+${timestamp}` }],
    ['a time with a dot', { timestamp: `${timestamp}.0` }],
    ['no number', { timestamp: 'now' }],
    ['no body', { body: Buffer.alloc(0) }]
  ]
  for (const [name, change] of cases)
    t.type(notSlacks({ ...call, ...change } as typeof call, [secret], nowMs), 'string', name)
  t.type(notSlacks(call, [], nowMs), 'string', 'no secret at all')
})

t.test('five minutes in both directions', async (t) => {
  for (const [seconds, taken] of [
    [0, true],
    [300, true],
    [-300, true],
    [301, false],
    [-301, false],
    [86_400, false]
  ] as const)
    t.equal(notSlacks(call, [secret], nowMs + seconds * 1000) === null, taken, `${seconds} s`)
  t.match(notSlacks(call, [secret], nowMs + 301_000), /301 s ago, 300 are allowed/)
  t.match(notSlacks(call, [secret], nowMs - 400_000), /400 s from now/)
})

t.test('several secrets while one is replaced', async (t) => {
  t.equal(notSlacks(call, ['another', secret], nowMs), null)
  t.equal(notSlacks(call, [secret, 'another'], nowMs), null)
  t.match(notSlacks(call, ['another', 'third'], nowMs), /fits none/)
})

const form = (more: Record<string, string> = {}) =>
  new URLSearchParams({
    team_id: 'T1',
    user_id: 'U1',
    channel_id: 'C1',
    trigger_id: '1.2.abc',
    text: 'status',
    ...more
  })

t.test('a slash command becomes an event without the address to answer at', async (t) => {
  const read = readCommand(form({ response_url: 'https://hooks.slack.com/commands/secret' }), timestamp)
  t.match(read, {
    ok: true,
    responseUrl: 'https://hooks.slack.com/commands/secret',
    event: {
      id: 'slack-1.2.abc',
      source: '/slack/T1',
      type: 'slack.command',
      subject: 'slack:1.2.abc',
      time: '2018-07-12T18:36:58.000Z',
      data: { kind: 'slack', what: 'command', team: 'T1', user: 'U1', channel: 'C1', words: 'status' }
    }
  })
  t.notMatch(JSON.stringify('event' in read && read.event), /hooks\.slack/)
  for (const missing of ['team_id', 'user_id', 'trigger_id']) {
    const less = form()
    less.delete(missing)
    t.match(readCommand(less, timestamp), { ok: false, reason: missing })
  }
  t.match(readCommand(form({ user_id: '<!channel>' }), timestamp), { ok: false })
  t.match(readCommand(form({ channel_id: '../x' }), timestamp), { event: { data: { channel: null } } })
})

const payload = (more: object = {}) =>
  new URLSearchParams({
    payload: JSON.stringify({
      type: 'block_actions',
      team: { id: 'T1' },
      user: { id: 'U1' },
      channel: { id: 'C1' },
      trigger_id: '1.2.abc',
      response_url: 'https://hooks.slack.com/actions/secret',
      actions: [{ action_id: 'approve', value: '7', type: 'button' }],
      ...more
    })
  })

t.test('a button becomes the words that it stands for', async (t) => {
  t.match(readButton(payload(), timestamp), {
    ok: true,
    responseUrl: /actions/,
    event: { type: 'slack.button', data: { what: 'button', user: 'U1', channel: 'C1', words: 'approve 7' } }
  })
  for (const more of [
    { type: 'view_submission' },
    { actions: [{ action_id: 'approve', value: '7; stop all' }] },
    { actions: [{ action_id: 'stop', value: '7' }] },
    { actions: [] },
    { actions: null },
    { actions: [{ action_id: 'approve', value: '7'.repeat(2000) }] }
  ])
    t.match(readButton(payload(more), timestamp), { ok: true, ignored: { reason: 'not a button of ours' } })
  t.match(readButton(payload({ user: null }), timestamp), { ok: false })
  for (const text of ['', '{', 'null', '7', '"x"', '[]'])
    t.match(readButton(new URLSearchParams({ payload: text }), timestamp), { ok: false }, text)
})

t.test('what Slack makes of what people type is taken back', async (t) => {
  for (const [from, to] of [
    ['  explain   web-1 ', 'explain web-1'],
    ['EXPLAIN Web-1', 'explain Web-1'],
    ['explain <http://web-1.dev.example|web-1.dev.example>', 'explain web-1.dev.example'],
    ['explain <https://x.example/y>', 'explain https://x.example/y'],
    ['approve 7 <@U1|alice> said so', 'approve 7 @U1 said so'],
    ['approve 7 <#C1|ops>', 'approve 7 #C1'],
    ['approve 7 <!channel>', 'approve 7 !channel'],
    ['approve 7 “it is fine”', 'approve 7 "it is fine"'],
    ['approve 7 a &lt;b&gt; &amp; c', 'approve 7 a <b> & c'],
    ['stop\u00a0all\u202e\u0007now', 'stop all now'],
    ['restart `erpnext` on *prod*', 'restart erpnext on prod'],
    ['*Restart erpnext*', 'restart erpnext'],
    ['`restart erpnext`', 'restart erpnext'],
    ['```restart erpnext```', 'restart erpnext'],
    ['_restart_ **erpnext** on ~prod~', 'restart erpnext on prod'],
    ['restart *_erpnext_* (on *`prod`*), now', 'restart erpnext (on prod), now'],
    ['“restart erpnext”', 'restart erpnext'],
    ['restart ‘erpnext’ „on“ «prod»', 'restart \'erpnext\' "on" "prod"'],
    ['quota request prod cores +500 —yes', 'quota request prod cores +500 --yes'],
    // What stands alone, or within a word, is what was typed.
    ['explain *.a.example and *.b.example', 'explain *.a.example and *.b.example'],
    ['explain _acme-challenge.example.org', 'explain _acme-challenge.example.org'],
    ['explain my_snake_case', 'explain my_snake_case'],
    ['approve 7 5 * 3 * 2', 'approve 7 5 * 3 * 2'],
    ['approve 7 it`s `', 'approve 7 it`s `'],
    ['', '']
  ] as const)
    t.equal(typed(from), to)
  t.equal(typed('x'.repeat(5000)).length, 500)
  for (const mark of ['*a ', '*', '`', '_*~']) t.ok(typed(`x ${mark.repeat(30_000)}`).length <= 500, `many ${mark} end`)
})
