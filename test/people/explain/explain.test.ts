import t from 'tap'
import { type Explanation, explain } from '../../../src/people/explain/chain.ts'
import { laneKeys } from '../../../src/people/explain/find.ts'
import { explainRange } from '../../../src/people/explain/range.ts'
import { renderExplanation } from '../../../src/people/explain/render.ts'
import { renderRange } from '../../../src/people/explain/render-range.ts'
import { short } from '../../../src/people/explain/short.ts'
import type { OperationsContext } from '../../../src/people/on-journal/context.ts'
import { resume, stop } from '../../../src/people/stops.ts'
import { requestUndo } from '../../../src/people/undo.ts'
import { vote } from '../../../src/people/vote.ts'
import { receive } from '../../../src/pipeline/pipeline.ts'
import type { Journal } from '../../../src/store/journal.ts'
import { world } from '../../e2e/world.ts'
import { booted, decision, event, journalOf } from '../../handlers/story.ts'

const journal = journalOf(booted)

const whole = `web-1.dev.lab: what happened and why. Times are UTC.

2026-11-23
03:00:00.001  event 1        compute.instance.create.end of web-1 server-1
                             from lab/RegionOne/nova, asked for by req-boot
                             led to decision 2
03:00:00.200  decision 2     PASS ON: server web-1 is ACTIVE
                             lane server/p1/server-1, policy dns-records, enforce
                             from event 1
                             hint to name:web-1.dev.lab.: server web-1 is ACTIVE → decision 3
                             hint to ptr:10.0.0.5: server web-1 is ACTIVE → decision 4
03:00:00.300  decision 3     ACT: web-1.dev.lab. A: [10.0.0.5] is missing
                             lane name:web-1.dev.lab., policy dns-records, enforce
                             because decision 2 gave a hint (event 201)
                             knew at: recordsets none; zone (name lab., id z1); count 7
                             found: AAAA: nothing is wanted
03:00:00.310  decision 4     ACT: the PTR of 10.0.0.5 is of a server that is gone
                             lane ptr:10.0.0.5, policy dns-records, enforce
                             because decision 2 gave a hint (event 202)
03:00:00.311  step 4.1       recordset-delete on recordset/10.in-addr.arpa./5.0.0.10.in-addr.arpa./PTR
                             REFUSED by the guard: delete 4 of 10 in zone/10.in-addr.arpa. within 60 min
                               exceeds 30 %
                             action action-2
03:00:00.320  step 3.1       recordset-set on recordset/lab./web-1.dev.lab./A
                             attempt 1 at 03:00:00.320, 0.1 s: retry, designate answered 503
                             attempt 2 at 03:00:00.700, 0.1 s: changed, A is [10.0.0.5]
                             sent as req-action-1, action action-1
                             came back as event 203 dns.recordset.create

Now
  name:web-1.dev.lab. (dns-records): settled
  server/p1/server-1 (dns-records): settled
  ptr:10.0.0.5 (dns-records): 2 events wait; due at 03:01:00
`

t.test('the whole chain of a name, as text', async (t) => {
  t.equal(renderExplanation(await explain(journal, 'web-1.dev.lab')), whole)
})

t.test('one chain, wherever one begins', async (t) => {
  const cases: readonly [string, readonly number[]][] = [
    ['1', [2, 3, 4]],
    ['message-1/x#0', [2, 3, 4]],
    ['web-1.dev.lab', [2, 3, 4]],
    ['WEB-1.dev.lab.', [2, 3, 4]],
    ['web-1', [2, 3, 4]],
    ['10.0.0.5', [2, 3, 4]],
    ['server-1', [2, 3, 4]],
    ['server/p1/server-1', [2, 3, 4]],
    ['action-1', [2, 3, 4]],
    ['decision:3', [2, 3, 4]],
    ['2', []]
  ]
  for (const [about, decisions] of cases) {
    const explanation = await explain(journal, about)
    t.ok(explanation.found, about)
    t.strictSame(
      explanation.decisions.map((one) => one.id),
      decisions,
      about
    )
  }
})

t.test('an event that woke nothing says why', async (t) => {
  t.match(renderExplanation(await explain(journal, '2')), /ignored: no policy uses images/)
})

t.test('a time that its sender did not say is no time', async (t) => {
  const story = { ...booted, events: [event(9, { time: '1970-01-01T00:00:00.000Z' })], decisions: [], lanes: [] }
  const explanation = await explain(journalOf(story), '9')
  t.notMatch(renderExplanation(explanation), /1970/)
  t.equal(explanation.events[0]?.time, null)
})

