import t from 'tap'
import { breached } from '../policies/isolation/view/breached.ts'
import { breach } from '../policies/isolation/view/breaches.ts'
import { me, on, product } from './product.ts'

t.test('explain --since: what was decided and what people did', async (t) => {
  const { plan, run } = await product(t)
  await plan('a', [on('dev', 't1')], 'q')
  await run(['stop', 'dev', 'odd\u001b[2J'])
  const { code, out, err } = await run(['explain', '--since', '1h'])
  t.equal(err, '')
  t.equal(code, 0)
  t.match(out, /^What happened, from \S+Z until now. Times are UTC.\n/)
  t.match(out, / decision 1 .*it is missing\n/)
  t.match(out, `${me} said stop dev: odd [2J\n`)
  const json = JSON.parse((await run(['explain', '--since=2026-01-01T00:00:00Z', '--policy', 'q', '--json'])).out)
  t.match(json, { since: '2026-01-01T00:00:00.000Z', policy: 'q', items: [{ kind: 'decision' }, {}, {}] })
  const early = await run(['explain', '--since', '2026-01-01T00:00:00Z', '--until', '2026-01-02T00:00:00Z'])
  t.equal(early.code, 0)
  t.match(early.out, 'Nothing was decided or done from 2026-01-01T00:00:00Z until 2026-01-02T00:00:00Z')
})

t.test('explain: approvals and decisions by their numbers', async (t) => {
  const { plan, run } = await product(t)
  await plan('a', [on('dev', 't1')])
  const approval = await run(['explain', 'approval:1'])
  t.equal(approval.code, 0)
  t.match(approval.out, '`reflex approve 1` or `reflex reject 1`')
  t.equal((await run(['explain', 'decision:1'])).code, 0)
  t.equal((await run(['explain', 'approval:9'])).code, 1)
})

t.test('explain: a time that is not understood', async (t) => {
  const { run } = await product(t)
  const cases: readonly [readonly string[], string][] = [
    [['--since', 'yesterday'], '--since yesterday: say 6h, 15m, 2d, or a time such as'],
    [['--since', '2026-11-23'], '--since 2026-11-23: say'],
    [['--since', '1h', '--until', 'noon'], '--until noon: say'],
    [['--since', '1h', '--until', '2h'], '--until is before --since'],
    [['--since'], '--since needs a value'],
    [['--since', '--json'], '--since needs a value'],
    [['--since', '1h', 'web-1'], "either 'web-1' or --since"],
    [['--until', '1h'], '--until goes with --since'],
    [['web-1', '--policy', 'q'], '--policy goes with --since'],
    [['web-1', '--json=1'], '--json takes no value'],
    [['--snice', '1h'], 'there is no option --snice, did you mean --since?'],
    [['-s', '1h'], 'there is no option -s']
  ]
  for (const [args, expected] of cases) {
    const { code, err } = await run(['explain', ...args])
    t.equal(code, 2, args.join(' '))
    t.ok(err.startsWith(`reflex explain: ${expected}`), err)
  }
})

t.test('explain: what is shown can be typed, as it is shown', async (t) => {
  const { plan, carryOut, park, run, journal } = await product(t)
  const lane = 'server/557b0c6165ce42ea9bf5e3ffa19bb056/8a256341-0000-4000-8000-000000000001'
  await plan(lane, [on('dev', 't1'), on('dev', 't2')], 'q')
  const { id } = await carryOut()
  await park('release web@dev now', 'TypeError')
  await run(['stop', 'dev', 'odd'])
  for (const [words, found] of [
    ['1.1', ' step 1.1 '],
    ['step 1.2', ' step 1.2 '],
    ['decision 1', ' decision 1 '],
    ['Decision:1', ' decision 1 '],
    [`action ${id}`, ' step 1.1 '],
    ['event 1', ' event 1 '],
    ['server/557b0c61…/8a256341…', ' decision 1 '],
    ['8a256341…', ' decision 1 '],
    [`q ${lane}`, ' decision 1 '],
    [`${lane} (q)`, ' decision 1 '],
    ['release web@dev now', 'PARKED'],
    ['lane release web@dev now', 'PARKED'],
    ['stop 1', 'said stop dev: odd'],
    ['stop:1', 'said stop dev: odd']
  ] as const) {
    const { code, out } = await run(['explain', ...words.split(' ')])
    t.equal(code, 0, words)
    t.match(out, found, words)
  }
  const none = await run(['explain', '7.3'])
  t.equal(none.code, 1)
  t.match(none.out, /Looked for\n {2}step 7\.3\n/)
  await run(['resume', 'dev'])
  t.match(
    (await run(['explain', 'stop', '1'])).out,
    /said stop dev: odd[\s\S]*said resume dev: lifts stop 1 by /,
    'lifted too'
  )
  t.match(
    (await run(['unpark', 'release', 'web@dev', 'now', 'it', 'is', 'mended'])).out,
    'lane release web@dev now of q is tried'
  )
  t.match((await journal.events({ limit: 1 }))[0]?.data, {
    did: 'unpark',
    about: 'release web@dev now',
    reason: 'it is mended'
  })
})

t.test('what is found is explained by the name that findings show, beside what else has that name', async (t) => {
  const { journal, run } = await product(t)
  const lane = 'server/p1/9a1c6a3e'
  const named = breach({ rule: 'server-name', resource: lane, name: 'Web_1' })
  await breached(journal, lane, [named])
  t.match((await run(['findings'])).out, /server-name/)
  t.match((await run(['explain', 'web_1'])).out, /decision 1 [\s\S]*\n {2}server\/p1\/9a1c6a3e \(isolation\): settled/)
  await breached(journal, 'name:Web_1.dev.lab.', [])
  const { out } = await run(['explain', 'Web_1'])
  t.match(out, / decision 1 [\s\S]* decision 2 /)
  t.match(out, /server\/p1\/9a1c6a3e \(isolation\)[\s\S]*name:Web_1\.dev\.lab\. \(isolation\)/)
  t.equal((await run(['explain', 'Web_2'])).code, 1)
})
