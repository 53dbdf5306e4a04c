import t from 'tap'
import { parseConfig } from '../../src/config/load.ts'
import { showProblem } from '../../src/config/problems.ts'
import { policies } from '../../src/policies/index.ts'

const read = (text: string, env = {}) => parseConfig(text, 'f', env, policies)
const mistakes = (text: string, env = {}) => {
  const result = read(text, env)
  return result.ok ? [] : result.problems.map(showProblem)
}
const warnings = (text: string) => {
  const result = read(text)
  if (!result.ok) throw new Error(result.problems.map(showProblem).join('\n'))
  return result.warnings.map(showProblem)
}
const clusters = (more = '') =>
  `clusters: { dev: { cloud: dev, tier: bursty, kubernetes: { kubeconfig: /k } }, prod: { cloud: prod, tier: bursty${more} } }\n`
const workload = (settings: string, more = '') =>
  `${clusters()}${more}policies: { workload-actions: { mode: enforce, settings: { ${settings} } } }`
const web = 'services: { web: { namespace: a, name: web } }'
const secret = 'gitlab: { secrets: [{ token: abcdefghijklmnop, projects: [a/*] }] }\n'
const placed = (where: string) => `placement: { web: [${where}] }\n`
const rule = (more: string) =>
  `rules: [{ name: r, on: gitlab.merge_request.merge, when: 'event.project == "a/web"', do: restart, service: web${more} }]`

const api = 'api: { url: https://gitlab.example.org, token: abcdefgh }'
const controlled = (more: string) =>
  `clusters: { dev: { cloud: dev, tier: change-controlled, windows: [{ name: w, always: true }], kubernetes: { kubeconfig: /k } } }\n${more}${placed('dev')}policies: { workload-actions: { mode: enforce, settings: { ${web}, ${rule('')} } } }`

t.test('what would harm is a mistake', async (t) => {
  const two = 'clusters: { dev: { cloud: one, tier: bursty }, prod: { cloud: one, tier: bursty } }\n'
  t.match(mistakes(two), [/^f:1:\d+ {2}clusters.prod.cloud = "one": is the entry of cluster dev already/])
  const broker = (name: string, more: string) => `{ openstack: ${name}, region: R, ${more} }`
  const both = (a: string, b: string) => `${clusters()}notifications: [${broker('a', a)}, ${broker('b', b)}]\n`
  const shared = /notifications\[1\].queue = "stackreflex": is the queue of notifications\[0\] on the same broker/
  t.match(mistakes(both("url: 'amqp://u:p@h/v'", "url: 'amqp://v:q@h/v'")), [shared], 'whoever reads it')
  t.match(mistakes(both('url: { env: A }', 'url: { env: B }'), { A: 'amqp://u:p@h/', B: 'amqp://h/' }), [shared])
  t.same(mistakes(both("url: 'amqp://u:p@h/v'", "url: 'amqp://u:p@h/w'")), [])
  t.same(mistakes(both("url: 'amqp://u:p@h/v'", "url: 'amqp://u:p@h/v', queue: second")), [])
})

t.test('cloud means an entry of clouds.yaml; a broker says openstack', async (t) => {
  const broker = (named: string) => `${clusters()}notifications: [{ ${named}region: R, url: 'amqp://h' }]\n`
  t.match(mistakes(broker('')), [
    /notifications\[0\].openstack: is missing; allowed: a name of your own for this OpenStack/
  ])
  t.match(mistakes(broker('openstack: a, cloud: b, ')), [/cloud = "b": is the old word for openstack, which is there/])
  t.same(warnings(broker('openstack: lab, ')), [])
  t.match(warnings(broker('cloud: lab, ')), [
    /^f:2:\d+ {2}notifications\[0\].cloud = "lab": is called openstack now: a cloud is an entry of clouds.yaml.*; allowed: openstack: lab$/
  ])
  for (const form of ['openstack: lab, ', 'cloud: lab, ']) {
    const result = read(broker(form))
    t.match(result, { ok: true, config: { notifications: [{ openstack: 'lab', region: 'R' }] } }, form)
  }
})

