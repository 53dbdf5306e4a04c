import { readFileSync } from 'node:fs'
import t from 'tap'
import { Type } from 'typebox'
import type { Config } from '../../src/config/config.ts'
import { parseConfig } from '../../src/config/load.ts'
import { showProblem } from '../../src/config/problems.ts'
import { reloadable } from '../../src/config/reload.ts'
import { configSchema, type KnownPolicy } from '../../src/config/schema.ts'
import { endingTokens } from '../../src/config/token-end.ts'
import { modes } from '../../src/core/policy.ts'
import { endOf } from '../../src/core/until.ts'
import { policies as all } from '../../src/policies/index.ts'

const policies: readonly KnownPolicy[] = [
  { name: 'dns-records', settings: Type.Object({}), check: () => [], actions: ['recordset-set', 'recordset-delete'] }
]
const hash = 'a'.repeat(64)
const parse = (text: string, env = {}) => parseConfig(text, 'f', env, policies)
const said = (text: string, env = {}) => {
  const result = parse(text, env)
  return result.ok ? [] : result.problems.map(showProblem)
}
function config(text: string): Config {
  const result = parse(text)
  if (!result.ok) throw new Error(result.problems.map(showProblem).join('\n'))
  return result.config
}
const cluster = (more: string) => `clusters: { prod: { cloud: p, tier: change-controlled, ${more} } }\n`
const plain = cluster('inFlight: 4')

t.test('one mistake, one sentence', async (t) => {
  const window = (text: string) => cluster(`windows: [{ name: w, ${text} }]`)
  const freeze = (text: string) => cluster(`timeZone: Europe/Berlin, freezes: [{ name: f, ${text} }]`)
  const token = (sha256: string) => `${plain}tokens: [{ actor: a, sha256: ${sha256} }]`
  const budget = (text: string) => `${plain}limits: { budgets: [{ name: b, window: 1h, ${text} }] }`
  const cases: readonly [string, RegExp][] = [
    [cluster('timeZone: Europe/Berln'), /timeZone = "Europe\/Berln": is no time zone; allowed: an IANA name/],
    [window('from: 2026-02-30T10:00, for: 1h'), /windows\[0\]\.from = "2026-02-30T10:00": is no day or time/],
    [window('from: tomorrow, for: 1h'), /from = "tomorrow": does not have the right form; allowed: a local time/],
    [window('from: 2026-01-01T10:00'), /windows\[0\]\.for: is missing/],
    [window('always: true, repeat: FREQ=DAILY'), /repeat = "FREQ=DAILY": has no meaning where it is always open/],
    [
      window('always: true, policies: [dns-record]'),
      /policies\[0\] = "dns-record": is no policy, did you mean 'dns-records'/
    ],
    [window('always: true, risks: [delet]'), /risks\[0\] = "delet": did you mean 'delete'/],
    [window('always: true }, { name: w, always: true'), /windows\[1\]\.name = "w": is taken/],
    [freeze('from: 2026-12-18T00:00'), /freezes\[0\]: has no end; allowed: either for or until/],
    [freeze('from: 2026-12-18T00:00, for: 1d, until: 2027-01-01T00:00'), /freezes\[0\]: has two ends/],
    [freeze('from: 2026-12-18T00:00, until: 2026-12-01T00:00'), /until = "2026-12-01T00:00": is not after from/],
    [budget('risk: delete'), /budgets\[0\]: has no limit; allowed: either most, or share and from/],
    [budget('most: 1, share: 0.1, from: 2'), /budgets\[0\]: has two limits/],
    [budget('share: 0.1'), /budgets\[0\]: does not say from how many on/],
    [budget('most: 1, cluster: prd'), /cluster = "prd": is no cluster, did you mean 'prod'\?; allowed: prod/],
    [budget('most: 1, action: recordset-dele'), /is no action, did you mean 'recordset-delete'/],
    [budget('most: 1, policy: dns'), /policy = "dns": is no policy/],
    [budget('most: 1, risk: destroy'), /risk = "destroy": is not one of them; allowed: create, update, delete/],
    [
      `${plain}limits: { coolDowns: [{ name: c, for: 1h, cluster: x }] }`,
      /coolDowns\[0\]\.cluster = "x": is no cluster/
    ],
    [`${plain}policies: { dns-records: { clusters: { prd: approve } } }`, /clusters\.prd = "prd": is no cluster/],
    [`${plain}policies: { dns-records: { clusters: { prod: aprove } } }`, /did you mean 'approve'/],
    [`${plain}placement: { gitlab: [infra] }`, /placement\.gitlab\[0\] = "infra": is no cluster/],
    [token('abc'), /tokens\[0\]\.sha256 = \(hidden\): does not have the right form; allowed: 64 digits/],
    [token('{ env: SUM }'), /tokens\[0\]\.sha256: is no SHA-256/],
    [
      `${plain}tokens: [{ actor: a, expires: 2027-02-31, sha256: "${hash}" }]`,
      /tokens\[0\]\.expires = \(hidden\): is in no calendar; allowed: a day such as/
    ],
    [
      `${plain}tokens: [{ actor: a, role: read, groups: [x], sha256: "${hash}" }]\napprovals: { tiers: { bursty: { groups: [x] } } }`,
      /bursty\.required = 1: could never be reached: 0/
    ],
    [token('{ env: GONE }'), /tokens\[0\]\.sha256\.env: the environment variable GONE is not set/],
    [
      `${plain}tokens: [{ actor: a, groups: [x], sha256: "${hash}" }]\napprovals: { tiers: { bursty: { required: 2, groups: [x] } } }`,
      /required = 2: could never be reached: 1 people/
    ],
    [
      `${token(`"${hash}"`)}\napprovals: { tiers: { bursty: { groups: [x] } } }`,
      /bursty\.required = 1: could never be reached: 0/
    ],
    [
      `${plain}tokens: [{ actor: a, sha256: "${hash}" }, { actor: b, sha256: "${hash}" }]`,
      /is the same as that of tokens\[0\]/
    ]
  ]
  for (const [text, expected] of cases) {
    const problems = said(text, { SUM: 'hunter2' })
    t.equal(problems.length, 1, problems.join('\n'))
    t.match(problems[0], expected)
    t.notMatch(problems.join(), /hunter2|aaaaaa/)
  }
})

