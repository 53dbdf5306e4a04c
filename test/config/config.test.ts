import t from 'tap'
import { Type } from 'typebox'
import { nearest } from '../../src/base/nearest.ts'
import { loadConfig, parseConfig } from '../../src/config/config.ts'
import { showProblem } from '../../src/config/problems.ts'
import { configSchema, type KnownPolicy } from '../../src/config/schema.ts'
import { isPublisherQueue } from '../../src/config/values.ts'
import { durationMs } from '../../src/core/duration.ts'

const part = Type.Object(
  { zone: Type.String({ pattern: '\\.$', description: 'zone name with the trailing dot' }) },
  { additionalProperties: false }
)
const policies: readonly KnownPolicy[] = [
  {
    name: 'dns-records',
    settings: Type.Object(
      {
        cloud: Type.String(),
        fixed: Type.Optional(Type.Union([Type.Literal('off'), part])),
        keepFree: Type.Integer({ minimum: 0, default: 50 })
      },
      { additionalProperties: false }
    ),
    check: (settings: { keepFree: number }) => (settings.keepFree === 13 ? ['13 are never free'] : [])
  }
]
const clusters = 'clusters: { dev: { cloud: dev, tier: bursty } }\n'

function problems(text: string, env: Record<string, string> = {}): string[] {
  const result = parseConfig(text, 'reflex.yaml', env, policies)
  return result.ok ? [] : result.problems.map(showProblem)
}

const broker = (more: string) => `${clusters}notifications:\n  - { cloud: lab, region: R1, ${more} }\n`