t.test('nothing found: what was looked for, and what to try', async (t) => {
  const explanation = await explain(journal, 'web-9.dev.lab')
  t.notOk(explanation.found)
  t.equal(
    renderExplanation(explanation),
    `The journal knows nothing about 'web-9.dev.lab'.

Looked for
  an event with this id
  an action with this id
  lanes name:web-9.dev.lab., ptr:web-9.dev.lab
  a finding with this name
  a resource with this id
  lanes whose name has this in it

Try
  the full name as in DNS, the id of the server, port or floating IP, or its address
  GET /api/v1/events?since=15m to see whether notifications arrive at all
  GET /readyz to see whether the broker is connected
`
  )
})

t.test('a hostile name reaches no terminal', async (t) => {
  const hostile = 'evil\u001b]0;owned\u0007\n03:00:00 all is well\u202egnp'
  const story = {
    ...booted,
    events: [event(9, { subject: hostile, reason: hostile, data: { kind: 'server', name: hostile } })]
  }
  for (const about of ['9', hostile]) {
    const text = renderExplanation(await explain(journalOf({ ...story, decisions: [], lanes: [] }), about))
    t.notMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
    t.notMatch(text, /^03:00:00 all/m)
  }
})

t.test('decisions of a lane that hints in a circle end', async (t) => {
  const circle = booted.decisions.map((one) => ({
    ...one,
    hints: booted.decisions.map(({ lane }) => ({ lane, reason: 'server web-1 is ACTIVE' }))
  }))
  const { decisions } = await explain(journalOf({ ...booted, decisions: circle }), '1')
  t.strictSame(
    decisions.map((one) => one.id),
    [2, 3, 4]
  )
})

t.test('answers in a few words', async (t) => {
  const cases: readonly [Parameters<typeof short>[0], string][] = [
    [null, 'nothing'],
    [[], 'none'],
    [['a', 'b'], 'a, b'],
    [[1, 2, 3, 4, 5, 6], '6 entries'],
    [[{ a: 1 }], '1 entry'],
    [{ quota: 500, status: 'present', gone: null }, 'status present; quota 500'],
    [{ server: { id: 'x', name: 'web' } }, 'server (name web, id x)'],
    [{}, 'nothing']
  ]
  for (const [answer, text] of cases) t.equal(short(answer), text, text)
})

t.test('what a name may be called', async (t) => {
  t.strictSame(laneKeys('Web.Dev.Lab'), ['Web.Dev.Lab', 'name:web.dev.lab.', 'ptr:web.dev.lab'])
})

t.test('the JSON form is plain and has its times as text', async (t) => {
  const explanation = await explain(journal, '1')
  const copy = JSON.parse(JSON.stringify(explanation)) as Explanation
  t.strictSame(copy, explanation)
  t.match(copy.decisions[1], {
    at: '2026-11-23T03:00:00.300Z',
    because: 2,
    settings: { zone: 'lab.' },
    known: [{ name: 'at', sha256: 'h1' }]
  })
})

const anna = { name: 'anna', groups: ['sre'], local: false }
const contextOf = ({ journal }: { journal: Journal }): OperationsContext => ({
  journal,
  tiers: { dev: 'bursty', prod: 'bursty', infra: 'bursty' },
  approvals: {
    tiers: {
      bursty: { required: 1, groups: ['sre'] },
      'always-on': { required: 1, groups: ['sre'] },
      'change-controlled': { required: 1, groups: ['sre'] }
    },
    expiresMs: 3_600_000
  },
  operate: ['sre'],
  now: Date.now,
  receive: (batch) => receive({ journal, policies: [] }, batch)
})

