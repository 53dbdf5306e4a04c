import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseConfig } from '../../src/config/load.ts'
import { showProblem } from '../../src/config/problems.ts'
import { policies } from '../../src/policies/index.ts'

const env = { BERLIN_AMQP_URL: 'amqp://u:p@berlin/', FRANKFURT_AMQP_URL: 'amqp://u:p@frankfurt/' }
const read = (text: string) => parseConfig(text, 'reflex.yaml', env, policies)
const said = (text: string): readonly string[] => {
  const result = read(text)
  return (result.ok ? result.warnings : result.problems).map(showProblem)
}

const brokers = `notifications:
  - { openstack: berlin, region: R, url: 'amqp://u:p@b/' }
  - { openstack: frankfurt, region: R, url: 'amqp://u:p@f/' }
`
const clusters = `clusters:
  dev-b: { cloud: b-dev, openstack: berlin, tier: bursty }
  prod-b: { cloud: b-prod, openstack: berlin, tier: bursty }
  dev-f: { cloud: f-dev, openstack: frankfurt, tier: bursty }
  prod-f: { cloud: f-prod, openstack: frankfurt, tier: bursty }
`
const dns = (cloud: string) => `{ settings: { cloud: ${cloud}, fixed: { zone: c.example. } } }`
const group = (...names: string[]) =>
  `{ projects: { ${names.map((name) => `${name}: { priority: 1 }`).join(', ')} }, resources: { cores: { capacity: 9, low: 1, high: 2 } } }`

t.test('the example in the documentation is right, and each instance has its own clusters', async (t) => {
  const page = readFileSync('docs/configuration.md', 'utf8')
  const [, example = ''] = /## Several OpenStacks[\s\S]*?```yaml\n([\s\S]*?)```/.exec(page) ?? []
  const result = read(example)
  t.same(result.ok ? result.warnings : result.problems.map(showProblem), [])
  if (!result.ok) return
  t.same(
    result.config.policies.map(({ name, openstack, mode }) => [name, openstack, mode]),
    [
      ['dns-records@berlin', 'berlin', 'enforce'],
      ['dns-records@frankfurt', 'frankfurt', 'observe'],
      ['quota-rebalance@berlin', 'berlin', 'enforce'],
      ['quota-rebalance@frankfurt', 'frankfurt', 'approve'],
      ['isolation@berlin', 'berlin', 'observe'],
      ['isolation@frankfurt', 'frankfurt', 'observe']
    ]
  )
  t.same(
    result.config.clusters.map(({ openstack }) => openstack),
    ['berlin', 'berlin', 'frankfurt', 'frankfurt']
  )
  t.match(result.config.policies[0]!.settings, { keepFree: 50 }, 'defaults are filled in')
})

t.test('with one OpenStack nothing has to be said', async (t) => {
  const one =
    "clusters: { dev: { cloud: dev, tier: bursty } }\nnotifications: [{ openstack: lab, region: R, url: 'amqp://h/' }]\n"
  const result = read(`${one}policies: { dns-records: ${dns('dev')} }`)
  t.match(result, { ok: true, config: { policies: [{ name: 'dns-records', openstack: null }] } })
  t.match(read(`${one}policies: { dns-records@lab: ${dns('dev')} }`), {
    ok: true,
    config: { clusters: [{ openstack: 'lab' }], policies: [{ name: 'dns-records@lab', openstack: 'lab' }] }
  })
})

