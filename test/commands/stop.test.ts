import t from 'tap'
import { me, on, product } from './product.ts'

t.test('stop and resume: one cluster, and everything', async (t) => {
  const { plan, run, journal } = await product(t)
  const stopped = await run(['stop', 'dev', 'odd', 'records'])
  t.equal(stopped.out, 'dev is stopped: nothing is changed until `reflex resume dev`; decisions go on\n')
  t.equal(stopped.code, 0)
  t.match(await journal.stops(), [{ cluster: 'dev', by: me, reason: 'odd records' }])
  await plan('a', [on('dev', 't1')], 'q')
  const all = await run(['stop', 'all'])
  t.equal(all.out, 'everything is stopped: nothing is changed until `reflex resume all`; decisions go on\n')
  const everything = await run(['resume', 'all', 'was', 'nothing'])
  t.equal(everything.code, 0)
  t.equal(
    everything.out,
    `the stop of everything is lifted: 1 held lane is decided again\nstill stopped: dev, by ${me} (odd records): \`reflex resume dev\` goes on\n`
  )
  t.equal((await run(['resume', 'dev'])).out, 'the stop of dev is lifted: no lane was held\n')
  t.same(await journal.stops(), [])
  const again = await run(['resume', 'all'])
  t.equal(again.code, 1)
  t.equal(again.err, 'everything is not stopped (stopped now: nothing)\n')
})

t.test('stop and resume: unknown, or not understood', async (t) => {
  const { run, journal } = await product(t)
  for (const name of ['stop', 'resume']) {
    const unknown = await run([name, 'odd', 'records'])
    t.equal(unknown.code, 1)
    t.equal(unknown.err, "there is no cluster 'odd'; clusters are: dev, prod\n")
    const nothing = await run([name])
    t.equal(nothing.code, 2)
    t.equal(nothing.err, `reflex ${name}: which cluster? (or all)\nusage: reflex ${name} <cluster | all> [reason…]\n`)
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
    /^from {7}the journal of the simulated cloud\npolicies {3}dns-records enforce\n {11}workload-actions enforce \(prod: approve\)\n {11}quota-rebalance enforce\n {11}isolation enforce \(prod: approve\)\nstopped {4}infra, by /
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
