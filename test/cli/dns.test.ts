import t from 'tap'
import { on, product } from './product.ts'

t.test('dns: the records first, then what happened', async (t) => {
  const { plan, carryOut, run, journal } = await product(t)
  await plan('name:web.dev.example', [on('dev', 'web.dev.example./A')], 'q')
  await carryOut()
  const row = {
    target: 'web.dev.example./A',
    scope: 'zone',
    lane: 'name:web.dev.example',
    value: { records: ['10.0.0.7\u001b'] }
  }
  await journal.setApplied('q', row, ['web.dev.example'])
  const { code, out, err } = await run(['dns', 'web.dev.example'])
  t.equal(err, '')
  t.equal(code, 0)
  t.match(out, /^web\.dev\.example: 1 record of ours\nweb\.dev\.example\.\/A {2}.*10\.0\.0\.7.*\n\n/)
  t.notMatch(out, '\u001b')
  t.match(out, / decision 1 .*it is missing\n/)
  const json = JSON.parse((await run(['dns', 'web.dev.example', '--json'])).out)
  t.match(json, { records: [{ target: 'web.dev.example./A' }], found: true, decisions: [{ id: 1 }] })
  const nothing = await run(['dns', 'nowhere.example'])
  t.equal(nothing.code, 1)
  t.match(nothing.out, 'nowhere.example')
})

t.test('dns: not understood', async (t) => {
  const { run } = await product(t)
  t.same(await run(['dns']), { code: 2, out: '', err: 'reflex dns: about what?\nusage: reflex dns <name> [--json]\n' })
  t.match((await run(['dns', 'a', '--jsn'])).err, 'reflex dns: there is no option --jsn, did you mean --json?')
})
