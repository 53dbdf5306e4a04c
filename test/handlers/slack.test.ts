import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { signedHeaders } from '../../sim/slack/signed-headers.ts'
import { createLog } from '../../src/base/log.ts'
import type { SlackConfig } from '../../src/config/config.ts'
import type { Event, EventData, SlackData } from '../../src/events/event.ts'
import { keepStops } from '../../src/process/standing-stops.ts'
import { slackActorOf } from '../../src/slack/conversation.ts'
import { journalAt, office, signingSecret } from '../slack/office.ts'

const signed = (body: string, seconds?: number, secret = signingSecret) => signedHeaders(body, secret, seconds)
const form = (more: Record<string, string> = {}) =>
  new URLSearchParams({
    team_id: 'T0SIM',
    user_id: 'UALICE',
    channel_id: 'C0SIM',
    trigger_id: '1.2.abc',
    text: 'status',
    ...more
  }).toString()
const post = (payload: string, headers: Record<string, string>, url = '/slack/commands') =>
  ({ method: 'POST', url, payload, headers }) as const

t.test('unsigned, stale, early and forged calls are refused, and nothing is journalled', async (t) => {
  const { app, journal, entries } = await office(t)
  const body = form()
  const now = Math.floor(Date.now() / 1000)
  const { 'x-slack-signature': _, ...unsigned } = signed(body)
  for (const [name, headers] of [
    ['unsigned', unsigned],
    ['nothing at all', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['stale', signed(body, now - 320)],
    ['early', signed(body, now + 320)],
    ['of another secret', signed(body, now, 'other')],
    ['of another body', signed(`${body}&x=1`)],
    ['a bearer token instead', { ...unsigned, authorization: 'Bearer x' }]
  ] as const)
    for (const url of ['/slack/commands', '/slack/interactions']) {
      const answer = await app.inject(post(body, headers, url))
      t.equal(answer.statusCode, 401, `${name} at ${url}`)
      t.match(answer.json(), { error: { code: 'WRONG_SIGNATURE' } })
    }
  t.strictSame(await journal.events({ limit: 10 }), [])
  t.match(entries.join(''), /refused: /)
})

t.test('what is signed but no call of Slack, too long, or of another type', async (t) => {
  const { app } = await office(t)
  for (const [body, status] of [
    ['', 400],
    ['text=status', 400],
    ['%', 400],
    [form({ text: 'x'.repeat(100_001) }), 413]
  ] as const)
    t.equal((await app.inject(post(body, signed(body)))).statusCode, status, body.slice(0, 20))
  t.equal((await app.inject(post('payload={', signed('payload={'), '/slack/interactions'))).statusCode, 400)
  for (const type of ['application/json', 'text/plain', 'text/xml'])
    t.equal((await app.inject(post('{}', { ...signed('{}'), 'content-type': type }))).statusCode, 400, type)
  const long = form({ text: 'x'.repeat(90_000) })
  t.equal((await app.inject(post(long, signed(long)))).statusCode, 200)
})

t.test('ssl_check is answered, and without a configuration nothing else is', async (t) => {
  const { app } = await office(t)
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  t.equal((await app.inject(post('ssl_check=1&token=x', type))).statusCode, 200)
  const { app: off } = await office(t, { off: true })
  const answer = await off.inject(post(form(), signed(form())))
  t.equal(answer.statusCode, 403)
  t.match(answer.json(), { error: { message: /slack\.signingSecrets/ } })
})

t.test('a command is journalled without its address, answered at once, and worked afterwards', async (t) => {
  const { slack, settled, journal } = await office(t)
  const answer = await slack.say('UALICE', 'status')
  t.match({ status: answer.status, body: JSON.parse(answer.body) }, { status: 200, body: { text: 'looking…' } })
  await settled()
  t.match(slack.replies, [{ user: 'UALICE', text: 'Now', body: { response_type: 'ephemeral' } }])
  const events = await journal.events({ limit: 10 })
  t.match(events, [
    { type: 'stackreflex.slack.answered' },
    { type: 'slack.command', data: { kind: 'slack', user: 'UALICE', team: 'T0SIM', channel: 'C0SIM', words: 'status' } }
  ])
  t.notMatch(JSON.stringify(events), /127\.0\.0\.1|response_url|deprecated/)
})

t.test('the same call again does nothing twice', async (t) => {
  const { slack, settled, journal } = await office(t)
  await slack.say('UALICE', 'stop dev once')
  t.match(await slack.replay(), { status: 200, body: '' })
  await settled()
  t.match(await slack.replay(), { status: 200, body: '' })
  await settled()
  t.equal(slack.replies.length, 1)
  t.equal((await journal.events({ limit: 10, type: 'stackreflex.stop' })).length, 1)
})

t.test('the same trigger signed anew does nothing twice', async (t) => {
  const { app, settled, journal } = await office(t)
  const body = form({ text: 'stop dev once' })
  const now = Math.floor(Date.now() / 1000)
  for (const seconds of [now, now - 5, now - 9]) {
    t.equal((await app.inject(post(body, signed(body, seconds)))).statusCode, 200)
    await settled()
  }
  t.equal((await journal.events({ limit: 10, type: 'stackreflex.stop' })).length, 1)
})

t.test('signed anew while the first is still worked, it is not done either', async (t) => {
  let calls = 0
  let finish = () => {}
  const slow = new Promise<void>((resolve) => {
    finish = resolve
  })
  const carryOut = async () => {
    calls++
    await slow
    return { say: 'done' }
  }
  const { app, settled, desk, journal } = await office(t, { desk: { carryOut } })
  const body = form({ text: 'stop dev once' })
  const now = Math.floor(Date.now() / 1000)
  for (const seconds of [now, now - 5]) t.equal((await app.inject(post(body, signed(body, seconds)))).statusCode, 200)
  t.equal(await desk.recover(), 2, 'not answered yet')
  t.equal(calls, 1)
  finish()
  await settled()
  for (const { id, subject, time, data } of await journal.events({ limit: 5, type: 'slack.command' }))
    await desk.work({ id, subject, time, data: data as unknown as EventData })
  t.equal(calls, 1)
  t.equal(await desk.recover(), 0)
})

t.test('who somebody is: of this workspace, by id', async (t) => {
  const settings = { team: 'T1', users: { U1: { actor: 'alice', groups: ['sre'] } } } as unknown as SlackConfig
  t.strictSame(slackActorOf({ team: 'T1', user: 'U1' }, settings, []), { name: 'alice', groups: ['sre'], local: false })
  const both = slackActorOf({ team: 'T1', user: 'U1' }, settings, ['dns', 'sre'])
  t.strictSame(both, { name: 'alice', groups: ['sre', 'dns'], local: false })
  const through = slackActorOf({ team: 'T1', user: 'U2' }, settings, ['dns'])
  t.strictSame(through, { name: 'slack:U2', groups: ['dns'], local: false })
  t.equal(slackActorOf({ team: 'T2', user: 'U2' }, settings, ['dns']), null)
  for (const [team, user] of [
    ['T2', 'U1'],
    ['T1', 'U2'],
    ['T1', 'constructor'],
    ['T1', '__proto__']
  ] as const)
    t.equal(slackActorOf({ team, user }, settings, []), null, `${team} ${user}`)
})

t.test('a replay outside of the window is refused', async (t) => {
  const { slack, clock } = await office(t)
  t.equal((await slack.say('UALICE', 'help')).status, 200)
  clock.ms += 301_000
  t.equal((await slack.replay()).status, 401)
})

t.test('the answer does not wait for what is asked', async (t) => {
  let finish = () => {}
  const slow = new Promise<void>((resolve) => {
    finish = resolve
  })
  const { slack, settled } = await office(t, {
    desk: { carryOut: () => slow.then(() => ({ say: 'at last' })) }
  })
  const answer = await Promise.race([slack.say('UALICE', 'explain web-1'), sleep(30_000, null, { ref: false })])
  t.match(answer, { status: 200 })
  t.strictSame(slack.replies, [])
  finish()
  await settled()
  t.match(slack.replies, [{ text: 'at last' }])
})

t.test('what could not be journalled is not taken', async (t) => {
  const { slack, settled } = await office(t, {
    receive: async () => {
      throw new Error('disk full')
    }
  })
  const answer = await slack.say('UALICE', 'resume all')
  t.equal(answer.status, 503)
  t.match(JSON.parse(answer.body), { error: { code: 'NOT_STORED' } })
  await settled()
  t.strictSame(slack.replies, [])
})

t.test('unknown people, another workspace: one sentence, no event', async (t) => {
  const { slack, settled, journal, app } = await office(t)
  for (const text of ['status', 'explain web-1', 'stop all', 'restart erpnext', 'help', 'nonsense']) {
    const { body } = await slack.say('UMALLORY', text)
    t.match(JSON.parse(body), { text: /^you are not known here: .*UMALLORY.*slack\.users/ }, text)
  }
  const body = form({ team_id: 'T0OTHER' })
  t.match((await app.inject(post(body, signed(body)))).json(), { text: /slack\.team/ })
  await settled()
  t.strictSame(slack.replies, [])
  const events = await journal.events({ limit: 20 })
  t.equal(events.length, 7)
  t.ok(events.every((one) => one.ignored))
  t.match(events[0], { reason: 'from workspace T0OTHER' })
})

t.test('help and mistakes are answered at once', async (t) => {
  const { slack, settled } = await office(t)
  t.match(JSON.parse((await slack.say('UALICE', '')).body), { text: 'What there is:', blocks: [{}, {}] })
  t.match(JSON.parse((await slack.say('UALICE', 'aprove 7')).body), { text: /did you mean approve/ })
  const hostile = JSON.parse((await slack.say('UALICE', '<!channel>`x`*')).body)
  t.notMatch(JSON.stringify(hostile), /<!|`x`/)
  await settled()
  t.strictSame(slack.replies, [])
})

t.test('a restart that was asked for reaches the policies, for those who may', async (t) => {
  const lanes = () => [{ policy: 'p', key: 'restart', quietMs: 0, maxMs: 0, resources: [] }]
  const { slack, settled, journal } = await office(t, { lanes, context: { operate: ['sre'] } })
  t.match(JSON.parse((await slack.say('UEVE', 'restart erpnext')).body), { text: /access\.operate/ })
  t.match(await journal.events({ limit: 1 }), [{ ignored: true }])
  t.match(JSON.parse((await slack.say('UALICE', 'Restart  <http://erpnext.io|erpnext>')).body), { text: 'asking…' })
  await settled()
  t.match(slack.replies, [{ text: "erpnext: asked; I'll tell you here what comes of it" }])
  t.match(await journal.events({ limit: 1, type: 'slack.command' }), [{ data: { words: 'restart erpnext' } }])
  const { slack: deaf, settled: done } = await office(t)
  await deaf.say('UALICE', 'restart erpnext')
  await done()
  t.match(deaf.replies, [{ text: /nothing comes of this: no policy does it here/ }])
})

t.test('a service or cluster that is not there is refused at once, with what was perhaps meant', async (t) => {
  const { slack, settled, journal } = await office(t, {
    context: { services: ['erpnext', 'gitlab'], operate: ['sre'] }
  })
  const said = async (text: string, user = 'UALICE') => JSON.parse((await slack.say(user, text)).body).text
  t.match(
    await said('restart erpnxt'),
    /^there is no service 'erpnxt', did you mean erpnext\? services are: erpnext, gitlab/
  )
  t.match(await said('restart hr on prod'), /^there is no service 'hr'; services are: erpnext, gitlab/)
  t.match(
    await said('restart erpnext on prd'),
    /^there is no cluster 'prd', did you mean prod\? clusters are: dev, prod/
  )
  t.match(await said('restart constructor'), /^there is no service 'constructor'/)
  t.match(await said(`restart ${'x'.repeat(400)}`), /^there is no service 'x{60}…'/)
  t.match(await said('restart erpnxt', 'UEVE'), /access\.operate/, 'who may not is told no more than that')
  await settled()
  t.strictSame(slack.replies, [])
  const events = await journal.events({ limit: 20 })
  t.equal(events.length, 6)
  t.ok(
    events.every((one) => one.ignored),
    'no policy hears of it'
  )
  t.match(await said('*restart* `ERPNext` on “prod”'), /^asking/)
})

t.test('a call is journalled with who it is from, as people know them', async (t) => {
  const { slack, journal } = await office(t, { settings: { userGroups: { S1: ['sre'] } } })
  slack.userGroups.set('S1', ['UCAROL'])
  for (const user of ['UALICE', 'UCAROL']) await slack.say(user, 'status')
  const calls = await journal.events({ limit: 5, type: 'slack.command' })
  t.match(
    calls.map(({ data }) => data),
    [
      { user: 'UCAROL', userName: 'carol', actor: 'slack:UCAROL' },
      { user: 'UALICE', userName: 'alice', actor: 'alice' }
    ]
  )
})

t.test('after a restart, what was not answered is worked once', async (t) => {
  const { journal } = await journalAt(t)
  const before = await office(t, { journal, desk: { carryOut: () => new Promise(() => {}) } })
  await before.slack.say('UALICE', 'stop dev odd')
  await sleep(20)
  t.strictSame(await journal.stops(), [])
  const after = await office(t, { journal })
  t.equal(await after.desk.recover(), 1)
  t.match(await journal.stops(), [{ cluster: 'dev', by: 'alice', reason: 'odd' }])
  t.match(after.slack.messages('C0SIM'), [{ text: /^dev is stopped/ }], 'its address is gone: said in the channel')
  t.equal(await after.desk.recover(), 0)
  const again = await office(t, { journal })
  t.equal(await again.desk.recover(), 0)
  t.equal((await journal.events({ limit: 10, type: 'stackreflex.stop' })).length, 1)
})

t.test(
  'a call is journalled with what was understood; one of an older version is understood by its words',
  async (t) => {
    const { journal } = await journalAt(t)
    const { slack, settled } = await office(t, { journal, desk: { carryOut: async () => ({ say: 'done' }) } })
    await slack.say('UALICE', 'stop dev "odd records"')
    await settled()
    const [call] = await journal.events({ limit: 1, type: 'slack.command' })
    t.match(call?.data, {
      words: 'stop dev "odd records"',
      wish: { word: 'stop', cluster: 'dev', reason: 'odd records' }
    })
    const { wish: _, ...older } = call!.data as unknown as SlackData
    const time = new Date().toISOString()
    const event = { ...(call as unknown as Event), id: 'slack-old', subject: 'slack:old', time, data: older }
    await journal.append({ events: [{ event, lanes: [], note: null }], ignored: [] })
    const after = await office(t, { journal })
    t.equal(await after.desk.recover(), 1)
    t.match(await journal.stops(), [{ cluster: 'dev', by: 'alice', reason: 'odd records' }])
  }
)

t.test('what was done just before a restart is not done again', async (t) => {
  const { journal } = await journalAt(t)
  const silent = { remember: () => {}, sayAside: async () => {}, atAddress: async () => null }
  const parts = { replies: { ...silent, say: async () => new Promise<never>(() => {}) } }
  const before = await office(t, { journal, desk: parts })
  await before.slack.say('UALICE', 'stop dev odd')
  while ((await journal.stops()).length === 0) await sleep(5)
  const after = await office(t, { journal })
  t.equal(await after.desk.recover(), 1)
  t.match(after.slack.messages('C0SIM'), [{ text: /done, just before the product was restarted/ }])
  t.equal((await journal.events({ limit: 10, type: 'stackreflex.stop' })).length, 1)
})

t.test('a stop that was lifted by its number just before a restart was lifted', async (t) => {
  const { journal } = await journalAt(t)
  const silent = { remember: () => {}, sayAside: async () => {}, atAddress: async () => null }
  const parts = { replies: { ...silent, say: async () => new Promise<never>(() => {}) } }
  const before = await office(t, { journal, desk: parts })
  await before.slack.say('UALICE', 'stop dev odd')
  await before.slack.say('UALICE', 'stop dev still odd')
  while ((await journal.stops()).length < 2) await sleep(5)
  await before.slack.say('UALICE', 'resume stop:1')
  while ((await journal.stops()).length > 1) await sleep(5)
  const after = await office(t, { journal })
  t.equal(await after.desk.recover(), 3)
  t.match(
    after.slack.messages('C0SIM').map(({ text }) => text),
    Array(3).fill(/done, just before the product was restarted/)
  )
  t.match(await journal.stops(), [{ id: 2 }])
})

t.test('what is older than 25 minutes is left', async (t) => {
  const { journal } = await journalAt(t)
  const before = await office(t, { journal, desk: { carryOut: () => new Promise(() => {}) } })
  await before.slack.say('UALICE', 'stop dev odd')
  const after = await office(t, { journal, context: { now: () => Date.now() + 26 * 60_000 } })
  t.equal(await after.desk.recover(), 0)
  t.strictSame(await journal.stops(), [])
})

t.test('an address that is not Slack’s is never posted to', async (t) => {
  const { app, settled, entries, slack, box } = await office(t)
  box.settings = { ...box.settings!, responseHosts: ['hooks.slack.com'], botToken: null }
  await slack.say('UALICE', 'status')
  const body = form({ response_url: 'http://169.254.169.254/latest/meta-data' })
  await app.inject(post(body, signed(body)))
  await settled()
  t.strictSame(slack.replies, [])
  t.match(entries.join(''), /on no host of slack\.responseHosts/)
  t.match(entries.join(''), /slack\.botToken is not configured/)
  t.notMatch(entries.join(''), /meta-data|\/actions\//, 'the address is a secret')
})

t.test('a stop is in force before its call is journalled, and though it cannot be', async (t) => {
  const { journal: store } = await journalAt(t)
  const standing = keepStops(
    { ...store, stop: () => Promise.reject(new Error('the journal is locked')) },
    { log: createLog({ level: 'silent' }), now: Date.now, changed: () => {}, clockDoubt: () => null, patienceMs: 20 }
  )
  t.teardown(() => standing.close())
  const { journal } = standing
  let stopsThen: unknown
  const { slack } = await office(t, {
    journal,
    context: { stopAtOnce: standing.atOnce },
    receive: async () => {
      stopsThen = await journal.stops()
      throw new Error('the journal is locked')
    }
  })
  const answer = await slack.say('UALICE', 'stop dev odd deletes')
  t.match(stopsThen, [{ cluster: 'dev', by: 'alice', reason: 'odd deletes' }], 'before anything is written')
  t.match(
    { status: answer.status, body: JSON.parse(answer.body) },
    { status: 200, body: { text: /dev is stopped \(stop \d+\).*in force in memory/ } }
  )
  t.match(await journal.stops(), [{ cluster: 'dev', by: 'alice', memory: /the journal is locked/ }])
})

t.test('who may not operate puts no stop in force, not for a moment either', async (t) => {
  const { journal: store } = await journalAt(t)
  const standing = keepStops(store, {
    log: createLog({ level: 'silent' }),
    now: Date.now,
    changed: () => {},
    clockDoubt: () => null
  })
  t.teardown(() => standing.close())
  const { slack, settled } = await office(t, {
    journal: standing.journal,
    context: { operate: ['sre'], stopAtOnce: standing.atOnce }
  })
  await slack.say('UEVE', 'stop dev')
  t.same(await standing.journal.stops(), [])
  await settled()
  t.same(await standing.journal.stops(), [])
})
