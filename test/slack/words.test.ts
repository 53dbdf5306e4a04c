import t from 'tap'
import { commands } from '../../src/cli/index.ts'
import { readCommand } from '../../src/events/slack.ts'
import { parseWords, words } from '../../src/people/words.ts'
import { type ParsedSlackWords, parseTyped } from '../../src/slack/words.ts'

/** As the product does: the form of a slash command becomes an event, and its journalled words are parsed. */
function parsed(text: string): ParsedSlackWords {
  const form = new URLSearchParams({
    team_id: 'T0COMPANY',
    user_id: 'U0ADA',
    trigger_id: '13345224609.738474920.8088930838',
    text
  })
  const call = readCommand(form, '1780000000')
  if (!call.ok || !('event' in call) || call.event.data.kind !== 'slack') throw new Error(`no slash command: ${text}`)
  return parseTyped(call.event.data.words)
}

t.test('every word, and what follows it', async (t) => {
  for (const [text, command] of [
    ['', { word: 'help' }],
    ['help', { word: 'help' }],
    ['Status', { word: 'status' }],
    ['approvals', { word: 'approvals' }],
    ['explain web-1', { word: 'explain', about: 'web-1' }],
    ['explain "decision 12"', { word: 'explain', about: 'decision 12' }],
    ['explain “decision 12”', { word: 'explain', about: 'decision 12' }],
    ["explain 'decision 12'", { word: 'explain', about: 'decision 12' }],
    ['dns <http://web-1.dev.example.org|web-1.dev.example.org>', { word: 'dns', about: 'web-1.dev.example.org' }],
    ['restart erpnext', { word: 'restart', service: 'erpnext', cluster: null }],
    ['restart erpnext on prod', { word: 'restart', service: 'erpnext', cluster: 'prod' }],
    ['restart erpnext prod', { word: 'restart', service: 'erpnext', cluster: 'prod' }],
    ['approve 7', { word: 'approve', id: 7, reason: null }],
    ['approve #7', { word: 'approve', id: 7, reason: null }],
    ["reject approval:7 it's not  the time", { word: 'reject', id: 7, reason: "it's not the time" }],
    ['reject 7 "never closed', { word: 'reject', id: 7, reason: '"never closed' }],
    ['stop all', { word: 'stop', cluster: null, reason: null }],
    ['stop prod odd records', { word: 'stop', cluster: 'prod', reason: 'odd records' }],
    ['resume prod', { word: 'resume', which: { cluster: 'prod' }, reason: null }],
    ['resume all it is over', { word: 'resume', which: { cluster: null }, reason: 'it is over' }],
    ['resume stop:3', { word: 'resume', which: { stop: 3 }, reason: null }],
    ['resume #3 done', { word: 'resume', which: { stop: 3 }, reason: 'done' }],
    ['explain decision 12', { word: 'explain', about: 'decision 12' }],
    ['undo a1b2 was wrong', { word: 'undo', action: 'a1b2', reason: 'was wrong' }]
  ] as const)
    t.strictSame(parsed(text), { ok: true, command }, text)
})

t.test('what is not understood says how to say it', async (t) => {
  for (const [text, say] of [
    ['aprove 7', /did you mean approve\?/],
    ['statsu', /did you mean status\?/],
    ['sudo rm', /there is no 'sudo' \/reflex help/],
    ['explain', /about what\?.*\/reflex explain/],
    ['quota relase 3', /there is no 'relase', did you mean release\?/],
    ['status now', /nothing follows it/],
    ['approve', /\/reflex approvals lists them/],
    [
      'approve seven',
      /'seven' is not the number of an approval: \/reflex approvals lists them\. Say: \/reflex approve </
    ],
    ['approve 7777777777777777', /is not the number/],
    ['stop', /which cluster\? \(or all\)/],
    ['undo', /which action\?/],
    ['restart', /which service\?/],
    ['restart a on', /one service at a time/],
    ['restart a b c', /one service at a time/],
    ['__proto__', /there is no/],
    ['constructor', /there is no/],
    ['x'.repeat(400), /there is no/]
  ] as const)
    t.match(parsed(text), { ok: false, say }, text.slice(0, 40))
})

t.test('the command line has the same words, used the same way', async (t) => {
  for (const { name, usage } of words) {
    const command = commands.find((one) => one.name === name)
    t.ok(command, `reflex ${name}`)
    // The command line has flags besides, and explain another way.
    const bare = command?.usage
      .split('\n')
      .at(0)
      ?.replace(/ \[--[^\]]*\]/g, '')
    t.equal(bare, usage)
  }
})

t.test('words that come split already: what is empty is not what follows', async (t) => {
  t.match(parseWords(['stop', '', 'all']), { ok: false, word: 'stop', problem: 'which cluster? (or all)' })
  t.match(parseWords(['restart', 'erpnext', '']), { ok: false, word: 'restart' })
  t.match(parseWords(['nothing']), { ok: false, word: null, problem: /`reflex help`/ })
  t.strictSame(parseWords(['undo', 'a b', '', 'was', 'wrong ']), {
    ok: true,
    command: { word: 'undo', action: 'a b', reason: 'was wrong' }
  })
})
