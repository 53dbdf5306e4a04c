import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startDay } from '../sim/day.ts'
import { policies } from '../src/policies/index.ts'
import { differenceLines, differencesBetween, replay } from '../src/replay.ts'
import type { DecisionRow } from '../src/store/journal.ts'
import { world } from './e2e/world.ts'
import { changedBuild, copyOf, replayed } from './replaying.ts'

const folder = mkdtempSync(join(tmpdir(), 'reflex-replay-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const journal = join(folder, 'journal.db')
let decisions: readonly DecisionRow[] = []

t.test('a day in the cloud, with an undo and a decision that failed', async (t) => {
  // So that the journal, which the world keeps to itself, is found here.
  const { TMPDIR } = process.env
  process.env.TMPDIR = folder
  const w = await world(t)
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
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
  copyOf(globSync(join(folder, 'reflex-e2e-*/journal.db'))[0]!, journal)
})

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
