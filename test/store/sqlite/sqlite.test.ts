import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Test } from 'tap'
import t from 'tap'
import { requestIdOf } from '../../../src/core/request-id.ts'
import { lockHolder, lockInstance } from '../../../src/store/sqlite/lock.ts'
import { openSqliteJournal, type SqliteJournalOptions } from '../../../src/store/sqlite/sqlite.ts'
import { journalContract } from '../../contract/journal.ts'
import { event, route } from '../../contract/journal-facts.ts'

let files = 0

// Hundreds of journals: each begins as a copy of an empty one, instead of making its tables again.
const empty = join(folder(t), 'empty.db')
await openSqliteJournal({ path: empty }).then((journal) => journal.close())

journalContract(t, async (t, now) => {
  const path = join(folder(t), `${files++}.db`)
  copyFileSync(empty, path)
  return () => open(t, { path, now })
})

t.test('kill -9 while it appends: everything that was resolved is there, and nothing by half', async (t) => {
  const path = join(folder(t), 'journal.db')
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'appender.ts'), path])
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
      if (output.length > 3000) child.kill('SIGKILL')
    })
    await once(child, 'close')
    const resolved = output.split('\n').slice(0, -1)
    const journal = await openSqliteJournal({ path })
    const events = await journal.events({ limit: 100_000 })
    const stored = new Set(events.map(({ id }) => id))
    t.ok(resolved.length > 50)
    t.same(
      resolved.filter((id) => !stored.has(id)),
      []
    )
    t.equal(events.length % 3, 0, 'whole batches')
    const pending = (await journal.lanes({})).reduce((sum, lane) => sum + lane.pending, 0)
    t.equal(pending, events.length, 'lanes agree with events')
    await journal.close()
  }
})

t.test('two threads of writers wait for each other, in turn', async (t) => {
  const path = join(folder(t), 'journal.db')
  const [one, two] = [await open(t, { path }), await open(t, { path })]
  const append = (id: string) => one.append({ events: [route(event(id), 'a')], ignored: [] })
  const blocker = new DatabaseSync(path)
  blocker.exec('begin immediate')
  const waiting = Promise.all([
    append('1'),
    append('2'),
    two.setApplied('p', { target: 't', scope: 's', lane: 'a', value: 1 }, [])
  ])
  t.equal((await one.counts()).events, 0, 'readers do not wait')
  setTimeout(() => blocker.exec('commit'), 50)
  await waiting
  blocker.close()
  t.same(
    (await one.events({ limit: 2 })).map(({ id }) => id),
    ['2', '1'],
    'in the order in which they were asked'
  )
})

t.test('only one process decides; its threads and readers open beside it', async (t) => {
  const path = join(folder(t), 'journal.db')
  const first = await open(t, { path, exclusive: true })
  await t.rejects(openSqliteJournal({ path, exclusive: true }), {
    code: 'JOURNAL',
    message: `another stackreflex (pid ${process.pid}) uses ${path}, and nothing of it was touched: stop it (\`kill ${process.pid}\`), or give this one its own journal (or start it in another folder)`
  })
  const reader = await open(t, { path })
  t.equal((await reader.counts()).events, 0)
  const script = `
    const { openSqliteJournal } = await import('${join(import.meta.dirname, '../../../src/store/sqlite/sqlite.ts')}')
    await openSqliteJournal({ path: '${path}', exclusive: true }).then(() => console.log('open'), (e) => console.log(e.message))
    process.kill(process.pid, 'SIGKILL')`
  const other = () => spawnSync(script)
  t.match(other(), `another stackreflex (pid ${process.pid})`)
  await first.close()
  t.match(other(), 'open')
  await open(t, { path, exclusive: true }).then((journal) => journal.close())
  t.pass('a lock ends with its process, however that ended')
})

