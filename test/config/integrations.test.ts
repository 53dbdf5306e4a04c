import t from 'tap'
import { parseConfig } from '../../src/config/load.ts'
import { showProblem } from '../../src/config/problems.ts'
import { policies } from '../../src/policies/index.ts'

const whsec = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const env = { HOOK: 'a-webhook-token', SIGNING: whsec, SLACK: 'slack-signing-secret', BOT: 'xoxb-1-2' }
const yaml = (doors: string) => `clusters: { dev: { cloud: dev, tier: bursty } }\n${doors}`
const problems = (doors: string) => {
  const result = parseConfig(yaml(doors), 'reflex.yaml', env, policies)
  return result.ok ? [] : result.problems.map(showProblem)
}

t.test('the doors as configured, their secrets by reference', async (t) => {
  const result = parseConfig(
    yaml(`gitlab: { secrets: [{ token: { env: HOOK } }, { signing: { env: SIGNING } }], users: { carol: caroline } }
slack: { signingSecrets: [{ env: SLACK }], botToken: { env: BOT }, team: T1, channel: C1, users: { U1: { actor: alice } }, userGroups: { S1: [sre] } }
`),
    'reflex.yaml',
    env,
    policies
  )
  t.match(result, {
    config: {
      clusters: [{ kubernetes: null }],
      gitlab: {
        secrets: [
          { kind: 'token', value: 'a-webhook-token' },
          { kind: 'signing', value: whsec }
        ],
        users: { carol: 'caroline' }
      },
      slack: {
        signingSecrets: ['slack-signing-secret'],
        botToken: 'xoxb-1-2',
        users: { U1: { actor: 'alice', groups: [] } },
        userGroups: { S1: ['sre'] },
        apiUrl: 'https://slack.com/api/',
        responseHosts: ['hooks.slack.com']
      }
    }
  })
  t.match(parseConfig(yaml(''), 'reflex.yaml', env, policies), { config: { slack: null, gitlab: { secrets: [] } } })
})

t.test('every mistake in them, and no secret in any', async (t) => {
  const found = problems(`gitlab:
  secrets: [{ token: { env: NOWHERE } }, { signing: a-signing-secret-that-is-none }, { tokn: x }]
slack:
  signingSecrets: [{ file: /nowhere/at/all }]
  botToken: not-a-bot-token-at-all
  team: t1
  users: { alice: { actor: alice } }
`)
  t.match(found, [
    /gitlab\.secrets\[0\]\.token\.env: the environment variable NOWHERE is not set/,
    /gitlab\.secrets\[1\]\.signing.*is no signing token: GitLab's is whsec_/,
    /gitlab\.secrets\[2\]/,
    /slack\.signingSecrets\[0\]\.file: the file cannot be read/,
    /slack\.botToken: is no bot token/,
    /slack\.team/,
    /slack\.users\.alice.*is not known here/
  ])
  t.notMatch(found.join(), /that-is-none|not-a-bot/)
  // What the door itself would never accept is a mistake here already.
  const weak = `whsec_${Buffer.alloc(16, 7).toString('base64')}`
  t.match(problems(`gitlab: { secrets: [{ signing: ${weak} }] }`), [/is no signing token/])
  t.match(problems('slack: { signingSecrets: [{ file: /nowhere }], team: T1, channel: C1, apiUrl: nowhere }'), [
    /signingSecrets\[0\]\.file: the file cannot be read \(ENOENT\)/,
    /slack\.channel.*needs a botToken to post with/,
    /slack\.apiUrl.*is not a URL/
  ])
  t.match(problems('slack: { signingSecrets: [{ env: SLACK }], team: T1, apiUrl: http://slack.example/api/ }'), [
    /slack\.apiUrl.*would send the bot token in clear/
  ])
  t.match(problems('slack: { signingSecrets: [{ env: SLACK }], team: T1, botToken: not-a-bot-token }'), [
    /slack\.botToken: is no bot token: those begin with xoxb-/
  ])
})

