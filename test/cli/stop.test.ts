import t from 'tap'
import { personEvent } from '../../src/people/person-event.ts'
import { me, on, product } from './product.ts'

const T = (text: string) => text.replaceAll(/\d{4}-\S+?Z/g, 'T')

t.test('stop and resume: one cluster, and everything', async (t) => {
  const { plan, run, journal, cwd } = await product(t)
  const stopped = await run(['stop', 'dev', 'odd', 'records'])
  t.equal(stopped.out, 'dev is stopped (stop 1): nothing is changed until `reflex resume dev`; decisions go on\n')
  t.equal(
    stopped.err,
    `(in the journal ${cwd}/j.db, installation ${await journal.installId()}: no product runs on it now, so nothing is decided or done until one does)\n`
  )
  t.equal(stopped.code, 0)
  t.match(await journal.stops(), [{ cluster: 'dev', by: me, reason: 'odd records' }])
  await plan('a', [on('dev', 't1')], 'q')
  const all = await run(['stop', 'all'])
  t.equal(
    T(all.out),
    `everything is stopped (stop 2): nothing is changed until \`reflex resume all\`; decisions go on\nalso stopped: stop 1 of dev, by ${me} since T (odd records)\n`
  )
  const everything = await run(['resume', 'all', 'was', 'nothing'])
  t.equal(everything.code, 0)
  t.equal(
    T(everything.out),
    `lifted: stop 2 of everything, by ${me} since T (no reason given): 1 held lane is decided again\nstill stopped: stop 1 of dev, by ${me} since T (odd records): \`reflex resume dev\` goes on\n`
  )
  t.match((await run(['resume', 'dev'])).out, /^lifted: stop 1 of dev, by .*: no lane was held\n$/)
  t.same(await journal.stops(), [])
  const again = await run(['resume', 'all'])
  t.equal(again.code, 1)
  t.equal(again.err, 'everything is not stopped (stopped now: nothing)\n')
})

t.test(
  'stops of several people stand beside each other; each is lifted by its number, or by who said it',
  async (t) => {
    const { run, journal } = await product(t)
    const event = (by: string, did: 'stop' | 'resume') =>
      personEvent({ now: Date.now }, { name: by, groups: [], local: false }, { did, about: 'dev', reason: null })
    const bob = await journal.stop({ cluster: 'dev', by: 'bob', reason: 'an upgrade' }, event('bob', 'stop'))
    const anna = await journal.stop({ cluster: 'dev', by: 'anna', reason: 'odd' }, event('anna', 'stop'))
    const which = await run(['resume', 'dev'])
    t.equal(which.code, 1)
    t.match(which.err, `2 stops of dev stand; say which: stop ${bob} of dev, by bob since `)
    t.match(which.err, `(odd): \`reflex resume stop:${anna}\`\n`)
    t.match((await run(['stop', 'dev', 'mine'])).out, '`reflex resume stop:3`')
    const mine = await run(['resume', 'dev'])
    t.match(mine.out, `lifted: stop 3 of dev, by ${me} `, 'of several, whose it is lifts his own')
    t.match(
      mine.out,
      /\nstill stopped: stop 1 of dev, by bob .*`reflex resume stop:1` goes on\nstill stopped: stop 2 of dev, by anna/
    )
    const json = JSON.parse((await run(['resume', `stop:${bob}`, 'bob', 'is', 'away', '--json'])).out)
    t.match(json, { lifted: { id: bob, by: 'bob' }, lanes: 0, left: [{ id: anna }], at: { journal: /j\.db$/ } })
    const [said] = await journal.events({ limit: 1 })
    t.match(said?.data, { did: 'resume', about: 'dev', reason: 'lifts stop 1 by bob (an upgrade): bob is away' })
    t.match((await run(['resume', `stop:${bob}`])).err, `stop ${bob} does not stand (stopped now: stop ${anna} of dev`)
    t.match(
      (await run(['status'])).out,
      /\nstopped +stop 2 of dev, by anna since \S+ \(odd\): `reflex resume dev` lifts it\n/
    )
    t.equal((await run(['resume', `#${anna}`])).code, 0)
    t.match(JSON.parse((await run(['stop', 'prod', '--json'])).out), { cluster: 'prod', stop: 4, others: [], at: {} })
  }
)

t.test('stop and resume: unknown, or not understood', async (t) => {
  const { run, journal } = await product(t)
  for (const name of ['stop', 'resume']) {
    const unknown = await run([name, 'odd', 'records'])
    t.equal(unknown.code, 1)
    t.equal(unknown.err, "there is no cluster 'odd'; clusters are: dev, prod\n")
    const nothing = await run([name])
    t.equal(nothing.code, 2)
    t.match(nothing.err, `reflex ${name}: which cluster? (or all`)
    t.match(nothing.err, `usage: reflex ${name} <cluster | all`)
    t.equal((await run([name, '--all'])).code, 2)
  }
  t.same(await journal.stops(), [], 'a reason alone stops nothing')
})

t.test('on the simulated cloud its clusters are known without a file', async (t) => {
  const { run, journal } = await product(t)
  const elsewhere = { cwd: '/nowhere' }
  const { code, out } = await run(['stop', 'infra'], undefined, {}, elsewhere)
  t.equal(code, 0)
  t.match(out, 'infra is stopped')
  t.match(await journal.stops(), [{ cluster: 'infra' }])
  t.match((await run(['stop', 'x'], undefined, {}, elsewhere)).err, 'clusters are: dev, prod, infra\n')
  const status = await run(['status'], undefined, {}, elsewhere)
  t.match(
    status.out,
    /^product {4}DOES NOT RUN here: .*\nfrom {7}the journal of the simulated cloud \S+, installation \w+\npolicies {3}dns-records enforce\n {11}workload-actions enforce\n {11}workload-actions on prod approve\n {11}quota-rebalance enforce\n {11}isolation enforce\n {11}isolation on prod approve\nstopped {4}stop 1 of infra, by /
  )
})

t.test('a journal that cannot be written is said, with no stack', async (t) => {
  const { run } = await product(t)
  const openJournal = () =>
    Promise.reject(Object.assign(new Error('attempt to write a readonly database'), { code: 'X' }))
  const { code, err } = await run(['stop', 'all'], undefined, {}, { openJournal })
  t.equal(code, 1)
  t.equal(err, 'reflex stop: attempt to write a readonly database\n')
})
