import t from 'tap'
import { createLog } from '../../src/base/log.ts'
import { SlackCallFailed } from '../../src/clients/slack/slack.ts'
import type { SlackConfig } from '../../src/config/config.ts'
import type { Event } from '../../src/events/event.ts'
import { requestersOf } from '../../src/process/requester.ts'
import { createUserGroups } from '../../src/slack/usergroups.ts'
import { office } from './office.ts'

const minute = 60_000

/** User groups that a test changes, and a Slack that a test has fail. */
function world(userGroups: Record<string, string[]> = { S1: ['sre'] }) {
  const box = {
    ms: 1_700_000_000_000,
    members: { S1: ['UCAROL'] } as Record<string, string[]>,
    fail: null as Error | null,
    settings: { team: 'T1', userGroups } as unknown as SlackConfig | null,
    held: null as Promise<void> | null
  }
  const reads: string[] = []
  const entries: string[] = []
  const client = {
    async membersOf(id: string) {
      reads.push(id)
      await box.held
      if (box.fail !== null) throw box.fail
      return box.members[id] ?? []
    }
  }
  const log = createLog({ level: 'info', out: { write: (line: string) => entries.push(line) } as never })
  const made = createUserGroups({ settings: () => box.settings, client: () => client, log, now: () => box.ms })
  return { box, reads, entries, ...made }
}

t.test('groups of every user group that somebody is in, each once', async (t) => {
  const { box, reads, groupsOf } = world({ S1: ['sre'], S2: ['sre', 'dns'], S3: ['root'] })
  box.members = { S1: ['UCAROL'], S2: ['UCAROL', 'UDAN'], S3: [] }
  t.strictSame(await groupsOf('UCAROL'), ['sre', 'dns'])
  t.strictSame(await groupsOf('UDAN'), ['sre', 'dns'])
  t.strictSame(await groupsOf('UMALLORY'), [])
  t.strictSame(await groupsOf('constructor'), [])
  t.strictSame(reads, ['S1', 'S2', 'S3'])
})

t.test('nothing mapped, nothing read', async (t) => {
  const { box, reads, groupsOf, refresh, unread } = world({})
  refresh()
  t.strictSame(await groupsOf('UCAROL'), [])
  box.settings = null
  t.strictSame(await groupsOf('UCAROL'), [])
  t.strictSame(unread(), [])
  t.strictSame(reads, [])
})

t.test('remembered for five minutes', async (t) => {
  const { box, reads, groupsOf } = world()
  t.strictSame(await groupsOf('UCAROL'), ['sre'])
  box.members = { S1: ['UDAN'] }
  box.ms += 5 * minute - 1
  t.strictSame(await groupsOf('UCAROL'), ['sre'])
  t.equal(reads.length, 1)
  box.ms += 1
  t.strictSame(await groupsOf('UCAROL'), [])
  t.strictSame(await groupsOf('UDAN'), ['sre'])
  t.equal(reads.length, 2)
})

t.test('read in the background, nobody waits; asked at once, it is read once', async (t) => {
  const { box, reads, groupsOf, refresh } = world()
  refresh()
  t.strictSame(await Promise.all([groupsOf('UCAROL'), groupsOf('UCAROL')]), [['sre'], ['sre']])
  t.equal(reads.length, 1)
  box.ms += 4 * minute
  box.members = { S1: [] }
  box.held = new Promise(() => {})
  refresh()
  t.strictSame(await groupsOf('UCAROL'), ['sre'], 'what is remembered')
  t.equal(reads.length, 2)
})

t.test('a Slack that does not answer is not waited for long', async (t) => {
  const { box, groupsOf, unread } = world()
  let answer = () => {}
  box.held = new Promise((resolve) => {
    answer = resolve
  })
  t.strictSame(await groupsOf('UCAROL', 5), [])
  t.strictSame(unread(), ['S1'])
  answer()
  t.strictSame(await groupsOf('UCAROL'), ['sre'], 'the same reading')
  t.strictSame(unread(), [])
})

t.test('unreadable: what was read last holds for an hour, and the log says so once', async (t) => {
  const { box, reads, entries, groupsOf, unread } = world()
  t.strictSame(await groupsOf('UCAROL'), ['sre'])
  box.fail = new SlackCallFailed('Slack said missing_scope', false)
  box.ms += 30 * minute
  t.strictSame(await groupsOf('UCAROL'), ['sre'])
  t.strictSame(await groupsOf('UCAROL'), ['sre'])
  t.equal(reads.length, 2, 'left alone for a while')
  box.ms += 30 * minute - 1
  t.strictSame(await groupsOf('UCAROL'), ['sre'])
  t.strictSame(unread(), [])
  box.ms += 1
  t.strictSame(await groupsOf('UCAROL'), [])
  t.strictSame(unread(), ['S1'])
  t.equal(entries.length, 1)
  t.match(entries[0], /S1 of Slack cannot be read: .*missing_scope \(the scope usergroups:read\); .*at most an hour/)
  box.fail = null
  box.ms += minute
  t.strictSame(await groupsOf('UCAROL'), ['sre'])
  t.match(entries[1], /can be read again/)
  box.fail = new SlackCallFailed('Slack asks to wait 90 s', false, null, 90_000)
  box.ms += 5 * minute
  await groupsOf('UCAROL')
  t.equal(entries.length, 3, 'another time is told anew')
  const before = reads.length
  box.ms += 89_000
  await groupsOf('UCAROL')
  t.equal(reads.length, before, 'Slack said when')
})

