import t from 'tap'
import { planSteps } from '../../src/core/policy.ts'
import { changed, event, open, recorded, route, step } from '../contract/journal-facts.ts'
import { journalAt, office } from './office.ts'

type Office = Awaited<ReturnType<typeof office>>

/** What somebody is told. */
async function ask({ slack, settled }: Office, user: string, text: string) {
  const before = slack.replies.length
  const { status } = await slack.say(user, text)
  await settled()
  const reply = slack.replies[before]
  return { status, text: reply?.text ?? '', all: JSON.stringify(reply?.body ?? {}) }
}

t.test('status, approvals, explain', async (t) => {
  const there = await office(t)
  t.match(await ask(there, 'UEVE', 'status'), { text: 'Now', all: /stopped {4}nothing/ })
  t.match(await ask(there, 'UEVE', 'approvals'), { text: 'no approval is waited for' })
  await there.wanted()
  t.match(await ask(there, 'UEVE', 'approvals'), { all: /1 {3}\d{4}-.* p a: 1 step: t1 is missing/ })
  t.match(await ask(there, 'UEVE', 'status'), { all: /1 waited for/ })
  t.match(await ask(there, 'UEVE', 'explain approval:1'), { all: /OPEN until/ })
  t.match(await ask(there, 'UEVE', 'explain nothing-here'), { text: /knows nothing about 'nothing-here'/ })
  await ask(there, 'UALICE', 'stop dev odd records')
  t.match(await ask(there, 'UEVE', 'status'), {
    text: /something is stopped/,
    all: /stop 1 of dev, by alice since \S+ \(odd records\): \/reflex resume dev/
  })
})

