import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Config } from '../../src/config/config.ts'
import { parseConfig } from '../../src/config/load.ts'
import { withdraw } from '../../src/config/revoke.ts'
import { policies } from '../../src/policies/index.ts'

const sha = (digit: string) => digit.repeat(64)
const sources = { env: {}, readFile: (path: string) => readFileSync(path, 'utf8') }

function given(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-withdraw-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = (name: string, text: string) => writeFileSync(join(folder, name), text)
  file('token', sha('b'))
  file('url', 'amqp://u:first@127.0.0.1:5672/')
  file('signing', 'signing-secret-one')
  const text = `clusters:
  dev: { cloud: dev, tier: bursty }
notifications:
  - { cloud: c, region: r, url: { file: ${folder}/url }, queue: q, exchanges: [nova] }
policies: {}
tokens:
  - { actor: alice, groups: [sre, dba], sha256: ${sha('a')} }
  - actor: bob
    groups: [sre]
    sha256:
      file: ${folder}/token
gitlab:
  secrets:
    - token: webhook-one
    - token: webhook-two
slack: { signingSecrets: [{ file: ${folder}/signing }], team: T0SIM }
`
  const parsed = parseConfig(text, 'reflex.yaml', {}, policies, sources)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return { folder, file, text, live: parsed.config }
}

const left = ({ tokens, gitlab, slack, notifications }: Config) => ({
  tokens: tokens.map(({ actor, groups }) => [actor, ...groups].join()),
  gitlab: gitlab.secrets.map(({ value }) => value),
  slack: slack?.signingSecrets,
  brokers: notifications.map(({ url }) => url)
})
const all = {
  tokens: ['alice,sre,dba', 'bob,sre'],
  gitlab: ['webhook-one', 'webhook-two'],
  slack: ['signing-secret-one'],
  brokers: ['amqp://u:first@127.0.0.1:5672/']
}

t.test('what a wrong file withdraws, and nothing else', async (t) => {
  const { text, live } = given(t)
  const cases: [string, string, Partial<typeof all>][] = [
    ['nothing is taken out', text.replace('bursty', 'busty'), {}],
    ['a line of a token', text.replace(/ {2}- \{ actor: alice.*\n/, ''), { tokens: ['bob,sre'] }],
    ['a line that is a comment', text.replace('  - { actor: alice', '  # - { actor: alice'), { tokens: ['bob,sre'] }],
    ['a group', text.replace('[sre, dba]', '[dba]'), { tokens: ['alice,dba', 'bob,sre'] }],
    ['the token is given to somebody else', text.replace('actor: alice', 'actor: eve'), { tokens: ['bob,sre'] }],
    ['a secret of GitLab', text.replace('    - token: webhook-one\n', ''), { gitlab: ['webhook-two'] }],
    ['the signing secret', text.replace(/\[\{ file: .*signing \}\]/, '[]'), { slack: [] }],
    ['a mistyped key: the lines are there', text.replace('tokens:', 'tokns:'), {}],
    ['no YAML any more', `${text}\n  - [ { :\n`, {}],
    ['no YAML, and no token', `${text.replace(/ {2}- \{ actor: alice.*\n/, '')}\n  - [ { :\n`, { tokens: ['bob,sre'] }],
    ['tabs', text.replace('  dev:', '\tdev:').replace('    - token: webhook-one\n', ''), { gitlab: ['webhook-two'] }]
  ]
  for (const [name, wrong, expected] of cases)
    t.same(left(withdraw(live, wrong, sources).config), { ...all, ...expected }, name)
})

t.test('secrets in files count as they are now', async (t) => {
  const { folder, file, text, live } = given(t)
  file('token', sha('c'))
  file('url', 'amqp://u:second@127.0.0.1:5672/')
  rmSync(join(folder, 'signing'))
  const { config, withdrawn } = withdraw(live, text, sources)
  t.same(left(config), { ...all, tokens: ['alice,sre,dba'], slack: [], brokers: ['amqp://u:second@127.0.0.1:5672/'] })
  t.match(withdrawn, [/a token of bob does not count any more/, /slack\.signingSecrets\[0\]/])
  rmSync(join(folder, 'url'))
  t.match(withdraw(live, text, sources), {
    config: { notifications: [] },
    withdrawn: [/./, /./, /the broker of c\/r is left/]
  })
})

t.test('a wrong file that takes the last token away lets nobody in instead', async (t) => {
  const { text, live } = given(t)
  const { config } = withdraw(
    live,
    text.replace(/tokens:[\s\S]*?gitlab:/, 'gitlab:').replace('bursty', 'busty'),
    sources
  )
  t.same(config.tokens, [{ actor: 'nobody', groups: [], sha256: sha('0') }])
})
