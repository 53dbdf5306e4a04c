import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { startSlack } from '../../sim/slack/slack.ts'
import { createSlack, SlackCallFailed } from '../../src/clients/slack/slack.ts'
import { notSlacks } from '../../src/events/slack.ts'

const signingSecret = 'secret'

/** A product that only listens. */
async function ear(t: Test) {
  const came: { url: string; headers: Record<string, string>; body: Buffer }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    came.push({
      url: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks)
    })
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { came, target: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function world(t: Test) {
  const { came, target } = await ear(t)
  const clock = { ms: Date.now() }
  const slack = await startSlack({ signingSecret, target, now: () => clock.ms })
  slack.invite('C1')
  t.teardown(() => slack.close())
  const sleep = async (ms: number) => {
    clock.ms += ms
  }
  const client = createSlack({ token: 'xoxb-sim', apiUrl: slack.apiUrl, now: () => clock.ms, sleep })
  return { came, slack, client, clock }
}

const message = (text: string) => ({
  text,
  blocks: [{ type: 'actions', elements: [{ type: 'button', action_id: 'approve', value: '7' }] }]
})

t.test('calls are signed as Slack signs them, with the form that it sends', async (t) => {
  const { came, slack, client } = await world(t)
  await slack.say('U1', 'status')
  await client.post('C1', message('hello'))
  await slack.click('U1', slack.messages('C1')[0]!, 'approve')
  for (const { headers, body } of came) {
    const timestamp = headers['x-slack-request-timestamp']
    const signature = headers['x-slack-signature']
    t.equal(notSlacks({ timestamp, signature, body }, [signingSecret], Date.now()), null)
    t.equal(headers['content-type'], 'application/x-www-form-urlencoded')
  }
  t.match(new URLSearchParams(came[0]?.body.toString()).get('text'), 'status')
  t.match(JSON.parse(new URLSearchParams(came[1]?.body.toString()).get('payload') ?? ''), {
    type: 'block_actions',
    actions: [{ action_id: 'approve', value: '7' }]
  })
  const other = { message: /^there is no button nothing on message .*'hello', was changed 0 times and has approve$/ }
  await t.rejects(slack.click('U1', slack.messages('C1')[0]!, 'nothing'), other)
  await t.rejects(slack.click('U1', { channel: 'C1', ts: '1.1' }, 'approve'), /on message 1\.1, which is not there/)
})

t.test('an address takes five posts within half an hour', async (t) => {
  const { came, slack, clock } = await world(t)
  const address = async () => {
    await slack.say('U1', 'status')
    return new URLSearchParams(came.at(-1)?.body.toString()).get('response_url') ?? ''
  }
  const post = async (url: string) => (await fetch(url, { method: 'POST', body: '{"text":"x"}' })).status
  const url = await address()
  for (const status of [200, 200, 200, 200, 200, 404]) t.equal(await post(url), status)
  const late = await address()
  clock.ms += 30 * 60_000
  t.equal(await post(late), 404)
  t.equal(slack.replies.length, 5)
})

t.test('the bot posts where it is, and to people; an address takes messages wherever its call came from', async (t) => {
  const { came, slack, client } = await world(t)
  await t.rejects(client.post('C2', message('x')), { message: 'Slack said not_in_channel', sent: false })
  for (const channel of ['G2', 'D2'])
    await t.rejects(client.post(channel, message('x')), { message: 'Slack said channel_not_found', sent: false })
  await client.post('U1', message('hello'))
  t.match(slack.messages('DU1'), [{ text: 'hello' }])
  await slack.say('U1', 'status', 'D2')
  const form = new URLSearchParams(came.at(-1)?.body.toString())
  t.equal(form.get('channel_id'), 'D2')
  const post = (body: object) => fetch(form.get('response_url') ?? '', { method: 'POST', body: JSON.stringify(body) })
  await post({ text: 'for one' })
  await post({ text: 'for all', response_type: 'in_channel' })
  t.match(slack.replies, [{ text: 'for one' }, { text: 'for all' }])
  t.match(slack.messages('D2'), [{ text: 'for all' }])
  t.equal(slack.messages('D2').length, 1)
})

t.test('what a click is answered with is shown to nobody; of a command it is', async (t) => {
  const chatty = createServer((_request, response) => response.end('{"text":"hello"}'))
  await new Promise<void>((resolve) => chatty.listen(0, '127.0.0.1', resolve))
  t.teardown(() => chatty.close())
  const target = `http://127.0.0.1:${(chatty.address() as AddressInfo).port}`
  const slack = await startSlack({ signingSecret, target })
  t.teardown(() => slack.close())
  const client = createSlack({ token: 'xoxb-sim', apiUrl: slack.apiUrl, now: Date.now, sleep: async () => {} })
  await client.post('C0SIM', message('hello'))
  t.equal((await slack.say('U1', 'status')).body, '{"text":"hello"}')
  t.match(await slack.click('U1', slack.messages('C0SIM')[0]!, 'approve'), { status: 200, body: '' })
})

t.test('the library posts and updates, a second apart', async (t) => {
  const { slack, client } = await world(t)
  const [ts] = await Promise.all([client.post('C1', message('one')), client.post('C1', message('two'))])
  await client.update('C1', ts, message('changed'))
  t.match(slack.messages('C1'), [
    { text: 'changed', updates: 1, ts },
    { text: 'two', updates: 0 }
  ])
  t.equal(slack.hurried, 0)
})

t.test('who is in a user group', async (t) => {
  const { slack, client } = await world(t)
  slack.userGroups.set('S1', ['U1', 'U2'])
  t.strictSame(await client.membersOf('S1'), ['U1', 'U2'])
  await t.rejects(client.membersOf('S2'), { message: 'Slack said no_such_subteam' })
  slack.limit(1, 7)
  await t.rejects(client.membersOf('S1'), { message: 'Slack asks to wait 7 s', retryAfterMs: 7000 })
})

t.test('what went wrong, and whether it may have been carried out', async (t) => {
  const { slack, client } = await world(t)
  slack.refuse(1, 'channel_not_found')
  await t.rejects(client.post('C1', message('x')), { message: 'Slack said channel_not_found', sent: false })
  await t.rejects(client.update('C1', '1.2', message('x')), { message: 'Slack said message_not_found', sent: false })
  slack.limit(9, 1)
  await t.rejects(client.post('C1', message('x')), {
    message: 'Slack asks to wait 1 s',
    retryAfterMs: 1000,
    sent: false
  })
  const { close, apiUrl } = await startSlack({ signingSecret, target: '' })
  await close()
  const nobody = createSlack({ token: 'x', apiUrl, now: Date.now, sleep: async () => {} })
  const gone = await nobody.post('C1', message('x')).catch((error) => error)
  t.ok(gone instanceof SlackCallFailed)
  t.match(gone, { sent: false, message: /did not answer/ })
  const { target } = await ear(t)
  const deaf = createSlack({ token: 'x', apiUrl: target, now: Date.now, sleep: async () => {} })
  t.match(await deaf.post('C1', message('x')).catch((error) => error), { sent: true }, 'no answer of Slack at all')
})

t.test('a redirect of the Web API is not followed', async (t) => {
  const { came, target } = await ear(t)
  const server = createServer((_request, response) => response.writeHead(307, { location: target }).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`
  const client = createSlack({ token: 'x', apiUrl, now: Date.now, sleep: async () => {} })
  t.match(await client.post('C1', message('x')).catch((error) => error), { sent: true })
  t.equal(came.length, 0)
})
