import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { begin, witness } from '../../../src/store/sqlite/beside.ts'
import { Connection, openForWriting } from '../../../src/store/sqlite/connection.ts'
import { GroupCommit, type Transaction } from '../../../src/store/sqlite/group-commit.ts'
import { openSqliteJournal } from '../../../src/store/sqlite/sqlite.ts'
import { type Sync, walSync } from '../../../src/store/sqlite/wal-sync.ts'
import { readWitness } from '../../../src/store/witness.ts'
import { event, route, START } from '../../contract/journal-facts.ts'

let files = 0
const folder = t.testdir({})

function connect(t: Test, sync?: (path: string) => Sync): Connection {
  const path = join(folder, `${files++}.db`)
  const db = new Connection(
    path,
    () => START,
    openForWriting(path, null, () => {}),
    sync?.(path)
  )
  t.teardown(() => db.close())
  db.sql('create table given (key integer primary key, value text not null) strict').run()
  return db
}

const none: Omit<Sync, 'sync'> = { open: async () => {}, close: async () => {} }

/** What may be asked for at once; `lost`: SQLite rolls all of the transaction back, as it may on a full disk. */
const asked = fc.record({
  what: fc.constantFrom('put', 'put', 'put', 'put and throw', 'part', 'look', 'lost'),
  key: fc.nat(12)
})

function work(db: Connection, { what, key }: { what: string; key: number }, n: number): unknown {
  const put = (key: number) => db.sql('insert into given (key, value) values (?, ?)').run(key, `${n}`).changes
  const rows = () => db.sql<{ n: number }>('select count(*) n from given').get()!.n
  if (what === 'look') return rows()
  if (what === 'lost') {
    put(key)
    db.sql('rollback').run()
    throw new Error(`write ${n} lost all of it`)
  }
  if (what === 'part') {
    put(key)
    try {
      db.undoable(() => put(key + 1) && put(key))
    } catch {
      return `${rows()} after half of it`
    }
  }
  put(key)
  if (what === 'put and throw') throw new Error(`write ${n} failed after it had written`)
  return rows()
}

t.test('many writes at once come to what they come to one by one', async (t) => {
  const [together, single] = [connect(t), connect(t)]
  const rows = (db: Connection) => db.read(() => db.sql('select key, value from given').all())
  const ended = (one: PromiseSettledResult<unknown>) => ('value' in one ? one.value : String(one.reason))
  await fc.assert(
    fc.asyncProperty(fc.array(asked, { maxLength: 40 }), async (all) => {
      for (const db of [together, single]) await db.write(() => db.sql('delete from given').run())
      const grouped = await Promise.allSettled(all.map((one, n) => together.write(() => work(together, one, n))))
      const alone: PromiseSettledResult<unknown>[] = []
      for (const [n, one] of all.entries())
        alone.push(...(await Promise.allSettled([single.write(() => work(single, one, n))])))
      t.same(grouped.map(ended), alone.map(ended))
      t.same(await rows(together), await rows(single))
    }),
    { numRuns: Number(process.env.RUNS ?? 60) }
  )
})

t.test('nobody is answered before the sync that follows the commit', async (t) => {
  const go = Promise.withResolvers<void>()
  let syncs = 0
  const sync = () => {
    syncs++
    return go.promise
  }
  const db = connect(t, () => ({ ...none, sync }))
  let answered = 0
  const all = [1, 2, 3].map((key) => db.write(() => work(db, { what: 'put', key }, key)).then(() => answered++))
  while (syncs === 0) await new Promise(setImmediate)
  t.ok((await db.read(() => db.sql('select 1 from given').all())).length > 0, 'it is committed')
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  t.equal(answered, 0)
  go.resolve()
  await Promise.all(all)
  t.equal(answered, 3)
})

t.test('a sync that fails is not believed when it is tried again', async (t) => {
  let broken = true
  const db = connect(t, (path) => {
    const real = walSync(path)
    const failed = () => Promise.reject(Object.assign(new Error('io'), { code: 'EIO' }))
    return { ...real, sync: () => (broken ? failed() : real.sync()) }
  })
  const no = { code: 'JOURNAL', message: /did not keep what was written \(EIO\).*started again/ }
  await Promise.all(
    [1, 2].map((key) =>
      t.rejects(
        db.write(() => work(db, { what: 'put', key }, key)),
        no
      )
    )
  )
  broken = false
  await t.rejects(
    db.write(() => work(db, { what: 'put', key: 3 }, 3)),
    no
  )
  await t.rejects(db.synced(), no)
  t.equal((await db.read(() => db.sql('select 1 from given').all())).length, 2, 'it is read as before')
})

