import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Decision, skip } from '../../src/core/policy.ts'
import { recorded } from '../contract/journal-facts.ts'
import { me, on, product, said } from './product.ts'

const shared = `policies:
  quota-rebalance:
    mode: enforce
    settings:
      cloud: admin
      groups:
        family:
          projects: { prod: { priority: 2 }, dev: { priority: 1 } }
          resources: { cores: { capacity: 100, low: 4, high: 12 }, floatingip: { capacity: 20, low: 1, high: 4 } }
`

/** A product whose quotas were read; `then` is what it decides when somebody asks. */
async function sharing(t: Test, then?: Decision) {
  const there = await product(t, shared)
  const { journal } = there
  for (const [cluster, limit, used] of [
    ['prod', 40, 39],
    ['dev', 60, 10]
  ] as const)
    await journal.sample([{ series: `quota/admin/${cluster}/cores`, value: [limit, used] }])
  const sleep = async (ms: number) => {
    if (then === undefined) return
    // What comes within a moment is one decision.
    await delay(ms)
    const lane = await journal.claimLane('w', 10_000)
    const actionIds = then.steps.map((_, n) => `a${n}`)
    if (lane !== null) await recorded(journal, lane, then, { mode: 'enforce', actionIds, now: Date.now() })
  }
  const run = (...line: string[]) => there.run(['quota', ...line], undefined, {}, { sleep })
  return { ...there, run }
}

