import t from 'tap'
import { questionsOnJournal } from '../../src/people/on-journal/questions.ts'
import { replyIsolation } from '../../src/slack/isolation.ts'
import { parseTyped } from '../../src/slack/words.ts'
import { context } from '../handlers/build.ts'
import { breached } from '../policies/isolation/view/breached.ts'
import { breach } from '../policies/isolation/view/breaches.ts'
import { journalAt } from './office.ts'

t.test('/reflex isolation: the matrix, then the worst', async (t) => {
  const { journal } = await journalAt(t)
  t.match(await replyIsolation(null, questionsOnJournal(context(journal))), {
    say: 'nothing is open between clusters, as of the last look'
  })
  await breached(
    journal,
    'a',
    Array.from({ length: 23 }, (_, n) => breach({ detail: `${n}` }))
  )
  const { say, lines } = await replyIsolation(null, questionsOnJournal(context(journal)))
  t.match(say, /23 findings/)
  t.match(lines, /dev +network 23/)
  t.match(lines, /and 3 more: the page \/isolation has them\n$/)
  t.equal(lines!.match(/is shared with prod/g)!.length, 20)
  t.match(await replyIsolation('infra', questionsOnJournal(context(journal))), { say: /^nothing is open/ })
  t.match(await replyIsolation('nowhere', questionsOnJournal(context(journal))), {
    say: /there is no cluster 'nowhere'; clusters are: dev, prod/
  })
})

t.test('its words', async (t) => {
  t.strictSame(parseTyped('isolation'), { ok: true, command: { word: 'isolation', about: null } })
  t.strictSame(parseTyped('isolation prod'), { ok: true, command: { word: 'isolation', about: 'prod' } })
  t.match(parseTyped('isolation dev prod'), { ok: false, say: /one cluster at a time.*\/reflex isolation \[cluster\]/ })
})
