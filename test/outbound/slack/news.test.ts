import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { createLog } from '../../../src/base/log.ts'
import type { SlackClient } from '../../../src/clients/slack/slack.ts'
import { planSteps } from '../../../src/core/policy.ts'
import { createPosts } from '../../../src/outbound/slack/posts.ts'
import { event, open, recorded, route } from '../../contract/journal-facts.ts'
import { journalAt, office } from '../../slack/office.ts'

const seen = (messages: readonly { readonly blocks: readonly unknown[] }[]) => JSON.stringify(messages)
const buttons = /"action_id":"approve"/
const lanes = () => [{ policy: 'p', key: 'restart', quietMs: 0, maxMs: 0, resources: [] }]

t.test('an approval is posted once, with buttons whose value is its number', async (t) => {
  const { news, slack, wanted } = await office(t)
  await wanted()
  await news.once()
  await news.once()
  const messages = slack.messages('C0SIM')
  t.equal(messages.length, 1)
  t.match(messages[0]?.text, /^Approval 1 open: 1 step on prod: t1 is missing/)
  t.match(seen(messages), /"value":"1"/)
  t.match(seen(messages), /"confirm"/)
  t.match(seen(messages), /say t1 on prod/)
})

t.test('a click counts, and the message is changed in place', async (t) => {
  const { news, slack, wanted, settled, journal } = await office(t)
  await wanted()
  await news.once()
  const [message] = slack.messages('C0SIM')
  t.match(await slack.click('UALICE', message!, 'approve'), { status: 200, body: '' })
  await settled()
  t.match(await journal.approvals({ id: 1 }), [{ state: 'granted', votes: [{ actor: 'alice', verdict: 'approve' }] }])
  t.strictSame(slack.replies, [], 'the message says it')
  await news.once()
  const [after] = slack.messages('C0SIM')
  t.equal(after?.ts, message?.ts)
  t.match(after, { updates: 1, text: /^Approval 1 granted/ })
  t.match(seen([after!]), /alice approved\. granted, holds until/)
  t.notMatch(seen([after!]), buttons)
})

t.test('four eyes: whoever asked for a change-controlled plan does not approve it', async (t) => {
  const { news, slack, wanted, settled, journal } = await office(t)
  await wanted('1', 'a', ['alice'])
  await news.once()
  const [message] = slack.messages('C0SIM')
  t.match(seen([message!]), /wanted by alice/)
  await slack.click('UALICE', message!, 'approve')
  await settled()
  t.match(slack.replies, [
    { user: 'UALICE', text: /alice asked for this, and prod is change-controlled: somebody else/ }
  ])
  t.match(await journal.approvals({ id: 1 }), [{ state: 'open', votes: [] }])
  await slack.click('UBOB', message!, 'approve')
  await settled()
  t.match(await journal.approvals({ id: 1 }), [{ state: 'granted' }])
})

t.test('people who may not, and old buttons', async (t) => {
  const { news, slack, wanted, settled, journal } = await office(t, {
    context: {
      approvals: {
        expiresMs: 3_600_000,
        tiers: {
          bursty: { required: 1, groups: [] },
          'change-controlled': { required: 1, groups: ['sre'] },
          'always-on': { required: 1, groups: [] }
        }
      }
    }
  })
  await wanted()
  await news.once()
  const [message] = slack.messages('C0SIM')
  await slack.click('UEVE', message!, 'approve')
  await settled()
  t.match(slack.replies[0], { user: 'UEVE', text: /eve is in no group: approvals for prod come from sre/ })
  // Slack shows nobody what a click is answered with: it is said at the address that came with it, once.
  t.match(await slack.click('UMALLORY', message!, 'approve'), { status: 200, body: '' })
  await settled()
  const { user, text, body } = slack.replies[1]!
  t.match({ user, text, body }, { user: 'UMALLORY', text: /you are not known here: .*UMALLORY/ })
  t.match(body, { response_type: 'ephemeral', replace_original: false }, 'and the question stays for the others')
  await slack.replay()
  await settled()
  t.equal(slack.replies.length, 2)
  t.match(await journal.approvals({ id: 1 }), [{ state: 'open', votes: [] }])
  await slack.click('UBOB', message!, 'reject')
  await settled()
  t.match(await journal.approvals({ id: 1 }), [{ state: 'rejected' }])
  // Its window still shows the old message.
  await slack.click('UALICE', message!, 'approve')
  await settled()
  t.match(slack.replies[2], { user: 'UALICE', text: /approval 1 is rejected/ })
  await news.once()
  t.match(slack.messages('C0SIM'), [{ text: /^Approval 1 rejected/ }])
})

