import { assert, constantFrom, property, stringMatching } from 'fast-check'
import t from 'tap'
import { conditionsOver } from '../../src/core/condition.ts'
import { mostCost } from '../../src/core/condition-cost.ts'
import { linearMatch, patternMistake } from '../../src/core/linear-match.ts'

const { ask, mistake } = conditionsOver({ event: 'map' })

t.test('a pattern meets a hostile branch in a time that grows with it and no faster', async (t) => {
  const nested = 'event.branch.matches("^release/([0-9]+[.]?)+$")'
  t.equal(mistake(nested), null)
  t.same(ask(nested, { event: { branch: 'release/1.2.3' } }), { met: true })
  // JavaScript's own takes 24 s for 28 digits, and twice as long for each one more: 20,000 would never end.
  t.same(ask(nested, { event: { branch: `release/${'1'.repeat(20_000)}x` } }), { met: false })
  const within = 'event.names.exists(one, one.matches("^(a|a)*$"))'
  t.equal(mistake(within), null)
  t.same(ask(within, { event: { names: [`${'a'.repeat(5000)}!`, 'b'] } }), { met: false })
})

t.test('a pattern that RE2 does not take, or that nobody wrote out, is a mistake', async (t) => {
  const cases: readonly [string, RegExp][] = [
    ['event.branch.matches("(?=a)b")', /invalid or unsupported Perl syntax.*patterns are RE2's/],
    ['event.branch.matches("(a)\\\\1")', /invalid escape sequence/],
    ['event.branch.matches("((a{900}){900})")', /invalid repeat/],
    ['event.branch.matches("(")', /missing closing/],
    ['event.branch.matches(event.tag)', /has to be written out/],
    ['event.names.all(x, x.matches("*"))', /missing argument/]
  ]
  for (const [text, why] of cases) t.match(mistake(text), why, text)
  t.notMatch(mistake('event.branch.matches(1)'), /Linear/)
  t.notMatch((ask('event.branch.matches("a")', { event: { branch: 1 } }) as { failed: string }).failed, /Linear/)
})

t.test('what a condition may cost is bounded by what it is and by what it looks at', async (t) => {
  const list = (length: number) => ({ event: { names: Array.from({ length }, (_, n) => `n${n}`), text: '' } })
  const twice = 'event.names.all(x, event.names.exists(y, x == y))'
  t.equal(mistake(twice), null)
  t.same(ask(twice, list(mostCost.entries)), { met: true })
  t.match(ask(twice, list(mostCost.entries + 1)), { failed: /too large: 501 entries in one list/ })
  t.match(mistake('event.a.all(x, event.b.all(y, event.c.all(z, x == z)))'), /at most 2 go within each other/)
  t.match(ask('event.text == ""', { event: { text: 'x'.repeat(mostCost.characters + 1) } }), {
    failed: /65536 characters/
  })
  t.match(ask('event.text.split("").size() > 0', { event: { text: 'x'.repeat(1000) } }), {
    failed: /split\(\) makes more/
  })
  t.same(ask('event.text.split("/", 2) == ["a", "b/c"]', { event: { text: 'a/b/c' } }), { met: true })
  t.match(mistake(`event.a == "${'x'.repeat(4000)}"`), /4000 are the most/)
  t.match(mistake(Array(400).fill('event.a == 1').join(' || ')), /the most|maxAstNodes/)
  const often = 'event.names.all(x, event.names.all(y, event.text.matches("^x*$")))'
  t.equal(mistake(often), null)
  const long = { event: { names: list(500).event.names, text: 'x'.repeat(10_000) } }
  t.match(ask(often, long), { failed: /matches more than 200000 characters/ })
  t.match(ask(often, list(10)), { met: true }, 'and each asking begins anew')
})

t.test('what both engines take, they answer alike', async (t) => {
  const patterns = ['^a+$', 'b', '^(ab|c)*$', '[^a-c]', '^.{3}$', '\\d+', '^$', 'a|b$', '(?:x|y){2,3}', '\\.git$']
  assert(
    property(constantFrom(...patterns), stringMatching(/^[a-z0-9.]{0,8}$/), (pattern, text) => {
      t.equal(patternMistake(pattern), null)
      return linearMatch(pattern, text) === new RegExp(pattern).test(text)
    }),
    { numRuns: 300 }
  )
})