/** A transaction on nothing, of which some steps fail. */
function onNothing(failing: Partial<Transaction> = {}) {
  const said: string[] = []
  let open = false
  const step = (name: string, stays: boolean) => () => {
    open = stays
    said.push(name)
  }
  const commit = new GroupCommit(
    {
      begin: async () => step('begin', true)(),
      undoable: (work) => work(),
      isOpen: () => open,
      commit: step('commit', false),
      rollback: step('rollback', false),
      sync: async () => void said.push('sync'),
      explained: (error) => error,
      ...failing
    },
    { most: 128, mostMs: Number.POSITIVE_INFINITY }
  )
  return { said, commit }
}

t.test('what waits is one transaction and one sync, in its order', async (t) => {
  const { said, commit } = onNothing()
  const order: number[] = []
  const numbers = Array.from({ length: 64 }, (_, n) => n)
  await Promise.all(numbers.map((n) => commit.write(() => n).then((n) => order.push(n))))
  t.same(order, numbers)
  t.same(said, ['begin', 'commit', 'sync'])
})

t.test('a commit that fails fails all that it holds, and no other', async (t) => {
  let fails = true
  const { said, commit } = onNothing({
    commit: () => {
      said.push('commit')
      if (fails) throw new Error('no room')
    }
  })
  const first = [1, 2, 3].map((n) => commit.write(() => n))
  for (const one of first) await t.rejects(one, { message: 'no room' })
  fails = false
  t.equal(await commit.write(() => 4), 4)
  t.same(said, ['begin', 'commit', 'rollback', 'begin', 'commit', 'sync'])
})

t.test('a lock that is not given fails those that waited for it, and not what came meanwhile', async (t) => {
  const tried: PromiseWithResolvers<void>[] = []
  const { commit } = onNothing({
    begin: () => {
      const one = Promise.withResolvers<void>()
      tried.push(one)
      return one.promise
    }
  })
  const early = commit.write(() => 'early')
  while (tried.length === 0) await new Promise(setImmediate)
  const late = commit.write(() => 'late')
  tried[0]!.reject(new Error('busy'))
  await t.rejects(early, { message: 'busy' })
  while (tried.length === 1) await new Promise(setImmediate)
  tried[1]!.resolve()
  t.equal(await late, 'late')
})

t.test('a group ends, so that whoever else is on the thread has a turn', async (t) => {
  const { said, commit } = onNothing()
  await Promise.all(Array.from({ length: 300 }, (_, n) => commit.write(() => n)))
  t.equal(said.filter((one) => one === 'commit').length, 3)
})

t.test('who closes waits for what was asked before', async (t) => {
  const db = connect(t)
  const all = Array.from({ length: 200 }, (_, n) => db.write(() => work(db, { what: 'put', key: n }, n)))
  await db.close()
  t.equal((await Promise.all(all)).length, 200)
})

t.test('on a full disk those that were answered are there, and nothing else', async (t) => {
  const path = join(folder, 'full.db')
  const journal = await openSqliteJournal({ path, maxBytes: 90 * 8192 })
  t.teardown(() => journal.close())
  const name = 'x'.repeat(5000)
  const ids = Array.from({ length: 200 }, (_, n) => `${n}`)
  const all = await Promise.allSettled(
    ids.map((id) => journal.append({ events: [route(event(id, { data: { kind: 'zone', name } }), id)], ignored: [] }))
  )
  for (const one of all) if (one.status === 'rejected') t.match(one.reason, { code: 'JOURNAL', message: /is full/ })
  const kept = ids.filter((_, n) => all[n]!.status === 'fulfilled')
  t.ok(kept.length > 0 && kept.length < 200)
  t.same((await journal.events({ limit: 1000 })).map(({ id }) => id).toReversed(), kept)
})

t.test('how far the journal has come is said beside it only when it is on disk so far', async (t) => {
  let go: PromiseWithResolvers<void> | null = null
  const db = connect(t, () => ({ ...none, sync: async () => go?.promise }))
  await db.write(() => db.sql(`insert into meta (key, value) values ('install', 'here')`).run())
  await begin(db)
  t.ok(existsSync(`${db.path}.witness`))
  const before = readWitness(db.path)
  go = Promise.withResolvers()
  const written = witness(db, { stops: [], at: START + 5000 })
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  t.same(readWitness(db.path), before)
  go.resolve()
  await written
  t.match(readWitness(db.path), { at: START + 5000 })
})
