import fc from 'fast-check'
import t from 'tap'
import { parseWords, words } from '../../../../src/people/words.ts'
import { mostAsked, parseQuotaWords } from '../../../../src/policies/quota-rebalance/view/words.ts'

const parse = (line: string) => parseQuotaWords(line.split(' ').filter((word) => word !== ''))

const request = { what: 'request', cluster: 'prod', resource: 'cores', amount: 16, forMs: null, reason: null }

t.test('what is understood', async (t) => {
  const table = [
    ['', { what: 'show', about: null }],
    ['prod', { what: 'show', about: 'prod' }],
    ['request prod cores +16', request],
    ['request prod cores 16', request],
    ['request prod cores +16 for 4h', { ...request, forMs: 14_400_000 }],
    ['request prod cores +16 a launch', { ...request, reason: 'a launch' }],
    ['request prod cores +16 for 30m a launch', { ...request, forMs: 1_800_000, reason: 'a launch' }],
    ['request prod cores +999999999', { ...request, amount: mostAsked }],
    ['request prod cores +16 --yes', { ...request, confirmed: true }],
    [
      'request prod cores +16 --yes for 4h a launch',
      { ...request, forMs: 14_400_000, reason: 'a launch', confirmed: true }
    ],
    ['request prod cores +16 yes we need it', { ...request, reason: 'yes we need it' }],
    ['release 3', { what: 'release', id: 3, reason: null }],
    ['release #3 not needed any more', { what: 'release', id: 3, reason: 'not needed any more' }]
  ] as const
  for (const [line, wish] of table) t.same(parse(line), wish, line)
})

t.test('what is not, and how to say it', async (t) => {
  const table = [
    ['prod dev', /one cluster at a time/],
    ['request', /for which cluster\?/],
    ['request prod', /what of, for prod\? e\.g\. cores/],
    ['request prod cores', /how many cores\? e\.g\. \+16/],
    ['request prod cores +0', /'\+0' is no amount: a whole number from \+1 to \+999999999/],
    ['request prod cores -4', /'-4' is no amount/],
    ['request prod cores +1.5', /'\+1\.5' is no amount/],
    ['request prod cores 16GB', /'16GB' is no amount: .*ram: MiB/],
    ['request prod cores +1000000000', /is no amount/],
    ['request prod cores +99999999999999999999999', /is no amount/],
    ['request prod cores +16 for', /for how long\? e\.g\. 4h/],
    ['request prod cores +16 for ever', /'ever' is not a duration such as 30m, 4h or 2d/],
    ['release', /which request\? `reflex quota` lists them/],
    ['release all', /'all' is not the number of a request/]
  ] as const
  for (const [line, problem] of table) t.match(parse(line), { problem }, line)
})

t.test('whatever is said, it is a wish or a problem', async (t) => {
  const word = fc.oneof(fc.constantFrom('request', 'release', 'for', 'prod', '+4', '4h', ''), fc.string())
  const always = fc.property(fc.array(word, { maxLength: 7 }), (said) => {
    const wish = parseQuotaWords(said)
    if ('problem' in wish) return wish.problem !== ''
    return wish.what !== 'request' || (wish.amount >= 1 && wish.amount <= mostAsked)
  })
  t.doesNotThrow(() => fc.assert(always))
})

t.test('it is one of the words, with its help', async (t) => {
  const word = words.find(({ name }) => name === 'quota')
  t.match(
    word?.usage,
    /^quota \[cluster \| request <cluster> <resource> \+<n> \[for <duration>\] \| release <request>\]/
  )
  t.same(parseWords(['Quota', 'prod']), { ok: true, command: { word: 'quota', wish: { what: 'show', about: 'prod' } } })
  t.match(parseWords(['quota', 'release']), { ok: false, word: 'quota', problem: /which request/ })
})