t.test('never read: nobody; deleted in Slack: nobody at once', async (t) => {
  const { box, entries, groupsOf, unread } = world()
  box.fail = new Error('socket hang up')
  t.strictSame(await groupsOf('UCAROL'), [])
  t.match(entries, [/nobody has rights through it/])
  box.fail = null
  box.ms += minute
  t.strictSame(await groupsOf('UCAROL'), ['sre'])
  box.fail = new SlackCallFailed('Slack said no_such_subteam', false)
  box.ms += 5 * minute
  t.strictSame(await groupsOf('UCAROL'), [])
  t.strictSame(unread(), [], 'this is known')
})

t.test('another configuration counts at once, another workspace has lists of its own', async (t) => {
  const { box, groupsOf } = world()
  t.strictSame(await groupsOf('UCAROL'), ['sre'])
  box.settings = { team: 'T1', userGroups: { S1: ['dns'] } } as unknown as SlackConfig
  t.strictSame(await groupsOf('UCAROL'), ['dns'])
  box.members = { S1: [] }
  box.settings = { team: 'T2', userGroups: { S1: ['dns'] } } as unknown as SlackConfig
  t.strictSame(await groupsOf('UCAROL'), [])
})

t.test('whoever is only in a user group looks, and acts with its groups', async (t) => {
  const { slack, settled, journal } = await office(t, {
    settings: { userGroups: { SONCALL: ['sre'], SREAD: ['readers'] } },
    context: { operate: ['sre'] }
  })
  slack.userGroups.set('SONCALL', ['UCAROL', 'UEVE']).set('SREAD', ['UDAN'])
  const told = async (user: string, text: string) => {
    const before = slack.replies.length
    const { body } = await slack.say(user, text)
    await settled()
    return slack.replies[before]?.text ?? (JSON.parse(body) as { text: string }).text
  }
  t.match(await told('UCAROL', 'stop dev odd'), /^dev is stopped/)
  t.match(await journal.stops(), [{ cluster: 'dev', by: 'slack:UCAROL' }])
  t.match(await told('UEVE', 'resume dev'), /resumed|goes on|dev/)
  t.strictSame(await journal.stops(), [], 'beside the groups of slack.users')
  t.match(await told('UDAN', 'stop dev'), /readers.*access\.operate/)
  t.match(await told('UMALLORY', 'status'), /^you are not known here: .*UMALLORY/)
  t.match(await journal.events({ limit: 1 }), [{ ignored: true, reason: /no user group of slack\.userGroups/ }])
})

t.test('what could not be read is said', async (t) => {
  const { slack, settled } = await office(t, { settings: { userGroups: { SONCALL: ['sre'] } } })
  slack.userGroups.set('SONCALL', ['UCAROL'])
  slack.refuse(1, 'missing_scope')
  const { body } = await slack.say('UCAROL', 'status')
  t.match(JSON.parse(body), { text: /UCAROL.*SONCALL could not be read from Slack: try again/ })
  t.match(JSON.parse((await slack.say('UALICE', 'status')).body), { text: 'looking…' }, 'named people are let in')
  await settled()
})

t.test('whoever asked through a user group does not approve it', async (t) => {
  const lanes = () => [{ policy: 'p', key: 'restart', quietMs: 0, maxMs: 0, resources: [] }]
  const { slack, settled, journal, decideDue, news, box } = await office(t, {
    lanes,
    settings: { userGroups: { SONCALL: ['sre'] } },
    context: { operate: ['sre'], tiers: { dev: 'bursty', prod: 'change-controlled' } }
  })
  slack.userGroups.set('SONCALL', ['UCAROL', 'UDAN'])
  await slack.say('UCAROL', 'restart erpnext')
  await settled()
  const [asked] = await journal.events({ limit: 1, type: 'slack.command' })
  const who = requestersOf(asked as unknown as Event, { slack: box.settings, gitlab: { secrets: [], users: {} } })
  t.same(who, ['slack:UCAROL'])
  await decideDue(undefined, who)
  await news.once()
  const [message, told] = slack.messages('C0SIM')
  t.match(told, { text: /^For slack:UCAROL \(carol\): decision 1/ })
  const press = async (user: string) => {
    await slack.click(user, message!, 'approve')
    await settled()
  }
  await press('UCAROL')
  t.match(slack.replies.at(-1), { user: 'UCAROL', text: /asked for this/ })
  t.match(await journal.approvals({ id: 1 }), [{ state: 'open', votes: [] }])
  await press('UDAN')
  t.match(await journal.approvals({ id: 1 }), [{ votes: [{ actor: 'slack:UDAN', verdict: 'approve' }] }])
})
