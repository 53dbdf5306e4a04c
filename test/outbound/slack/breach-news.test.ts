import t from 'tap'
import type { Breach } from '../../../src/core/breach.ts'
import { breached } from '../../policies/isolation/view/breached.ts'
import { breach } from '../../policies/isolation/view/breaches.ts'
import { idle } from '../../policies/server-hygiene/idle.ts'
import { journalAt, office } from '../../slack/office.ts'

const loud = (more: Partial<Breach> = {}) =>
  breach({ severity: 'critical', state: 'closing', because: 'closed by x', ...more })
const seen = (messages: readonly { readonly blocks: readonly unknown[] }[]) => JSON.stringify(messages)

t.test('a breach is told once, with who made it, and its message is kept as it stands', async (t) => {
  const { news, slack, journal } = await office(t)
  await breached(journal, 'network:n1', [loud({ summary: 'dev-net is open to <!channel>' })])
  await news.once()
  await news.once()
  const [message, ...more] = slack.messages('C0SIM')
  t.strictSame(more, [])
  t.match(message?.text, /^Breach 1 closing \(critical, rbac-shared-network\): dev-net is open to &lt;!channel&gt;/)
  t.match(seen([message!]), /by user u-eve \(req-breached-/)
  await breached(journal, 'network:n1', [])
  await news.once()
  t.match(slack.messages('C0SIM'), [{ ts: message!.ts, updates: 1, text: /^Breach 1 over/ }])
  await breached(journal, 'network:n1', [])
  await news.once()
  t.match(slack.messages('C0SIM'), [{ updates: 1 }], 'nothing is said again')
})

t.test('one that is held says by what; one that was closed before anybody looked is told as over', async (t) => {
  const { news, slack, journal } = await office(t)
  await breached(journal, 'network:n1', [loud()], 'stop')
  await breached(journal, 'network:n2', [loud()])
  await breached(journal, 'network:n2', [])
  await news.once()
  t.match(
    slack.messages('C0SIM').map((one) => one.text),
    [/^Breach 1 held by rule stop/, /^Breach 2 over/]
  )
})

t.test('what is mild, or what somebody answers for, is told nobody', async (t) => {
  const { news, slack, journal } = await office(t)
  await breached(journal, 'network:n1', [loud({ severity: 'medium' })])
  await breached(journal, 'network:n2', [loud({ state: 'exempt' })])
  await news.once()
  t.strictSame(slack.messages('C0SIM'), [])
})

t.test('a storm is five messages and one for all the others; a restart repeats none', async (t) => {
  const { journal } = await journalAt(t)
  const before = await office(t, { journal })
  // All within one minute of the clock: what begins at its end would be of two.
  while (Date.now() % 60_000 > 50_000) await new Promise((resolve) => setTimeout(resolve, 500))
  for (let n = 0; n < 40; n++) await breached(journal, `network:n${n}`, [loud()])
  await before.news.once()
  const said = before.slack.messages('C0SIM')
  t.equal(said.length, 6)
  t.match(said.at(-1)?.text, /^35 more breaches within a minute, 0 of them over: 35 rbac-shared-network/)
  await before.news.close()
  const after = await office(t, { journal, settings: { apiUrl: before.slack.apiUrl } })
  await breached(journal, 'network:n39', [])
  await after.news.once()
  t.equal(before.slack.messages('C0SIM').length, 6)
  t.match(before.slack.messages('C0SIM').at(-1), { updates: 1, text: /^35 more breaches .* 1 of them over/ })
})

t.test('what Slack does not take is said later; what is an hour old is no news', async (t) => {
  const { news, slack, journal, clock } = await office(t)
  slack.refuse(1, 'not_in_channel')
  await breached(journal, 'network:n1', [loud()])
  await news.once()
  t.strictSame(slack.messages('C0SIM'), [])
  clock.ms += 10 * 60_000
  await news.once()
  t.match(slack.messages('C0SIM'), [{ text: /^Breach 1 closing/ }])
  clock.ms += 2 * 3_600_000
  await breached(journal, 'network:n2', [loud()])
  await news.once()
  t.equal(slack.messages('C0SIM').length, 1)
})

t.test('a policy may tell what is milder, in storms of its own', async (t) => {
  const { news, slack, journal } = await office(t)
  await breached(journal, 'network:n1', [loud({ severity: 'medium' })])
  while (Date.now() % 60_000 > 50_000) await new Promise((resolve) => setTimeout(resolve, 500))
  for (let n = 0; n < 8; n++) await idle(journal, `f${n}`)
  await breached(journal, 'network:n2', [loud()])
  await news.once()
  const said = slack.messages('C0SIM').map((one) => one.text)
  t.equal(
    said.filter((text) => /^Breach \d+ open \(medium, floating-ip-unattached\): floating IP/.test(text)).length,
    5
  )
  t.match(
    said.filter((text) => /^3 more breaches/.test(text)),
    [/3 floating-ip-unattached/]
  )
  t.equal(
    said.filter((text) => /^Breach \d+ closing \(critical/.test(text)).length,
    1,
    'a breach is in no storm of others'
  )
  t.equal(said.length, 7)
})
