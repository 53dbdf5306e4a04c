import t from 'tap'
import { questionsOnJournal } from '../../src/people/on-journal/questions.ts'
import { replyFindings } from '../../src/slack/findings.ts'
import { parseTyped } from '../../src/slack/words.ts'
import { context } from '../handlers/build.ts'
import { breached } from '../policies/isolation/view/breached.ts'
import { breach } from '../policies/isolation/view/breaches.ts'
import { idle } from '../policies/server-hygiene/idle.ts'
import { product } from './product.ts'

t.test('findings: of every policy, each in its own table; of one', async (t) => {
  const { journal, run } = await product(t)
  t.match(await run(['findings']), { code: 0, out: 'nothing is open, as of the last look\n', err: '' })
  await breached(journal, 'network:n1', [breach({ severity: 'critical' })])
  await idle(journal, 'f1')
  const { out } = await run(['findings'])
  t.match(out, /^isolation\n.*\ncritical +open +\S+Z +rbac-shared-network +dev's network dev-net is shared/m)
  t.match(out, /^server-hygiene\nCLUSTER.*\ndev +floating-ip-unattached +203\.0\.113\.7 +2026-01-01T00:00Z +open /m)
  t.notMatch((await run(['findings', 'server-hygiene'])).out, /rbac-shared-network/)
  t.match((await run(['findings', 'nobody'])).out, /^nothing is open/)
  await idle(journal, 'f1', { over: true })
  t.match((await run(['findings', '--all'])).out, /over by now:\n.*server-hygiene\n[\s\S]*fixed/)
  const { findings: all, history } = JSON.parse((await run(['findings', '--all', '--json'])).out)
  t.match([all, history], [[{ policy: 'isolation' }], [{ policy: 'server-hygiene', state: 'fixed' }]])
})

t.test('isolation shows its own, and nothing of another policy', async (t) => {
  const { journal, run } = await product(t)
  await idle(journal, 'f1')
  t.match((await run(['isolation'])).out, /nothing is open/)
  const json = JSON.parse((await run(['isolation', '--all', '--json'])).out)
  t.strictSame([json.findings, json.history, json.matrix], [[], [], []])
})

t.test('what is not understood', async (t) => {
  const { run } = await product(t)
  t.match(await run(['findings', 'a', 'b']), { code: 2, err: /one policy at a time/ })
  t.match(await run(['findings', '--sarif']), { code: 2, err: /there is no option --sarif/ })
})

t.test('/reflex findings', async (t) => {
  const { journal } = await product(t)
  t.match(await replyFindings(null, questionsOnJournal(context(journal))), {
    say: 'nothing is open, as of the last look'
  })
  for (let n = 0; n < 22; n++) await idle(journal, `f${n}`)
  const { say, lines } = await replyFindings('server-hygiene', questionsOnJournal(context(journal)))
  t.equal(say, '22 findings of server-hygiene')
  t.match(lines, /and 2 more: `reflex findings` has them\n$/)
  t.equal(lines!.match(/floating-ip-unattached/g)!.length, 20)
  t.strictSame(parseTyped('findings server-hygiene'), {
    ok: true,
    command: { word: 'findings', about: 'server-hygiene' }
  })
})