t.test('superseded shows the difference; expired and answered before anybody was told', async (t) => {
  const { news, slack, wanted, decideDue, plan, journal, clock } = await office(t)
  await wanted()
  await news.once()
  await journal.append({ events: [route(event('2'), 'a')], ignored: [] })
  await decideDue([{ ...plan, target: 't2' }])
  await news.once()
  const messages = slack.messages('C0SIM')
  t.equal(messages.length, 2)
  t.match(messages[0]?.text, /^Approval 1 superseded/)
  t.match(seen([messages[0]!]), /- say t1 .*\+ say t2/)
  t.notMatch(seen([messages[0]!]), buttons)
  t.match(seen([messages[1]!]), buttons)
  clock.ms += 2 * 3_600_000
  await news.once()
  t.match(slack.messages('C0SIM')[1]?.text, /^Approval 2 expired/)
})

t.test('after a restart nothing is posted twice, and messages go on where they were', async (t) => {
  const { journal } = await journalAt(t)
  const before = await office(t, { journal })
  await before.wanted()
  await before.news.once()
  const [message] = before.slack.messages('C0SIM')
  await before.news.close()
  const after = await office(t, { journal, settings: { apiUrl: before.slack.apiUrl } })
  await after.news.once()
  t.equal(before.slack.messages('C0SIM').length, 1)
  await before.slack.click('UBOB', message!, 'reject')
  await before.settled()
  await after.news.once()
  t.match(before.slack.messages('C0SIM'), [{ text: /^Approval 1 rejected/, updates: 1 }])
  const [marks] = await journal.events({ limit: 1, resource: 'approval:1' })
  t.match(marks, { type: 'stackreflex.slack.posted', id: `slack.posted approval:1 C0SIM ${message?.ts} rejected:1` })
})

t.test('asked twice, a message is posted once; of two processes, one posts it', async (t) => {
  const { journal } = await journalAt(t)
  let posted = 0
  const client: SlackClient = {
    async post(_channel, _message, sending) {
      await sending?.()
      return String(++posted)
    },
    update: async () => {},
    membersOf: async () => []
  }
  const log = createLog({ level: 'silent' })
  const make = () => createPosts({ journal, client: () => client, log, now: Date.now, closing: () => false })
  const [one, other] = [make(), make()]
  const post = (posts: typeof one) =>
    posts.post({ about: 'approval:1', at: 1_700_000_000_000 }, 'C1', { text: 'x', blocks: [] }, 'open:0')
  await Promise.all([post(one), post(other)])
  t.equal(posted, 1)
  await post(one)
  await post(other)
  await post(make())
  t.equal(posted, 1)
})

t.test('an intention without an outcome is not carried out again', async (t) => {
  const { news, slack, wanted, journal, entries } = await office(t)
  await wanted()
  const mark = event('slack.posting approval:1 0', {
    type: 'stackreflex.slack.posting',
    subject: 'approval:1',
    source: '/stackreflex/slack'
  })
  await journal.append({ events: [{ event: mark, lanes: [], note: null }], ignored: [] })
  await news.once()
  t.strictSame(slack.messages('C0SIM'), [])
  t.match(entries.join(''), /perhaps posted just before a restart/)
})

t.test('what a process claimed that died is not posted again, and is said once', async (t) => {
  const { news, slack, wanted, journal, entries } = await office(t)
  await wanted()
  const of = { sink: 'slack', about: 'approval:1' }
  await journal.enqueue([{ ...of, at: 1 }])
  await journal.claimOutbox({ ...of, owner: 'a process that died' }, 0, event('slack.posting approval:1 0'))
  await news.once()
  await news.once()
  t.strictSame(slack.messages('C0SIM'), [])
  t.equal(entries.filter((line) => line.includes('perhaps posted just before a restart')).length, 1)
  t.match(await journal.outbox('slack', 'approval:1'), { state: 'lost' })
})

