import fc from 'fast-check'
import { readButton, readCommand, type SlackCall } from '../../src/events/slack.ts'
import { words } from '../../src/people/words.ts'
import { parseTyped } from '../../src/slack/words.ts'
import { spoils, spoilt } from './spoil.ts'
import { storable } from './storable.ts'
import { holds, type Target } from './target.ts'

type Call = { readonly what: 'command' | 'button'; readonly form: readonly (readonly [string, string])[] }

const word = fc.oneof(
  fc.constantFrom(...words.map(({ usage }) => usage.split(' ')[0]!)),
  fc.constantFrom(
    'prod',
    'cores',
    '+10',
    '--for',
    '--reason',
    '2h',
    '"',
    "'",
    '*',
    '`',
    '<@U1|x>',
    '<http://a|b>',
    '--yes'
  ),
  fc.string({ unit: 'binary', maxLength: 12 })
)
const text = fc.array(word, { maxLength: 12 }).map((all) => all.join(' '))
const field = fc.tuple(
  fc.constantFrom('team_id', 'user_id', 'trigger_id', 'channel_id', 'user_name', 'text', 'response_url'),
  fc.string({ unit: 'binary', maxLength: 30 })
)

const command = fc.tuple(text, fc.array(field, { maxLength: 2 })).map(([said, more]): Call => {
  const whole = new Map([
    ['team_id', 'T0123456'],
    ['user_id', 'U0123456'],
    ['trigger_id', '1.2.abc'],
    ['user_name', 'alice'],
    ['text', said],
    ...more
  ])
  return { what: 'command', form: [...whole] }
})

const press = {
  type: 'block_actions',
  team: { id: 'T0123456' },
  user: { id: 'U0123456', username: 'alice', team_id: 'T0123456' },
  channel: { id: 'C1' },
  container: { channel_id: 'C1' },
  trigger_id: '1.2.abc',
  response_url: 'https://hooks.example/1',
  actions: [{ action_id: 'approve', value: '7' }]
}
const button = spoils().map(
  (changes): Call => ({ what: 'button', form: [['payload', JSON.stringify(spoilt(press, changes)) ?? '']] })
)

function answerOf({ what, form }: Call): SlackCall {
  const read = new URLSearchParams(form.map(([name, value]): [string, string] => [name, value]))
  return what === 'command' ? readCommand(read, '1780000000') : readButton(read, '1780000000')
}

/** A slash command or button → an event, and what was typed → a wish or a sentence that says what is wrong. */
export const slack: Target<Call> = {
  name: 'slack',
  share: 5,
  inputs: fc.oneof({ weight: 2, arbitrary: command }, { weight: 1, arbitrary: button }),
  check(call) {
    const answer = answerOf(call)
    if (!answer.ok) {
      holds(answer.reason !== '', 'no reason')
      return 'malformed'
    }
    if ('ignored' in answer) return storable({ ok: true, events: [], ignored: [answer.ignored] })
    storable({ ok: true, events: [answer.event], ignored: [] })
    holds(answer.event.data.kind === 'slack', 'not of Slack')
    const parsed = parseTyped(answer.event.data.words)
    if (parsed.ok) return 'wish'
    holds(parsed.say !== '' && parsed.say.length < 3000, `it says ${parsed.say.length} characters`)
    return 'refused'
  }
}
