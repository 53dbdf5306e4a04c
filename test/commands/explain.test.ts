import t from 'tap'
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