t.test('one mistake, one line: where it is, what is there, what may be', async (t) => {
  const cases: readonly [string, string, Record<string, string>, readonly string[]][] = [
    [
      'an empty file',
      '',
      {},
      [
        'reflex.yaml:1:1  clusters: is missing; allowed: clusters by name (lower-case letters, digits and "-"), each with cloud and tier'
      ]
    ],
    [
      'a list',
      '[1]',
      {},
      ['reflex.yaml:1:1  is a list; allowed: a map with clusters, policies and the rest of reflex.yaml']
    ],
    ['no YAML', 'a: "x', {}, ['reflex.yaml:1:6  Missing closing "quote; allowed: YAML 1.2']],
    [
      'a key twice',
      `${clusters}sweep: {}\nsweep: {}`,
      {},
      ['reflex.yaml:3:1  Map keys must be unique; allowed: YAML 1.2']
    ],
    [
      'a typing error in a key',
      `${clusters}swep: {}`,
      {},
      [
        "reflex.yaml:2:1  swep = a map: is not known here, did you mean 'sweep'?; allowed: clusters, notifications, limits, approvals, access, tokens, placement, gitlab, slack, sweep, journal, http, log, policies"
      ]
    ],
    [
      'a typing error in a word',
      `clusters:\n  dev:\n    cloud: dev\n    tier: burst`,
      {},
      [
        'reflex.yaml:4:11  clusters.dev.tier = "burst": did you mean \'bursty\'?; allowed: bursty, change-controlled, always-on'
      ]
    ],
    [
      'a number without its unit',
      `${clusters}sweep: { every: 10 }`,
      {},
      ['reflex.yaml:2:17  sweep.every = 10: is a number; allowed: a duration such as 500ms, 30s, 15m, 6h or 30d']
    ],
    [
      'longer than a timer can wait',
      `${clusters}sweep: { every: 30d }`,
      {},
      ['reflex.yaml:2:17  sweep.every = "30d": is too long; allowed: a duration of at most 7d']
    ],
    [
      'out of range',
      `${clusters}limits: { deletes: { share: 30 } }`,
      {},
      ['reflex.yaml:2:29  limits.deletes.share = 30: is out of range; allowed: a number from 0 to 1']
    ],
    [
      'an open door',
      `${clusters}http: { host: 0.0.0.0 }`,
      {},
      [
        'reflex.yaml:2:15  http.host = "0.0.0.0": is refused: without tokens only this machine may connect; allowed: 127.0.0.1, ::1 or localhost; any address once there are tokens'
      ]
    ],
    [
      'ids gone before their bodies',
      `${clusters}journal: { keep: 90d, keepIds: 30d }`,
      {},
      ['reflex.yaml:2:32  journal.keepIds = "30d": is shorter than journal.keep; allowed: 90d or longer']
    ],
    [
      "a publisher's queue",
      broker("url: 'amqp://h', queue: notifications.info"),
      {},
      [
        'reflex.yaml:3:55  notifications[0].queue = "notifications.info": is a publisher\'s own queue <topic>.<priority>: reading it takes messages away from whoever else does; allowed: another name, or this one together with allowPublisherQueue: true'
      ]
    ],
    [
      "a publisher's queue on purpose",
      broker("url: 'amqp://h', queue: notifications.info, allowPublisherQueue: true"),
      {},
      []
    ],
    [
      'a password in a broken URL is not shown',
      broker("url: 'amq://user:hunter2@h'"),
      {},
      [
        'reflex.yaml:3:36  notifications[0].url = (hidden): does not have the right form; allowed: a URL that begins with amqp://, amqps:// or rabbit://'
      ]
    ],
    [
      'a secret that is not there',
      broker('url: { env: REFLEX_AMQP_URL }'),
      {},
      ['reflex.yaml:3:43  notifications[0].url.env: the environment variable REFLEX_AMQP_URL is not set']
    ],
    [
      'a secret that is no URL',
      broker('url: { env: U }'),
      { U: 'hunter2' },
      [
        'reflex.yaml:3:36  notifications[0].url = (hidden): cannot be used: it is no URL: there are amqp://, amqps:// and rabbit:// URLs; allowed: amqp://user:password@host:5672/vhost, or a transport_url of oslo.messaging with one host or several'
      ]
    ],
    ['a transport_url of a cluster', broker('url: { env: U }'), { U: 'rabbit://u:p@h1:5672,u:p@h2:5672//' }, []],
    [
      'a list of brokers of which one has no login',
      broker("url: 'amqp://u:hunter2@h1,h2/'"),
      {},
      [
        'reflex.yaml:3:36  notifications[0].url = (hidden): cannot be used: some of its hosts have user and password and others have none: write them for each host; allowed: amqp://user:password@host:5672/vhost, or a transport_url of oslo.messaging with one host or several'
      ]
    ],
    [
      'certificates without TLS',
      broker("url: 'amqp://h', cacert: /ca.pem"),
      {},
      [
        'reflex.yaml:3:56  notifications[0].cacert = "/ca.pem": is never used: the URL is without TLS; allowed: it with amqps://, or with ssl=1'
      ]
    ],
    [
      'a certificate without its key',
      broker("url: 'amqps://h', cert: /c.pem"),
      {},
      ['reflex.yaml:3:5  notifications[0].key: is missing: there is a cert; allowed: both of them, or none']
    ],
    [
      'a certificate that is not there',
      broker("url: 'amqps://h', cacert: /nowhere/ca.pem"),
      {},
      [
        'reflex.yaml:3:57  notifications[0].cacert = "/nowhere/ca.pem": cacert: the file cannot be read (ENOENT); allowed: a PEM file'
      ]
    ],
    [
      'a certificate that is none',
      broker("url: 'amqps://h', cacert: package.json"),
      {},
      [
        'reflex.yaml:3:57  notifications[0].cacert = "package.json": cannot be used for TLS: no PEM, a key that is encrypted, or one of another certificate; allowed: certificates and a plain key in PEM that belong together'
      ]
    ],
    [
      'a secret in a file that is not there',
      broker('url: { file: /nowhere/url }'),
      {},
      ['reflex.yaml:3:44  notifications[0].url.file: the file cannot be read (ENOENT)']
    ],
    [
      'a secret of an unknown kind',
      broker('url: { vault: x }'),
      {},
      [
        'reflex.yaml:3:36  notifications[0].url = (hidden): is a map; allowed: an amqp://, amqps:// or rabbit:// URL, { env: NAME } or { file: /path }'
      ]
    ],
    [
      'an exchange twice',
      broker("url: 'amqp://h', exchanges: [nova, nova]"),
      {},
      [
        'reflex.yaml:3:59  notifications[0].exchanges = a list of 2: has the same entry twice (1 and 2); allowed: a list of exchange names, each once'
      ]
    ],
    [
      'an unknown policy',
      `${clusters}policies: { dns-record: {} }`,
      {},
      [
        "reflex.yaml:2:13  policies.dns-record = a map: is not known here, did you mean 'dns-records'?; allowed: dns-records"
      ]
    ],
    [
      'settings of the wrong branch',
      `${clusters}policies: { dns-records: { settings: { cloud: c, fixed: { zone: a } } } }`,
      {},
      [
        'reflex.yaml:2:65  policies.dns-records.settings.fixed.zone = "a": does not have the right form; allowed: zone name with the trailing dot'
      ]
    ],
    [
      'settings of no branch',
      `${clusters}policies: { dns-records: { settings: { cloud: c, fixed: of } } }`,
      {},
      [
        'reflex.yaml:2:57  policies.dns-records.settings.fixed = "of": did you mean \'off\'?; allowed: off or a map with zone'
      ]
    ],
    [
      "what only the policy's own check sees",
      `${clusters}policies: { dns-records: { settings: { cloud: c, keepFree: 13 } } }`,
      {},
      ['reflex.yaml:2:38  policies.dns-records.settings: 13 are never free']
    ],
    [
      'settings missing',
      `${clusters}policies: { dns-records: {} }`,
      {},
      ['reflex.yaml:2:13  policies.dns-records.settings.cloud: is missing; allowed: text']
    ],
    ['settings missing where it is off', `${clusters}policies: { dns-records: { mode: off } }`, {}, []],
    [
      'a role',
      clusters,
      { REFLEX_ROLES: 'decide,akt' },
      [
        'the environment  REFLEX_ROLES = "akt": is not a role, did you mean \'act\'?; allowed: receive, serve, decide, act, consume, schedule'
      ]
    ],
    [
      'a port',
      clusters,
      { PORT: '80a' },
      ['the environment  PORT = "80a": is not a port; allowed: a whole number from 0 to 65535']
    ]
  ]
  for (const [name, text, env, expected] of cases) t.strictSame(problems(text, env), expected, name)
})