t.test('a command of a newer build does not bring the tables of a running product up to date', async (t) => {
  const path = join(folder(t), 'journal.db')
  await open(t, { path }).then((journal) => journal.close())
  const schema = () => {
    const db = new DatabaseSync(path)
    const version = db.prepare(`select value from meta where key = 'schema'`).get()?.value
    db.close()
    return version
  }
  const now = schema()
  const older = new DatabaseSync(path)
  // The newest migration is not run twice: all that is looked at is that nothing is begun.
  older.exec(`update meta set value = '1' where key = 'schema'`)
  older.close()
  t.equal(lockHolder(path), null)
  const running = lockInstance(path, process.pid)
  t.same(lockHolder(path), { pid: process.pid })
  await t.rejects(openSqliteJournal({ path }), {
    code: 'JOURNAL',
    message: new RegExp(`running product \\(pid ${process.pid}\\) of an older build.*restart the product`)
  })
  t.equal(schema(), '1', 'nothing was changed')
  t.not(now, '1')
  running.release()
  t.equal(lockHolder(path), null)
})

t.test('a full journal refuses, and goes on when there is room', async (t) => {
  const path = join(folder(t), 'journal.db')
  const journal = await open(t, { path, maxBytes: 90 * 8192 })
  const fill = async () => {
    for (let n = 0; n < 1000; n++) {
      const name = 'x'.repeat(5000)
      const one = event(`${n}`, { data: { kind: 'zone', name } })
      await journal.append({ events: [route(one, `${n}`)], ignored: [] })
    }
  }
  await t.rejects(fill(), { message: `journal ${path}: the disk (or the size limit of the journal) is full` })
  const [last] = await journal.events({ limit: 1 })
  t.equal((await journal.lanes({})).length, last!.seq, 'nothing of the refused batch was written')
  const claim = await journal.claimLane('w', 1000)
  t.match(claim, { count: 1 }, 'the connection still works')
})

t.test('says what is wrong with the file', async (t) => {
  const dir = folder(t)
  const cases: [string, (path: string) => void, RegExp][] = [
    [
      'text.db',
      (path) => writeFileSync(path, 'not a database, but long enough to look like one'.repeat(100)),
      /not a Stackreflex journal/
    ],
    ['folder.db', (path) => mkdirSync(path), /cannot be opened/],
    [
      'file/journal.db',
      () => writeFileSync(join(dir, 'file'), ''),
      /the folder cannot be made or written \(E(NOTDIR|EXIST)\)/
    ],
    ['newer.db', newer, /was written by a newer Stackreflex \(schema 999, this one knows \d+\)/],
    ['damaged.db', damaged, /damaged|not a Stackreflex journal/]
  ]
  for (const [name, prepare, message] of cases) {
    const path = join(dir, name)
    prepare(path)
    await t.rejects(
      openSqliteJournal({ path }).then((journal) => journal.events({ limit: 10 })),
      { message },
      name
    )
  }
})

t.test('says that the folder is not writable', async (t) => {
  // /proc takes no files from anybody, root included.
  await t.rejects(openSqliteJournal({ path: '/proc/journal.db' }), { message: /cannot be opened|read-only/ })
})

t.test('the request id of an action is a UUID version 5, the same for ever', async (t) => {
  // Python: uuid.uuid5(uuid.UUID('5e1f6e0b8c1d4f0a9b7e2d4c6a8f1033'), 'a1')
  t.equal(requestIdOf('a1'), 'req-fe9fbd8e-0a07-57f9-ba39-ba0f499a0646')
})

function open(t: Test, options: SqliteJournalOptions) {
  return openSqliteJournal(options).then((journal) => {
    t.teardown(() => journal.close())
    return journal
  })
}

/** Not tap's own, which is in the project: in a run of the tests, this is in memory. */
function folder(t: Test): string {
  const made = mkdtempSync(join(tmpdir(), 'reflex-journal-'))
  t.teardown(() => rmSync(made, { recursive: true }))
  return made
}

function newer(path: string): void {
  const db = new DatabaseSync(path)
  db.exec(`create table meta (key text primary key, value text); insert into meta values ('schema', '999')`)
  db.close()
}

function damaged(path: string): void {
  execFileSync(process.execPath, [
    '-e',
    `
    const { DatabaseSync } = require('node:sqlite'); const db = new DatabaseSync(${JSON.stringify(path)})
    db.exec('pragma page_size = 8192; create table meta (key text primary key, value text)'); db.close()`
  ])
  writeFileSync(path, Buffer.alloc(8000, 7), { flag: 'r+' })
}

function spawnSync(script: string): string {
  try {
    return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