t.test('recurrence rules', async (t) => {
  const rule = (repeat: string) =>
    said(cluster(`windows: [{ name: w, from: 2026-01-06T22:00, for: 1h, repeat: '${repeat}' }]`))
  const wrong: Record<string, RegExp> = {
    'FREQ=WEEKLI': /repeats DAILY, WEEKLY, MONTHLY or YEARLY, not WEEKLI/,
    'FREQ=HOURLY': /not HOURLY/,
    'FREQ=DAILY;FOO=1': /has no part 'FOO'/,
    'FREQ=DAILY;BYHOUR=25': /has no BYHOUR '25'/,
    'FREQ=WEEKLY;BYDAY=XX': /has no BYDAY 'XX'/,
    'FREQ=WEEKLY;BYDAY=2TU': /BYDAY with numeric value MUST NOT/,
    'FREQ=DAILY;FREQ=WEEKLY': /has FREQ twice/,
    'FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z': /is refused: COUNT and UNTIL MUST NOT/,
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30': /never happens/,
    'FREQ=DAILY;UNTIL=20250101': /never happens/,
    'BYDAY=TU': /must include FREQ/
  }
  for (const [repeat, expected] of Object.entries(wrong)) t.match(rule(repeat), [expected], repeat)
  for (const repeat of [
    'FREQ=WEEKLY;BYDAY=TU,TH',
    'FREQ=MONTHLY;BYDAY=-1FR',
    'FREQ=DAILY;UNTIL=20270101',
    'FREQ=YEARLY;COUNT=3'
  ])
    t.strictSame(rule(repeat), [], repeat)
})