t.test('every mistake at once, in the order of the file', async (t) => {
  const text = `clusters:
  dev: { tier: burst }
notifications:
  - { cloud: lab, region: R1, url: { env: GONE }, prefetch: 0 }
  - 7
policies:
  dns-records: { mode: enforced, settings: { cloud: c, keepFree: -1 } }
htp: {}
log: { level: inf }
`
  // Up to the value or the sentence: the table above has those.
  const places = problems(text, { PORT: '-1', REFLEX_ROLES: 'x' }).map((line) => line.replace(/( = |: ).*/, ''))
  t.strictSame(places, [
    'reflex.yaml:2:3  clusters.dev.cloud',
    'reflex.yaml:2:16  clusters.dev.tier',
    'reflex.yaml:4:43  notifications[0].url.env',
    'reflex.yaml:4:61  notifications[0].prefetch',
    'reflex.yaml:5:5  notifications[1]',
    'reflex.yaml:7:24  policies.dns-records.mode',
    'reflex.yaml:7:66  policies.dns-records.settings.keepFree',
    'reflex.yaml:8:1  htp',
    'reflex.yaml:9:15  log.level',
    'the environment  PORT',
    'the environment  REFLEX_ROLES'
  ])
})

t.test('what is left out has its default', async (t) => {
  const url = 'amqp://stackreflex:p%40ss@broker/'
  const text = `${broker('url: { file: /run/secrets/url }')}policies: { dns-records: { mode: enforce, settings: { cloud: c } } }`
  const readFile = (path: string) => (path === '/run/secrets/url' ? `${url}\n` : '')
  const result = parseConfig(text, 'reflex.yaml', { PORT: '9000', REFLEX_ROLES: 'act, decide' }, policies, { readFile })
  const dev = { tier: 'bursty', inFlight: null, calendar: { timeZone: 'UTC', windows: [], freezes: [] } }
  const hour = 3_600_000
  const deletes = { name: 'deletes', risk: 'delete', share: 0.3, from: 10, windowMs: hour }
  const isolation = { name: 'isolation', policy: 'isolation', count: 50, each: 'scope', windowMs: hour }
  const budgets = [{ ...deletes, gone: false }, { ...deletes, gone: true }, isolation]
  const anybody = { required: 1, groups: [] }
  t.match(result, { warnings: [{ path: 'notifications[0].cloud', message: /is called openstack now/ }] })
  t.strictSame(
    { ...result, warnings: [], entries: [] },
    {
      ok: true,
      file: 'reflex.yaml',
      warnings: [],
      entries: [],
      config: {
        clusters: [{ name: 'dev', cloud: 'dev', openstack: 'lab', tier: 'bursty', rules: dev, kubernetes: null }],
        notifications: [
          {
            cloud: 'lab',
            region: 'R1',
            url,
            exchanges: ['nova', 'neutron', 'keystone', 'glance', 'designate'],
            topics: ['notifications', 'versioned_notifications'],
            queue: 'stackreflex',
            allowPublisherQueue: false,
            prefetch: 2000,
            silenceMs: 900_000,
            maxLength: 1_000_000,
            maxBytes: 2_000_000_000
          }
        ],
        policies: [
          {
            name: 'dns-records',
            openstack: null,
            mode: 'enforce',
            clusters: {},
            settings: { cloud: 'c', keepFree: 50 }
          }
        ],
        guard: { clusters: { dev }, budgets, coolDowns: [] },
        limits: {
          deletes: { share: 0.3, from: 10, windowMs: 3_600_000 },
          guard: { budgets, coolDowns: [] },
          afterUndoMs: 86_400_000
        },
        approvals: {
          expiresMs: 86_400_000,
          tiers: { bursty: anybody, 'change-controlled': anybody, 'always-on': anybody }
        },
        access: { operate: [] },
        tokens: [],
        gitlab: { secrets: [], users: {} },
        slack: null,
        placement: {},
        sweep: { everyMs: 600_000, atStart: true },
        journal: { path: '.data/journal.db', keepMs: 30 * 86_400_000, keepIdsMs: 90 * 86_400_000 },
        http: { host: '127.0.0.1', port: 9000, hosts: [] },
        log: { level: 'info' },
        roles: ['decide', 'act']
      }
    }
  )
  t.throws(
    () => Object.assign((result as { config: { http: object } }).config.http, { port: 1 }),
    'frozen to the bottom'
  )
})