t.test('what cannot work is said in one round', async (t) => {
  const all = said(`${brokers}clusters:
  dev-b: { cloud: b-dev, openstack: berlin, tier: bursty }
  dev-f: { cloud: f-dev, openstack: frankfurt, tier: bursty }
  prod-f: { cloud: f-prod, openstack: frankfurt, tier: bursty }
  lost: { cloud: lost, tier: bursty }
policies:
  dns-records@berln: ${dns('b-dns')}
  dns-records@frankfurt: { clusters: { dev-b: off }, settings: { cloud: b-dev, fixed: { zone: c.example. } } }
  quota-rebalance@berlin: { settings: { cloud: b-admin, groups: { g: ${group('dev-b', 'dev-f')} } } }
  isolation: { settings: { cloud: f-admin, clusters: { dev-f: {}, prod-f: {} } } }
  workload-actions@berlin: { settings: { services: {}, rules: [] } }
`)
  t.match(said(`${brokers}${clusters}policies: { dns-record@berlin: {} }`), [/did you mean 'dns-records@berlin'/])
  const expected = [
    /clusters\.lost\.openstack: is missing: there are 2 OpenStacks, and nothing says which one it is in; allowed: berlin, frankfurt/,
    /policies\.dns-records@berln: there is no OpenStack 'berln', did you mean 'berlin'\?; allowed: berlin, frankfurt/,
    /policies\.dns-records@frankfurt\.clusters\.dev-b: is in the OpenStack berlin, and this is for frankfurt: it never counts/,
    /policies\.dns-records@frankfurt\.settings\.cloud = "b-dev": is the entry of cluster dev-b, which is in the OpenStack berlin/,
    /policies\.quota-rebalance@berlin\.settings: groups\.g\.projects: cluster 'dev-f' is in the OpenStack frankfurt, and this policy looks after another/,
    /policies\.isolation: does not say whose it is: there are 2 OpenStacks; allowed: openstack: berlin \| frankfurt in it, or an entry for each: isolation@berlin and isolation@frankfurt/,
    /policies\.workload-actions@berlin.*: there is one workload-actions for all OpenStacks/
  ]
  for (const one of expected)
    t.ok(
      all.some((line) => one.test(line)),
      `${one}`
    )
  t.equal(all.length, expected.length, all.join('\n'))
})

t.test('two entries never look after the same', async (t) => {
  const twice = /looks after what dns-records looks after: both would decide the same/
  const bound = (openstack: string) =>
    `{ openstack: ${openstack}, settings: { cloud: b-dns, fixed: { zone: c.example. } } }`
  t.same(
    said(`${brokers}${clusters}policies: { dns-records: ${bound('berlin')}, dns-records@frankfurt: ${dns('f-dns')} }`),
    []
  )
  t.match(
    said(`${brokers}${clusters}policies: { dns-records: ${bound('berlin')}, dns-records@berlin: ${dns('b-2')} }`),
    [twice]
  )
  t.match(said(`${brokers}${clusters}policies: { dns-records: ${bound("'*'")}, dns-records@berlin: ${dns('b-2')} }`), [
    twice
  ])
  t.match(
    said(`${brokers}${clusters}policies: { dns-records@berlin: ${dns('x')}, dns-records@frankfurt: ${dns('x')} }`),
    [/dns-records@frankfurt\.settings\.cloud = "x": is the entry of dns-records@berlin, which is for another OpenStack/]
  )
})

t.test('one policy for the names of all OpenStacks is said to be, and only that one can', async (t) => {
  const every = (settings: string) => `{ openstack: '*', settings: ${settings} }`
  t.match(
    read(`${brokers}${clusters}policies: { dns-records: ${every('{ cloud: dns, fixed: { zone: c.example. } }')} }`),
    {
      ok: true,
      config: { policies: [{ openstack: null }] }
    }
  )
  t.match(
    said(`${brokers}${clusters}policies: { isolation: ${every('{ cloud: f, clusters: { dev-f: {}, prod-f: {} } }')} }`),
    [/policies\.isolation\.openstack = "\*": does not have the right form/]
  )
  t.match(
    said(
      `${brokers}${clusters}policies: { dns-records@berlin: { openstack: berlin, settings: { cloud: x, fixed: { zone: c.example. } } } }`
    ),
    [/policies\.dns-records@berlin\.openstack = "berlin": is not known here/]
  )
})

t.test('windows and limits may name the policy or one instance, and a typo is found', async (t) => {
  const limit = (policy: string) =>
    `${brokers}${clusters}policies: { dns-records@berlin: ${dns('b-dns')} }\nlimits: { budgets: [{ name: a, policy: ${policy}, most: 1, window: 1h }] }`
  t.same(said(limit('dns-records')), [])
  t.same(said(limit('dns-records@berlin')), [])
  t.match(said(limit('dns-records@berlni')), [/is no policy, did you mean 'dns-records@berlin'\?/])
})

t.test('an instance without clusters, and a cluster of which no broker tells, are warnings', async (t) => {
  const text = `${brokers}clusters:
  dev-b: { cloud: b-dev, openstack: berlin, tier: bursty }
  dev-x: { cloud: x-dev, openstack: berlim, tier: bursty }
policies: { dns-records@frankfurt: ${dns('f-dns')} }`
  t.match(said(text), [
    /no entry of notifications is of this OpenStack.*did you mean 'berlin'/,
    /no cluster is in the OpenStack frankfurt/
  ])
})