t.test('each person has one dear question at a time; a stop waits for none of them', async (t) => {
  const free = Promise.withResolvers<void>()
  const { journal } = await journalAt(t)
  let most = 0
  let now = 0
  const reading = {
    ...journal,
    event: async (id: string) => {
      most = Math.max(most, ++now)
      await free.promise
      now--
      return journal.event(id)
    }
  }
  const there = await office(t, { journal, context: { reading } })
  for (let n = 0; n < 6; n++) await there.slack.say('UALICE', `explain thing-${n}`)
  await there.slack.say('UALICE', 'stop dev odd records')
  const said = async (text: RegExp) => {
    while (!there.slack.replies.some((reply) => text.test(reply.text))) await new Promise((next) => setImmediate(next))
  }
  await said(/you have asked 5 questions that are not answered yet/)
  await said(/stopped|dev/)
  t.match(await journal.stops(), [{ cluster: 'dev' }])
  t.equal(most, 1)
  free.resolve()
  await there.settled()
  t.equal(there.slack.replies.filter((reply) => /knows nothing about 'thing-/.test(reply.text)).length, 5)
})

t.test('explain names who said what in Slack', async (t) => {
  const there = await office(t, { settings: { userGroups: { S1: ['sre'] } } })
  there.slack.userGroups.set('S1', ['UCAROL'])
  for (const [user, wanted] of [
    ['UALICE', /alice said status in Slack/],
    ['UCAROL', /slack:UCAROL \(carol\) said status in Slack/]
  ] as const) {
    await ask(there, user, 'status')
    const [{ seq = 0 } = {}] = await there.journal.events({ limit: 1, type: 'slack.command' })
    t.match(await ask(there, 'UBOB', `explain ${seq}`), { all: wanted })
  }
})

t.test('dns says the records first', async (t) => {
  const there = await office(t)
  const { journal } = there
  await journal.append({ events: [route(event('1'), 'name:web-1.dev.example.')], ignored: [] })
  const lane = (await journal.claimLane('w', 10_000))!
  await recorded(journal, lane, planSteps('a record is missing', [step('web-1.dev.example. A')]), { actionIds: ['a1'] })
  const claim = await journal.claimAction('w', 10_000, open)
  if (claim?.verdict === 'proceed') await journal.recordAttempt(claim.action, changed('web-1.dev.example. A'), null)
  const told = await ask(there, 'UEVE', 'dns <http://web-1.dev.example|web-1.dev.example>')
  t.match(told, { text: 'web-1.dev.example: 1 record of ours', all: /```web-1\.dev\.example\. A {2}say web-1/ })
  t.match(await ask(there, 'UEVE', 'dns nowhere.example'), { text: /knows nothing about/ })
})

t.test('stop and resume, by those who may', async (t) => {
  const there = await office(t, { context: { operate: ['sre'] } })
  t.match(await ask(there, 'UEVE', 'stop prod now'), { text: /eve is in no group: this takes one of sre/ })
  t.strictSame(await there.journal.stops(), [])
  t.match(await ask(there, 'UALICE', 'stop nowhere'), { text: /there is no cluster 'nowhere'/ })
  t.match(await ask(there, 'UALICE', 'stop all odd'), { text: /everything is stopped/ })
  t.match(await there.journal.stops(), [{ cluster: null, by: 'alice', reason: 'odd' }])
  t.match(await ask(there, 'UBOB', 'resume prod'), {
    text: /prod is not stopped \(stopped now: stop 1 of everything, by alice/
  })
  t.match(await ask(there, 'UBOB', 'stop all an upgrade'), {
    text: /everything is stopped \(stop 2\).*\/reflex resume stop:2.*also stopped: stop 1 of everything, by alice/
  })
  t.match(await ask(there, 'UBOB', 'resume all'), {
    text: /lifted: stop 2 of everything, by bob .*no lane was held; still stopped: stop 1 of everything, by alice .*\/reflex resume all/
  })
  t.match(await ask(there, 'UBOB', 'resume stop:2'), { text: /stop 2 does not stand \(stopped now: stop 1 of / })
  t.match(await ask(there, 'UBOB', 'resume stop:1'), { text: /lifted: stop 1 of everything, by alice/ })
  t.strictSame(await there.journal.stops(), [])
})

t.test('approve and reject in words', async (t) => {
  const there = await office(t)
  await there.wanted('1', 'a')
  await there.wanted('2', 'b')
  t.match(await ask(there, 'UALICE', 'approve 9'), { text: /there is no approval 9: '\/reflex approvals' lists/ })
  t.match(await ask(there, 'UALICE', 'approve 1 looks right'), { text: /approval 1 granted; / })
  t.match(await there.journal.approvals({ id: 1 }), [{ state: 'granted', votes: [{ actor: 'alice' }] }])
  t.match(await ask(there, 'UBOB', 'reject 2 not today'), { text: /approval 2 rejected: nothing of its plan/ })
  t.match(await ask(there, 'UALICE', 'approve 2'), { text: /approval 2 is rejected: rejected by bob: not today/ })
})

t.test('undo', async (t) => {
  const there = await office(t)
  t.match(await ask(there, 'UALICE', 'undo abc was wrong'), { text: /there is no action abc/ })
})

t.test('hostile words wake nobody and break out of nothing', async (t) => {
  const there = await office(t)
  await ask(there, 'UALICE', 'stop dev &lt;!channel&gt; ```<!here|x>``` <@UBOB> *b* \u202e')
  const told = await ask(there, 'UEVE', 'status')
  t.notMatch(told.all, /<!|<@|<http|\u202e/)
  t.equal(told.all.split('```').length, 3, 'only our own code fence')
  t.match(await ask(there, 'UEVE', 'explain &lt;!channel&gt;`x`'), {
    text: /knows nothing about '&lt;!channel&gt;ˋxˋ'/
  })
})

t.test('what goes wrong is in the log, and said without its words', async (t) => {
  const there = await office(t, {
    desk: {
      carryOut: async () => {
        throw new Error('secret of the database')
      }
    }
  })
  const told = await ask(there, 'UALICE', 'status')
  t.match(told, { text: /something went wrong here/ })
  t.notMatch(told.all, /secret/)
  t.match(there.entries.join(''), /secret of the database/)
})