t.test('a plan that waits for people, is approved, done, undone, and stopped', async (t) => {
  const w = await world(t, { mode: 'approve' })
  const context = contextOf(w)
  const told = async (about: string) => renderExplanation(await explain(w.journal, about), 400)
  await w.operator.bootServer({ name: 'web', project: 'dev' })
  await w.settled()
  const name = 'web.dev.cloud.lab'
  const lane = `name:${name}.`

  const [asked] = await w.journal.approvals({ lane })
  const waiting = await told(name)
  t.match(waiting, /ACT, BUT HELD: /)
  t.match(waiting, /would do, once it may: recordset-set on /)
  t.match(waiting, /guard: hold until \S+Z, by rule approval: waits for approval \d+: `reflex approve \d+`/)
  t.match(waiting, new RegExp(`approval ${asked!.id} +asks for 2 steps on dev: `))
  t.match(waiting, /OPEN until \S+Z: `reflex approve/)
  t.match(waiting, /name:web\.dev\.cloud\.lab\. \(dns-records\): HELD by rule approval until \S+Z; waits for approval/)

  t.match(await stop(context, anna, 'dev', 'too many new servers'), { ok: true })
  t.match(await vote(context, anna, asked!.id, 'approve', 'looks right'), { ok: true })
  await w.settled()
  t.match(await told(name), /HELD by rule stop until a person acts; dev was stopped by anna/)
  t.match(await told('dev'), /person \d+ +anna said stop dev: too many new servers\n/)
  t.match(await resume(context, anna, { cluster: 'dev' }, null), { ok: true })
  await w.settled()

  const done = await told(`approval:${asked!.id}`)
  t.match(done, /anna approved at \S+Z: looks right/)
  t.match(done, new RegExp(`anna said approve ${asked!.id}: looks right\\n.*led to decision`))
  t.match(done, /used by decision \d+\n/)
  t.match(done, /guard: may proceed\n/)
  t.match(done, /name:web\.dev\.cloud\.lab\. \(dns-records\): settled/)

  const [action] = await w.journal.actions({ limit: 1, lane })
  t.match(await requestUndo(context, anna, action!.id, 'not this one'), { ok: true })
  await w.settled()
  const undone = await explain(w.journal, action!.id)
  const link = undone.decisions.flatMap((one) => one.actions).find((one) => one.id === action!.id)!.undone[0]!
  t.match(link, { actor: 'anna', reason: 'not this one', action: { state: 'done' } })
  t.match(
    await told(action!.id),
    new RegExp(`undone by action ${link.action!.id} \\(decision \\d+\\), asked for by anna`)
  )
  t.match(await told(link.action!.id), new RegExp(`takes back action ${action!.id}\n`))
  t.match(await told(`decision:${link.decision!.id}`), /undo of recordset-set on .*\n.*policy undo, enforce\n/)

  const known = undone.decisions.find((one) => one.lane === lane)!
  t.match(known.settings, { cloud: 'infra' }, 'the JSON form has the settings')
  t.match(known.known.find((one) => one.name === 'at')!.answer, { zone: {} }, 'and the answers')

  const range = await explainRange(w.journal, { since: 0, until: null, policy: null })
  const text = renderRange(range)
  t.match(text, /anna said undo/)
  t.match(text, /decision \d+ +ACT, BUT HELD name:web\.dev\.cloud\.lab\.: /)
  t.match(text, /step \d+\.1 +recordset-set on /)
  t.strictSame(
    range.items.map((one) => one.at),
    range.items.map((one) => one.at).sort(),
    'in order'
  )
  for (const { explain: id } of range.items) t.ok((await explain(w.journal, id)).found, id)
  const undos = await explainRange(w.journal, { since: 0, until: null, policy: 'undo' })
  t.ok(undos.items.every((one) => one.kind === 'person' || one.policy === 'undo'))
  const before = await explainRange(w.journal, { since: 0, until: Date.parse(range.items[2]!.at), policy: null })
  t.ok(before.items.length >= 3 && before.items.length < range.items.length, 'until')
})

t.test('a plan that the guard interrupted says so, with its reason', async (t) => {
  const actions = booted.actions.map((one) => ({
    ...one,
    state: 'interrupted' as const,
    reason: 'dev was stopped by anna'
  }))
  const text = renderExplanation(await explain(journalOf({ ...booted, actions }), 'web-1.dev.lab'), 200)
  t.match(text, /INTERRUPTED by the guard, the lane is decided again when it may go on: dev was stopped by anna\n/)
})

t.test('a superseded approval has the difference, a line for each step', async (t) => {
  const w = await world(t, { mode: 'approve' })
  const server = await w.operator.bootServer({ name: 'web', project: 'dev' })
  await w.settled()
  const [asked] = await w.journal.approvals({ lane: 'name:web.dev.cloud.lab.' })
  await w.operator.renameServer(server.id, 'api')
  await w.settled()
  const text = renderExplanation(await explain(w.journal, `approval:${asked!.id}`), 400)
  t.match(text, /superseded: decision \d+ needs none: /)
  t.match(text, /\n +- recordset-set recordset\S+\/A\n/)
})

t.test('a long time is cut, and says where to go on', async (t) => {
  const decisions = Array.from({ length: 1200 }, (_, i) => decision(i + 1, {}))
  const range = await explainRange(journalOf({ ...booted, decisions, events: [], actions: [] }), {
    since: 0,
    until: null,
    policy: null
  })
  t.equal(range.items.length, 500)
  t.equal(range.items.at(-1)!.explain, 'decision:1200')
  t.match(renderRange(range), /There is more before this: `--until \S+` shows what came first/)
  const none = await explainRange(journalOf({ ...booted, decisions: [], events: [], actions: [] }), {
    since: 0,
    until: null,
    policy: 'dns-records'
  })
  t.match(renderRange(none), /^Nothing was decided or done by dns-records from 1970-01-01T00:00:00Z until now\./)
})