t.test('what can never come true is said, and is no reason not to start', async (t) => {
  const cases: readonly [string, string, RegExp | null][] = [
    ['all is well', workload(`${web}, ${rule('')}`, secret + placed('dev')), null],
    [
      'a secret for any project',
      workload(`${web}, ${rule('')}`, secret.replace(', projects: [a/*]', '') + placed('dev')),
      /gitlab.secrets\[0\]: is for any project: whoever knows it can speak of all of them; allowed: projects/
    ],
    ['a rule on what no webhook says', controlled(secret), /rules\[0\].on: no webhook of this type says whether/],
    ['where GitLab is asked', controlled(secret.replace('gitlab: {', `gitlab: { ${api},`)), null],
    ['where the rule takes it so', controlled(secret).replace('"a/web"', '"a/web" && event.protected == null'), null],
    [
      'no placement',
      workload(web),
      /services.web: has no placement: it is on no cluster, and never touched; allowed: placement.web/
    ],
    ['no kubernetes', workload(web, placed('dev, prod')), /services.web: is placed on prod, which has no kubernetes/],
    [
      'a rule for another cluster',
      workload(`${web}, ${rule(', cluster: prod')}`, secret + placed('dev')),
      /rules\[0\].cluster: web is not placed there: this rule never does anything; allowed: dev/
    ],
    [
      'a rule that nobody wakes',
      workload(`${web}, ${rule('')}`, placed('dev')),
      /rules\[0\].on: GitLab cannot send anything/
    ],
    [
      'a limit of a policy that is off',
      `${clusters()}limits: { budgets: [{ name: b, policy: isolation, most: 1, window: 1h }] }\n`,
      /limits.budgets\[0\].policy: isolation is off: this limits nothing/
    ],
    [
      'a limit of what a policy never does',
      workload(
        web,
        `${placed('dev')}limits: { coolDowns: [{ name: c, policy: workload-actions, action: quota-set, for: 1h }] }\n`
      ),
      /coolDowns\[0\].action: workload-actions never does quota-set.*; allowed: rollout-restart/
    ],
    [
      'a window for nobody',
      clusters(', windows: [{ name: w, always: true, policies: [isolation] }]'),
      /windows\[0\].policies: all of them are off/
    ]
  ]
  for (const [name, text, expected] of cases) {
    const said = warnings(text)
    if (expected === null) t.same(said, [], name)
    else t.match(said, [expected], name)
    t.equal(said.length, expected === null ? 0 : 1, name)
  }
})

t.test('a quantum that does not fit between the watermarks', async (t) => {
  const group = (
    quantum: number
  ) => `${clusters()}policies: { quota-rebalance: { mode: observe, settings: { cloud: q, groups: { all: {
    projects: { dev: {}, prod: {} }, resources: { cores: { capacity: 200, quantum: ${quantum}, low: 5%, high: 15% } } } } } } }\n`
  t.same(warnings(group(20)), [])
  const said = warnings(group(21))
  t.match(said, [/resources.cores.quantum: 21 is more than lies between low and high of dev \(20\)/, /of prod/])
})

t.test('mistakes of shape and of meaning come in one round', async (t) => {
  const text = workload(
    `services: { web: { namespace: a, name: web, kind: Deploymnt } }, rules: [
      { name: r, on: gitlab.push, do: restart, service: web, maxAge: 24 },
      { name: s, on: gitlab.push, do: restart, service: wbe },
      { name: s, on: gitlab.push, do: restart, service: web, whn: x }]`
  )
  const said = mistakes(text)
  t.ok(
    said.some((one) => /kind = "Deploymnt": did you mean 'Deployment'/.test(one)),
    said.join('\n')
  )
  t.ok(said.some((one) => /rules\[0\].maxAge = 24: is a number/.test(one)))
  t.ok(said.some((one) => /rules\[1\] \(s\): there is no service 'wbe'/.test(one)))
  t.ok(said.some((one) => /rules\[2\] \(s\): there is another rule of this name/.test(one)))
  t.ok(said.some((one) => /whn = "x": is not known here, did you mean 'when'/.test(one)))
  t.notOk(
    said.some((one) => /rules\[0\] \(r\)/.test(one)),
    'what is wrong in shape is told once'
  )
})

t.test('one mistake in slack hides no other', async (t) => {
  const said = mistakes(
    `${clusters()}slack: { signingSecrets: [{ env: GONE }], team: acme, channel: C1, apiUrl: 'http://h/' }\n`
  )
  for (const one of [/team = "acme"/, /GONE is not set/, /channel = "C1": needs a botToken/, /apiUrl.*in clear/])
    t.ok(
      said.some((sentence) => one.test(sentence)),
      `${one}: ${said.join('\n')}`
    )
  t.equal(said.length, 4)
})

t.test('a secret that is too short is told as that, and not as a map', async (t) => {
  const said = mistakes(`${clusters()}gitlab: { secrets: [{ token: short }] }\n`)
  t.equal(said.length, 1, said.join('\n'))
  t.match(said[0], /gitlab.secrets\[0\].token = \(hidden\): /)
  t.notMatch(said[0], /is a map/)
})

t.test('what a mistake of YAML says never quotes it', async (t) => {
  for (const begin of ['*', '!', '&', '%', '@', '`', '"', "'", '|', '{', '[', '- ', 'x: ']) {
    const said = mistakes(`${clusters()}notifications:\n  - openstack: lab\n    region: R\n    url: ${begin}hunter2\n`)
    t.notMatch(said.join('\n'), 'hunter2', begin)
    t.ok(said.length > 0, begin)
  }
})

t.test('aliases that stand for millions of values are a mistake, and no memory', async (t) => {
  const names = [...'abcdefghij']
  const bomb = names.map(
    (name, n) =>
      `${name}: &${name} [${Array(9)
        .fill(n === 0 ? 'x' : `*${names[n - 1]}`)
        .join(', ')}]`
  )
  t.match(mistakes(`${clusters()}${bomb.join('\n')}\n`), [/Excessive alias count/])
})