t.test('what a build before the outbox posted is changed in place, and what it told is not told again', async (t) => {
  const { journal, path } = await journalAt(t)
  const before = await office(t, { journal, lanes })
  await before.slack.say('UALICE', 'restart erpnext', 'D0ALICE')
  await before.settled()
  await before.decideDue([], ['alice'])
  await before.wanted()
  await before.news.once()
  await before.news.close()
  const [message] = before.slack.messages('C0SIM')
  // All that such a build left are the facts.
  const db = new DatabaseSync(path)
  db.exec('delete from outbox')
  db.close()
  const after = await office(t, { journal, settings: { apiUrl: before.slack.apiUrl } })
  await after.news.once()
  t.equal(before.slack.messages('C0SIM').length, 1, 'it was posted before')
  t.equal(before.slack.replies.length, 2)
  const reference = JSON.stringify({ channel: 'C0SIM', ts: message?.ts })
  t.match(await journal.outbox('slack', 'approval:1'), { state: 'told', reference, shown: 'open:0' })
  t.match(await journal.outbox('slack', 'decision:1'), { state: 'told', reference: null })
  await before.slack.click('UBOB', message!, 'reject')
  await before.settled()
  await after.news.once()
  t.match(before.slack.messages('C0SIM'), [{ text: /^Approval 1 rejected/, updates: 1 }])
})

t.test('429 is waited for, and no two messages come within a second', async (t) => {
  const { news, slack, wanted, waits, clock, journal } = await office(t)
  await wanted('1', 'a')
  await wanted('2', 'b')
  await wanted('3', 'c')
  slack.limit(1, 7)
  await news.once()
  await news.once()
  t.strictSame(slack.messages('C0SIM'), [], 'the whole channel is left alone')
  t.match(await journal.events({ limit: 9, resource: 'approval:1' }), [
    { type: 'stackreflex.slack.unposted' },
    { type: 'stackreflex.slack.posting' }
  ])
  t.strictSame(waits, [], 'and nothing waits for it')
  clock.ms += 7000
  await news.once()
  t.equal(slack.messages('C0SIM').length, 3)
  t.equal(slack.hurried, 0)
})

t.test('closing begins nothing more, and what was not begun is posted after the restart', async (t) => {
  const { journal } = await journalAt(t)
  const { news, slack, wanted } = await office(t, { journal })
  for (const id of ['1', '2', '3', '4']) await wanted(id, id)
  slack.limit(1, 60)
  await news.once()
  await news.close()
  await news.once()
  t.strictSame(slack.messages('C0SIM'), [])
  const after = await office(t, { journal })
  await after.news.once()
  t.equal(after.slack.messages('C0SIM').length, 4)
})

t.test('what Slack refuses is tried again in a minute', async (t) => {
  const { news, slack, wanted, entries, clock } = await office(t)
  await wanted()
  slack.refuse(1, 'not_in_channel')
  await news.once()
  await news.once()
  t.strictSame(slack.messages('C0SIM'), [])
  t.match(entries.join(''), /approval:1 could not be given: Slack said not_in_channel/)
  clock.ms += 61_000
  await news.once()
  t.equal(slack.messages('C0SIM').length, 1)
})

t.test('a channel that takes nothing is tried less and less often, and never given up', async (t) => {
  const { news, slack, wanted, entries, clock, journal } = await office(t)
  await wanted()
  slack.refuse(5, 'not_in_channel')
  for (const minutes of [1, 2, 4, 8, 16]) {
    await news.once()
    clock.ms += (minutes - 0.5) * 60_000
    await news.once()
    clock.ms += 30_000
  }
  const marks = await journal.events({ limit: 50, resource: 'approval:1' })
  t.equal(marks.length, 10, 'five tries')
  t.equal(entries.filter((line) => line.includes('not_in_channel')).length, 1, 'said once')
  await news.once()
  t.equal(slack.messages('C0SIM').length, 1)
})

t.test('hostile names in a plan wake nobody', async (t) => {
  const { news, slack, journal, decideDue, plan } = await office(t)
  await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
  await decideDue([
    { ...plan, target: '<!channel> ```x``` <https://evil.example|prod>', input: { say: '<@U1>'.repeat(900) } }
  ])
  await news.once()
  const [message] = slack.messages('C0SIM')
  t.ok(message)
  t.notMatch(seen([message!]), /<!|<@|<http/)
  t.match(seen([message!]), buttons)
})

t.test('without a token or a channel nothing is posted', async (t) => {
  for (const settings of [{ botToken: null }, { channel: null }]) {
    const { news, slack, wanted } = await office(t, { settings })
    await wanted()
    await news.once()
    t.strictSame(slack.messages('C0SIM'), [])
  }
})

const outcome = /^For alice: decision 1 \(p, restart\): nothing to do: nothing to do any more/