t.test('loadConfig() finds the file', async (t) => {
  const gone = Object.assign(new Error('gone'), { code: 'ENOENT' })
  const files: Record<string, string> = { '/here/reflex.yaml': clusters, '/etc/reflex.yaml': clusters }
  const load = (cwd: string, REFLEX_CONFIG?: string) =>
    loadConfig({
      env: { REFLEX_CONFIG },
      cwd,
      policies,
      readFile: (path) => {
        if (files[path] === undefined) throw gone
        return files[path]
      }
    })
  t.match(load('/here'), { ok: true, file: 'reflex.yaml' })
  t.match(load('/elsewhere', '/etc/reflex.yaml'), { ok: true, file: '/etc/reflex.yaml' })
  t.strictSame(load('/elsewhere'), { ok: true, config: null, file: null }, 'the simulated cloud')
  t.match(load('/here', 'other.yaml'), {
    ok: false,
    problems: [{ file: 'other.yaml', message: 'there is no such file' }]
  })
})

t.test('without its secrets, for a command that needs none', async (t) => {
  t.match(parseConfig(broker('url: { env: GONE }'), 'f', {}, policies, { secrets: false }), { ok: true })
})

t.test('the schema for editors asks only for what has no default', async (t) => {
  t.strictSame(configSchema(policies).required, ['clusters'])
})

t.test('durations', async (t) => {
  const cases = { '500ms': 500, '30s': 30_000, '15m': 900_000, '6h': 21_600_000, '30d': 2_592_000_000 }
  for (const [text, ms] of Object.entries(cases)) t.equal(durationMs(text), ms, text)
  for (const text of ['', '0s', '-1s', '1.5h', '15', '15 m', '15min', '9999999999s'])
    t.equal(durationMs(text), null, text)
})

t.test('queues that are not ours', async (t) => {
  for (const queue of ['notifications.info', 'versioned_notifications.error', 'reactor.warn'])
    t.ok(isPublisherQueue(queue), queue)
  for (const queue of ['stackreflex', 'stackreflex.dead', 'info', '.info']) t.notOk(isPublisherQueue(queue), queue)
})

t.test('did you mean', async (t) => {
  t.equal(nearest('explian', ['explain', 'check']), 'explain')
  t.equal(nearest('xyz', ['explain', 'check']), null)
  t.equal(nearest('x'.repeat(100_000), ['explain']), null)
})