t.test("GitLab's API is asked over https, or on this machine", async (t) => {
  const api = (url: string, token = 'a-read-token') => `gitlab: { api: { url: '${url}', token: '${token}' } }`
  t.match(parseConfig(yaml(api('https://gitlab.example.org/')), 'reflex.yaml', {}, policies), {
    config: { gitlab: { api: { url: 'https://gitlab.example.org/', token: 'a-read-token' } } }
  })
  t.same(problems(api('http://127.0.0.1:8080')), [])
  t.match(problems(api('http://gitlab.example.org')), [/gitlab.api.url.*would send the token in clear/])
  t.match(problems(api('gitlab.example.org')), [/gitlab.api.url.*is not a URL; allowed: https:\/\/gitlab.example.org/])
  t.match(problems(api('https://gitlab.example.org/?a=b')), [/gitlab.api.url.*has more than host and path/])
})

t.test('user groups of Slack: by id, with groups, and with a token to read them', async (t) => {
  const slack = (more: string) => problems(`slack: { signingSecrets: [{ env: SLACK }], team: T1, ${more} }`)
  t.same(slack('botToken: { env: BOT }, userGroups: { S1: [sre], S2: [sre, dns] }'), [])
  t.same(slack('userGroups: {}'), [])
  t.match(slack('userGroups: { S1: [sre] }'), [/slack\.userGroups: needs a botToken to read who is in them/])
  t.match(slack('botToken: { env: BOT }, userGroups: { oncall: [sre] }'), [
    /slack\.userGroups\.oncall.*is not known here/
  ])
  t.match(slack('botToken: { env: BOT }, userGroups: { S1: [] }'), [/slack\.userGroups\.S1.*a list of groups/])
})

t.test('people in Slack count among those who can approve', async (t) => {
  const hash = 'a'.repeat(64)
  const two = `approvals: { tiers: { change-controlled: { required: 2, groups: [sre] } } }
tokens: [{ actor: alice, groups: [sre], sha256: ${hash} }]
`
  t.match(problems(two), [/could never be reached: 1 people with a token \(or in slack\.users\) are in sre/])
  const slack = 'slack: { signingSecrets: [{ env: SLACK }], team: T1, users: { U1: { actor: bob, groups: [sre] } } }\n'
  t.same(problems(two + slack), [])
  const through = (group: string) =>
    `slack: { signingSecrets: [{ env: SLACK }], team: T1, botToken: { env: BOT }, userGroups: { S1: [${group}] } }\n`
  t.same(problems(two + through('sre')), [], 'nobody knows how many they are')
  t.match(problems(two + through('dns')), [/could never be reached/])
})

t.test('a secret may be for some projects only', async (t) => {
  const result = parseConfig(
    yaml('gitlab: { secrets: [{ token: { env: HOOK }, projects: [apps/erpnext, infra/*] }] }'),
    'reflex.yaml',
    env,
    policies
  )
  t.match(result, { config: { gitlab: { secrets: [{ kind: 'token', projects: ['apps/erpnext', 'infra/*'] }] } } })
  for (const wrong of ['[]', '[erpnext]', "['*']", "['a/*/b']", "['a/b*']"])
    t.not(problems(`gitlab: { secrets: [{ token: { env: HOOK }, projects: ${wrong} }] }`).length, 0, wrong)
})

t.test('a secret that is too short is told so, and what has too few entries', async (t) => {
  t.match(problems('slack: { signingSecrets: [short], team: T1 }'), [
    /signingSecrets\[0\] = \(hidden\): is too short: at least 8 characters/
  ])
  t.match(problems('slack: { signingSecrets: [], team: T1 }'), [/signingSecrets.*must not be empty/])
  const group = 'groups: { g: { projects: { dev: {} }, resources: { cores: { capacity: 1, low: 1, high: 1 } } } }'
  t.match(problems(`policies: { quota-rebalance: { settings: { cloud: dev, ${group} } } }`), [
    /groups\.g\.projects.*has too few entries: at least 2/
  ])
})