t.test('what came of what somebody asked for is told where they asked, whoever may post there', async (t) => {
  for (const [name, channel, settings, everybody] of [
    ['in the channel of the product', 'C0SIM', {}, true],
    ['without a bot token', 'C0SIM', { botToken: null, channel: null }, false],
    ['without a configured channel', 'C0SIM', { channel: null }, false],
    ['in a direct message', 'D0ALICE', {}, false],
    ['in a direct message, without a bot token', 'D0ALICE', { botToken: null, channel: null }, false],
    ['in a private channel', 'G0OTHER', {}, false],
    ['in a channel where the bot is not', 'C0OTHER', {}, false]
  ] as const) {
    const { news, slack, settled, decideDue, entries } = await office(t, { lanes, settings })
    await slack.say('UALICE', 'restart erpnext', channel)
    await settled()
    await decideDue([], ['alice'])
    await news.once()
    await news.once()
    t.match(slack.replies, [{ text: /^erpnext: asked/ }, { user: 'UALICE', text: outcome }], name)
    t.equal(slack.replies.length, 2, `${name}: once`)
    t.equal(slack.replies[1]?.body.response_type, everybody ? 'in_channel' : 'ephemeral', name)
    t.equal(slack.messages(channel).length, everybody ? 1 : 0, name)
    t.strictSame(entries, [], name)
  }
})

t.test('where the address is gone: in the channel, else in the one of the product', async (t) => {
  for (const [name, channel, invited, told] of [
    ['where they asked', 'C0OTHER', true, 'C0OTHER'],
    ['where the bot is not', 'C0OTHER', false, 'C0SIM'],
    ['in a direct message', 'D0ALICE', false, 'C0SIM']
  ] as const) {
    const { news, slack, settled, decideDue, clock, journal } = await office(t, { lanes })
    if (invited) slack.invite(channel)
    await slack.say('UALICE', 'restart erpnext', channel)
    await settled()
    clock.ms += 31 * 60_000
    await decideDue([], ['alice'])
    await news.once()
    t.match(slack.messages(told), [{ text: outcome }], name)
    t.equal(slack.messages('C0SIM').length + slack.messages(channel).length, 1, name)
    // Who comes after a restart knows no address, and that it was told.
    const after = await office(t, { journal, settings: { apiUrl: slack.apiUrl } })
    await after.news.once()
    t.equal(slack.messages('C0SIM').length + slack.messages(channel).length, 1, name)
  }
})

t.test('whom Slack alone knows is named as people know them', async (t) => {
  const { news, slack, settled, decideDue } = await office(t, { lanes, settings: { userGroups: { S1: ['sre'] } } })
  slack.userGroups.set('S1', ['UCAROL'])
  await slack.say('UCAROL', 'restart erpnext')
  await settled()
  await decideDue([], ['slack:UCAROL'])
  await news.once()
  t.match(slack.replies[1], { user: 'UCAROL', text: /^For slack:UCAROL \(carol\): decision 1/ })
})

t.test('while the desk waits for a decision the news wait for the desk, and nobody is told twice', async (t) => {
  let finish = () => {}
  const slow = new Promise<void>((resolve) => {
    finish = resolve
  })
  const { news, slack, settled, decideDue } = await office(t, {
    lanes,
    desk: {
      carryOut: async (_command, { said }) => {
        await slow
        said.tell(1)
        return { say: 'decided: nothing to do' }
      }
    }
  })
  await slack.say('UALICE', 'restart erpnext')
  await decideDue([], ['alice'])
  await news.once()
  t.strictSame(slack.replies, [])
  finish()
  await settled()
  await news.once()
  t.match(slack.replies, [{ text: 'decided: nothing to do' }])
  t.equal(slack.replies.length, 1)
})

t.test('what was told at the address is not told again after a restart', async (t) => {
  const { news, slack, settled, decideDue, journal } = await office(t, { lanes })
  await slack.say('UALICE', 'restart erpnext', 'D0ALICE')
  await settled()
  await decideDue([], ['alice'])
  await news.once()
  t.equal(slack.replies.length, 2)
  const after = await office(t, { journal })
  await after.news.once()
  t.strictSame(after.slack.messages('C0SIM'), [])
  t.notMatch(after.entries.join(''), /perhaps/)
})

