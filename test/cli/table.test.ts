import t from 'tap'
import { commands } from '../../src/cli/index.ts'
import { table } from '../../src/people/table.ts'
import { breached } from '../policies/isolation/view/breached.ts'
import { breach } from '../policies/isolation/view/breaches.ts'
import { on, product } from './product.ts'

const widest = (text: string) => Math.max(...text.split('\n').map(({ length }) => length))

t.test('a table fits the terminal: the last column goes on below, or each row is told by itself', async (t) => {
  const words = 'a restart of erpnext on prod that waits for somebody else than who asked for it'
  const rows = [
    ['ID', 'PLAN'],
    ['7', words],
    ['8', 'short']
  ]
  t.equal(table(rows), `ID  PLAN\n7   ${words}\n8   short\n`, 'as it is where nobody says how wide')
  t.equal(
    table(rows, 40),
    'ID  PLAN\n7   a restart of erpnext on prod that\n    waits for somebody else than who\n    asked for it\n8   short\n'
  )
  const wide = [
    ['SEVERITY', 'STATE', 'SINCE', 'BY', 'WHAT'],
    ['critical', 'held (approval)', '2026-11-30T06:10Z', 'eve', words]
  ]
  t.match(
    table(wide, 60),
    /^SEVERITY {2}critical\nSTATE {5}held \(approval\)\nSINCE {5}2026-11-30T06:10Z\nBY {8}eve\nWHAT {6}a restart/
  )
  for (const columns of [40, 60, 80]) for (const one of [rows, wide]) t.ok(widest(table(one, columns)) <= columns)
})

t.test('what commands list fits 60 columns', async (t) => {
  const { run, plan, park, journal } = await product(t)
  await plan('a', [on('prod', 'web-1.dev.example')])
  await park('name:web-1', 'the cloud entry has no zone that covers it; zones are never created: create it')
  await breached(journal, 'n', [breach()])
  await run(['stop', 'prod', 'odd deletes, seen by more than one of us in the same minute'])
  for (const line of [
    ['approvals'],
    ['parked'],
    ['isolation'],
    ['status'],
    ['explain', '--since', '1h'],
    ['explain', 'a']
  ]) {
    const { out } = await run(line, undefined, {}, { columns: 60 })
    // A path or an id of its own is never broken: it could not be copied.
    const long = out.split('\n').filter(
      (one) =>
        one.length > 60 &&
        one
          .trim()
          .split(' ')
          .some((word) => word.length < 30)
    )
    t.same(
      long.filter((one) => !/\S{31,}/.test(one) && !/^(`reflex|What happened)/.test(one)),
      [],
      line.join(' ')
    )
  }
})

t.test('every command has --json', async (t) => {
  const { run } = await product(t)
  for (const { name, usage } of commands) {
    t.match(usage, '--json', name)
    const { err } = await run([name, '--jsno'])
    t.match(err, 'there is no option --jsno, did you mean --json?', name)
  }
  t.match(JSON.parse((await run(['help', '--json'])).out), [{ name: 'status', usage: ['status [--json]'] }])
  t.match(JSON.parse((await run(['check', '--json'])).out), { right: true, problems: [] })
  t.match(JSON.parse((await run(['unpark', 'x', '--json'])).out || '{}'), {}, 'a no is told on stderr')
})

t.test('every word that is nearly one is asked about', async (t) => {
  const { run } = await product(t)
  for (const [line, meant] of [
    [['statsu'], "did you mean 'status'?"],
    [['stop', 'prdo'], 'did you mean prod?'],
    [['resume', 'dve'], 'did you mean dev?'],
    [['isolation', 'prdo'], "did you mean 'prod'?"],
    [['quota', 'relase', '3'], 'did you mean release?'],
    [['explain', '--since', '1h', '--policy', 'dns-record'], "did you mean 'dns-records'?"]
  ] as const)
    t.match((await run(line)).err, meant, line.join(' '))
})
