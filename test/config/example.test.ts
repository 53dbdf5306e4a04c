import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { parseConfig } from '../../src/config/load.ts'
import { showProblem } from '../../src/config/problems.ts'
import { policies } from '../../src/policies/index.ts'

const example = readFileSync(new URL('../../reflex.example.yaml', import.meta.url), 'utf8')
const env = { REFLEX_AMQP_URL: 'amqp://u:p@broker/' }
const parse = (text: string) => parseConfig(text, 'reflex.example.yaml', env, policies)

t.test('the example is right', async (t) => {
  const result = parse(example)
  t.strictSame(result.ok ? [] : result.problems.map(showProblem), [])
})

t.test('the Slack that it shows is right', async (t) => {
  const shown = example.replaceAll(/^#(?=slack:| {2}\w+: )/gm, '')
  const slackEnv = { ...env, SLACK_SIGNING_SECRET: 'a-signing-secret', SLACK_BOT_TOKEN: 'xoxb-1' }
  const result = parseConfig(shown, 'reflex.example.yaml', slackEnv, policies)
  t.strictSame(result.ok ? [] : result.problems.map(showProblem), [])
  t.match(result, {
    config: {
      slack: {
        team: 'T0123456',
        botToken: 'xoxb-1',
        users: { U0123456: { actor: 'alice' } },
        userGroups: { S0123456: ['sre'] }
      }
    }
  })
})

t.test('the quotas that it shows are right', async (t) => {
  const from = example.indexOf('#  quota-rebalance:')
  const to = example.indexOf('\n\n', from)
  const shown = example.slice(0, from) + example.slice(from, to).replaceAll(/^#/gm, '') + example.slice(to)
  const result = parse(shown)
  t.strictSame(result.ok ? [] : result.problems.map(showProblem), [])
  t.match(result, { config: { policies: [{ name: 'dns-records' }, { name: 'quota-rebalance', mode: 'observe' }] } })
  // Durations are shown as they are by default.
  const bare = parse(shown.replaceAll(/^ {6}(respect|coolDown|warn|over): .*\n/gm, ''))
  t.strictSame(bare.ok && bare.config, result.ok && result.config)
})

t.test('what it shows as defaults are the defaults', async (t) => {
  // Settings that have no default are shown with an example of a value.
  const shown = example
    .split('\n')
    .filter((line) => !/^ *# (networks|ttl|vip| {2}api):/.test(line))
    .map((line) =>
      line
        .replace(
          /^# (?=limits:|approvals:|access:|tokens:|placement:|gitlab:|sweep:|journal:|http:|log:)|^#(?= {3}\w+: )/,
          ''
        )
        .replace(/^( +)# (?=[a-zA-Z]+: )/, '$1')
    )
  t.not(shown.join('\n'), example)
  t.strictSame(parse(shown.join('\n')), parse(example))
})

t.test('whatever is written, the answer is a configuration or a list of problems with places', async () => {
  const lines = example.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const junk = fc.constantFrom(
    'null',
    '[]',
    '{}',
    '7',
    'true',
    '""',
    '&a [*a]',
    '*b',
    '<<: x',
    '? [a]',
    '- - -',
    '!!binary x',
    '\t',
    '__proto__: 1',
    'constructor: 1'
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(lines.length - 1), fc.oneof(junk, fc.string())), { maxLength: 4 }),
      async (changes) => {
        const text = [...lines]
        for (const [i, value] of changes)
          text[i] = text[i]!.replace(/[^ ].*$/, (line) => `${line.split(':')[0]}: ${value}`)
        const result = parse(text.join('\n'))
        if (result.ok) return
        for (const problem of result.problems) {
          if (problem.message === '' || problem.line === null || problem.line < 1 || problem.column === null)
            throw new Error(showProblem(problem))
        }
      }
    ),
    { numRuns: 300 }
  )
})