t.test('what can be told nowhere is a line in the log, with the true reason, once', async (t) => {
  const { news, slack, settled, decideDue, entries, clock } = await office(t, {
    lanes,
    settings: { botToken: null, channel: null }
  })
  await slack.say('UALICE', 'restart erpnext', 'D0ALICE')
  await settled()
  clock.ms += 31 * 60_000
  await decideDue([], ['alice'])
  await news.once()
  await news.once()
  t.equal(entries.length, 1)
  t.match(
    entries[0],
    /decision:1 could not be given: its response_url is older than 30 minutes, and slack\.botToken is not/
  )
})

t.test('what somebody did in other words is told to them as well: the call is known by the event', async (t) => {
  const { news, slack, settled, decideDue, journal, plan } = await office(t)
  await journal.append({ events: [route(event('1'), 'a')], ignored: [] })
  const lane = (await journal.claimLane('w', 10_000))!
  await recorded(journal, lane, planSteps('t1 is missing', [plan]), { actionIds: ['a1'] })
  const claim = await journal.claimAction('w', 10_000, open)
  const done = {
    outcome: 'changed',
    applied: { target: 't1', scope: 'zone', value: null },
    note: 'said',
    inverse: { type: 'unsay', risk: 'update', input: {} }
  } as const
  if (claim?.verdict === 'proceed') await journal.recordAttempt(claim.action, done, null)
  await slack.say('UALICE', 'undo a1 was wrong', 'D0ALICE')
  await settled()
  t.match(await journal.events({ limit: 1, type: 'stackreflex.undo' }), [{ data: { actor: 'alice', via: /^slack-/ } }])
  await decideDue([plan], ['alice'])
  await news.once()
  t.match(slack.replies, [
    { text: /^undoing a1 is asked for/ },
    { user: 'UALICE', text: /^For alice: decision 2 \(undo, .*is held by rule/ }
  ])
})

t.test('a plan that waits for an approval is told so; what nobody in Slack asked for is not', async (t) => {
  const { news, slack, wanted } = await office(t)
  await wanted('1', 'a', ['alice'])
  await wanted('2', 'b', ['carol'])
  await news.once()
  const texts = slack.messages('C0SIM').map(({ text }) => text)
  t.equal(texts.length, 3, `${texts}`)
  t.match(texts[2], /^For alice: decision 1 \(p, a\): 1 step is held by rule .*\(approval 1\)/)
})

t.test('a plan is asked about before it is said to wait, whenever it is decided while the news look', async (t) => {
  for (const reads of [1, 2, 3]) {
    const { journal } = await journalAt(t)
    let left = 0
    let happens = async () => {}
    const counted = <Page, Answer>(read: (page: Page) => Promise<Answer>) => {
      return async (page: Page) => {
        const answer = await read(page)
        if (--left === 0) await happens()
        return answer
      }
    }
    const watched = { approvals: counted(journal.approvals), decisions: counted(journal.decisions) }
    const { news, slack, wanted, decideDue, plan } = await office(t, { journal: { ...journal, ...watched } })
    const decided = async (what: () => Promise<void>) => {
      left = reads
      happens = what
      await news.once()
      await news.once()
    }
    await news.once()
    await decided(() => wanted('1', 'a', ['alice']))
    await decided(async () => {
      await journal.append({ events: [route(event('2'), 'a')], ignored: [] })
      await decideDue([{ ...plan, target: 't2' }], ['alice'])
    })
    const texts = slack.messages('C0SIM').map(({ text }) => text)
    const [first, second] = [1, 2].map((id) => new RegExp(`^For alice: decision ${id} .*\\(approval ${id}\\)`))
    t.match(
      texts,
      [/^Approval 1 superseded/, first, /^Approval 2 open/, second],
      `after ${reads} reads: ${texts.join('; ')}`
    )
    t.equal(texts.length, 4)
  }
})

t.test('what a journal that fails in between kept back is told in the next round', async (t) => {
  const { journal } = await journalAt(t)
  let left = 0
  const decisions: typeof journal.decisions = async (page) => {
    if (--left === 0) throw new Error('the disk is away')
    return journal.decisions(page)
  }
  const { news, slack, wanted } = await office(t, { journal: { ...journal, decisions } })
  await news.once()
  await wanted('1', 'a', ['alice'])
  left = 2
  await news.once().catch(() => {})
  t.ok(left <= 0, 'it failed between two reads')
  await news.once()
  t.match(JSON.stringify(slack.messages('C0SIM').map(({ text }) => text)), /For alice: decision 1 /)
})
