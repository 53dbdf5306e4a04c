import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createLog } from '../../../src/base/log.ts'
import type { SlackClient, SlackMessage } from '../../../src/clients/slack/slack.ts'
import type { SlackConfig } from '../../../src/config/config.ts'
import { escaped, messageOf } from '../../../src/outbound/slack/blocks.ts'
import { createReplies, mayPostTo } from '../../../src/outbound/slack/replies.ts'

const asker = { event: 'e1', user: 'UALICE', channel: 'C1' }

interface How {
  readonly status?: number
  readonly location?: string
  readonly bot?: boolean
  readonly post?: SlackClient['post']
}

/** Somewhere that answers what it is told to, and a channel. */
async function replies(t: Test, { status = 200, location = '', bot = true, post }: How = {}) {
  const came: string[] = []
  const server = createServer((request, response) => {
    came.push(request.url ?? '')
    response.writeHead(status, location === '' ? {} : { location }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/actions/secret`
  const posted: SlackMessage[] = []
  const client: SlackClient = {
    post: post ?? (async (_channel, message) => String(posted.push(message))),
    update: async () => {},
    membersOf: async () => []
  }
  const entries: string[] = []
  const clock = { ms: Date.now() }
  const made = createReplies({
    settings: () => ({ responseHosts: ['127.0.0.1'], channel: 'C0HOME' }) as unknown as SlackConfig,
    client: () => (bot ? client : null),
    log: createLog({ level: 'info', out: { write: (line: string) => entries.push(line) } as never }),
    now: () => clock.ms
  })
  return { made, url, came, posted, entries, clock }
}

t.test('five answers at the address, then the channel, with a word to whom', async (t) => {
  const { made, url, came, posted } = await replies(t)
  made.remember('e1', url)
  for (let n = 0; n < 7; n++) await made.say(asker, { say: `answer ${n}` })
  t.equal(came.length, 5)
  t.match(posted, [{ text: 'answer 5' }, { text: 'answer 6' }])
  t.match(JSON.stringify(posted[0]), /<@UALICE>/)
})

t.test('thirty minutes', async (t) => {
  const { made, url, came, posted, clock } = await replies(t)
  made.remember('e1', url)
  clock.ms += 30 * 60_000 - 1
  await made.say(asker, { say: 'in time' })
  clock.ms += 1
  await made.say(asker, { say: 'too late' })
  t.equal(came.length, 1)
  t.match(posted, [{ text: 'too late' }])
})

t.test('a redirect is not followed', async (t) => {
  const { url: elsewhere, came: wrong } = await replies(t)
  const { made, url, came, posted } = await replies(t, { status: 307, location: elsewhere })
  made.remember('e1', url)
  await made.say(asker, { say: 'x' })
  t.equal(came.length, 1)
  t.equal(wrong.length, 0)
  t.equal(posted.length, 1)
})

t.test('nowhere to say it: the log says why, without the address', async (t) => {
  const { made, url, entries } = await replies(t, { status: 404, bot: false })
  made.remember('e1', url)
  await made.say(asker, { say: 'x' })
  await made.say({ ...asker, event: 'e2' }, { say: 'x' })
  t.match(entries[0], /Slack takes nothing at its response_url any more, and slack\.botToken is not configured/)
  t.match(entries[1], /not known any more \(the product was restarted\)/)
  t.notMatch(entries.join(''), /secret/)
})

t.test('an address that was refused is said to be refused, and so is one that was missing', async (t) => {
  for (const [url, why] of [
    [
      'https://evil.example/actions/secret',
      /response_url \(https:\/\/evil\.example\) is on no host of slack\.responseHosts/
    ],
    [
      'ftp://127.0.0.1/secret',
      /response_url \(ftp:\/\/127\.0\.0\.1\) is on no host of slack\.responseHosts, or not https/
    ],
    ['nonsense of secret', /response_url \(no URL\)/],
    [null, /the call brought no response_url/]
  ] as const) {
    const { made, entries, posted, came } = await replies(t, { bot: false })
    made.remember('e1', url)
    await made.say(asker, { say: 'x' })
    t.equal(entries.length, 2)
    for (const entry of entries) {
      t.match(entry, why)
      t.notMatch(entry, /restarted|secret/)
    }
    t.strictSame([posted, came], [[], []])
  }
})

t.test('a reply goes to the channel of the product where the bot is not in the other', async (t) => {
  const tried: string[] = []
  const { made, entries } = await replies(t, {
    post: async (channel) => {
      tried.push(channel)
      if (channel === 'D0ALICE') throw new Error('Slack said channel_not_found')
      return '1'
    }
  })
  await made.say({ ...asker, channel: 'D0ALICE' }, { say: 'x' })
  t.strictSame(tried, ['D0ALICE', 'C0HOME'])
  t.strictSame(entries, [])
  const nowhere = await replies(t, {
    post: async () => {
      throw new Error('Slack said not_in_channel')
    }
  })
  await nowhere.made.say({ ...asker, channel: 'C1' }, { say: 'x' })
  t.match(nowhere.entries[0], /not_in_channel for C1, Slack said not_in_channel for C0HOME/)
})

t.test('what is for one person alone goes to no channel', async (t) => {
  const { made, url, came, posted, entries } = await replies(t)
  made.remember('e1', url)
  await made.sayAside('e1', { say: 'x' })
  t.equal(came.length, 1)
  await made.sayAside('e2', { say: 'x' })
  t.strictSame(posted, [])
  t.match(entries[0], /not given: its response_url is not known/)
})

t.test('only Slack’s own hosts, over TLS', async (t) => {
  const hosts = ['hooks.slack.com']
  for (const [url, may] of [
    ['https://hooks.slack.com/commands/1', true],
    ['https://HOOKS.slack.com/commands/1', true],
    ['http://hooks.slack.com/commands/1', false],
    ['https://hooks.slack.com.evil.example/', false],
    ['https://evil.example/hooks.slack.com', false],
    ['https://hooks.slack.com@evil.example/', false],
    ['https://user:pass@hooks.slack.com/', false],
    ['https://169.254.169.254/', false],
    ['file:///etc/passwd', false],
    ['ftp://hooks.slack.com/', false]
  ] as const)
    t.equal(mayPostTo(new URL(url), hosts), may, url)
  t.equal(mayPostTo(new URL('http://127.0.0.1:1/'), ['127.0.0.1']), true)
  t.equal(mayPostTo(new URL('http://127.0.0.1:1/'), hosts), false)
})

t.test('text is escaped, and cut before Slack refuses it', async (t) => {
  t.equal(escaped('<!here> & `x`\u202e\n'), '&lt;!here&gt; &amp; ˋxˋ ')
  const { text, blocks } = messageOf({ say: '<'.repeat(5000), lines: `${'&'.repeat(200)}\n`.repeat(400) })
  t.ok(text.length <= 3000)
  t.notMatch(text, /&[a-z]*…$/)
  t.equal(blocks.length, 5)
  for (const block of blocks) t.ok((block.text as { text: string }).text.length <= 3000)
  t.match(JSON.stringify(blocks), /… \d+ more lines: the command line has all of it/)
})