t.test('how it stands', async (t) => {
  const { run } = await sharing(t)
  const { code, out, err } = await run()
  t.equal(err, '')
  t.equal(code, 0)
  t.match(
    out,
    /^# used {3}\. free {3}\| low watermark: .* \(as of \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)\n\nRESOURCE +CLUSTER/
  )
  t.match(out, /^cores +prod +#{16} +39 +40 +1 +4-12 +0 +SHORT$/m)
  t.match(out, /^ +dev +#{4}\.+\|\.+ +10 +60 +50 +4-12 +0 +can give$/m)
  t.match(out, /^ +all +of 100: all is given +49 +100$/m)
  t.match(out, /^floatingip +prod +\? +- +- +- +1-4 +0 +not read yet$/m)
  t.notMatch(out, /\n\n\n|\n\n$/)
})

t.test('of one cluster, and as JSON', async (t) => {
  const { run } = await sharing(t)
  const { code, out } = await run('dev')
  t.equal(code, 0)
  t.match(out, /cores +dev/)
  t.notMatch(out, /prod|of 100/)
  const json = JSON.parse((await run('--json')).out)
  t.match(json.groups, [{ group: 'family', resources: [{ resource: 'cores', sum: 100 }, { resource: 'floatingip' }] }])
  const one = JSON.parse((await run('dev', '--json')).out)
  t.match(one.groups[0].resources[0].projects, [{ cluster: 'dev', limit: 60, used: 10, state: 'spare' }])
  t.equal(one.groups[0].resources[0].projects.length, 1)
  const unknown = await run('qa')
  t.equal(unknown.code, 1)
  t.equal(unknown.err, 'qa is in no group; clusters with shared quotas are: prod, dev\n')
  t.equal((await run('qa', '--json')).code, 1)
})

t.test('asks for more, and says what comes of it', async (t) => {
  const steps = [on('dev', 'quota/admin/dev/nova'), on('prod', 'quota/admin/prod/nova')]
  const { run, journal } = await sharing(t, {
    ...skip('family: dev cores 60 → 44, prod cores 40 → 56'),
    outcome: 'act',
    steps
  })
  const { code, out, err } = await run('request', 'prod', 'cores', '+16', '--for', '4h', '--reason', 'a launch')
  t.equal(err, '')
  t.equal(code, 0)
  t.match(
    out,
    /^request 1 \(16 cores for prod\): decided \(decision \d+\): 2 steps go\nfamily: dev cores 60 → 44, prod cores 40 → 56\n`reflex explain decision:\d+`/
  )
  const [row] = await journal.quotaRequests('quota-rebalance', 'group:family')
  t.match(row, { cluster: 'prod', resource: 'cores', amount: 16, by: me, reason: 'a launch' })
  t.equal(row!.until! - row!.at > 4 * 3_600_000 - 60_000, true)
  t.match((await run()).out, new RegExp(`\nrequest 1 by ${me}: prod cores \\+16, until .*: 0 of it is there`))
})

t.test('for a time in words, or for good', async (t) => {
  const { run, journal } = await sharing(t, skip('family: nothing to move'))
  t.match((await run('request', 'prod', 'cores', '16', 'for', '30m', 'a', 'launch')).out, /request 1 .*: nothing to do/)
  t.match(
    (await run('request', 'prod', 'floatingip', '+1')).out,
    /^request 2 \(1 floatingip for prod, for good\): .*\nno time was said, so it is for good: `reflex quota release 2` ends it/
  )
  const [timed, lasting] = await journal.quotaRequests('quota-rebalance', 'group:family')
  t.match(
    [timed, lasting],
    [
      { amount: 16, reason: 'a launch' },
      { amount: 1, until: null, reason: null }
    ]
  )
  t.ok(timed!.until! <= Date.now() + 1_800_000)
})

t.test('what cannot be had at once waits, and how to take it back', async (t) => {
  const findings = ['request 1: prod waits for 16 cores of 16 cores: nobody has more', 'dev cores: full soon']
  const { run, journal } = await sharing(t, { ...skip('family: nothing to move: …'), findings })
  const { code, out } = await run('request', 'prod', 'cores', '+16')
  t.equal(code, 0)
  t.match(
    out,
    /nothing of it can be moved now; it is tried again by itself\nrequest 1: prod waits for 16 cores of 16 cores: nobody has more\n`reflex quota release 1` takes back/
  )
  t.notMatch(out, /dev cores/)
  t.match((await run('release', '#1', 'not', 'needed')).out, /^request 1 \(its end\): decided/)
  const [row] = await journal.quotaRequests('quota-rebalance', 'group:family')
  t.ok(row!.until! <= Date.now())
  const again = await run('release', '1')
  t.equal(again.code, 1)
  t.match(again.err, /^request 1 was over at \d{4}-.*; it goes back as far as it is free\n$/)
})

t.test('nobody decides it in time: it is journalled all the same', async (t) => {
  const { run, journal } = await sharing(t)
  const { code, out } = await run('request', 'prod', 'cores', '+16')
  t.equal(code, 0)
  t.equal(
    out,
    'request 1 (16 cores for prod, for good): asked for; no running product decided it yet: it does when one runs\nno time was said, so it is for good: `reflex quota release 1` ends it, `for 4h` asks for a time\n`reflex quota release 1` takes it back\n'
  )
  t.equal((await journal.quotaRequests('quota-rebalance', 'group:family')).length, 1)
})

t.test(
  'more than there can ever be is refused with the number; what takes much from another is asked back',
  async (t) => {
    const { run, journal } = await sharing(t, skip('family: nothing to move'))
    const absurd = await run('request', 'prod', 'cores', '+100000')
    t.match(absurd, {
      code: 1,
      out: '',
      err: '100000 cores can never be given to prod: at most 56 more (prod has 40 cores, the capacity is 100, dev keeps 4)\n'
    })
    t.match(await run('request', 'prod', 'cores', '+100000', '--yes'), { code: 1 }, 'whoever confirms it')
    const back = await run('request', 'prod', 'cores', '+40')
    t.equal(back.code, 1)
    t.match(
      back.err,
      /^40 cores for prod would take 40 of the 60 cores of dev \(67 %\); where it is more than 50 % of theirs it has to be said twice: once more with --yes/
    )
    t.same(await journal.quotaRequests('quota-rebalance', 'group:family'), [], 'nothing of it is remembered')
    t.match(await run('request', 'prod', 'cores', '+40', '--for', '4h', '--yes'), {
      code: 0,
      out: /^request 1 \(40 cores for prod\)/
    })
    // What waits already counts: asked for twice is asked for together.
    t.match(
      (await run('request', 'prod', 'cores', '+40', '--yes')).err,
      /at most 16 more \(prod has 40 cores, 40 are asked for already/
    )
    t.match(
      (await run('request', 'prod', 'cores', '+1', '--for', '1ms')).err,
      /over before anything could be moved: ask for a second at least/
    )
    t.match(
      (await run('request', 'prod', 'core', '+1')).err,
      /core is not shared with prod, did you mean cores\? resources are/
    )
  }
)

t.test('what is refused, with how to go on', async (t) => {
  const { run, journal } = await sharing(t)
  const table = [
    [['request', 'qa', 'cores', '+1'], 1, "there is no cluster 'qa'; clusters are: dev, prod\n"],
    [['request', 'prod', 'port', '+1'], 1, 'port is not shared with prod; resources are: cores, floatingip\n'],
    [['request', 'prod', 'cores', '+1', '--for', '400d'], 1, /longer than a year: leave the time out/],
    [['release', '9'], 1, 'there is no request 9: `reflex quota` lists them\n'],
    [['request', 'prod', 'cores'], 2, /^reflex quota: how many cores\? e\.g\. \+16\nusage: reflex quota \[cluster/],
    [['request', 'prod', 'cores', '+1', '--for', 'ever'], 2, /--for 'ever' is not a duration such as 30m/],
    [['--for', '4h'], 2, /--for goes with a request/],
    [['release', '1', '--for', '4h'], 2, /--for goes with a request/],
    [['relase', '1'], 2, /there is no 'relase', did you mean release\?/],
    [['relase'], 1, /relase is in no group; did you mean 'release'\?/],
    [['--reason', 'x'], 2, /--reason goes with a request or a release/],
    [['release', '1', '--yes'], 2, /--yes goes with a request/],
    [['request', 'prod', 'cores', '-16'], 2, /'-16' is no amount/],
    [['--tor', '4h'], 2, /there is no option --tor, did you mean --for\?/]
  ] as const
  for (const [line, code, err] of table) {
    const answer = await run(...line)
    t.equal(answer.code, code, line.join(' '))
    t.match(answer.err, err, line.join(' '))
    t.equal(answer.out, '')
  }
  t.same(await journal.quotaRequests('quota-rebalance', 'group:family'), [])
})

t.test('where it is not configured', async (t) => {
  const there = await product(t)
  const shown = await there.run(['quota'])
  t.equal(shown.code, 1)
  t.match(shown.err, /quota-rebalance is not configured \(policies\.quota-rebalance\)/)
  for (const line of [
    ['request', 'prod', 'cores', '+1'],
    ['release', '1']
  ]) {
    const { code, err } = await there.run(['quota', ...line])
    t.equal(code, 1)
    t.equal(err, 'no policy reacts to this: configure quota-rebalance\n')
  }
  const off = await product(t, shared.replace('enforce', 'off'))
  const { code, err } = await off.run(['quota', 'request', 'prod', 'cores', '+1'])
  t.equal(code, 1)
  t.match(err, 'no policy reacts to this: quota-rebalance is off\n')
})

t.test('beside npm start its groups are known without a file', async (t) => {
  const { run } = await product(t)
  const { code, out } = await run(['quota', 'prod'], undefined, {}, { cwd: '/nowhere' })
  t.equal(code, 0)
  t.match(out, /nothing was read yet/)
  t.match(out, /^gigabytes_standard +prod +\?/m)
})

const report = {
  groups: [
    {
      group: 'family',
      resources: [
        {
          resource: 'cores',
          service: 'nova',
          capacity: 100,
          sum: 100,
          projects: [
            {
              ...{
                cluster: 'prod\u001b[2J',
                limit: 100,
                used: 20,
                readAt: 0,
                low: 4,
                high: 12,
                floor: 0,
                ceiling: null
              },
              ...{ state: 'spare', growth: null, fullInMs: null }
            }
          ]
        }
      ],
      ...{ requests: [], findings: ['prod: odd\u001b[2J'], decision: null, moves: [] }
    }
  ]
}
const step = { type: 'quota-set', risk: 'update', cluster: 'prod', target: 't1', scope: 'zone', input: {} }
const decided = (more: object) => ({
  request: 3,
  lane: 'group:family',
  decision: {
    ...{ id: 812, outcome: 'act', mode: 'enforce', reason: 'family: prod cores 40 → 56', plan: [step, step] },
    ...{ findings: [], verdict: { verdict: 'proceed' }, approval: null },
    ...more
  }
})

/** Another product, which answers as it is told. */
async function server(t: Test, answers: Readonly<Record<string, object>>) {
  const asked: { line: string; body: unknown }[] = []
  const http = createServer(async (request, response) => {
    const text = (await request.toArray()).join('')
    const line = `${request.method} ${request.url}`
    response.setHeader('x-stackreflex', 'i1')
    if (line === 'GET /healthz') return response.end('{"alive":true}')
    asked.push({ line, body: text === '' ? null : JSON.parse(text) })
    const answer = answers[line] ?? { error: { code: 'X', message: `${line} is not there`, requestId: 'r' } }
    response.writeHead('error' in answer ? 409 : 200).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  t.teardown(() => http.close())
  const REFLEX_URL = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const openJournal = () => t.fail('not the file') as never
  return { asked, run: (...line: string[]) => said(['quota', ...line], { env: { REFLEX_URL }, openJournal }) }
}

t.test('through REFLEX_URL: the list', async (t) => {
  const { run } = await server(t, { 'GET /api/v1/quota': report })
  const { code, out } = await run()
  t.equal(code, 0)
  t.match(out, /cores +prod \[2J/)
  t.notOk(out.includes('\u001b'), 'and nothing of it is obeyed by a terminal')
  const none = await server(t, { 'GET /api/v1/quota': { groups: [] } })
  for (const line of [[], ['prod'], ['--json']]) {
    const answer = await none.run(...line)
    t.equal(answer.code, 1)
    t.match(answer.err, /^no quotas are shared here: quota-rebalance is not configured/)
  }
})

t.test('through REFLEX_URL: requests, what holds them, and what refuses them', async (t) => {
  const path = 'POST /api/v1/quota/requests'
  const hold = (rule: string, reason: string) =>
    decided({ verdict: { verdict: 'hold', rule, reason, until: null }, mode: 'approve' })
  const table = [
    [
      decided({}),
      0,
      /request 3 \(16 cores for prod\): decided \(decision 812\): 2 steps go\nfamily: prod cores 40 → 56\n/
    ],
    [
      hold('approval', 'waits for approval 7: `reflex approve 7`'),
      0,
      /2 steps are held by rule approval: waits for approval 7: `reflex approve 7`\n/
    ],
    [hold('window', 'prod changes from 22:00'), 0, /2 steps are held by rule window: prod changes from 22:00\n/],
    [
      decided({ verdict: { verdict: 'refuse', rule: 'budget', reason: '20 of 20 in an hour' } }),
      1,
      /2 steps are refused by rule budget: 20 of 20 in an hour/
    ],
    [decided({ outcome: 'failed', reason: 'nova does not answer' }), 1, /parked: nova does not answer/],
    [decided({ mode: 'observe', verdict: null }), 0, /2 steps would go, but its policy only observes/],
    [{ request: 3, lane: 'group:family', decision: null }, 0, /asked for; no running product decided it yet/],
    [{ error: { code: 'REFUSED', message: 'eve is in no group', requestId: 'r' } }, 1, /^$/]
  ] as const
  for (const [answer, code, out] of table) {
    const { run, asked } = await server(t, { [path]: answer })
    const found = await run('request', 'prod', 'cores', '+16', '--for', '4h', '--reason', 'a launch')
    t.equal(found.code, code, String(out))
    t.match(found.out, out)
    if (code === 1 && 'error' in answer) t.equal(found.err, 'eve is in no group\n')
    t.same(asked, [
      { line: path, body: { cluster: 'prod', resource: 'cores', amount: '16', for: '14400000ms', reason: 'a launch' } }
    ])
  }
  const { run, asked } = await server(t, { 'POST /api/v1/quota/requests/3/release': decided({}) })
  t.match((await run('release', '3', 'over')).out, /^request 3 \(its end\): decided \(decision 812\): 2 steps go/)
  t.same(asked[0]!.body, { reason: 'over' })
})
