import t from 'tap'
import { me, on, product } from './product.ts'

t.test('approve: decided again, and the same plan goes', async (t) => {
  const { plan, run, journal } = await product(t)
  const steps = [on('dev', 't1'), on('dev', 't2')]
  await plan('a', steps)
  const { code, out, err } = await run(['approve', '1', 'looks', 'right'], steps)
  t.equal(err, '')
  t.equal(out, 'approval 1 granted; decided again (decision 2): the same plan, 2 steps go\n')
  t.equal(code, 0)
  t.match(await journal.approvals({ id: 1 }), [{ votes: [{ actor: me, verdict: 'approve', reason: 'looks right' }] }])
  const again = await run(['approve', '1'], steps)
  t.equal(again.code, 1)
  t.equal(again.err, `approval 1 is granted: granted by ${me}: looks right\n`)
})

t.test('approve: another plan by now, with the difference', async (t) => {
  const { plan, run } = await product(t)
  await plan('a', [on('dev', 't1')])
  const { code, out } = await run(['approve', 'approval:1'], [on('dev', 't2\u001b[2J')])
  t.equal(code, 1)
  t.match(out, /^approval 1 was superseded: decision 2 came to another plan\n {2}- say t1 .*\n {2}\+ say t2 \[2J .*\n/)
  t.match(out, /\napproval 2 asks for that one: `reflex explain approval:2`, then `reflex approve 2`\n$/)
  const none = await run(['approve', '2'], [])
  t.equal(none.code, 1)
  t.match(none.out, /^approval 2 was superseded: .*needs none: nothing to do any more\n {2}- say t2/)
  t.match(none.out, /\nnow: nothing to do: nothing to do any more\n$/)
})

t.test('approve: no product runs', async (t) => {
  const { plan, run } = await product(t)
  await plan('a', [on('dev', 't1')])
  const { code, out } = await run(['approve', '1'])
  t.equal(out, 'approval 1 granted; no running product decided it yet: it does when one runs\n')
  t.equal(code, 0)
})

t.test('approve: the guard holds what is approved', async (t) => {
  const { plan, run } = await product(t)
  await plan('a', [on('dev', 't1')])
  await run(['stop', 'dev', 'odd', 'records'])
  const { code, out } = await run(['approve', '1'], [on('dev', 't1')])
  t.match(out, /^approval 1 granted; decided again \(decision 2\): the same plan, 1 step is held by rule stop: dev was/)
  t.match(out, /odd records.*`reflex resume dev` goes on\n$/)
  t.equal(code, 0)
})

t.test('approve: more than one is needed', async (t) => {
  const { plan, run } = await product(t, 'approvals: { tiers: { bursty: { required: 2 } } }\n')
  await plan('a', [on('dev', 't1')])
  const { code, out, err } = await run(['approve', '1'])
  t.equal(err, '')
  t.equal(out, 'approval 1: 1 of 2 approvals, 1 more is needed\n')
  t.equal(code, 0)
})

t.test('approve: refused where nobody vouches for who it is', async (t) => {
  const { plan, run, journal } = await product(t)
  await plan('a', [on('prod', 't1')])
  const { code, out, err } = await run(['approve', '1'])
  t.equal(code, 1)
  t.equal(out, '')
  t.match(err, `${me} is known only as a user of this machine, and prod is change-controlled: approve with a token`)
  t.match(await journal.approvals({ id: 1 }), [{ state: 'open', votes: { length: 0 } }])
})

t.test('reject', async (t) => {
  const { plan, run } = await product(t)
  await plan('a', [on('dev', 't1')])
  const { code, out } = await run(['reject', '1', 'not', 'now'], [on('dev', 't1')])
  t.match(
    out,
    /^approval 1 rejected: nothing of its plan is carried out; decided again \(decision 2\): 1 step is held by/
  )
  t.match(out, /approval 1 was rejected/)
  t.equal(code, 0)
  await plan('b', [on('dev', 't2')])
  t.match((await run(['reject', '2'])).out, 'carried out; no running product decided it yet: it does when one runs\n')
})

t.test('approve and reject: unknown, or not understood', async (t) => {
  const { run } = await product(t)
  for (const name of ['approve', 'reject']) {
    const unknown = await run([name, '7'])
    t.equal(unknown.code, 1)
    t.equal(unknown.err, 'there is no approval 7: `reflex approvals` lists those that wait\n')
    for (const [line, expected] of [
      [[name], 'which approval? `reflex approvals` lists them\n'],
      [[name, 'web-1\u0007'], "'web-1 ' is not the number of an approval: `reflex approvals` lists them\n"],
      [[name, '7', '--force'], 'there is no option --force\n']
    ] as const) {
      const { code, err } = await run(line)
      t.equal(code, 2)
      t.equal(err, `reflex ${name}: ${expected}usage: reflex ${name} <approval> [reason…] [--json]\n`)
    }
  }
})

t.test('approvals: those that wait, or all', async (t) => {
  const { plan, run } = await product(t)
  t.equal((await run(['approvals'])).out, 'no approval is waited for\n')
  t.equal((await run(['approvals', '--all'])).out, 'nobody was asked for an approval yet\n')
  await plan('a', [on('dev', 't1')])
  await plan('name:web\u001b[31m', [on('prod', 't2')])
  await run(['reject', '1'])
  const open = await run(['approvals'])
  t.equal(open.code, 0)
  t.match(
    open.out,
    /^ID {2}STATE {2}UNTIL {17}CLUSTERS {2}SAID {2}PLAN\n2 {3}open {3}\S+Z {2}prod {6}- {5}p name:web \[31m: 1 step: /
  )
  t.notMatch(open.out, '\u001b')
  const all = await run(['approvals', '--all'])
  t.match(all.out, /\n2 .*\n1 {3}rejected {2}\S+Z {2}dev {7}\S+ no {2}p a: 1 step: /)
  const json = await run(['approvals', '--all', '--json'])
  t.match(JSON.parse(json.out), [
    { id: 2, state: 'open', requestedAt: /Z$/ },
    { id: 1, state: 'rejected' }
  ])
  t.equal((await run(['approvals', '1'])).code, 2)
  t.match((await run(['approvals', '--al'])).err, 'there is no option --al, did you mean --all?\n')
})
