import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startDay } from '../../sim/day/day.ts'
import { replayCommand } from '../../src/cli/replay.ts'
import { differenceLines, differencesBetween, replay, replayAll } from '../../src/pipeline/replay.ts'
import { policies, standing } from '../../src/policies/index.ts'
import { openJournal } from '../../src/store/open.ts'
import type { DecisionRow } from '../../src/store/rows.ts'
import { world } from '../e2e/world.ts'
import { changedBuild, copyOf, replayed } from './replaying.ts'

const folder = mkdtempSync(join(tmpdir(), 'reflex-replay-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const journal = join(folder, 'journal.db')
let decisions: readonly DecisionRow[] = []

t.test('a day in the cloud, with an undo and a decision that failed', async (t) => {
  const { w, path } = await worldAt(t, folder)
  const over = new AbortController()
  let steps = 0
  const onStep = () => {
    if (++steps === 30) over.abort()
  }
  await startDay(w.sim, { paceMs: 40, signal: over.signal, onStep })
  await w.settled()
  const [action] = (await w.journal.actions({ limit: 50, type: 'recordset-set' })).filter((one) => one.inverse !== null)
  await undoOf(w, action!.id)
  await w.settled()

  await w.stopWork()
  await w.operator.bootServer({ name: 'unlucky', project: 'dev' })
  for (let claim = null; claim === null; await sleep(20)) {
    claim = await w.journal.claimLane('test', 60_000)
    if (claim !== null) await w.journal.parkLane(claim, 'a bug in policy dns-records: x is not a function', 'test')
  }
  decisions = await w.journal.decisions({ limit: 500 })
  t.ok(decisions.length > 50 && decisions.length < 500, `${decisions.length} decisions`)
  t.ok(decisions.some((one) => one.policy === 'undo'))
  copyOf(path, journal)
})

/** A world whose journal lies below `within`: it keeps the place to itself. */
async function worldAt(t: Test, within: string) {
  mkdirSync(within, { recursive: true })
  const { TMPDIR } = process.env
  process.env.TMPDIR = within
  const w = await world(t)
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
  return { w, path: globSync(join(within, 'reflex-e2e-*/journal.db'))[0]! }
}

function undoOf({ journal, parts }: Awaited<ReturnType<typeof world>>, id: string) {
  const lane = { policy: 'undo', key: `${id}/1`, quietMs: 0, maxMs: 0, resources: [] }
  const event = {
    id: `undo-${id}`,
    source: '/stackreflex/people',
    type: 'stackreflex.undo',
    subject: id,
    time: new Date(parts.now()).toISOString(),
    project: null,
    requestId: null,
    globalRequestId: null,
    data: { kind: 'person', actor: 'anna', did: 'undo', about: id, reason: null }
  } as const
  return journal.append({ events: [{ event, lanes: [lane], note: null }], ignored: [] })
}

t.test('the same build comes to the same decisions, all of them, in a new process', async (t) => {
  const { code, out, err } = await replayed('.', journal)
  t.equal(err, '')
  const n = decisions.length - 1
  t.match(
    out,
    new RegExp(`\n${n} decisions replayed: ${n} identical, 0 differ, 1 could not be \\(they had failed\\)\n$`)
  )
  t.equal(code, 0)
  const none = await replayed('.', journal, '--since', '2100-01-01T00:00:00Z')
  t.equal(none.out, '0 decisions replayed: 0 identical, 0 differ, 0 could not be\n')
})

t.test('a build with one word less in one policy: the decisions that it changes are named', async (t) => {
  const root = changedBuild(join(folder, 'changed'))
  const { code, out } = await replayed(root, journal)
  t.equal(code, 1)
  const [, identical, differ] = /: (\d+) identical, (\d+) differ/.exec(out)!.map(Number) as [number, number, number]
  t.ok(differ > 0 && identical > 0, out.slice(-100))
  t.match(
    out,
    /^decision \d+ of dns-records \S+ at \S+Z: differs\n {2}recorded by build test, replayed by build \S+\n( {2}outcome\n {4}- \w+\n {4}\+ \w+\n)? {2}reason\n {4}- /m
  )
  t.match(out, /server \S+ is ACTIVE: no records in this status/)
  const json = (await replayed(root, journal, '--json')).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(json.at(-1), { identical, differ, replayed: identical + differ, cannot: { failed: 1 } })
  t.equal(json.filter((one) => one.result === 'differs').length, differ)
  t.ok(json.filter((one) => one.result === 'differs').every((one) => one.differences.length > 0))
})

t.test('an answer that was edited in the journal does not pass', async (t) => {
  const tampered = copyOf(journal, join(folder, 'tampered.db'))
  const acting = decisions.find((one) => one.policy === 'dns-records' && one.outcome === 'act' && 'at' in one.answers)!
  const [name, { sha256 }] = Object.entries(acting.answers).find(([key]) => key.startsWith('server/'))!
  const db = new DatabaseSync(tampered)
  db.prepare(`update answer set body = replace(body, '"ACTIVE"', '"DELETED"') where sha256 = ?`).run(sha256)
  db.close()
  const { code, out } = await replayed('.', tampered)
  t.equal(code, 1)
  t.match(out, `answer ${name} (by its sha-256: edited in the journal)`)
  t.match(out, /reason\n {4}- /, 'and what it would have led to')
})

t.test('whatever the mode: also where the policy is off for what it would have changed', async (t) => {
  const w = await world(t, { mode: 'approve', modes: { dev: 'off', prod: 'observe' } })
  for (const project of ['dev', 'prod', 'infra'] as const) await w.operator.bootServer({ name: 'web', project })
  await w.settled()
  const modes = new Set<string | null>()
  for await (const one of replayAll(w.journal, [...policies, ...standing])) {
    t.equal(one.result, 'identical', JSON.stringify(one))
    const [row] = await w.journal.decisions({ limit: 1, id: one.decision })
    if (row!.lane.startsWith('name:')) modes.add(row!.mode)
  }
  t.same([...modes].sort(), ['approve', 'observe', 'off'])
})

t.test('what cannot be replayed says why', async (t) => {
  const row = decisions.find((one) => one.outcome === 'act' && one.policy === 'dns-records')!
  const forgotten = { answer: async () => undefined }
  t.match(await replay(forgotten, policies, row), {
    result: 'cannot',
    why: 'pruned',
    reason: /no longer keeps .*: settings, at/
  })
  t.match(await replay(forgotten, [], row), { result: 'cannot', why: 'policy', reason: /has no policy dns-records/ })
  t.match(await replay(forgotten, policies, { ...row, outcome: 'failed' }), { result: 'cannot', why: 'failed' })
})

t.test('other questions than before are a difference, and so is a policy that throws', async (t) => {
  const row = decisions.find((one) => one.outcome === 'act' && one.policy === 'dns-records')!
  const [policy] = policies
  const kept = { answer: async () => ({}) }
  const asks = { ...policy!, needs: () => ({}) }
  const other = await replay(kept, [asks], row)
  t.ok(other.result === 'differs' && other.differences.some((one) => one.what === 'questions'))
  const throwing = {
    ...policy!,
    needs: () => Object.fromEntries(Object.entries(row.answers).map(([name, { query }]) => [name, query])),
    decide: () => {
      throw new Error('oh')
    }
  }
  const threw = await replay(kept, [throwing], row)
  t.ok(threw.result === 'differs' && threw.differences.some((one) => one.now === 'threw: oh'))
})

t.test('two decisions of one lane, as a diff', async (t) => {
  const row = decisions.find((one) => one.outcome === 'act' && one.policy === 'dns-records')!
  const later = { ...row, id: row.id + 1, reason: 'all is well', plan: [], outcome: 'skip' as const }
  const differences = differencesBetween(row, later)
  t.strictSame(
    differences.map(({ what }) => what),
    ['outcome', 'reason', 'plan']
  )
  t.strictSame(differenceLines(differences[1]!), [`- ${row.reason}`, '+ all is well'])
  t.match(differenceLines(differences[2]!)[0], /^- recordset-/)
  t.strictSame(differencesBetween(row, row), [])
})

const lines = () => {
  const said = { out: '', err: '' }
  const out = (text: string) => {
    said.out += text
  }
  const err = (text: string) => {
    said.err += text
  }
  return { said, out, err }
}

t.test('--again: decided on fresh answers by whoever runs here, beside what was decided then', async (t) => {
  const { w, path } = await worldAt(t, join(folder, 'again'))
  await w.operator.bootServer({ name: 'web', project: 'dev' })
  await w.settled()
  const [before] = await w.journal.decisions({ limit: 5, lane: 'name:web.dev.cloud.lab.' })
  const cwd = join(folder, 'again')
  const clusters = 'clusters: { dev: { cloud: dev, tier: bursty } }'
  writeFileSync(join(cwd, 'reflex.yaml'), `${clusters}\njournal: { path: ${path} }\n`)
  const { said, out, err } = lines()
  const context = { env: {}, cwd, out, err, fetch, openJournal: (path: string) => openJournal({ path }) }
  t.equal(await replayCommand.run([String(before!.id), '--again', 'looks', 'odd'], context), 0, said.err)
  t.match(
    said.out,
    new RegExp(`^decision ${before!.id} of dns-records name:web\\.dev\\.cloud\\.lab\\. .*: decision \\d+\n`)
  )
  t.match(said.out, /now: skip: .* is in order\n/)
  const [after] = await w.journal.decisions({ limit: 1, lane: 'name:web.dev.cloud.lab.' })
  t.match(after!.requesters, [/^local:\d+$/])
  t.equal(await replayCommand.run(['999999', '--again'], context), 1)
  t.match(said.err, /there is no decision 999999/)
})

t.test('--again through the API', async (t) => {
  const row = decisions.find((one) => one.outcome === 'act' && one.policy === 'dns-records')!
  const verdict = { verdict: 'hold', rule: 'approval', reason: 'waits for approval 7', until: null }
  const fresh = { ...row, id: row.id + 1, reason: 'something else', verdict, approval: 7 }
  const asked: unknown[] = []
  const { said, out, err } = lines()
  const answering = (decision: object | null) => async (url: URL, init: RequestInit) => {
    const headers = { 'x-stackreflex': 'i1' }
    // It is asked who it is before it is asked to do something.
    if (url.pathname === '/healthz') return Response.json({ alive: true }, { headers })
    asked.push([url.href, init.method, init.body])
    return Response.json({ policy: row.policy, lane: row.lane, before: row, decision }, { headers })
  }
  const context = { env: { REFLEX_URL: 'http://127.0.0.1:1' }, cwd: folder, out, err, openJournal: async () => null }
  const run = (decision: object | null) =>
    replayCommand.run(['12', '--again'], { ...context, fetch: answering(decision) as unknown as typeof fetch })
  t.equal(await run(fresh), 0)
  t.strictSame(asked, [['http://127.0.0.1:1/api/v1/decisions/12/again', 'POST', '{}']])
  t.match(said.out, `  reason\n    - ${row.reason}\n    + something else\n`)
  t.match(said.out, /guard: hold, by rule approval: waits for approval 7\napproval 7: /)
  t.equal(await run(null), 1)
  t.match(said.err, /will be decided again, but was not yet: `reflex explain/)
})

t.test('a command line that is not understood', async (t) => {
  const cases: readonly [readonly string[], RegExp][] = [
    [[], /which decision\? \(or --all\)/],
    [['12', '--all'], /either decision 12 or --all/],
    [['web.dev.lab'], /'web.dev.lab' is not the number of a decision/],
    [['1', '2'], /one decision at a time/],
    [['1', '--since', '6h'], /--since goes with --all/],
    [['--all', '--since', 'yesterday', '--journal', journal], /--since yesterday: say 6h/],
    [['--al'], /there is no option --al, did you mean --all\?/],
    [['--all', '--again'], /--again is for one decision/]
  ]
  for (const [args, problem] of cases) {
    const { said, out, err } = lines()
    const opened = (path: string) => openJournal({ path })
    t.equal(
      await replayCommand.run(args, { env: {}, cwd: folder, out, err, fetch, openJournal: opened }),
      2,
      args.join(' ')
    )
    t.match(said.err, problem)
  }
})