t.test('what the guard gets', async (t) => {
  const text = `
clusters:
  prod:
    cloud: p
    tier: change-controlled
    timeZone: Europe/Berlin
    windows:
      - { name: w, from: 2026-01-06T22:00, for: 4h, repeat: 'FREQ=WEEKLY;BYDAY=TU,TH', policies: [dns-records], risks: [update] }
      - { name: dns, always: true }
    freezes: [{ name: f, from: 2026-03-01T00:00, until: 2026-04-01T00:00 }]
policies: { dns-records: { mode: enforce, clusters: { prod: approve } } }
limits:
  budgets: [{ name: b, cluster: prod, most: 20, window: 1h }, { name: s, share: 0.1, from: 5, window: 1d }]
  coolDowns: [{ name: calm, risk: delete, for: 10m }]
tokens: [{ actor: alice, groups: [sre], sha256: "${hash}" }]
approvals: { tiers: { change-controlled: { groups: [sre] } } }
http: { host: 0.0.0.0 }
`
  const { guard, policies: known, approvals, tokens } = config(text)
  t.strictSame(guard.clusters.prod!.calendar, {
    timeZone: 'Europe/Berlin',
    windows: [
      {
        name: 'w',
        policies: ['dns-records'],
        risks: ['update'],
        times: { from: '2026-01-06T22:00', forMs: 4 * 3_600_000, repeat: 'FREQ=WEEKLY;BYDAY=TU,TH' }
      },
      { name: 'dns', policies: null, risks: null, times: 'always' }
    ],
    // An hour less: the clocks skip one.
    freezes: [{ name: 'f', times: { from: '2026-03-01T00:00', forMs: (31 * 24 - 1) * 3_600_000, repeat: null } }]
  })
  t.strictSame(guard.budgets.slice(3), [
    { name: 'b', cluster: 'prod', most: 20, windowMs: 3_600_000 },
    { name: 's', share: 0.1, from: 5, windowMs: 86_400_000 }
  ])
  t.strictSame(guard.coolDowns, [{ name: 'calm', risk: 'delete', forMs: 600_000 }])
  t.strictSame(known[0]?.clusters, { prod: 'approve' })
  t.strictSame(approvals.tiers['change-controlled'], { required: 1, groups: ['sre'] })
  t.strictSame(tokens, [{ actor: 'alice', groups: ['sre'], role: 'person', expiresAt: null, sha256: hash }])
})

t.test('a cluster where nothing would ever change is a warning', async (t) => {
  const result = parse(`${plain}policies: { dns-records: { mode: enforce } }`)
  t.ok(result.ok)
  t.match(result.ok && result.warnings.map(showProblem), [
    /^f:1:13 {2}clusters\.prod: no window is for dns-records, which is in mode enforce here/
  ])
})

t.test('with people known by name, an empty list of groups means nobody, which is said', async (t) => {
  const warned = (text: string) => {
    const result = parse(text)
    return result.ok ? result.warnings.map(showProblem) : result.problems.map(showProblem)
  }
  const alice = `tokens: [{ actor: alice, groups: [sre], sha256: "${hash}" }]\n`
  t.strictSame(warned(plain), [], 'without tokens, users of this machine may')
  t.match(warned(plain + alice), [
    /access\.operate: names no group: .* nobody may stop, resume, undo.*; allowed: sre$/,
    /approvals\.tiers\.change-controlled\.groups: names no group: .* nobody may approve .*; allowed: sre$/
  ])
  const named = 'access: { operate: [sre] }\napprovals: { tiers: { change-controlled: { groups: [sre] } } }\n'
  t.strictSame(warned(plain + alice + named), [], 'and of tiers that no cluster has nothing is said')
  const reader = `tokens: [{ actor: prometheus, role: read, groups: [sre], sha256: "${hash}" }]\n`
  t.match(warned(plain + reader)[0], /tokens\[0\]\.groups: prometheus only reads/)
})

t.test('a token ends with its day in UTC, or at its instant, and is warned about two weeks before', async (t) => {
  const ends = Date.parse('2027-01-01T00:00:00Z')
  t.equal(endOf('2026-12-31'), ends)
  t.equal(endOf('2027-01-01T01:00:00+01:00'), ends)
  const day = 86_400_000
  const said = (now: number) => endingTokens([{ actor: 'alice', expiresAt: ends }, { actor: 'bob' }], now)
  t.strictSame(said(ends - 15 * day), [])
  t.match(said(ends - 14 * day), [/^the token of alice runs out in 14 days, at 2027-01-01T00:00:00.000Z/])
  t.match(said(ends - 1), [/runs out within a day/])
  t.match(said(ends), [/^the token of alice ran out at 2027/])
})

t.test('the modes of the schema are those of the product', async (t) => {
  for (const mode of modes) t.strictSame(said(`${plain}policies: { dns-records: { mode: ${mode} } }`), [], mode)
})

t.test('what cannot change while it runs', async (t) => {
  const before = config(plain)
  t.strictSame(reloadable(before, config(`${plain}sweep: { every: 1m }\nlimits: { afterUndo: 1h }`)), [])
  t.strictSame(reloadable(before, config(`${plain}http: { port: 1 }\njournal: { path: x }`)), [
    'journal.path cannot change while it runs: restart to use it',
    'http.port cannot change while it runs: restart to use it'
  ])
})

t.test('docs/reflex.schema.json is current', async (t) => {
  const published = readFileSync(new URL('../../docs/reflex.schema.json', import.meta.url), 'utf8')
  t.strictSame(
    JSON.parse(published),
    JSON.parse(JSON.stringify(configSchema(all))),
    'node src/cli/cli.ts check --schema'
  )
})
